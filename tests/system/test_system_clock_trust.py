"""Whether the kernel holds its clock for synchronised."""

from __future__ import annotations

import pytest

from hydrogen.system import clock_trust
from hydrogen.system.clock_trust import is_clock_synchronised


def test_the_kernel_answers_and_nothing_is_changed() -> None:
    assert is_clock_synchronised() is is_clock_synchronised()


@pytest.mark.parametrize(
    ("state", "is_trusted"), [(0, True), (1, True), (4, True), (clock_trust.TIME_ERROR, False), (-1, False)]
)
def test_clock_in_error_and_a_kernel_that_refuses_are_not_trusted(
    monkeypatch: pytest.MonkeyPatch, state: int, is_trusted: bool
) -> None:
    monkeypatch.setattr(clock_trust, "_adjtimex", lambda: lambda _buffer: state)
    assert is_clock_synchronised() is is_trusted


def test_machine_without_the_call_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock_trust, "_adjtimex", lambda: None)
    assert not is_clock_synchronised()
