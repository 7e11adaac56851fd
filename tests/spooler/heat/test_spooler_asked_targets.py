"""What was sent explains what is reported, however late the printer gets to it."""

from __future__ import annotations

from hydrogen.devices.driver import TargetAsked
from hydrogen.spooler.heat.asked_targets import KEPT, MACRO_SECONDS, AskedTargets


def after(*lines: tuple[str | None, float], now: float = 100.0) -> AskedTargets:
    asked = AskedTargets()
    asked.note([TargetAsked(heater, celsius) for heater, celsius in lines], now)
    return asked


def test_nothing_but_off_is_asked_before_anybody_asked() -> None:
    assert AskedTargets().is_asked("bed", 0.0, 1.0)
    assert not AskedTargets().is_asked("bed", 60.0, 1.0)


def test_rounding_and_clamping_are_no_wishes_of_somebody_else() -> None:
    asked = after(("tool0", 300.0), ("bed", 59.5))
    assert asked.is_asked("tool0", 260.0, 101.0)
    assert asked.is_asked("bed", 60.0, 101.0)
    assert not asked.is_asked("bed", 65.0, 101.0)


def test_a_former_target_stays_explained_until_the_printer_comes_to_the_newest() -> None:
    asked = after(("tool0", 210.0), ("tool0", 0.0))
    assert asked.is_asked("tool0", 210.0, 101.0)
    assert asked.is_asked("tool0", 0.0, 102.0)
    assert not asked.is_asked("tool0", 210.0, 103.0)


def test_five_filaments_in_one_hotend_speak_for_the_tool_that_is_reported() -> None:
    asked = after(("tool3", 215.0))
    assert asked.is_asked("tool0", 215.0, 101.0)


def test_a_second_hotend_does_not_explain_the_first() -> None:
    asked = after(("tool1", 215.0))
    assert asked.is_asked("tool1", 215.0, 101.0)
    assert not asked.is_asked("tool0", 215.0, 101.0)


def test_a_line_that_may_heat_by_itself_explains_everything_for_a_while() -> None:
    asked = after((None, 0.0))
    assert asked.is_asked("tool0", 240.0, 100.0 + MACRO_SECONDS - 1)
    assert asked.is_asked("tool0", 240.0, 100.0 + MACRO_SECONDS + 1)
    assert not asked.is_asked("bed", 60.0, 100.0 + MACRO_SECONDS + 1)


def test_off_is_known_to_be_asked_or_not() -> None:
    assert after().is_off_asked("bed")
    assert not after(("bed", 60.0)).is_off_asked("bed")
    assert after(("bed", 60.0), ("bed", 0.0)).is_off_asked("bed")


def test_values_that_a_printer_never_comes_to_are_bounded() -> None:
    asked = after(*[("bed", 60.0 + n) for n in range(10 * KEPT)])
    assert asked.newest("bed") == 60.0 + 10 * KEPT - 1
    assert len(asked._pending["bed"]) == KEPT
