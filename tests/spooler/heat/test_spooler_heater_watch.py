"""One heater's watch: its table, and what it says in each phase."""

from __future__ import annotations

import pytest

from hydrogen.spooler.heat.heater_watch import (
    FROZEN_READINGS,
    GAP_SECONDS,
    IMPLAUSIBLE_READINGS,
    TRANSITIONS,
    HeaterPhase,
    HeaterStep,
    HeaterWatch,
)
from hydrogen.spooler.policy import HeatPolicy

POLICY = HeatPolicy()


class Heater:
    """A watch that is fed a reading each second."""

    def __init__(self, target: float = 0.0, actual: float = 21.0) -> None:
        self.watch = HeaterWatch("bed", POLICY)
        self.now = 0.0
        self.target: float | None = target
        self.codes: list[str] = []
        self.read(actual)

    def read(self, actual: float | None, times: int = 1, seconds: float = 1.0, *, power: bool = False) -> None:
        for _ in range(times):
            self.now += seconds
            alarms = self.watch.observe(actual, self.target, self.now, has_power=power, may_rise=False)
            self.codes += [alarm.code for alarm in alarms]


def holding(target: float = 60.0) -> Heater:
    heater = Heater(target)
    heater.read(target)
    assert heater.watch.phase is HeaterPhase.HOLDING
    return heater


def test_a_new_target_and_off_lead_out_of_every_phase() -> None:
    for steps in TRANSITIONS.values():
        assert steps[HeaterStep.RETARGETED] is HeaterPhase.MOVING
        assert steps[HeaterStep.TURNED_OFF] is HeaterPhase.OFF


def test_every_phase_can_be_reached() -> None:
    assert {phase for steps in TRANSITIONS.values() for phase in steps.values()} == set(HeaterPhase)


def test_a_heater_out_of_its_band_is_told_after_its_seconds_and_once() -> None:
    heater = holding()
    heater.read(40.0, times=round(POLICY.band_seconds))
    assert heater.codes == []
    heater.read(40.0, times=200)
    assert heater.codes == ["heater_out_of_band"]


def test_a_dip_that_comes_back_is_no_alarm() -> None:
    heater = holding(210.0)
    for _ in range(20):
        heater.read(190.0, times=30)
        heater.read(205.0, times=5)
    assert heater.codes == []


def test_a_host_that_was_stopped_has_seen_nothing() -> None:
    heater = holding()
    heater.read(40.0)
    heater.read(40.0, seconds=3600.0)
    assert heater.codes == []
    heater.read(40.0, times=round(POLICY.band_seconds - GAP_SECONDS))
    assert heater.codes == ["heater_out_of_band"]


def test_heating_up_may_take_as_long_as_it_takes() -> None:
    heater = Heater(110.0)
    for step in range(8000):
        heater.read(21.0 + step / 100)
    assert heater.codes == []


def test_a_lower_target_is_a_way_down_and_no_stray() -> None:
    heater = holding(210.0)
    heater.target = 150.0
    for actual in range(210, 150, -1):
        heater.read(float(actual), times=3)
    assert heater.codes == []
    assert heater.watch.phase is HeaterPhase.HOLDING


@pytest.mark.parametrize("target", [0.0, 40.0], ids=["off", "on its way to a lower target"])
def test_a_heater_that_climbs_when_it_should_cool_is_told(target: float) -> None:
    heater = holding(100.0)
    heater.target = target
    for actual in range(100, 141):
        heater.read(float(actual))
    assert heater.codes == ["heater_rising"]


def test_readings_without_a_target_prove_nothing_about_it() -> None:
    heater = holding(60.0)
    heater.target = 0.0
    heater.read(60.0)
    heater.target = None
    for actual in range(60, 200):
        heater.read(float(actual))
    heater.target = 200.0
    heater.read(199.0, times=100)
    assert heater.codes == []
    assert heater.watch.phase is HeaterPhase.HOLDING


def test_a_neighbours_warmth_is_no_climb() -> None:
    heater = Heater()
    for actual in range(21, 69):
        heater.read(float(actual))
    assert heater.codes == []


def test_heat_that_creeps_on_after_off_is_no_climb() -> None:
    heater = holding(210.0)
    heater.target = 0.0
    for actual in (210.0, 214.0, 217.0, 215.0, 200.0, 150.0, 90.0, 95.0, 60.0):
        heater.read(actual)
    assert heater.codes == []


@pytest.mark.parametrize("actual", [None, -15.0, 500.0])
def test_a_figure_that_no_sensor_can_mean_is_told_once(actual: float | None) -> None:
    heater = Heater()
    heater.read(actual, times=IMPLAUSIBLE_READINGS - 1)
    assert heater.codes == []
    heater.read(actual, times=500)
    assert heater.codes == ["heater_implausible"]


def test_a_hot_heater_without_a_reading_is_an_emergency() -> None:
    heater = holding()
    heater.read(None, times=round(POLICY.silent_seconds) + 1)
    assert heater.codes == ["heater_implausible", "heater_silent"]


def test_one_damaged_reading_is_nothing() -> None:
    heater = holding()
    for _ in range(10):
        heater.read(None)
        heater.read(60.0, times=5)
    assert heater.codes == []


def test_a_figure_that_never_changes_under_power_is_told() -> None:
    heater = Heater(200.0)
    heater.read(25.0, times=FROZEN_READINGS + 200, power=True)
    assert heater.codes == ["heater_frozen"]


def test_a_steady_figure_at_the_target_is_what_is_wanted() -> None:
    heater = holding()
    heater.read(60.0, times=5000, power=True)
    assert heater.codes == []


def test_an_alarm_is_over_with_the_next_target() -> None:
    heater = holding()
    heater.read(30.0, times=100)
    heater.target = 61.0
    heater.read(30.0)
    assert heater.watch.phase is HeaterPhase.MOVING
    assert heater.codes == ["heater_out_of_band"]
