"""The link: a conversation with a printer that cannot be trusted to hear, or to be heard.

Theory of operation (the tests drive it against a virtual Marlin that does what a real one was measured to do).
Four numbers tell everything (ledger.py): K acknowledged, A proven accepted, F on the wire, S the next to give, and
`K <= A <= S - 1` always holds.

A line is sent when the *fetch* asks for one (`data_to_send`), never when it is submitted, and only while the window has
room for it (window.py: one line in flight, a few on a fast and clean wire, none behind a command that may take minutes).
What goes first: bytes that bypass the numbering (emergency lane, probe), lines that must be sent again, submitted
commands, the job.

*A refused line* (`Resend: r`): the printer has thrown away what was in its receive buffer, so r and everything above is
void: A = F = r - 1. Nothing is sent until the wire has been silent for a while, because fragments of lines make more
refusals, and answering each of them starts a storm. The `ok` that directly follows `Resend:` acknowledges nothing. A
resend *below* K is real (a line lost its number on the wire and ran unchecked): it is obeyed and reported.

*Silence* with a line in flight: the line was lost, or its `ok`, or the printer is busy. The probe tells the first from
the others: it makes the printer name its last accepted line and executes nothing. A = S - 1 and still no `ok`: a barrier
(one more line, an M105) is queued behind the line; its `ok T:` says that everything before it is done, so the `ok` was
lost. The barrier has a number and a checksum like every line: damaged on the wire, an unnumbered M105 can become an M1,
which waits for a person. Reports that the printer sends by itself (temperatures) prove life but are no progress.

*An `ok` too many* where they have no numbers means that our count may run ahead of the printer's: a barrier settles that
too, before anything else is sent. With an open window one is sent every few hundred lines, lest the drift add up.

*Firmware that ignores numbers* (Klipper's pty): one line in flight, no probe, at most once; nothing can be repaired.
Pure: bytes, requests and `now` (monotonic seconds) go in; bytes, events and the next deadline come out.
"""

from __future__ import annotations

from hydrogen.errors import DeviceError, LinkLost, PrinterHalted, PrinterReset, PrinterSilent, Unavailable
from hydrogen.gcode.barrier import Barrier
from hydrogen.gcode.beginning import Beginning
from hydrogen.gcode.drain import Drain
from hydrogen.gcode.ledger import LineLedger, SentLine
from hydrogen.gcode.link_counters import LinkCounters
from hydrogen.gcode.link_events import (
    CommandAcknowledged,
    DuplicatePossible,
    EmergencyWordAcknowledged,
    ExecutionProven,
    LineTraced,
    LinkClosed,
    LinkEvent,
    LinkOpened,
    NumberingBegun,
    TemperaturesReported,
    Ticket,
    event_of,
)
from hydrogen.gcode.link_limits import BARRIER_BODY, NUMBER_CEILING, PROBE, LinkLimits
from hydrogen.gcode.link_state import LinkPhase, LinkTrigger, next_phase
from hydrogen.gcode.ok_reader import OkMeaning, OkReader
from hydrogen.gcode.outgoing import LineSource, Outgoing
from hydrogen.gcode.receive_buffer import ReceiveBuffer
from hydrogen.gcode.replies import (
    Acknowledged,
    ActionRequested,
    Busy,
    FirmwareError,
    LineNumberError,
    PositionReported,
    Reply,
    ResendRequested,
    Started,
    TemperatureReported,
    UnknownCommand,
    parse_reply,
)
from hydrogen.gcode.resend_trust import ResendTrust
from hydrogen.gcode.stall_clock import StallClock
from hydrogen.gcode.urgency import LONG
from hydrogen.gcode.window import Window
from hydrogen.model.printer import LinkStatistics

_READY, _CLOSED = LinkPhase.READY, LinkPhase.CLOSED
"""For code that runs for every line: looked up in their class the members cost ten times as much."""


class GcodeLink:
    """One conversation, from the first byte after opening the port to `LinkClosed`. See the module's docstring.

    number_base: the number lines start from, exclusive; random in 1,000..8,999, so that the 0 of a board reset never lies
    in a range that was used. byte_seconds: time of a byte on the wire (10 / baud), 0 where it is not known.
    """

    def __init__(self, *, number_base: int, byte_seconds: float = 0.0, limits: LinkLimits | None = None) -> None:
        self.phase = LinkPhase.OPENING
        self.numbers_checked = True
        self.given: tuple[int, int] | None = None
        self.is_tracing = False
        self._base = number_base
        self._byte_seconds = byte_seconds
        self._limits = limits or LinkLimits()
        self._beginning: Beginning | None = None
        self._ledger = LineLedger(number_base)
        self._window = Window()
        self._is_numbered = False
        self._stall = StallClock(self._limits)
        self._drain = Drain(byte_seconds, self._limits)
        self._trust = ResendTrust()
        self._outgoing = Outgoing(self._limits.commands_waiting)
        self._incoming = ReceiveBuffer()
        self._proof_wanted = False
        self._events: list[LinkEvent] = []
        self._oks = OkReader()
        self._barrier = Barrier()
        self._long_number = 0
        self._temperature_number = 0
        self._halt_due: float | None = None
        self._count = LinkCounters()
        if self._limits.receive_buffer_bytes:
            self._window.allow(self._limits.receive_buffer_bytes, self._limits.command_slots)

    # ------------------------------------------------------------------------------------------------- what is asked

    def open(self, now: float) -> None:
        """Begin: ask who is there. `LinkOpened` or `LinkClosed` will tell."""
        self._begin(now)

    def submit(self, text: str | bytes, *, first: bool = False) -> Ticket | None:
        """Queue a command; `first` puts it before all other waiting commands. None for a line that is empty.

        Raises LineRefused for what the firmware cannot take, Unavailable when too many wait or the link is closed.
        """
        if self.phase is _CLOSED:
            raise Unavailable("the printer is not connected")
        return self._outgoing.submit(text, first=first)

    def submit_unnumbered(self, body: bytes) -> None:
        """Send ahead of everything, without a number: M108, M410, M876, which the firmware sees early (emergency.py).

        It owes one `ok`: `EmergencyWordAcknowledged`. Where `ok`s have no numbers, a barrier behind it settles the count.
        Raises Unavailable when the link is closed, LineRefused for what is not one line.
        """
        if self.phase is _CLOSED:
            raise Unavailable("the printer is not connected")
        self._outgoing.submit_unnumbered(body)
        self._oks.on_unnumbered_sent()
        if self.numbers_checked and not self._oks.are_numbered:
            self._barrier.want()

    def attach(self, source: LineSource) -> None:
        """Pull lines from `source` whenever nothing else is to be sent; progress starts at 0."""
        self._outgoing.source = source
        self._ledger.begin_stream()
        self._window.begin_job()

    def detach(self) -> None:
        """Pull no more; what was given stays given."""
        self._outgoing.source = None

    def prove(self) -> None:
        """Ask, once everything is acknowledged, whether the printer counts as we do: `ExecutionProven`."""
        self._proof_wanted = True

    def expect_halt(self, now: float) -> None:
        """M112 was written past this machine: send nothing more, and close when the halt is confirmed, or is not."""
        self._halt_due = now + self._limits.halt_answer
        self._outgoing.clear()

    # ------------------------------------------------------------------------------------------------- what is known

    @property
    def ledger(self) -> LineLedger:
        """K, A, F and S; for reading."""
        return self._ledger

    @property
    def is_settled(self) -> bool:
        """Nothing is waiting, in flight, or in doubt (the source is the caller's business)."""
        return self.phase is _READY and self._ledger.is_clear and not self._outgoing.has_commands

    @property
    def statistics(self) -> LinkStatistics:
        """Counters since the handshake."""
        return self._count.statistics(self._ledger, self._stall)

    @property
    def is_window_open(self) -> bool:
        """May more than one line be in flight?"""
        return self._window.is_open

    @property
    def has_emergency_word(self) -> bool:
        """Does something wait that goes out whatever is in flight?"""
        return bool(self._outgoing.bypass)

    @property
    def has_events(self) -> bool:
        """Would `events` return any?"""
        return bool(self._events)

    def events(self) -> list[LinkEvent]:
        """What happened since the last call."""
        events, self._events = self._events, []
        return events

    # ------------------------------------------------------------------------------------------------- what goes out

    def data_to_send(self, now: float) -> bytes:
        """The next bytes for the port, at most one line; b"" for nothing now. The choice is made here.

        After a numbered line `given` is its number and stream offset (-1: a command): journal it before writing.
        """
        self.given = None
        if self._outgoing.bypass:
            return self._traced(self._outgoing.bypass.popleft())
        if self.phase is _READY:
            ledger = self._ledger
            if self._barrier.is_wanted:
                return self._barrier_line(ledger, now)
            if self._halt_due is None and (
                ledger.front == ledger.acknowledged
                or (
                    self._window.lines_most > ledger.front - ledger.acknowledged
                    and self._long_number <= ledger.acknowledged
                )
            ):
                return self._numbered_line(ledger, now)
        elif self._beginning is not None and self._beginning.outgoing:
            return self._traced(self._beginning.outgoing.popleft())
        return b""

    def _numbered_line(self, ledger: LineLedger, now: float) -> bytes:
        if self._barrier.covers is not None:
            return b""
        number = ledger.front + 1
        line = ledger.line(number) if number < ledger.next else self._new_line(number)
        if line is None:
            self._when_idle(now)
            return self._traced(self._outgoing.bypass.popleft()) if self._outgoing.bypass else b""
        in_flight = ledger.in_flight_bytes
        if in_flight and in_flight + len(line.frame) > self._window.bytes_most:
            return b""  # it has its number and goes first when there is room
        return self._given(number, line, now)

    def _given(self, number: int, line: SentLine, now: float) -> bytes:
        """`line` goes on the wire."""
        frame, ledger = line.frame, self._ledger
        size = len(frame)
        self._drain.on_sent(size, now, is_alone=not ledger.in_flight_bytes)
        ledger.advance(size)
        self._count.lines_sent += 1
        self.given = (number, line.offset)
        if number != self._barrier.covers:
            self._stall.on_sent(line.patience, now)
            if line.patience is LONG:
                self._long_number = number
        if line.replies_with_temperatures:
            self._temperature_number = number
        return self._traced(frame) if self.is_tracing else frame

    def _barrier_line(self, ledger: LineLedger, now: float) -> bytes:
        """The barrier goes out whatever is in flight; what is behind the front already is sent as its own proof."""
        self._barrier.is_wanted = False
        number = ledger.front + 1
        if number == ledger.next:
            ledger.give(BARRIER_BODY)
        line = ledger.line(number)
        if line.replies_with_temperatures:
            self._barrier.covers = number
        return self._given(number, line, now)

    def _new_line(self, number: int) -> SentLine | None:
        if self._window.is_open and not self._oks.are_numbered and self._barrier.is_marker_due(number):
            return self._ledger.give(BARRIER_BODY)
        if number > NUMBER_CEILING:
            self._close(LinkLost("the job has more lines than line numbers; split the file", number=number))
            return None
        taken = self._outgoing.take()
        if taken is None:
            return None
        body, offset, ticket = taken
        return self._ledger.give(body, offset, ticket)

    def _when_idle(self, now: float) -> None:
        """Nothing to send and nothing in flight: time for proofs, and for a new start of long numbers."""
        if not self._ledger.is_clear:
            return
        if self._proof_wanted:
            if self.numbers_checked:
                self._probe(now)
            else:
                self._proof_wanted = False
                self._events.append(ExecutionProven())
        elif self._ledger.next > self._limits.renumber_above and self._outgoing.source is None and self.numbers_checked:
            self.phase = next_phase(self.phase, LinkTrigger.NUMBERS_SPENT)
            self._begin(now)

    def _traced(self, data: bytes) -> bytes:
        if self.is_tracing:
            self._events.append(LineTraced("> " + data.decode("latin-1").rstrip("\n")))
        return data

    # ------------------------------------------------------------------------------------------------- what comes in

    def receive_data(self, data: bytes, now: float) -> None:
        """Bytes from the port, cut anywhere."""
        if self.phase is _CLOSED:
            return
        self._stall.on_bytes(now)
        if self._beginning is not None:
            self._beginning.on_bytes(len(data))
        for line in self._incoming.lines(data):
            self._receive_line(line, now)

    def _receive_line(self, line: bytes, now: float) -> None:
        if self.is_tracing:
            self._events.append(LineTraced("< " + line.decode("latin-1").rstrip("\r")))
        if line == b"ok" and self.phase is _READY and self._barrier.covers is None and not self._oks.owes_for_resend:
            self._on_ok(self._oks.on_plain(is_in_flight=self._may_be_next(self._ledger)), now)
            return
        reply = parse_reply(line.rstrip(b"\r"))
        if self._beginning is not None:
            self._receive_while_beginning(reply, now)
        elif self.phase is not _CLOSED:
            self._receive_reply(reply, line, now)

    def _receive_while_beginning(self, reply: Reply, now: float) -> None:
        beginning = self._beginning
        assert beginning is not None
        if isinstance(reply, TemperatureReported):
            self._events.append(TemperaturesReported(reply.report))
        beginning.on_reply(reply, now)
        self._after_beginning()

    def _after_beginning(self) -> None:
        beginning = self._beginning
        if beginning is None:
            return
        self.phase = beginning.phase
        if beginning.error is not None:
            self._beginning = None
            self._events.append(LinkClosed(beginning.error))
        elif beginning.is_settled:
            is_renumbering = self._is_numbered
            self._beginning = None
            self.numbers_checked = beginning.numbers_checked
            if self.phase is LinkPhase.VERIFYING:
                self.phase = next_phase(self.phase, LinkTrigger.NUMBER_PROVEN)
            if beginning.receive_buffer is not None:
                self._window.allow(beginning.receive_buffer.ring_bytes, beginning.receive_buffer.slots)
            self._begin_numbers()
            if not is_renumbering:
                self._events.append(LinkOpened(self.numbers_checked))

    def _begin(self, now: float) -> None:
        self._beginning = Beginning(self._base, self._byte_seconds, self._limits, now, self.phase)

    def _begin_numbers(self) -> None:
        self._ledger.begin(self._base)
        self._is_numbered = True
        self._oks.forget()
        self._trust.forget()
        self._barrier.forget()
        self._long_number = self._temperature_number = 0
        self._events.append(NumberingBegun(self._base))

    def _receive_reply(self, reply: Reply, line: bytes, now: float) -> None:
        if self.phase is LinkPhase.DRAINING and not isinstance(reply, TemperatureReported | PositionReported):
            self._drain.prolong(now)
        if (event := event_of(reply)) is not None:
            self._events.append(event)
        match reply:
            case Acknowledged():
                self._on_acknowledged(reply, now)
            case TemperatureReported():
                if reply.report.is_waiting:
                    self._stall.on_progress(now)
                else:
                    self._oks.on_temperature_report()
            case ResendRequested():
                self._on_resend(reply.number, now)
            case LineNumberError():
                self._trust.on_last_line(reply.last_line)
            case FirmwareError():
                self._trust.on_last_line(None)
                if reply.is_fatal:
                    error = PrinterHalted(reply.text, code=reply.code, firmware_text=reply.text, is_confirmed=True)
                    self._close(error)
            case Started():
                said = "the printer restarted in mid-conversation: its position and temperatures are gone"
                self._close(PrinterReset(said))
            case _:
                self._on_information(reply, line, now)

    def _on_information(self, reply: Reply, line: bytes, now: float) -> None:
        """Whatever else it says, it works; the lines are the answer of the oldest unacknowledged command."""
        if isinstance(reply, UnknownCommand):
            self._oks.on_unknown_command()
        if not isinstance(reply, PositionReported | ActionRequested):
            self._stall.on_progress(now)
        if not isinstance(reply, Busy):
            self._ledger.collect(line)

    # ----------------------------------------------------------------------------------------------- acknowledgement

    def _on_acknowledged(self, reply: Acknowledged, now: float) -> None:
        if reply.temperatures is not None:
            self._events.append(TemperaturesReported(reply.temperatures))
            self._ledger.collect(reply.text.encode("ascii", "replace"))
        meaning = self._oks.meaning_of(
            reply,
            is_in_flight=self._may_be_next(self._ledger),
            is_draining=self.phase is LinkPhase.DRAINING,
            expects_barrier=self._barrier.covers is not None,
        )
        if meaning is OkMeaning.NUMBERED and reply.number is not None:
            self._on_numbered_ok(reply.number, now)
        else:
            self._on_ok(meaning, now)

    def _on_ok(self, meaning: OkMeaning, now: float) -> None:
        if meaning is OkMeaning.NEXT_LINE:
            self._acknowledge(self._ledger.acknowledged + 1, now)
        elif meaning is OkMeaning.TEMPERATURES:
            self._on_temperature_ok(now)
        elif meaning is OkMeaning.UNNUMBERED:
            self._events.append(EmergencyWordAcknowledged())
        elif meaning is not OkMeaning.NOTHING:
            self._on_surplus()
            if meaning is OkMeaning.STRAY:
                self._report_duplicate(self._ledger.front)

    def _may_be_next(self, ledger: LineLedger) -> bool:
        """Can an `ok` without words be the oldest line's? Not if that is an M105 of a firmware that answers it with more."""
        number = ledger.acknowledged + 1
        if number == self._barrier.covers or (number == self._temperature_number and self._oks.tell_temperatures):
            return False
        return number <= ledger.front

    def _on_surplus(self) -> None:
        """An `ok` that nothing explains. Without numbers our count may run ahead now: let a barrier settle it."""
        self._count.surplus_acknowledgements += 1
        if not self._oks.are_numbered and self.phase is _READY and self.numbers_checked:
            self._window.on_fault()
            self._barrier.want_after_surplus(self._ledger.next)

    def _on_numbered_ok(self, number: int, now: float) -> None:
        if self._ledger.acknowledged < number <= self._ledger.front:
            self._acknowledge(number, now)
        elif number != self._ledger.acknowledged:
            self._count.surplus_acknowledgements += 1

    def _on_temperature_ok(self, now: float) -> None:
        """An M105 was executed: the barrier, or the oldest one in flight. Everything before it was, too."""
        ledger = self._ledger
        covers = self._barrier.on_executed()
        if covers is not None:
            self._oks.on_settled()
        number = covers if covers is not None else ledger.temperature_line_in_flight()
        if number is not None and ledger.acknowledged < number <= ledger.front:
            if number > ledger.acknowledged + 1:
                self._stall.on_repaired()
                self._window.on_fault()
            self._acknowledge(number, now)
        elif covers is None:
            self._on_surplus()
        elif ledger.acknowledged < ledger.front:
            self._stall.on_progress(now)

    def _acknowledge(self, upto: int, now: float) -> None:
        """K rises to `upto`."""
        ledger = self._ledger
        if self._window.is_counting and ledger.front == upto == ledger.acknowledged + 1 and upto != self._long_number:
            self._window.on_answer(now - self._stall.sent_at - self._drain.wire_seconds(ledger.in_flight_bytes))
        for ticket in ledger.acknowledge(upto):
            self._events.append(CommandAcknowledged(ticket))
        self._barrier.on_acknowledged(upto)
        self._trust.on_acknowledged()
        self._stall.on_acknowledged(now, is_idle=upto == ledger.front)

    # ---------------------------------------------------------------------------------------------------- resending

    def _on_resend(self, number: int | None, now: float) -> None:
        self._oks.on_resend()
        was = self.phase
        if was is LinkPhase.PROBING:
            self.phase = next_phase(was, LinkTrigger.PROOF_GIVEN)
            self._stall.on_probe_answered(now)
        else:
            self.phase = next_phase(was, LinkTrigger.RESEND_ASKED)
        if was is not self.phase:
            self._drain.begin(now, self._ledger.in_flight_bytes)
        else:
            self._drain.prolong(now)
        believed = self._trust.believed(number, self._ledger)
        if believed is not None:
            self._obey_resend(believed, now, answers_probe=was is LinkPhase.PROBING)
        elif (error := self._trust.verdict(number, self._ledger)) is not None:
            self._close(error)

    def _obey_resend(self, number: int, now: float, *, answers_probe: bool) -> None:
        """A = r - 1; everything from r on is void."""
        ledger = self._ledger
        accepted = number - 1
        if accepted < ledger.front:
            self._count.resends += 1
            self._window.on_fault()
            if answers_probe:
                self._stall.on_repaired()
        elif answers_probe and self._proof_wanted and ledger.is_clear and number == ledger.next:
            self._proof_wanted = False
            self._events.append(ExecutionProven())
        if self._barrier.is_void(accepted):
            self._stall.on_barrier_void(now)
        if not ledger.accept_only(accepted):
            self._report_duplicate(number)

    def _report_duplicate(self, number: int) -> None:
        self._count.possible_duplicates += 1
        self._events.append(DuplicatePossible(number, self._ledger.text(number)))

    # ------------------------------------------------------------------------------------------------------ deadlines

    def next_deadline(self) -> float | None:
        """When `handle_deadline` is due; None while there is nothing to wait for."""
        deadline: float | None = None
        if self._beginning is not None:
            deadline = self._beginning.next_deadline()
        elif self.phase is LinkPhase.DRAINING:
            deadline = self._drain.quiet_at
        elif self.phase is LinkPhase.PROBING or (
            self.phase is _READY and self._ledger.oldest_in_flight is not None and self.numbers_checked
        ):
            deadline = self._stall.check_at
        if self._halt_due is not None:
            deadline = self._halt_due if deadline is None else min(deadline, self._halt_due)
        return None if self.phase is _CLOSED else deadline

    def handle_deadline(self, now: float) -> None:
        """Do what is due by `now`; early calls do nothing."""
        if self.phase is _CLOSED:
            return
        if self._halt_due is not None and now >= self._halt_due:
            self._close(PrinterHalted("emergency stop sent; the printer has not confirmed it", is_confirmed=False))
        elif self._beginning is not None:
            self._beginning.handle_deadline(now)
            self._after_beginning()
        elif self.phase is LinkPhase.DRAINING:
            self._end_drain(now)
        elif self.phase is LinkPhase.PROBING:
            if now >= self._stall.check_at:
                self._on_unanswered_probe(now)
        elif self._ledger.oldest_in_flight is not None and now >= self._stall.check_at:
            self._on_silence(now)

    def _end_drain(self, now: float) -> None:
        if now < self._drain.quiet_at:
            return
        self._oks.forget()
        if self._trust.is_in_doubt:
            self._probe(now)
            return
        self.phase = next_phase(self.phase, LinkTrigger.QUIET)
        self._stall.on_resumed(now)

    def _on_silence(self, now: float) -> None:
        """A line is in flight and nothing has happened for as long as may be."""
        if not self.numbers_checked:
            return
        ledger = self._ledger
        if ledger.accepted == ledger.front and self._stall.is_barrier_due(now):
            self._barrier.want_another()
            self._stall.on_barrier(now)
        else:
            self._stall.on_stall(now)
            self._probe(now)

    def _probe(self, now: float) -> None:
        self.phase = next_phase(self.phase, LinkTrigger.PROOF_NEEDED)
        self._outgoing.bypass.append(PROBE)
        self._stall.on_probe(now)

    def _on_unanswered_probe(self, now: float) -> None:
        if self._stall.is_dead(now):
            seconds = round(self._stall.unanswered_seconds(now))
            said = f"the printer has not answered for {seconds} s; the link is given up"
            self._close(PrinterSilent(said, waited_seconds=seconds))
        elif self._ledger.oldest_in_flight is None and not self._proof_wanted and not self._trust.is_in_doubt:
            # what was asked about has been acknowledged meanwhile: the answer is no longer needed
            self.phase = next_phase(self.phase, LinkTrigger.PROOF_GIVEN)
            self._drain.end(now)
        else:
            self._probe(now)

    # --------------------------------------------------------------------------------------------------------- ending

    def _close(self, error: DeviceError) -> None:
        self.phase = next_phase(self.phase, LinkTrigger.ENDED)
        self._outgoing.clear()
        self._events.append(LinkClosed(error))
