"""What a printer driver signs: the contract between the spooler and whatever speaks to the hardware.

A driver package announces one `DriverManifest` by the entry-point group `hydrogen.drivers`. The service reads the manifest,
loads `config` (a pydantic model; the spooler never does) and validates `[printers.NAME]` with it; the result travels as
JSON to the spooler, which imports `factory` and calls it: `factory(settings) -> PrinterDriver`.

One `PrinterConnection` is one open port. It never reconnects; the spooler asks the driver for another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from hydrogen.devices.parking import HeadControl
from hydrogen.errors import DeviceError
from hydrogen.gcode.emergency import Notice
from hydrogen.gcode.link.outgoing import LineSource
from hydrogen.gcode.link.resumption import Numbering
from hydrogen.gcode.object_exclusion import ObjectChange
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.model.events import Event
from hydrogen.model.printer import Firmware, LinkStatistics, Tuning


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverManifest:
    """What a driver package says of itself; importing the module that holds it must stay light.

    config and factory are `module:attribute`; config is a pydantic model class for the driver's keys in the table of the
    configuration, factory a callable `(settings: Mapping[str, Any]) -> PrinterDriver`. kind: what it drives; of a `sensor`
    the factory makes a SensorDriver (sensor.py), and the table is `[sensors.NAME]`.
    """

    name: str
    config: str
    factory: str
    summary: str = ""
    kind: Literal["printer", "sensor"] = "printer"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyWordSent:
    """What became of one word of the emergency lane.

    notice: when the firmware acts on it: on arrival, when it reads the line, or in turn behind what it was given before.
    is_confirmed: its `ok` came in time.
    """

    line: str
    notice: Notice
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class StreamProgress:
    """How far the printer has acknowledged the stream: lines, and the offset behind the last of them."""

    lines: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePoint:
    """What the journal knows of a numbering that a former connection left behind (gcode/link/resumption.py).

    The lines up to `acknowledged` are in the printer for certain, those up to `last_given` may be. number_base: the number
    that counting began at, exclusive. announced: see LineJournal.announce. baud and firmware: what that connection had found
    out; None where it is not known.
    """

    number_base: int
    acknowledged: int
    last_given: int
    announced: tuple[int, ...] = ()
    baud: int | None = None
    firmware: Firmware | None = None
    port_identity: str = ""
    receive_buffer: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        numbering: Numbering,
        *,
        baud: int | None,
        firmware: Firmware | None,
        port_identity: str = "",
        receive_buffer: tuple[int, ...] = (),
    ) -> ResumePoint:
        """For the numbering that a journal tells of."""
        return cls(
            number_base=numbering.base,
            acknowledged=numbering.acknowledged,
            last_given=numbering.last_given,
            announced=numbering.announced,
            baud=baud,
            firmware=firmware,
            port_identity=port_identity,
            receive_buffer=receive_buffer,
        )

    @property
    def numbering(self) -> Numbering:
        """The numbers alone."""
        return Numbering(
            base=self.number_base,
            acknowledged=self.acknowledged,
            last_given=self.last_given,
            announced=self.announced,
        )


@dataclass(frozen=True, slots=True)
class LineInProgress:
    """The oldest line without an `ok`, which the printer is presumably working on: its number and its command."""

    number: int
    body: bytes


MESSAGE_CHARACTERS = 120
"""Of a text for the printer's display: twice what the longest of them shows."""

PERSON_AWAITED = "person_awaited"
"""An action of ours beside those of the firmware: its busy line said that it is paused for a user. Comes again and again."""


@dataclass(frozen=True, slots=True)
class TargetAsked:
    """A line that was sent concerns heat: it asks for a target, or (heater None) may set targets by itself, as a macro does."""

    heater: str | None
    target_celsius: float = 0.0


class LineJournal(Protocol):
    """Where the link writes what it is about to send, before it sends it (`facts`: journal before write).

    A connection that resumes a numbering does not `begin`: its records go on behind the last line that the printer has proven
    to have. Records of higher numbers from before are void then, and of two records of one number the younger counts. It
    begins only where an announced numbering turns out to have begun.
    """

    def begin(self, number_base: int) -> None:
        """A new numbering epoch: the next line will be `number_base + 1`."""

    def announce(self, number_base: int, acknowledged: int) -> None:
        """Everything up to line `acknowledged` has run, and M110 is about to be sent: if the printer's last number turns out
        to be `number_base`, it came through. Several may be tried; `begin` follows once one is proven."""

    def record(self, number: int, offset: int, acknowledged: int) -> None:
        """Line `number` is about to go out; `offset` is the stream offset behind it, -1 for a command.

        Where a stream begins, and where the numbers begin anew under one, the last number given before is recorded once more
        with the offset that the stream stands at: an offset below that number is another stream's.
        """


class ConnectionListener(Protocol):
    """Whom a connection tells. Called on the loop, must return at once and never raise."""

    def on_event(self, event: Event) -> None:
        """A measurement or fact; `printer` is filled in by the listener."""

    def on_action(self, action: str, text: str) -> None:
        """A host action command: `pause`, `paused`, `resume`, `cancel`, `prompt_begin` …, or PERSON_AWAITED."""

    def on_traffic(self, line: str) -> None:
        """`> sent` or `< received`; only while `trace` is on."""

    def on_lost(self, error: DeviceError) -> None:
        """The connection is over, not by `close()`. Called at most once; every pending request has failed by then."""


class ObjectControl(Protocol):
    """Objects of a print that the firmware leaves out (gcode/object_exclusion.py)."""

    def take(self) -> Sequence[ObjectChange]:
        """What acknowledged lines of any source have made of them since this was asked last, in its order."""


class TuningControl(Protocol):
    """Fans, speed and flow, as far as they are known (gcode/tuning.py)."""

    @property
    def value(self) -> Tuning:
        """What acknowledged lines and the board itself have set them to by now."""

    def adopt(self, value: Tuning, lines: Iterable[bytes] = ()) -> None:
        """What held before this connection, and lines that have been acknowledged since."""


class PrinterConnection(Protocol):
    """A printer that has shaken hands. Every coroutine raises DeviceError when the connection ends meanwhile."""

    @property
    def port(self) -> str: ...

    @property
    def port_identity(self) -> str:
        """What the port is, whatever it is called today; "" for one that has nothing but its name. A driver's own words."""

    @property
    def is_simulated(self) -> bool:
        """True if the port itself says that a simulator is behind it; what a firmware says of itself counts nothing."""

    @property
    def receive_buffer(self) -> tuple[int, ...]:
        """Bytes of the printer's receive ring and places of its command queue; empty where they are not known."""

    @property
    def baud(self) -> int | None: ...

    @property
    def firmware(self) -> Firmware: ...

    @property
    def statistics(self) -> LinkStatistics: ...

    @property
    def stream_progress(self) -> StreamProgress: ...

    @property
    def resumed_from(self) -> int | None:
        """The last line number that the printer proved to have accepted when this connection resumed a numbering; None for
        one that began anew: the printer was reset, was never known, or somebody else has counted. Where no numbers are
        checked (`firmware.guarantee` is `at_most_once`) it proves nothing: it is the last number that was given, and whether
        that line ran, nobody knows."""

    @property
    def targets_asked(self) -> Mapping[str, float]:
        """By heater, the target in degrees Celsius that our own lines asked for last, commands and job alike."""

    @property
    def is_waiting_for_heat(self) -> bool:
        """Is a blocking heat-up (M109, M190 …) unacknowledged?"""

    @property
    def display_message(self) -> str:
        """The text that our own lines put on the printer's display last (M117), printable and at most MESSAGE_CHARACTERS long;
        "" while there is none."""

    @property
    def in_progress(self) -> LineInProgress | None:
        """What the printer is working on, command or job; None when everything is acknowledged."""

    @property
    def tuning(self) -> TuningControl:
        """Fans, speed and flow."""

    @property
    def objects(self) -> ObjectControl:
        """What the firmware leaves out."""

    @property
    def head(self) -> HeadControl:
        """What moves the head aside and back."""

    def take_heat_lines(self) -> Sequence[TargetAsked]:
        """What lines of ours, a job's or a request's, asked of the heaters since the last call, in order; bounded, the oldest
        are dropped."""

    def trace(self, on: bool) -> None:
        """Report every line by `on_traffic`."""

    async def send_gcode(self, lines: Sequence[str]) -> tuple[str, ...]:
        """Send in order between the lines of a job; returns what the printer said, once all are acknowledged.

        Raises LineRefused before anything is sent if one of them would break the link.
        """

    async def send_emergency_word(self, line: str) -> EmergencyWordSent:
        """M108, M410 or M876, ahead of everything else where the firmware sees it early, in turn where it does not.

        Returns when it was acknowledged, or has not been for some seconds.
        """

    async def answer_prompt(self, button: int) -> EmergencyWordSent:
        """Press a button of the firmware's prompt, counted from 0, in the words that this firmware hears while it waits.

        Raises Conflict where it hears none: then only its own buttons end the wait.
        """

    async def set_temperature(self, heater: str, target_celsius: float) -> None:
        """Raises NotFound for a heater that this printer has not. Does not wait for the heat."""

    async def cool_down(self) -> None:
        """All heaters off, ahead of every other command; acknowledged when it returns."""

    async def home(self, axes: str) -> None:
        """`axes` is a subset of "xyz"; empty means all."""

    async def jog(
        self,
        *,
        x_mm: float | None = None,
        y_mm: float | None = None,
        z_mm: float | None = None,
        feedrate_mm_per_minute: float,
    ) -> None:
        """Move by these distances (relative), then restore the mode that was."""

    async def extrude(self, *, length_mm: float, feedrate_mm_per_minute: float, tool: int | None = None) -> None:
        """Push filament; negative retracts."""

    def stream(self, source: LineSource, *, start: int = 0) -> None:
        """Pull the job's lines from `source` from now on; its first line lies at offset `start`. The lines of the progress
        are counted from 0."""

    def adopt(self, state: MachineState) -> None:
        """What the printer was told over a connection before this one: modes, feedrate, tool, targets, homed axes."""

    def wake(self) -> None:
        """The source may have lines again (read ahead, resumed)."""

    async def settle(self) -> None:
        """Returns once everything handed to the printer is acknowledged; the caller has stopped the source before."""

    def break_waiting(self) -> bool:
        """Cut a heat-up or user wait short (M108) where the firmware sees it on arrival; False where it does not."""

    async def finish(self) -> None:
        """Returns once the printer has executed everything it was given (M400 acknowledged, last number proven)."""

    def emergency_stop(self) -> Notice:
        """Kill the printer now, past every queue; returns when the firmware acts on it. The connection ends with
        PrinterHalted, whose `is_confirmed` says whether the firmware has confirmed it."""

    async def close(self) -> None:
        """Close the port without resetting the board. May be called twice."""


class PrinterDriver(Protocol):
    """Makes connections to one printer."""

    @property
    def port(self) -> str:
        """What is configured, for messages and the state."""

    async def connect(
        self, listener: ConnectionListener, journal: LineJournal, resume: ResumePoint | None = None
    ) -> PrinterConnection:
        """Open, shake hands, identify. Raises DeviceError that says what was seen. Nothing stays open if it raises.

        With `resume` the numbering goes on where the printer says it is, if that can be true (`resumed_from`), and nothing is
        sent before that could move or heat, nor is the board reset; else the connection is a fresh one. The answer may be late:
        as long as the printer shows that it lives, a command that it was given is waited for, however long it takes, so the
        caller's deadline must be longer than for a printer without a past.
        """
