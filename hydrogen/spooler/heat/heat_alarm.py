"""What the heat guard can say, and what is to be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hydrogen.errors import HeatAlarm


class Remedy(StrEnum):
    """tell: a person should know. turn_off: this heater goes off, with a job; without one all of them. cool_down: all heaters
    off. end_job: the job ends or pauses (`HeatPolicy.on_alarm`), all heaters off, and if that does not help, the printer is
    halted."""

    TELL = "tell"
    TURN_OFF = "turn_off"
    COOL_DOWN = "cool_down"
    END_JOB = "end_job"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One finding. code: see HeatAlarm in errors.py; heater: None for all of them; celsius: its reading or its target."""

    code: str
    message: str
    remedy: Remedy
    heater: str | None = None
    celsius: float | None = None

    @property
    def error(self) -> HeatAlarm:
        """As it goes over the wire."""
        details = {"heater": self.heater, "celsius": self.celsius, "remedy": self.remedy.value}
        return HeatAlarm(
            self.message, code=self.code, **{key: value for key, value in details.items() if value is not None}
        )
