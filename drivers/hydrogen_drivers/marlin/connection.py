"""One open port with a printer behind it: the shell around the pure link.

The shell pumps: what arrives goes into the link, what the link wants to send is journalled and written, what it tells is
passed on, and one timer stands for its next deadline. The timer is armed for the earliest deadline and asks again when it
fires, so a line costs no timer operation.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never

from hydrogen.core.clock import Clock
from hydrogen.devices.driver import (
    PERSON_AWAITED,
    ConnectionListener,
    EmergencyWordSent,
    LineInProgress,
    LineJournal,
    StreamProgress,
    TargetAsked,
)
from hydrogen.devices.transport import Wire
from hydrogen.errors import Conflict, DeviceError, InvalidMessage, LineRefused, LinkLost, Unavailable
from hydrogen.gcode.dialect import Dialect
from hydrogen.gcode.emergency import Notice, emergency_word
from hydrogen.gcode.line import MAX_LINE_BYTES, prepare
from hydrogen.gcode.link.ledger import SentLine
from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import (
    ActionDemanded,
    CommandAcknowledged,
    DuplicatePossible,
    EmergencyWordSettled,
    ExecutionProven,
    FirmwareErrorReported,
    LineTraced,
    LinkClosed,
    LinkEvent,
    LinkOpened,
    NumberingAnnounced,
    NumberingBegun,
    PersonAwaited,
    PositionChanged,
    RareLinkEvent,
    TemperaturesReported,
    Ticket,
)
from hydrogen.gcode.link.outgoing import LineSource
from hydrogen.gcode.link.resumption import Numbering
from hydrogen.gcode.object_exclusion import ExclusionTracker
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.gcode.replies import TuningReported
from hydrogen.gcode.tuning import TuningTracker
from hydrogen.gcode.urgency import is_heat_wait
from hydrogen.model.events import ErrorRaised, LinkDuplicatePossible, PrinterHomingBegun
from hydrogen.model.printer import ErrorReport, Firmware, LinkStatistics
from hydrogen_drivers.marlin.command import (
    cool_down_commands,
    extrude_commands,
    home_command,
    jog_commands,
    temperature_command,
)
from hydrogen_drivers.marlin.complaint import Complaints
from hydrogen_drivers.marlin.mode import ModeTracker
from hydrogen_drivers.marlin.parking import MarlinHead
from hydrogen_drivers.marlin.reports import position_event, temperature_events

Replies = tuple[str, ...]

EMERGENCY_WORD_SECONDS = 2.0
"""For the `ok` of M108, M410 or M876. It comes in turn, so behind a command that cannot be cut short it comes later."""

BREAK_AGAIN_SECONDS = 1.0
"""After this a heat-up that still blocks the printer is told to end once more."""

EMERGENCY_WORDS_KEPT = 32
"""Words whose `ok` is waited for; nobody presses a button that often."""


class MarlinConnection(asyncio.Protocol):
    """Signs PrinterConnection; made by MarlinDriver, which shakes hands before anybody else sees it."""

    def __init__(
        self,
        *,
        port: str,
        baud: int,
        link: GcodeLink,
        listener: ConnectionListener,
        journal: LineJournal,
        clock: Clock,
    ) -> None:
        self.port = port
        self.port_identity, self.is_simulated = "", False
        self.baud: int | None = baud
        self.firmware = Firmware()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._link = link
        self._listener = listener
        self._journal = journal
        self._clock = clock
        self._wire: Wire | None = None
        self._loop = asyncio.get_running_loop()
        self.tuning = TuningTracker(lambda: link.ledger.stream_offset)
        self.objects = ExclusionTracker(lambda: link.ledger.stream_offset)
        self._mode = ModeTracker(
            lambda axes: listener.on_event(PrinterHomingBegun(at=clock.wall(), axes=axes)), self.tuning, self.objects
        )
        self.head = MarlinHead(self.send_gcode, self._mode, traits=lambda: (self.dialect, self.firmware.extruder_count))
        self._answers: dict[Ticket, asyncio.Future[Replies]] = {}
        self._settling: list[asyncio.Future[None]] = []
        self._words: deque[asyncio.Future[bool]] = deque(maxlen=EMERGENCY_WORDS_KEPT)
        self._proving: asyncio.Future[None] | None = None
        self._poll: asyncio.Future[Replies] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._complaints = Complaints()
        self._is_pumping = False
        self._is_streaming = False
        self._error: DeviceError | None = None
        self._is_announced = False
        self._gone = self._loop.create_future()

    # ------------------------------------------------------------------------------------------------ asyncio.Protocol

    def begin(self, wire: Wire, past: Numbering | None = None, *, is_packed: bool = False) -> None:
        """The port is open: start the conversation, or go on with one (see GcodeLink.open)."""
        self._wire = wire
        wire.discard_input()
        self._link.open(self._clock.monotonic(), past, is_packed=is_packed)
        self._pump(self._clock.monotonic())

    def data_received(self, data: bytes) -> None:
        """Bytes from the printer."""
        now = self._clock.monotonic()
        self._link.receive_data(data, now)
        self._pump(now)

    def connection_lost(self, exc: Exception | None) -> None:
        """The port is closed: by us, or because it vanished."""
        if not self._gone.done():
            self._gone.set_result(None)
        if self._error is None:
            words = f" ({exc})" if exc is not None else ""
            self._end(LinkLost(f"{self.port} vanished{words}: unplugged, or the printer lost power", port=self.port))

    def _pump(self, now: float) -> None:
        """Tell and send until neither the link nor a listener has more; re-entrant calls are folded into the running one."""
        if self._is_pumping or self._wire is None:
            return
        self._is_pumping = True
        try:
            link, wire = self._link, self._wire
            while True:
                if link.has_events:
                    for event in link.events():
                        self._tell(event)
                data = self._fetch(link, wire, now)
                if data:
                    wire.write(data)
                elif not link.has_events:
                    break
        finally:
            self._is_pumping = False
        if self._settling and link.is_settled:
            self._resolve_settling()
        self._arm(now)

    def _fetch(self, link: GcodeLink, wire: Wire, now: float) -> bytes:
        """What goes out now, journalled: lines as long as the port holds less than a line that has not left, in one write."""
        unsent = wire.unsent_bytes() if link.ledger.in_flight_bytes else 0
        if unsent >= MAX_LINE_BYTES and not link.has_emergency_word:
            return b""
        data = link.data_to_send(now)
        if link.given is None:
            return data
        journal, frames = self._journal, []
        while data:
            if link.given is not None:
                journal.record(link.given[0], link.given[1], link.ledger.acknowledged)
            frames.append(data)
            unsent += len(data)
            data = link.data_to_send(now) if unsent < MAX_LINE_BYTES else b""
        return b"".join(frames)

    def _arm(self, now: float) -> None:
        deadline = self._link.next_deadline()
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        self._timer = self._loop.call_later(max(deadline - now, 0.0), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        now = self._clock.monotonic()
        self._link.handle_deadline(now)
        self._pump(now)

    # ------------------------------------------------------------------------------------------------------- listening

    def _tell(self, event: LinkEvent) -> None:
        match event:
            case CommandAcknowledged():
                self._mode.acknowledge(event.ticket.text, event.ticket.replies)
                answer = self._answers.pop(event.ticket, None)
                if answer is not None and not answer.done():
                    answer.set_result(tuple(event.ticket.replies))
            case TemperaturesReported():
                self.head.on_temperatures(event.report)
                for measured in temperature_events(event.report, self._clock.wall()):
                    self._listener.on_event(measured)
            case PositionChanged():
                self._listener.on_event(position_event(event, self._clock.wall()))
            case LineTraced():
                self._listener.on_traffic(event.line)
            case ActionDemanded():
                self._listener.on_action(event.action, event.text)
            case _:
                self._tell_rare(event)

    def _tell_rare(self, event: RareLinkEvent) -> None:
        match event:
            case EmergencyWordSettled():
                if self._words and not (word := self._words.popleft()).done():
                    word.set_result(event.is_confirmed)
            case PersonAwaited():
                self._listener.on_action(PERSON_AWAITED, "")
            case LinkOpened():
                if not self.opened.done():
                    self.opened.set_result(None)
            case NumberingAnnounced():
                self._journal.announce(event.base, event.acknowledged)
            case NumberingBegun():
                self._journal.begin(event.base)
                self._journal_place(event.base)
            case ExecutionProven():
                if self._proving is not None and not self._proving.done():
                    self._proving.set_result(None)
            case FirmwareErrorReported():
                self._tell_complaint(event)
            case DuplicatePossible():
                self._listener.on_event(
                    LinkDuplicatePossible(at=self._clock.wall(), line_number=event.number, text=event.text),
                )
            case TuningReported():
                self.tuning.on_report(event)
            case LinkClosed():
                self._end(event.error)
            case _:
                assert_never(event)

    def _tell_complaint(self, complaint: FirmwareErrorReported) -> None:
        if not self._complaints.is_news(complaint.text, self._clock.monotonic()):
            return
        report = ErrorReport(code=complaint.code, message=complaint.text)
        self._listener.on_event(ErrorRaised(at=self._clock.wall(), error=report))

    def announce(self) -> None:
        """The handshake is complete: from now on the end of the connection is the listener's to hear."""
        self._is_announced = True

    def _end(self, error: DeviceError) -> None:
        """The connection is over; everything pending fails with `error`, the listener hears it last."""
        if self._error is not None:
            return
        self._error = error
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pending: list[asyncio.Future[Any]] = [*self._answers.values(), *self._settling, *self._words, self.opened]
        pending += [self._proving] if self._proving else []
        self._answers.clear()
        self._settling.clear()
        self._words.clear()
        for future in pending:
            if not future.done():
                future.set_exception(error)
                future.exception()  # retrieved: a caller that was cancelled leaves no warning behind
        if self._wire is not None:
            if self._link.farewell:
                self._wire.write(self._link.farewell)
            self._wire.close()
        if self._is_announced:
            self._listener.on_lost(error)

    # --------------------------------------------------------------------------------------------------- what is known

    @property
    def statistics(self) -> LinkStatistics:
        """See PrinterConnection."""
        return self._link.statistics

    @property
    def resumed_from(self) -> int | None:
        """See PrinterConnection."""
        return self._link.resumed_from

    @property
    def stream_progress(self) -> StreamProgress:
        """See PrinterConnection."""
        return StreamProgress(self._link.ledger.stream_lines, self._link.ledger.stream_offset)

    @property
    def targets_asked(self) -> Mapping[str, float]:
        """See PrinterConnection."""
        return self._mode.targets_celsius

    @property
    def is_waiting_for_heat(self) -> bool:
        """See PrinterConnection."""
        line = self._link.ledger.oldest_in_flight
        return line is not None and is_heat_wait(line.body)

    @property
    def in_progress(self) -> LineInProgress | None:
        """See PrinterConnection."""
        line = self._link.ledger.oldest_in_flight
        return None if line is None else LineInProgress(self._link.ledger.acknowledged + 1, line.body)

    @property
    def display_message(self) -> str:
        """See PrinterConnection."""
        return self._mode.message

    def take_heat_lines(self) -> Sequence[TargetAsked]:
        """See PrinterConnection."""
        return self._mode.take_heat_lines()

    def has_capability(self, name: str) -> bool:
        """Did M115 report `Cap:NAME:1`?"""
        return self.firmware.capabilities.get(name, False)

    @property
    def dialect(self) -> Dialect:
        """What the link goes by."""
        return self._link.dialect

    @property
    def receive_buffer(self) -> tuple[int, ...]:
        """See PrinterConnection."""
        return self._link.receive_buffer or ()

    def measure_receive_buffer(self) -> None:
        """See GcodeLink: as soon as nothing is to be done."""
        self._link.measure_receive_buffer()
        self.wake()

    @property
    def greeting(self) -> tuple[str, ...]:
        """What the printer said of itself while the connection was made, the last lines."""
        return self._link.greeting

    @property
    def identity(self) -> list[str]:
        """What the printer answered to M115, whenever it did."""
        return self._link.identity

    def speak(self, firmware: Firmware, dialect: Dialect) -> None:
        """The printer is known: from now on the link goes by `dialect`. A firmware that checks no line numbers is promised
        at most once, whatever its record says."""
        guarantee = dialect.guarantee if self._link.numbers_checked else "at_most_once"
        self.firmware = replace(firmware, dialect=dialect.name, guarantee=guarantee)
        self.tuning.fans_by_fraction = dialect.fans_by_fraction
        self._link.speak(dialect)

    def allow_packing(self) -> None:
        """See GcodeLink: from the next job on."""
        self._link.allow_packing()

    def trace(self, on: bool) -> None:
        """See PrinterConnection."""
        self._link.is_tracing = on

    # ------------------------------------------------------------------------------------------------------- commands

    def _submit(self, lines: Iterable[str], *, first: bool = False) -> list[asyncio.Future[Replies]]:
        """Queue prepared lines; the futures resolve as they are acknowledged."""
        self._check_open()
        answers: list[asyncio.Future[Replies]] = []
        for line in lines:
            ticket = self._link.submit(line, first=first)
            if ticket is not None:
                self._mode.note(ticket.text.encode())
                answer: asyncio.Future[Replies] = self._loop.create_future()
                self._answers[ticket] = answer
                answers.append(answer)
        self._pump(self._clock.monotonic())
        return answers

    def _check_open(self) -> None:
        if self._error is not None:
            raise self._error
        if self._wire is None:
            raise LinkLost(f"{self.port} is not open", port=self.port)

    async def send_gcode(self, lines: Sequence[str]) -> Replies:
        """See PrinterConnection."""
        for number, line in enumerate(lines, 1):
            try:
                prepare(line.encode("utf-8", "replace"))
            except LineRefused as refusal:
                raise LineRefused(f"line {number}: {refusal.message}", **{**refusal.details, "line": number}) from None
        replies: list[str] = []
        for answer in self._submit(lines):
            replies += await answer
        return tuple(replies)

    async def send_emergency_word(self, line: str) -> EmergencyWordSent:
        """See PrinterConnection."""
        word = line.strip()
        notice = self._notice_of(word)
        if notice is Notice.IN_TURN:
            await self.send_gcode([word])
            return EmergencyWordSent(line=word, notice=notice, is_confirmed=True)
        self._check_open()
        answer = self._send_word(word.encode("ascii", "replace"))
        is_confirmed = False
        try:
            async with asyncio.timeout(EMERGENCY_WORD_SECONDS):
                is_confirmed = await asyncio.shield(answer)
        except TimeoutError:
            pass
        return EmergencyWordSent(line=word, notice=notice, is_confirmed=is_confirmed)

    async def answer_prompt(self, button: int) -> EmergencyWordSent:
        """See PrinterConnection. M876 names the button, M108 only goes on (facts/marlin.md, "User waits and prompts")."""
        has_names = self.has_capability("PROMPT_SUPPORT") and self._notice_of("M876") is not Notice.IN_TURN
        word = f"M876 S{button}" if has_names else "M108"
        if self._notice_of(word) is Notice.IN_TURN:
            raise Conflict("this firmware hears no answer while it waits: press the button at the printer")
        return await self.send_emergency_word(word)

    def _send_word(self, word: bytes) -> asyncio.Future[bool]:
        """Past the window and every queue; resolves with whether its `ok` came."""
        self._link.submit_unnumbered(word)
        answer: asyncio.Future[bool] = self._loop.create_future()
        self._words.append(answer)
        self._pump(self._clock.monotonic())
        return answer

    def _notice_of(self, line: str) -> Notice:
        return self._link.dialect.notice_of(
            emergency_word(line) or b"",
            has_parser=self.has_capability("EMERGENCY_PARSER"),
        )

    async def set_temperature(self, heater: str, target_celsius: float) -> None:
        """See PrinterConnection."""
        await self.send_gcode([temperature_command(heater, target_celsius, self.firmware.extruder_count)])

    async def cool_down(self) -> None:
        """See PrinterConnection. A heat-up that blocks the printer is cut short where the firmware allows it."""
        if self.is_waiting_for_heat:
            self.break_waiting()
        commands = cool_down_commands(
            self.firmware.extruder_count,
            has_chamber=self.has_capability("CHAMBER_TEMPERATURE"),
        )
        for answer in self._submit(reversed(commands), first=True):
            await answer

    async def home(self, axes: str) -> None:
        """See PrinterConnection."""
        await self.send_gcode([home_command(axes)])

    async def jog(
        self,
        *,
        x_mm: float | None = None,
        y_mm: float | None = None,
        z_mm: float | None = None,
        feedrate_mm_per_minute: float,
    ) -> None:
        """See PrinterConnection."""
        distances = {"x": x_mm or 0.0, "y": y_mm or 0.0, "z": z_mm or 0.0}
        commands = jog_commands(distances, feedrate_mm_per_minute, is_relative=self._mode.is_relative)
        if not commands:
            raise InvalidMessage("a jog needs a distance for at least one axis")
        await self.head.move(commands)

    async def extrude(self, *, length_mm: float, feedrate_mm_per_minute: float, tool: int | None = None) -> None:
        """See PrinterConnection."""
        is_relative = self._mode.is_extruder_relative
        await self.head.move(extrude_commands(length_mm, feedrate_mm_per_minute, tool=tool, is_relative=is_relative))

    def report_temperatures(self, interval_seconds: int) -> None:
        """Have the firmware report by itself, from its next line on; nobody waits for that."""
        self._submit([f"M155 S{interval_seconds}", "M105"])

    def poll_temperatures(self, interval_seconds: float) -> None:
        """Ask M105 every `interval_seconds`, for a firmware that does not report by itself. A question that is not answered
        yet is not asked again, so nothing piles up behind a long command."""
        if self._error is not None:
            return
        if self._poll is None or self._poll.done():
            self._poll = self._submit(["M105"])[0]
        self._loop.call_later(interval_seconds, self.poll_temperatures, interval_seconds)

    def break_waiting(self) -> bool:
        """See PrinterConnection."""
        word = self._link.dialect.breaks_heat_wait_by or (b"M108" if self.has_capability("EMERGENCY_PARSER") else b"")
        if self._error is not None or not word or self._notice_of(word.decode("ascii")) is Notice.IN_TURN:
            return False
        self._break(word, self._link.ledger.oldest_in_flight)
        return True

    def _break(self, word: bytes, line: SentLine | None) -> None:
        """Again and again until the heat-up that is in flight has ended: a word that comes before the printer has begun with
        it does nothing, and one can be lost."""
        if self._error is not None:
            return
        with contextlib.suppress(Unavailable):  # enough of them wait
            self._send_word(word)
        if line is not None and self.is_waiting_for_heat and self._link.ledger.oldest_in_flight is line:
            self._loop.call_later(BREAK_AGAIN_SECONDS, self._break_again, word, line)

    def _break_again(self, word: bytes, line: SentLine) -> None:
        if self._link.ledger.oldest_in_flight is line:
            self._break(word, line)

    def emergency_stop(self) -> Notice:
        """See PrinterConnection. The line end before M112 ends whatever was half sent; unnumbered, because the emergency
        parser does not see through a number (facts/link.md section 3, step 9)."""
        notice = self._notice_of("M112")
        if self._wire is None or self._error is not None:
            return notice
        self._wire.discard_output()
        self._wire.write(self._link.farewell + self._link.dialect.halting_byte + b"\nM112\n")
        now = self._clock.monotonic()
        self._link.expect_halt(now)
        self._pump(now)
        return notice

    # ------------------------------------------------------------------------------------------------------- the job

    def stream(self, source: LineSource, *, start: int = 0) -> None:
        """See PrinterConnection."""
        self._link.attach(self._mode.follow(source, is_part=start > 0), start)
        self._is_streaming = True
        self._journal_place(self._link.ledger.next - 1)
        self.wake()

    def _journal_place(self, number: int) -> None:
        """See LineJournal.record: the stream stands behind this line."""
        if self._is_streaming:
            ledger = self._link.ledger
            self._journal.record(number, ledger.stream_offset, ledger.acknowledged)

    def adopt(self, state: MachineState) -> None:
        """See PrinterConnection."""
        self._mode.adopt(state)

    def wake(self) -> None:
        """See PrinterConnection."""
        if self._error is None:
            self._pump(self._clock.monotonic())

    async def settle(self) -> None:
        """See PrinterConnection."""
        self._check_open()
        if self._link.is_settled:
            return
        waiter: asyncio.Future[None] = self._loop.create_future()
        self._settling.append(waiter)
        await waiter

    def _resolve_settling(self) -> None:
        waiters, self._settling = self._settling, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def finish(self) -> None:
        """See PrinterConnection."""
        await self.settle()
        await self.send_gcode(["M400"])
        self._proving = self._loop.create_future()
        self._link.prove()
        self._pump(self._clock.monotonic())
        await self._proving

    async def close(self) -> None:
        """See PrinterConnection."""
        if self._error is None:
            self._is_announced = False
            self._end(LinkLost(f"{self.port} was closed", port=self.port))
        if self._wire is not None:
            await self._gone
