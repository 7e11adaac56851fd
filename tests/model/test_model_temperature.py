from __future__ import annotations

from hydrogen.model.codec import plain
from hydrogen.model.temperature import HeaterState


def test_a_reading_that_is_no_number_is_null_on_the_wire_and_never_missing() -> None:
    assert plain(HeaterState(actual_celsius=float("nan"))) == {
        "actual_celsius": None,
        "target_celsius": None,
        "power": None,
    }


def test_off_is_not_the_same_as_having_no_target() -> None:
    assert HeaterState(target_celsius=0.0) != HeaterState(target_celsius=None)
