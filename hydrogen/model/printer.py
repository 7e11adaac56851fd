"""A printer: what it is doing, what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from hydrogen.model.backlog import BedState
from hydrogen.model.job import JobState, RecoverableJob
from hydrogen.model.temperature import HeaterState


class PrinterStatus(StrEnum):
    """The one word for a printer; the wire's `status`."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    IDLE = "idle"
    PRINTING = "printing"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    CANCELLING = "cancelling"
    FINISHING = "finishing"
    ERROR = "error"
    HALTED = "halted"
    LINK_LOST = "link_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where the firmware says it is heading, in mm (M114's first four values)."""

    x_mm: float | None = None
    y_mm: float | None = None
    z_mm: float | None = None
    e_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware:
    """What M115 told, and what follows from it.

    dialect: the record of docs/dialects.md that the link goes by. guarantee: what a job is promised, `exactly_once` or
    `at_most_once`: where the firmware checks no line numbers a damaged line cannot be found. Both empty until identified.
    limits: how fast it may move, as it told when it was connected (Marlin's M503): the words of M201, M203, M204 and M205, in
    the firmware's units (mm, mm/s, mm/s^2): `{"M203": {"X": 500.0}}`. Empty: it was not asked, or did not tell.
    """

    name: str = ""
    machine_type: str = ""
    extruder_count: int = 1
    dialect: str = ""
    guarantee: str = ""
    capabilities: Mapping[str, bool] = field(default_factory=lambda: MappingProxyType({}))
    limits: Mapping[str, Mapping[str, float]] = field(default_factory=lambda: MappingProxyType({}))


OK_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper ends of the buckets of `ok_counts`, in seconds. A line alone on a fast USB port takes 1 ms, one at 115200 baud 5, one
that waits in a full planner as long as a move; what takes longer than 10 s is a heat-up or a homing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatistics:
    """Counters of one connection; all rise from 0 at the handshake.

    lines_sent counts numbered lines on the wire, repeats included, and bytes_sent their bytes as they went out; resends the
    `Resend:` lines obeyed; probes and barriers what silence made us ask; possible_duplicates the lines that may have run twice
    (this protocol cannot decide them); stalls the silences that ended in a repair; round_trip_seconds the smoothed time from
    line to `ok`.

    What the wire did, as the doctor reads it: damaged_lines are the resends before which the printer had complained of a
    checksum, lost_lines those of a number that was not the next (a printer that names no reason counts as neither);
    window_faults the resends, of both kinds, while more than one line might be in flight; garbled_replies the lines from the
    printer with bytes that no text has.

    ok_counts: how many lines took how long from their (last) sending to their `ok`: one count for each of OK_BUCKETS_SECONDS,
    and one for longer; ok_seconds their times together. Not counters, but how it is now: window_lines and window_bytes may be
    in flight (1 and 0: one line at a time).
    """

    lines_sent: int = 0
    lines_acknowledged: int = 0
    resends: int = 0
    probes: int = 0
    barriers: int = 0
    stalls: int = 0
    surplus_acknowledgements: int = 0
    possible_duplicates: int = 0
    round_trip_seconds: float | None = None
    bytes_sent: int = 0
    ok_counts: tuple[int, ...] = ()
    ok_seconds: float = 0.0
    window_lines: int = 1
    window_bytes: int = 0
    damaged_lines: int = 0
    lost_lines: int = 0
    window_faults: int = 0
    garbled_replies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What turns a print up and down while it runs, in percent: as lines that were acknowledged have set it, whoever sent them,
    and as the board tells.

    fans_percent: by the firmware's index, 0 to 100; a fan that nobody spoke of is missing. speed_percent: the factor on
    feedrates (M220); None while it is not known. flow_percent: the factor on filament (M221), by tool (`tool0`).
    """

    fans_percent: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    speed_percent: float | None = None
    flow_percent: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """An error as it stands in the state and on the wire."""

    code: str
    message: str
    details: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterState:
    """All that is known of one printer; values, never deltas.

    port and baud are those in use, or those configured while offline. prompt: what a person is asked, prompt_buttons the
    possible answers; None and empty while nobody is. error is the last error that still explains the
    status; it is cleared by a successful connect and by the start of a job. unsafe says why the printer may be hot without
    anybody who can turn it off; None after the next successful connect. bed and bed_job (the last one started there) are the
    service's knowledge: a spooler always says `unknown`. recoverable: the youngest interrupted job that can be taken up again.
    simulated: a virtual printer is behind the port, as the port itself told when it was opened (hydrogen-sim does); never
    concluded from what a firmware says. Holds until the next connection. power: what its switch says, `on`, `off` or
    `unknown` (nobody has switched it yet, and it does not tell); None where no switch is configured. The service's knowledge
    as well: only what the spooler itself has switched off comes from there. display_message:
    the last text that our lines put on the printer's display (M117), of a file or of a person: foreign text, never more than
    text. tuning: fans, speed and flow; nothing is known of them while nobody is connected.
    """

    status: PrinterStatus = PrinterStatus.OFFLINE
    driver: str = ""
    port: str = ""
    baud: int | None = None
    firmware: Firmware | None = None
    heaters: Mapping[str, HeaterState] = field(default_factory=lambda: MappingProxyType({}))
    position: Position | None = None
    job: JobState | None = None
    link: LinkStatistics | None = None
    prompt: str | None = None
    prompt_buttons: tuple[str, ...] = ()
    error: ErrorReport | None = None
    unsafe: str | None = None
    bed: BedState = BedState.UNKNOWN
    bed_job: str | None = None
    recoverable: RecoverableJob | None = None
    simulated: bool = False
    power: str | None = None
    display_message: str = ""
    tuning: Tuning = field(default_factory=Tuning)
