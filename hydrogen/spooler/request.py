"""What the service may ask a spooler. Verb + noun; each is one frame down the socket and one reply up.

`wire_name` is the frame's `request`; the fields are its parameters, read with the model's codec, so a request with an
unknown name or a wrong field is answered `invalid_message` and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from hydrogen.spooler.recovery.recovery_plan import StartAt


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One wish. `actor` is who asked, for the events that follow. `idempotency_key`, where given, makes the spooler answer
    a repeat with the first result (the last 256 keys are kept)."""

    wire_name: ClassVar[str] = ""

    filled_in: ClassVar[frozenset[str]] = frozenset({"actor"})
    """Fields that the service fills in, and that may differ when the same wish comes again."""

    actor: str = ""
    idempotency_key: str | None = None

    def is_same_wish(self, other: Request) -> bool:
        """Would the caller call it a repeat?"""
        asked = [field.name for field in fields(self) if field.name not in self.filled_in]
        return type(self) is type(other) and all(getattr(self, name) == getattr(other, name) for name in asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectPrinter(Request):
    """Open the port and shake hands. Returns once connected; raises DeviceError. Connected already: does nothing."""

    wire_name: ClassVar[str] = "connect"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectPrinter(Request):
    """Heaters off, close the port. `conflict` while a job runs."""

    wire_name: ClassVar[str] = "disconnect"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendGcode(Request):
    """Up to 100 lines, in order; the result is `{"replies": [...]}`."""

    wire_name: ClassVar[str] = "send_gcode"

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTemperature(Request):
    wire_name: ClassVar[str] = "set_temperature"

    heater: str
    target_celsius: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CoolDown(Request):
    """All heaters off; allowed in every state that has a connection."""

    wire_name: ClassVar[str] = "cool_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home(Request):
    """`axes`: subset of "xyz", empty for all. `conflict` while printing."""

    wire_name: ClassVar[str] = "home"

    axes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jog(Request):
    """Relative move. `conflict` while printing."""

    wire_name: ClassVar[str] = "jog"

    x_mm: float | None = None
    y_mm: float | None = None
    z_mm: float | None = None
    feedrate_mm_per_minute: float = 3000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTo(Request):
    """Absolute move, in mm from where the printer counts. `conflict` while printing."""

    wire_name: ClassVar[str] = "move_to"

    x_mm: float | None = None
    y_mm: float | None = None
    z_mm: float | None = None
    feedrate_mm_per_minute: float = 3000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Extrude(Request):
    """`conflict` while printing."""

    wire_name: ClassVar[str] = "extrude"

    length_mm: float
    feedrate_mm_per_minute: float = 200.0
    tool: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyStop(Request):
    """Past everything; answered when the bytes are at the port."""

    wire_name: ClassVar[str] = "emergency_stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartJob(Request):
    """Print `path` (absolute, readable by the spooler); `file` is its name for people. `conflict` unless idle.

    Returns `{"job", "lines_total", "bytes_total", "layers_total"}` once the file was checked from end to end and
    linked into the spool folder; raises FileRejected or FileUnreadable before anything reached the printer.
    expected_seconds: how long this file took last time, pauses not counted; None if that is not known.
    """

    wire_name: ClassVar[str] = "job_start"
    filled_in: ClassVar[frozenset[str]] = frozenset({"actor", "job", "path", "expected_seconds"})

    job: str
    path: str
    file: str
    expected_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseJob(Request):
    """`reason` is empty when a person asks."""

    wire_name: ClassVar[str] = "job_pause"

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeJob(Request):
    wire_name: ClassVar[str] = "job_resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelJob(Request):
    wire_name: ClassVar[str] = "job_cancel"

    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludeObject(Request):
    """Let the firmware leave an object of the running `job` out. kind: of its marks in the file (`m486`, `exclude`); name: for
    people. `conflict` for another job, and where the firmware does not take it."""

    wire_name: ClassVar[str] = "job_exclude_object"
    filled_in: ClassVar[frozenset[str]] = frozenset({"actor", "job", "kind", "name"})

    job: str
    object: str
    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPrompt(Request):
    """Press a button of the printer's prompt: its name, its number from 0, or "" where there is no choice.

    Returns `{"button", "emergency"}`. `conflict` when nothing is asked.
    """

    wire_name: ClassVar[str] = "answer_prompt"

    button: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecovery(Request):
    """What recovering the interrupted `job` would do: a RecoveryPlan (recovery_plan.py). Nothing is sent.

    start, line, height_mm, z_mm: see RecoveryChoice.
    """

    wire_name: ClassVar[str] = "job_recovery_plan"

    job: str
    start: StartAt = StartAt.RECORD
    line: int | None = None
    height_mm: float | None = None
    z_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoverJob(Request):
    """Carry out the plan that was shown, as the job `new_job`. `conflict` unless idle, and when the plan for this choice has
    another digest by now. Returns what StartJob does, and `continues`."""

    wire_name: ClassVar[str] = "job_recover"

    job: str
    new_job: str
    plan_digest: str
    start: StartAt = StartAt.RECORD
    line: int | None = None
    height_mm: float | None = None
    z_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardRecovery(Request):
    """Throw away what is left of the interrupted `job`."""

    wire_name: ClassVar[str] = "job_discard_recovery"

    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceTerminal(Request):
    """Send `terminal.line` events while on."""

    wire_name: ClassVar[str] = "trace"

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSpooler(Request):
    """End the process as SIGTERM does. With `only_if_idle` a spooler with a job answers `conflict`."""

    wire_name: ClassVar[str] = "stop"

    only_if_idle: bool = False


ALL_REQUESTS: tuple[type[Request], ...] = (
    ConnectPrinter,
    DisconnectPrinter,
    SendGcode,
    SetTemperature,
    CoolDown,
    Home,
    Jog,
    MoveTo,
    Extrude,
    EmergencyStop,
    StartJob,
    PauseJob,
    ResumeJob,
    CancelJob,
    ExcludeObject,
    AnswerPrompt,
    PlanRecovery,
    RecoverJob,
    DiscardRecovery,
    TraceTerminal,
    StopSpooler,
)
"""Every request there is."""
