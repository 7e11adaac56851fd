"""How long a job may stay in a state that passes, what is told meanwhile, and what happens then. The table is the law.

Time counts only while the machine is what is waited for: a person (M0, M600) may take all night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hydrogen.devices.driver import LineInProgress
from hydrogen.gcode.line import command_of
from hydrogen.gcode.link.awaited import heater_awaited, person_awaited
from hydrogen.model.job import JobStatus
from hydrogen.model.temperature import HeaterState


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """One state's share. waits_for: what is told where the line in progress tells nothing better. then: at the deadline."""

    deadline_seconds: float
    waits_for: str
    then: str


ORDINARY = "the printer to carry out what it was given"

PATIENCE: Mapping[JobStatus, Patience] = MappingProxyType(
    {
        JobStatus.PAUSING: Patience(
            deadline_seconds=1800.0,
            waits_for=ORDINARY,
            then="the job is paused where the printer stands; it can be resumed or cancelled",
        ),
        JobStatus.RESUMING: Patience(
            deadline_seconds=1200.0,
            waits_for="the head to come back to where it left the print",
            then="the job stays paused, with the reason",
        ),
        JobStatus.CANCELLING: Patience(
            deadline_seconds=90.0,
            waits_for="the printer to listen",
            then="the job is over; heaters-off goes out as soon as the printer listens",
        ),
        JobStatus.FINISHING: Patience(
            deadline_seconds=14_400.0,
            waits_for="the printer to carry out the last lines",
            then="the job fails: the printer never came to the end",
        ),
    }
)
"""Half an hour heats any bed and levels any grid; twenty minutes bring back the heat that a person took away; a cancel is the
sum of its steps (RunnerLimits); at a file's end some wait until the bed is cold enough to take the part off."""

AGAIN_SECONDS = 30.0
"""Between two notices, while what they say changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerLimits:
    """Deadlines in seconds.

    settle: what is in flight at a cancel; one line in flight is a move or an arc. A firmware inside G29 or M190 without
    an emergency parser takes longer: then the job ends with that as its reason and heaters-off goes out when it listens.
    park, unpark: the moves aside and back, the printer's word about each included. cool: the acknowledgement of heaters-off.
    notice: after this long in a state that passes, clients are told what is waited for. patience: by state.
    """

    settle_seconds: float = 20.0
    park_seconds: float = 30.0
    unpark_seconds: float = 60.0
    cool_seconds: float = 10.0
    notice_seconds: float = 2.0
    patience: Mapping[JobStatus, Patience] = field(default_factory=lambda: PATIENCE)


class Delay:
    """One stay in a state that passes; `now` is monotonic seconds."""

    def __init__(self, status: JobStatus, limits: RunnerLimits, now: float) -> None:
        self._patience = limits.patience.get(status)
        self._notice_at = now + limits.notice_seconds
        self._over_at = now + self._patience.deadline_seconds if self._patience is not None else float("inf")
        self._told = ""

    def seconds_left(self, now: float) -> float:
        """Until `check` has something to do."""
        return max(min(self._notice_at, self._over_at) - now, 0.0)

    def check(self, now: float, line: LineInProgress | None, heaters: Mapping[str, HeaterState]) -> str:
        """What is to be told now; "" for nothing. Raises TimeoutError at the deadline."""
        if line is not None and person_awaited(line.body) is not None and self._patience is not None:
            self._over_at = now + self._patience.deadline_seconds
        if now >= self._over_at:
            raise TimeoutError
        if now < self._notice_at:
            return ""
        self._notice_at = now + AGAIN_SECONDS
        text = self._text(line, heaters)
        is_news, self._told = text != self._told, text
        return text if is_news else ""

    def _text(self, line: LineInProgress | None, heaters: Mapping[str, HeaterState]) -> str:
        ordinary = self._patience.waits_for if self._patience is not None else ORDINARY
        return f"waiting for {ordinary if line is None else reason_of(line.body, heaters, ordinary)}"


def reason_of(body: bytes, heaters: Mapping[str, HeaterState], ordinary: str = ORDINARY) -> str:
    """What is waited for while the printer works on `body`: `the bed: 43 of 60 °C`; `ordinary` for a move like any other."""
    person = person_awaited(body)
    if person is not None:
        return f"a person: {person}"
    heater = heater_awaited(body)
    if heater is None:
        command = command_of(body).decode("ascii", "replace")
        return ordinary if command in _PASSING else f"the printer: it is busy with {command}"
    state = heaters.get(heater)
    if state is None or state.actual_celsius is None or not state.target_celsius:
        return f"the {heater} to reach its temperature"
    return f"the {heater}: {state.actual_celsius:.0f} of {state.target_celsius:.0f} °C"


_PASSING = frozenset({"G0", "G1", "G2", "G3", "M105", "M114", "M400"})
"""Moves, questions and the wait for the end of motion: to say "the printer" is enough."""
