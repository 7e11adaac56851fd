"""The link: a conversation with a printer that cannot be trusted to hear, or to be heard.

Theory of operation (the tests drive it against a virtual Marlin that does what a real one was measured to do).
Four numbers tell everything (ledger.py): K acknowledged, A proven accepted, F on the wire, S the next to give, and
`K <= A <= S - 1` always holds.

A line is sent when the *fetch* asks for one (`data_to_send`), never when it is submitted, and at most `window_lines`
beyond K are on their way. What goes first: bytes that bypass the numbering (emergency lane, probe, barrier), lines that
must be sent again, submitted commands, the job.

*A refused line* (`Resend: r`): the printer has thrown away what was in its receive buffer, so r and everything above is
void: A = F = r - 1. Nothing is sent until the wire has been silent for a while, because fragments of lines make more
refusals, and answering each of them starts a storm. The `ok` that directly follows `Resend:` acknowledges nothing. A
resend *below* K is real (a line lost its number on the wire and ran unchecked): it is obeyed and reported.

*Silence* with a line in flight: the line was lost, or its `ok`, or the printer is busy. The probe tells the first from
the others: it makes the printer name its last accepted line and executes nothing. A = S - 1 and still no `ok`: a barrier
(one more line, an M105) is queued behind the line; its `ok T:` says that everything before it is done, so the `ok` was
lost. The barrier has a number and a checksum like every line: damaged on the wire, an unnumbered M105 can become an M1,
which waits for a person. Reports that the printer sends by itself (temperatures) prove life but are no progress.

*Firmware that ignores numbers* (Klipper's pty): one line in flight, no probe, at most once; nothing can be repaired.
Pure: bytes, requests and `now` (monotonic seconds) go in; bytes, events and the next deadline come out.
"""

from __future__ import annotations

from hydrogen.errors import DeviceError, LinkLost, PrinterHalted, PrinterReset, PrinterSilent, Unavailable
from hydrogen.gcode.checksum import numbered
from hydrogen.gcode.ledger import LineLedger, SentLine
from hydrogen.gcode.link_events import (
    REPLY_LINES_KEPT,
    ActionDemanded,
    CommandAcknowledged,
    DuplicatePossible,
    ExecutionProven,
    FirmwareErrorReported,
    LineTraced,
    LinkClosed,
    LinkEvent,
    LinkOpened,
    NumberingBegun,
    PositionChanged,
    TemperaturesReported,
    Ticket,
)
from hydrogen.gcode.link_limits import BARRIER_BODY, NUMBER_CEILING, PROBE, LinkLimits
from hydrogen.gcode.link_state import LinkPhase, LinkTrigger, next_phase
from hydrogen.gcode.ok_reader import OkMeaning, OkReader
from hydrogen.gcode.opening import Opening
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
from hydrogen.gcode.stall_clock import StallClock
from hydrogen.model.printer import LinkStatistics

DISTRUST_LIMIT = 8
"""Resend requests for impossible numbers in a row before the link is given up."""

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
        self._window = self._limits.window_lines
        self._opening: Opening | None = None
        self._ledger = LineLedger(number_base)
        self._is_numbered = False
        self._stall = StallClock(self._limits)
        self._outgoing = Outgoing(self._limits.commands_waiting)
        self._incoming = ReceiveBuffer()
        self._proof_wanted = False
        self._events: list[LinkEvent] = []
        self._oks = OkReader()
        self._claimed_last_line: int | None = None
        self._barrier_covers: int | None = None
        self._may_send_one_more = False
        self._quiet_at = 0.0
        self._drain_ends_at = 0.0
        self._wire_free_at = 0.0
        self._distrusted = 0
        self._reset_suspected = False
        self._halt_due: float | None = None
        # counters
        self._lines_sent = 0
        self._resends = 0
        self._surplus = 0
        self._duplicates = 0

    # ------------------------------------------------------------------------------------------------- what is asked

    def open(self, now: float) -> None:
        """Begin: ask who is there. `LinkOpened` or `LinkClosed` will tell."""
        self._opening = Opening(base=self._base, limits=self._limits, now=now)

    def submit(self, text: str | bytes, *, first: bool = False) -> Ticket | None:
        """Queue a command; `first` puts it before all other waiting commands. None for a line that is empty.

        Raises LineRefused for what the firmware cannot take, Unavailable when too many wait or the link is closed.
        """
        if self.phase is _CLOSED:
            raise Unavailable("the printer is not connected")
        return self._outgoing.submit(text, first=first)

    def submit_unnumbered(self, body: bytes) -> None:
        """Send ahead of everything, without a number: M108, M410, M876, which the firmware sees on arrival.

        The caller knows that the firmware parses it early. It owes one `ok`, which is expected from now on.
        """
        self._outgoing.submit_unnumbered(body)
        self._oks.on_unnumbered_sent()

    def attach(self, source: LineSource) -> None:
        """Pull lines from `source` whenever nothing else is to be sent; progress starts at 0."""
        self._outgoing.source = source
        self._ledger.begin_stream()

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
        return LinkStatistics(
            lines_sent=self._lines_sent,
            lines_acknowledged=self._ledger.lines_acknowledged,
            resends=self._resends,
            probes=self._stall.probes,
            barriers=self._stall.barriers,
            stalls=self._stall.stalls,
            surplus_acknowledgements=self._surplus,
            possible_duplicates=self._duplicates,
            round_trip_seconds=self._stall.round_trip_seconds,
        )

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
            has_credit = ledger.front - ledger.acknowledged < self._window or self._may_send_one_more
            if has_credit and self._halt_due is None:
                return self._numbered_line(ledger, now)
        elif self._opening is not None and self._opening.outgoing:
            return self._traced(self._opening.outgoing.popleft())
        return b""

    def _numbered_line(self, ledger: LineLedger, now: float) -> bytes:
        number = ledger.front + 1
        line = ledger.line(number) if number < ledger.next else self._new_line(number)
        if line is None:
            self._when_idle(now)
            return self._traced(self._outgoing.bypass.popleft()) if self._outgoing.bypass else b""
        busy_until = now if ledger.acknowledged == ledger.front else max(now, self._wire_free_at)
        self._wire_free_at = busy_until + len(line.frame) * self._byte_seconds
        ledger.advance()
        self._lines_sent += 1
        self._may_send_one_more = False
        self.given = (number, line.offset)
        if number != self._barrier_covers:
            self._stall.on_sent(line.patience, now)
        return self._traced(line.frame) if self.is_tracing else line.frame

    def _new_line(self, number: int) -> SentLine | None:
        if number > NUMBER_CEILING:
            self._close(LinkLost("the job has more lines than line numbers; split the file", number=number))
            return None
        taken = self._outgoing.take()
        if taken is None:
            return None
        body, offset, ticket = taken
        line = SentLine.of(numbered(number, body), offset, ticket, body)
        self._ledger.add(line)
        return line

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
            self._opening = Opening(base=self._base, limits=self._limits, now=now, phase=self.phase)

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
        if self._opening is not None:
            self._opening.on_bytes(len(data))
        for line in self._incoming.lines(data):
            self._receive_line(line, now)

    def _receive_line(self, line: bytes, now: float) -> None:
        if self.is_tracing:
            self._events.append(LineTraced("< " + line.decode("latin-1").rstrip("\r")))
        if line == b"ok" and self.phase is _READY and self._barrier_covers is None and not self._oks.owes_for_resend:
            ledger = self._ledger
            self._on_ok(self._oks.on_plain(is_in_flight=ledger.acknowledged < ledger.front), now)
            return
        reply = parse_reply(line.rstrip(b"\r"))
        if self._opening is not None:
            self._receive_while_opening(reply, now)
        elif self.phase is not _CLOSED:
            self._receive_reply(reply, line, now)

    def _receive_while_opening(self, reply: Reply, now: float) -> None:
        opening = self._opening
        assert opening is not None
        if isinstance(reply, TemperatureReported):
            self._events.append(TemperaturesReported(reply.report))
        opening.on_reply(reply, now)
        self._after_opening(now)

    def _after_opening(self, now: float) -> None:
        opening = self._opening
        if opening is None:
            return
        self.phase = opening.phase
        if opening.error is not None:
            self._opening = None
            self._events.append(LinkClosed(opening.error))
        elif opening.is_settled:
            is_renumbering = self._is_numbered
            self._opening = None
            self.numbers_checked = opening.numbers_checked
            if self.phase is LinkPhase.VERIFYING:
                self.phase = next_phase(self.phase, LinkTrigger.NUMBER_PROVEN)
            self._begin_numbers()
            if not is_renumbering:
                self._events.append(LinkOpened(self.numbers_checked))

    def _begin_numbers(self) -> None:
        self._ledger.begin(self._base)
        self._is_numbered = True
        self._oks.forget()
        self._claimed_last_line = None
        self._barrier_covers = None
        self._events.append(NumberingBegun(self._base))

    def _receive_reply(self, reply: Reply, line: bytes, now: float) -> None:
        if self.phase is LinkPhase.DRAINING and not isinstance(reply, TemperatureReported | PositionReported):
            self._be_quiet(now)
        match reply:
            case Acknowledged():
                self._on_acknowledged(reply, now)
            case TemperatureReported():
                if reply.report.is_waiting:
                    self._stall.on_progress(now)
                else:
                    self._oks.on_temperature_report()
                self._events.append(TemperaturesReported(reply.report))
            case Busy():
                self._stall.on_progress(now)
            case ResendRequested():
                self._on_resend(reply.number, now)
            case LineNumberError():
                self._claimed_last_line = reply.last_line
            case FirmwareError():
                self._on_firmware_error(reply)
            case Started():
                self._close(
                    PrinterReset("the printer restarted in mid-conversation: its position and temperatures are gone"),
                )
            case _:
                self._on_information(reply, line, now)

    def _on_information(self, reply: Reply, line: bytes, now: float) -> None:
        match reply:
            case PositionReported():
                self._events.append(PositionChanged(reply.x, reply.y, reply.z, reply.e))
            case ActionRequested():
                self._events.append(ActionDemanded(reply.action, reply.text))
            case UnknownCommand():
                self._oks.on_unknown_command()
                self._stall.on_progress(now)
            case _:
                self._stall.on_progress(now)
        self._collect(line)

    def _collect(self, line: bytes) -> None:
        """A line that belongs to the answer of the oldest unacknowledged command."""
        oldest = self._ledger.oldest_in_flight
        if oldest is not None and oldest.ticket is not None and len(oldest.ticket.replies) < REPLY_LINES_KEPT:
            oldest.ticket.replies.append(line.decode("ascii", "replace").strip())

    # ----------------------------------------------------------------------------------------------- acknowledgement

    def _on_acknowledged(self, reply: Acknowledged, now: float) -> None:
        if reply.temperatures is not None:
            self._events.append(TemperaturesReported(reply.temperatures))
            self._collect(reply.text.encode("ascii", "replace"))
        meaning = self._oks.meaning_of(
            reply,
            is_in_flight=self._ledger.oldest_in_flight is not None,
            is_draining=self.phase is LinkPhase.DRAINING,
            expects_barrier=self._barrier_covers is not None,
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
        elif meaning is not OkMeaning.NOTHING:
            self._surplus += 1
            if meaning is OkMeaning.STRAY:
                self._report_duplicate(self._ledger.front)

    def _on_numbered_ok(self, number: int, now: float) -> None:
        if self._ledger.acknowledged < number <= self._ledger.front:
            self._acknowledge(number, now)
        elif number != self._ledger.acknowledged:
            self._surplus += 1

    def _on_temperature_ok(self, now: float) -> None:
        """An M105 was executed: the barrier, or the one that is in flight."""
        oldest = self._ledger.oldest_in_flight
        if self._barrier_covers is not None:
            covers, self._barrier_covers = self._barrier_covers, None
            if self._ledger.acknowledged < covers <= self._ledger.front:
                self._stall.on_repaired()
                self._acknowledge(covers, now)
            elif oldest is not None:
                self._stall.on_progress(now)
        elif oldest is None or not oldest.replies_with_temperatures:
            self._surplus += 1
        else:
            self._acknowledge(self._ledger.acknowledged + 1, now)

    def _acknowledge(self, upto: int, now: float) -> None:
        """K rises to `upto`."""
        for ticket in self._ledger.acknowledge(upto):
            self._events.append(CommandAcknowledged(ticket))
        if self._barrier_covers is not None and upto >= self._barrier_covers:
            self._barrier_covers = None
        self._distrusted = 0
        self._stall.on_acknowledged(now, is_idle=upto == self._ledger.front)

    # ---------------------------------------------------------------------------------------------------- resending

    def _on_resend(self, number: int | None, now: float) -> None:
        self._oks.on_resend()
        claimed, self._claimed_last_line = self._claimed_last_line, None
        was = self.phase
        answers_probe = was is LinkPhase.PROBING
        if self.phase is LinkPhase.PROBING:
            self.phase = next_phase(self.phase, LinkTrigger.PROOF_GIVEN)
            self._stall.on_probe_answered(now)
        else:
            self.phase = next_phase(self.phase, LinkTrigger.RESEND_ASKED)
        if was is not self.phase:
            self._drain_ends_at = now + self._limits.drain_most
        self._be_quiet(now)
        if (
            number is None
            or (claimed is not None and claimed + 1 != number)
            or not self._ledger.may_be_asked_for(number)
        ):
            self._distrust(number)
        else:
            self._obey_resend(number, now, answers_probe=answers_probe)

    def _be_quiet(self, now: float) -> None:
        """The drain lasts until the wire has been silent; what the printer reports by itself is no residue."""
        self._quiet_at = min(max(now, self._wire_free_at) + self._limits.quiet, self._drain_ends_at)

    def _distrust(self, number: int | None) -> None:
        """An impossible number: a garbled reply, or a board that has restarted. Ask again before believing either."""
        self._distrusted += 1
        if number == 1 and self._reset_suspected:
            self._close(PrinterReset("the printer counts from 0 again: it was reset; its position and heat are gone"))
        elif self._distrusted > DISTRUST_LIMIT:
            self._close(
                LinkLost(
                    f"the printer asks for line {number}, which cannot be sent again "
                    f"(kept: {self._ledger.oldest} to {self._ledger.next - 1})",
                    asked=number,
                ),
            )
        self._reset_suspected = number == 1

    def _obey_resend(self, number: int, now: float, *, answers_probe: bool) -> None:
        """A = r - 1; everything from r on is void."""
        self._distrusted = 0
        self._reset_suspected = False
        ledger = self._ledger
        accepted = number - 1
        if accepted < ledger.front:
            self._resends += 1
            if answers_probe:
                self._stall.on_repaired()
        elif answers_probe and self._proof_wanted and ledger.is_clear and number == ledger.next:
            self._proof_wanted = False
            self._events.append(ExecutionProven())
        if self._barrier_covers is not None and accepted < self._barrier_covers:
            self._barrier_covers = None
            self._may_send_one_more = False
            self._stall.on_barrier_void(now)
        if not ledger.accept_only(accepted):
            self._report_duplicate(number)

    def _report_duplicate(self, number: int) -> None:
        self._duplicates += 1
        text = (
            self._ledger.line(number).body.decode("ascii", "replace")
            if self._ledger.oldest <= number < self._ledger.next
            else ""
        )
        self._events.append(DuplicatePossible(number, text))

    # ------------------------------------------------------------------------------------------------------ deadlines

    def next_deadline(self) -> float | None:
        """When `handle_deadline` is due; None while there is nothing to wait for."""
        deadline: float | None = None
        if self._opening is not None:
            deadline = self._opening.next_deadline()
        elif self.phase is LinkPhase.DRAINING:
            deadline = self._quiet_at
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
        elif self._opening is not None:
            self._opening.handle_deadline(now)
            self._after_opening(now)
        elif self.phase is LinkPhase.DRAINING:
            self._end_drain(now)
        elif self.phase is LinkPhase.PROBING:
            if now >= self._stall.check_at:
                self._on_unanswered_probe(now)
        elif self._ledger.oldest_in_flight is not None and now >= self._stall.check_at:
            self._on_silence(now)

    def _end_drain(self, now: float) -> None:
        if now < self._quiet_at:
            return
        self._oks.forget()
        if self._distrusted:
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
            if ledger.front == ledger.next - 1:
                ledger.add(SentLine.of(numbered(ledger.next, BARRIER_BODY), -1, None, BARRIER_BODY))
            if ledger.line(ledger.front + 1).replies_with_temperatures:
                self._barrier_covers = ledger.front + 1
            self._may_send_one_more = True
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
            silence = round(self._stall.unanswered_seconds(now))
            self._close(
                PrinterSilent(
                    f"the printer has not answered for {silence} s; the link is given up", waited_seconds=silence
                ),
            )
        elif self._ledger.oldest_in_flight is None and not self._proof_wanted and not self._distrusted:
            # what was asked about has been acknowledged meanwhile: the answer is no longer needed
            self.phase = next_phase(self.phase, LinkTrigger.PROOF_GIVEN)
            self._quiet_at = self._drain_ends_at = now
        else:
            self._probe(now)

    # --------------------------------------------------------------------------------------------------------- ending

    def _on_firmware_error(self, reply: FirmwareError) -> None:
        self._claimed_last_line = None
        if not reply.is_fatal:
            self._events.append(FirmwareErrorReported(reply.text, reply.code))
            return
        self._close(PrinterHalted(reply.text, code=reply.code, firmware_text=reply.text, is_confirmed=True))

    def _close(self, error: DeviceError) -> None:
        self.phase = next_phase(self.phase, LinkTrigger.ENDED)
        self._outgoing.clear()
        self._events.append(LinkClosed(error))
