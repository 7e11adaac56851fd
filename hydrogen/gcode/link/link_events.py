"""What a link tells its shell."""

from __future__ import annotations

from dataclasses import dataclass, field

from hydrogen.errors import DeviceError
from hydrogen.gcode.replies import (
    ActionRequested,
    Busy,
    FirmwareError,
    PositionReported,
    Reply,
    TemperatureReported,
    TuningReported,
)
from hydrogen.gcode.temperature_report import TemperatureReport

REPLY_LINES_KEPT = 400
"""Lines kept of one command's answer: M503 and M20 on a full card stay below, a chattering firmware cannot fill memory."""


@dataclass(slots=True, eq=False)
class Ticket:
    """One submitted command. `replies` are the lines the printer said while it was the oldest unacknowledged one."""

    text: str
    replies: list[str] = field(default_factory=list)
    is_done: bool = False

    def collect(self, line: bytes) -> None:
        """A line of its answer."""
        if len(self.replies) < REPLY_LINES_KEPT:
            self.replies.append(line.decode("ascii", "replace").strip())


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """The link takes lines. numbers_checked is False for a firmware that executes whatever arrives (Klipper's pty).

    resumed_from: the last number the printer is known to have accepted in the numbering that was left; where none is
    checked, the last one given. None: a numbering of its own has begun.
    """

    numbers_checked: bool
    resumed_from: int | None = None


@dataclass(frozen=True, slots=True)
class NumberingAnnounced:
    """M110 with `base` is about to go out; everything up to line `acknowledged` has run."""

    base: int
    acknowledged: int


@dataclass(frozen=True, slots=True)
class NumberingBegun:
    """The printer counts from `base` from now on; comes before the first line with such a number."""

    base: int


@dataclass(frozen=True, slots=True)
class CommandAcknowledged:
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class EmergencyWordSettled:
    """The oldest unnumbered word that was owed an `ok` has got it, or can get none any more: then it may have been lost."""

    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class ExecutionProven:
    """Answer to `prove()`: everything given was accepted, and acknowledged, and the printer's own count says so."""


@dataclass(frozen=True, slots=True)
class TemperaturesReported:
    report: TemperatureReport


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """Where the firmware says it is heading, mm; None for an axis it did not name."""

    x: float | None
    y: float | None
    z: float | None
    e: float | None


@dataclass(frozen=True, slots=True)
class ActionDemanded:
    """`//action:ACTION TEXT`."""

    action: str
    text: str


@dataclass(frozen=True, slots=True)
class PersonAwaited:
    """`busy: paused for user` (or `for input`): said again and again while the firmware waits for a person."""


@dataclass(frozen=True, slots=True)
class FirmwareErrorReported:
    """An `Error:` line that does not end the link."""

    text: str
    code: str


@dataclass(frozen=True, slots=True)
class DuplicatePossible:
    """Line `number` was acknowledged and is asked for again, or ran without its number: it may have run twice."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class LineTraced:
    """`> sent` or `< received`, while tracing."""

    line: str


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """The last event: nothing more will be sent or understood."""

    error: DeviceError


RareLinkEvent = (
    LinkOpened
    | NumberingAnnounced
    | NumberingBegun
    | EmergencyWordSettled
    | ExecutionProven
    | PersonAwaited
    | FirmwareErrorReported
    | DuplicatePossible
    | TuningReported
    | LinkClosed
)

LinkEvent = CommandAcknowledged | TemperaturesReported | PositionChanged | ActionDemanded | LineTraced | RareLinkEvent
"""TuningReported is the printer's own word, passed on as it is."""


def event_of(reply: Reply) -> LinkEvent | None:
    """What the shell is to hear of `reply`, whatever the link makes of it; None for what is between link and printer."""
    match reply:
        case TemperatureReported():
            return TemperaturesReported(reply.report)
        case PositionReported():
            return PositionChanged(reply.x, reply.y, reply.z, reply.e)
        case ActionRequested():
            return ActionDemanded(reply.action, reply.text)
        case Busy(what="paused for user" | "paused for input"):
            return PersonAwaited()
        case TuningReported():
            return reply
        case FirmwareError(is_fatal=False):
            return FirmwareErrorReported(reply.text, reply.code)
        case _:
            return None
