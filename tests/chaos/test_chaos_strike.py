"""The list of strikes is data, and the same for the same seed."""

from __future__ import annotations

import pytest

from tests.chaos.blow import Blows
from tests.chaos.strike import LONG, MOVES_BETWEEN, PROFILES, SHORT_LIST, Kind, kinds_of, strikes_of


def test_a_list_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert strikes_of(7, 40) == strikes_of(7, 40)
    assert strikes_of(7, 40) != strikes_of(8, 40)


@pytest.mark.parametrize("seed", range(5))
def test_every_kind_is_struck_with_and_lasts_as_its_profile_says(seed: int) -> None:
    strikes = strikes_of(seed, 200)
    assert {strike.kind for strike in strikes} == set(Kind)
    assert [strike.number for strike in strikes] == list(range(1, 201))
    for strike in strikes:
        least, most = PROFILES[strike.kind].seconds
        assert least <= strike.seconds <= most
        assert MOVES_BETWEEN[0] <= strike.after_moves <= MOVES_BETWEEN[1]


def test_a_short_list_has_nothing_that_takes_long() -> None:
    assert LONG.isdisjoint(kinds_of(SHORT_LIST))
    assert len(strikes_of(1, 3)) == 3


def test_every_kind_has_its_profile_and_its_blow() -> None:
    assert set(PROFILES) == set(Kind)
    assert set(Blows(None, None, None, None).table) == set(Kind)  # type: ignore[arg-type]
