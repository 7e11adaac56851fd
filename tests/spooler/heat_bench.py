"""A heater and its guard on a workbench: a reading each second, and every alarm that came of it."""

from __future__ import annotations

from collections.abc import Iterable

from hydrogen.devices.driver import TargetAsked
from hydrogen.model.temperature import HeaterState
from hydrogen.spooler.heat.heat_alarm import Alarm
from hydrogen.spooler.heat.heat_guard import HeatGuard
from hydrogen.spooler.policy import HeatPolicy


class HeatBench:
    """`actual` and `target` by heater are what the printer tells; change them, let time pass, look at `alarms`."""

    def __init__(self, policy: HeatPolicy | None = None, *, was_lost: bool = False, has_job: bool = False) -> None:
        self.policy = policy or HeatPolicy()
        self.guard = HeatGuard(self.policy)
        self.now = 1000.0
        self.has_job = has_job
        self.actual: dict[str, float | None] = {"tool0": 21.0, "bed": 21.0}
        self.target: dict[str, float] = {"tool0": 0.0, "bed": 0.0}
        self.power: dict[str, float] = {}
        self.alarms: list[tuple[float, Alarm]] = []
        self.guard.connected(self.now, was_lost=was_lost)

    @property
    def codes(self) -> list[str]:
        return [alarm.code for _, alarm in self.alarms]

    def ask(self, heater: str | None, celsius: float = 0.0) -> None:
        """A line asks for it; the printer has not got there yet."""
        self.guard.note_lines([TargetAsked(heater, celsius)], self.now)

    def set(self, heater: str, celsius: float) -> None:
        """Asked for, and the printer has got there."""
        self.ask(heater, celsius)
        self.target[heater] = celsius

    def tick(self, seconds: float = 1.0) -> None:
        """One report."""
        self.now += seconds
        for heater, actual in self.actual.items():
            state = HeaterState(
                actual_celsius=actual, target_celsius=self.target[heater], power=self.power.get(heater, 0.5)
            )
            self._keep(self.guard.observe(heater, state, self.now, has_job=self.has_job))
        self.check()

    def check(self) -> None:
        self._keep(self.guard.check(self.now, has_job=self.has_job))

    def pass_silently(self, seconds: float) -> None:
        """Time without a report."""
        for _ in range(round(seconds)):
            self.now += 1.0
            self.check()

    def drive(self, heater: str, readings: Iterable[float | None]) -> None:
        for reading in readings:
            self.actual[heater] = reading
            self.tick()

    def settle(self, seconds: float) -> None:
        """Every heater goes to its target (or to the room's temperature) at 3 °C per second, and stays."""
        for _ in range(round(seconds)):
            for heater, actual in self.actual.items():
                goal = max(self.target[heater], 21.0)
                assert actual is not None
                self.actual[heater] = actual + min(max(goal - actual, -3.0), 3.0)
            self.tick()

    def _keep(self, alarms: list[Alarm]) -> None:
        self.alarms += [(self.now, alarm) for alarm in alarms]
