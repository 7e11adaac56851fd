"""What can happen. Noun + past participle; on the wire `noun.past_participle`, flat.

Two kinds. **Facts** happened once: they are never merged and never lost in silence. **Samples** are absolute values: for
each `sample_key` only the last one counts, so a slow reader may get fewer of them, never a wrong one.

`at` is when it was measured or happened: wall clock, Unix seconds (ISO 8601 UTC on the wire). Events carry values, never
deltas: *a snapshot at n plus the events up to m equals the snapshot at m*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from hydrogen.model.backlog import BedState, QueueEntry, QueueSummary
from hydrogen.model.event import Event as Event
from hydrogen.model.event import PublishedEvent as PublishedEvent
from hydrogen.model.file_events import FileAdded as FileAdded
from hydrogen.model.file_events import FileAnalysed as FileAnalysed
from hydrogen.model.file_events import FileChanged as FileChanged
from hydrogen.model.file_events import FileMoved as FileMoved
from hydrogen.model.file_events import FileRemoved as FileRemoved
from hydrogen.model.host_events import HostClockChanged as HostClockChanged
from hydrogen.model.host_events import HostDiskLow as HostDiskLow
from hydrogen.model.host_events import HostDiskRecovered as HostDiskRecovered
from hydrogen.model.host_events import HostMeasured as HostMeasured
from hydrogen.model.host_events import HostTroubleChanged as HostTroubleChanged
from hydrogen.model.job import JobOutcome, RecoverableJob
from hydrogen.model.printer import ErrorReport, Firmware, LinkStatistics, Position, PrinterState, PrinterStatus, Tuning
from hydrogen.model.receipt import Receipt
from hydrogen.model.sensor_events import SensorAlarmChanged as SensorAlarmChanged
from hydrogen.model.sensor_events import SensorMeasured as SensorMeasured
from hydrogen.model.sensor_events import SensorQualityChanged as SensorQualityChanged


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterAttached(Event):
    """The service found (again) the process that holds this printer; `state` is the whole truth of that moment."""

    wire_type: ClassVar[str] = "printer.attached"

    state: PrinterState


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterConnected(Event):
    """The handshake is done: the printer takes commands. simulated: it is a virtual one (see PrinterState)."""

    wire_type: ClassVar[str] = "printer.connected"

    port: str
    baud: int | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterDisconnected(Event):
    """The port is closed; `reason` is a sentence. host_trouble: see HostTroubleChanged; what was so in the seconds before."""

    wire_type: ClassVar[str] = "printer.disconnected"

    reason: str
    host_trouble: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterStateChanged(Event):
    """The printer is in another state. reason: for people, where there is one. host_trouble: of a link that was lost, a
    printer that halted or an error, what was wrong with the host in the seconds before (see HostTroubleChanged)."""

    wire_type: ClassVar[str] = "printer.state_changed"

    status: PrinterStatus
    reason: str = ""
    host_trouble: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterFirmwareIdentified(Event):
    """The firmware has said what it is."""

    wire_type: ClassVar[str] = "printer.firmware_identified"

    firmware: Firmware


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterPositionReported(Event):
    """Where the head is, as the firmware says."""

    wire_type: ClassVar[str] = "printer.position_reported"
    is_sample: ClassVar[bool] = True

    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterHomingBegun(Event):
    """A G28 of ours, a job's or a request's, is on its way to the printer. axes: of `xyz`, those that it names; all where it
    names none."""

    wire_type: ClassVar[str] = "printer.homing_begun"

    axes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterPromptShown(Event):
    """The firmware waits for a person. message ends with the buttons in brackets; buttons are the same, one by one."""

    wire_type: ClassVar[str] = "printer.prompt_shown"

    message: str
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterPromptClosed(Event):
    """What the printer asked has been answered, or is asked no more."""

    wire_type: ClassVar[str] = "printer.prompt_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterMessageShown(Event):
    """Our lines put another text on the printer's display (M117); "" clears it."""

    wire_type: ClassVar[str] = "printer.message_shown"
    is_sample: ClassVar[bool] = True

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterTuningChanged(Event):
    """Fans, the speed factor or a flow factor are others now: by a line of a file, of a person, or as the board told."""

    wire_type: ClassVar[str] = "printer.tuning_changed"
    is_sample: ClassVar[bool] = True

    tuning: Tuning


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterHeartbeatMissed(Event):
    """The process that holds this printer has given no sign of life for so long; it is replaced after 15 s of it."""

    wire_type: ClassVar[str] = "printer.heartbeat_missed"

    silent_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterUnsafe(Event):
    """Heaters are or were on, and Hydrogen cannot turn them off: look at the printer, cut its power.

    power_off: what the owner's program for that did: `not_configured`, `not_yet`, `done`, `failed`. Holds until the next
    connection.
    """

    wire_type: ClassVar[str] = "printer.unsafe"

    reason: str
    power_off: str = "not_configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterPowerChanged(Event):
    """Its switch was found, or was put, at `on`, `off` or `unknown`. actor: who switched; "" for what was found."""

    wire_type: ClassVar[str] = "printer.power_changed"

    power: str
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterBedChanged(Event):
    """The bed was declared clear, a job was started onto it, or a job broke off there.

    job: the last one that was started there; a client that declares the bed clear names it, so that an old click does not
    count for a newer print.
    """

    wire_type: ClassVar[str] = "printer.bed_changed"

    bed: BedState
    job: str | None = None
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureMeasured(Event):
    """One heater, one reading; see HeaterState for the units. target and power may be None, never missing."""

    wire_type: ClassVar[str] = "temperature.measured"
    is_sample: ClassVar[bool] = True

    heater: str
    actual_celsius: float | None
    target_celsius: float | None = None
    power: float | None = None

    @property
    def sample_key(self) -> tuple[str, str | None, str]:
        return ("temperature.measured", self.printer, self.heater)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStarted(Event):
    """continues: the interrupted job whose file this one takes up; None for a job of its own. excluded_objects: what was left
    out of that one, and is left out of this one too."""

    wire_type: ClassVar[str] = "job.started"

    job: str
    file: str
    lines_total: int
    bytes_total: int
    layers_total: int | None = None
    actor: str = ""
    continues: str | None = None
    excluded_objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobProgressed(Event):
    """Absolute progress; field meanings are those of JobState."""

    wire_type: ClassVar[str] = "job.progressed"
    is_sample: ClassVar[bool] = True

    job: str
    fraction: float
    lines_done: int
    bytes_done: int
    layer: int = 0
    elapsed_seconds: float = 0.0
    remaining_seconds: float | None = None
    remaining_low_seconds: float | None = None
    remaining_high_seconds: float | None = None
    remaining_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPaused(Event):
    """The printer stands still. `reason` is empty when a person asked and the head went aside; else it says who, or why not."""

    wire_type: ClassVar[str] = "job.paused"

    job: str
    reason: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResumed(Event):
    """The job goes on behind a pause or a lost link."""

    wire_type: ClassVar[str] = "job.resumed"

    job: str
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobObjectExcluded(Event):
    """The firmware leaves this object of the file out from now on. object: its id in the file's analysis, name: for people."""

    wire_type: ClassVar[str] = "job.object_excluded"

    job: str
    object: str
    name: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobObjectRestored(Event):
    """Somebody has taken it back: the firmware prints this object from now on. object: its id in the file's analysis, name: for
    people."""

    wire_type: ClassVar[str] = "job.object_restored"

    job: str
    object: str
    name: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecoveryChanged(Event):
    """There is an interrupted job that can be recovered, or there is none any more (None)."""

    wire_type: ClassVar[str] = "job.recovery_changed"

    recoverable: RecoverableJob | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFinished(Event):
    """The one terminal event of a job, with the figures that belong to its result.

    reason is a sentence, "" only for a completed job; error_code is the stable code of a failure.
    possible_duplicates and resends are what the link counted while the job ran (see LinkStatistics). host_trouble: what was
    wrong with the host at some time of the job (see HostTroubleChanged); the receipt's `host` says for how long.
    """

    wire_type: ClassVar[str] = "job.finished"

    job: str
    file: str
    outcome: JobOutcome
    reason: str
    actor: str
    error_code: str | None = None
    lines_done: int = 0
    lines_total: int = 0
    bytes_done: int = 0
    elapsed_seconds: float = 0.0
    resends: int = 0
    stalls: int = 0
    possible_duplicates: int = 0
    host_trouble: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobReceiptIssued(Event):
    """What really happened in a job, directly behind its `job.finished`."""

    wire_type: ClassVar[str] = "job.receipt_issued"

    job: str
    receipt: Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanged(Event):
    """An entry came or changed (`entry`: all of it), went (`removed`: its id), or a printer's queue was held or let go.

    printer: the one that the entry is for, None for any. queue: the whole queue in short, after the change.
    """

    wire_type: ClassVar[str] = "queue.changed"

    queue: QueueSummary
    entry: QueueEntry | None = None
    removed: str | None = None
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRaised(Event):
    """Something a person should know; always delivered, whatever is subscribed."""

    wire_type: ClassVar[str] = "error.raised"

    error: ErrorReport


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMeasured(Event):
    """How the link has fared since it was opened."""

    wire_type: ClassVar[str] = "link.measured"
    is_sample: ClassVar[bool] = True

    statistics: LinkStatistics


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDuplicatePossible(Event):
    """A line may have run twice: the wire lost its number (see `possible_duplicates`). host_trouble: see HostTroubleChanged."""

    wire_type: ClassVar[str] = "link.duplicate_possible"

    line_number: int
    text: str
    host_trouble: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDisturbed(Event):
    """The wire made repairs necessary: so many resends and stalls within the last `seconds`. Told every 10 s at most, so that
    a bad cable fills nobody's record. damaged_lines, lost_lines: see LinkStatistics. host_trouble: see HostTroubleChanged."""

    wire_type: ClassVar[str] = "link.disturbed"

    seconds: float
    resends: int
    stalls: int
    damaged_lines: int = 0
    lost_lines: int = 0
    host_trouble: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalLineReported(Event):
    """Lines of the printer's conversation, batched; never numbered, never replayed, only for those who subscribed.

    lines: `> text` was sent, `< text` was received.
    """

    wire_type: ClassVar[str] = "terminal.line"

    lines: tuple[str, ...] = field(default=())


ALL_EVENTS: tuple[type[Event], ...] = (
    PrinterAttached,
    PrinterConnected,
    PrinterDisconnected,
    PrinterStateChanged,
    PrinterFirmwareIdentified,
    PrinterPositionReported,
    PrinterHomingBegun,
    PrinterPromptShown,
    PrinterPromptClosed,
    PrinterMessageShown,
    PrinterTuningChanged,
    PrinterHeartbeatMissed,
    PrinterUnsafe,
    PrinterPowerChanged,
    PrinterBedChanged,
    TemperatureMeasured,
    SensorMeasured,
    SensorQualityChanged,
    SensorAlarmChanged,
    JobStarted,
    JobProgressed,
    JobPaused,
    JobResumed,
    JobObjectExcluded,
    JobObjectRestored,
    JobRecoveryChanged,
    JobFinished,
    JobReceiptIssued,
    QueueChanged,
    FileAdded,
    FileChanged,
    FileRemoved,
    FileMoved,
    FileAnalysed,
    ErrorRaised,
    LinkMeasured,
    LinkDuplicatePossible,
    LinkDisturbed,
    HostMeasured,
    HostTroubleChanged,
    HostClockChanged,
    HostDiskLow,
    HostDiskRecovered,
    TerminalLineReported,
)
"""Every event there is, in no order of importance."""

TOPICS: frozenset[str] = frozenset(
    {"printer", "temperature", "job", "error", "terminal", "file", "host", "link", "queue", "system"},
)
"""What a client may subscribe to; the default is all but `terminal`."""
