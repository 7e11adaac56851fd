"""The link: a conversation with a printer that cannot be trusted to hear, or to be heard.

Theory of operation (the tests drive it against a virtual Marlin that does what a real one was measured to do).
Four numbers tell everything (ledger.py): K acknowledged, A proven accepted, F on the wire, S the next to give, and
`K <= A <= S - 1` always holds.

A line is sent when the *fetch* asks for one (`data_to_send`), never when it is submitted, and only while the window has
room for it. Which one, and what may go together, giving.py says; what an `ok` proves, acknowledging.py.

*A refused line* (`Resend: r`): r and everything above is void, and nothing is sent until the wire is silent (resending.py).
*A printer with a past* is asked for its last number, and goes on with the next line (resuming.py).

*Silence* with a line in flight: the line was lost, or its `ok`, or the printer is busy. The probe tells the first from
the others: it makes the printer name its last accepted line and executes nothing (silence.py). A = S - 1 and still no `ok`:
a barrier is queued behind the line; its answer says that everything before it is done. It has a number and a checksum
like every line: damaged on the wire, an unnumbered M105 can become an M1, which waits for a person.

*Firmware that ignores numbers* (Klipper's pty): one line in flight, no probe, at most once; nothing can be repaired.
Pure: bytes, requests and `now` (monotonic seconds) go in; bytes, events and the next deadline come out.
"""

from __future__ import annotations

from hydrogen.errors import DeviceError, Unavailable
from hydrogen.gcode.dialect import GENERIC, Dialect
from hydrogen.gcode.link import link_endings
from hydrogen.gcode.link.acknowledging import Acknowledging
from hydrogen.gcode.link.beginning import Beginning
from hydrogen.gcode.link.giving import Giving
from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.link_events import (
    LineTraced,
    LinkClosed,
    LinkEvent,
    LinkOpened,
    NumberingAnnounced,
    NumberingBegun,
    TemperaturesReported,
    Ticket,
    event_of,
)
from hydrogen.gcode.link.link_limits import (
    BARRIER_NUMBERS,
    IDENTITY_LINES_KEPT,
    PROBE,
    PROBE_NUMBER,
    WORDS_MOST,
    LinkLimits,
)
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.link.link_state import LinkPhase, LinkTrigger, next_phase
from hydrogen.gcode.link.outgoing import LineSource
from hydrogen.gcode.link.renewal import Renewal
from hydrogen.gcode.link.resending import Resending
from hydrogen.gcode.link.resuming import Resuming
from hydrogen.gcode.link.resumption import Numbering
from hydrogen.gcode.link.silence import Silence, SilenceStep
from hydrogen.gcode.receive_buffer import ReceiveBuffer
from hydrogen.gcode.replies import (
    Acknowledged,
    ActionRequested,
    Busy,
    CapabilityReported,
    FirmwareError,
    FirmwareReported,
    Idle,
    LineNumberError,
    PositionReported,
    Reply,
    ResendRequested,
    Skipped,
    Started,
    TemperatureReported,
    Text,
    UnknownCommand,
    parse_reply,
)
from hydrogen.gcode.urgency import LONG
from hydrogen.model.printer import LinkStatistics

_READY, _CLOSED = LinkPhase.READY, LinkPhase.CLOSED
"""For code that runs for every line: looked up in their class the members cost ten times as much."""


class GcodeLink:
    """One conversation, from the first byte after opening the port to `LinkClosed`. See the module's docstring.

    greeting: the last lines of text while the link began, cleaned. identity: the answer to M115, whenever it came.
    number_base: the number lines start from, exclusive; random in 1,000..8,999, so that the 0 of a board reset never lies
    in a range that was used. byte_seconds: time of a byte on the wire (10 / baud), 0 where it is not known. resumed_from: see
    LinkOpened.
    """

    def __init__(self, *, number_base: int, byte_seconds: float = 0.0, limits: LinkLimits | None = None) -> None:
        self.phase = LinkPhase.OPENING
        self.numbers_checked = True
        self.greeting: tuple[str, ...] = ()
        self.identity: list[str] = []
        self.dialect = GENERIC
        self.given: tuple[int, int] | None = None
        self.is_tracing = False
        self.resumed_from: int | None = None
        self._base = number_base
        self._byte_seconds = byte_seconds
        self._limits = limits or LinkLimits()
        self._beginning: Beginning | None = None
        self._is_numbered = False
        self._past: Numbering | None = None
        self._incoming = ReceiveBuffer()
        self._halt_due: float | None = None
        self._last_words = b""
        self._parts = parts = LinkParts.of(number_base, byte_seconds, self._limits)
        self._ledger = parts.ledger
        self._window = parts.window
        self._unread = parts.unread
        self._stall = parts.stall
        self._drain = parts.drain
        self._trust = parts.trust
        self._outgoing = parts.outgoing
        self._packing = parts.packing
        self._oks = parts.oks
        self._barrier = parts.barrier
        self._events = parts.events
        self._giving = Giving(parts)
        self._acknowledging = Acknowledging(parts, self._giving)
        self._renewal = Renewal(parts, self._giving, self._limits)
        self._silence = Silence(parts, self._giving, self._renewal)
        self._resending = Resending(parts, self._acknowledging, self._renewal)

    # ------------------------------------------------------------------------------------------------- what is asked

    def open(self, now: float, past: Numbering | None = None, *, is_packed: bool = False) -> None:
        """Begin: ask who is there. `LinkOpened` or `LinkClosed` will tell.

        past: where a numbering was left that the printer may still be in; its dialect must be known by then (`speak`).
        is_packed: it may have been left unpacking. What cannot be resumed is opened as if it had no past.
        """
        resuming = None
        if past is not None:
            self.phase = next_phase(self.phase, LinkTrigger.PAST_KNOWN)
            resuming = Resuming(past, limits=self._limits, now=now, is_packed=is_packed, dialect=self.dialect)
            self._past = past
        self._begin(now, resuming)

    def submit(self, text: str | bytes, *, first: bool = False) -> Ticket | None:
        """Queue a command; `first` puts it before all other waiting commands. None for a line that is empty.

        Raises LineRefused for what the firmware cannot take, Unavailable when too many wait or the link is closed.
        """
        if self.phase is _CLOSED:
            raise Unavailable("the printer is not connected")
        return self._outgoing.submit(text, first=first)

    def submit_unnumbered(self, body: bytes) -> None:
        """Send ahead of everything, without a number: M108, M410, M876, which the firmware sees early (emergency.py).

        It owes one `ok`: `EmergencyWordSettled`. Where `ok`s have no numbers, a barrier behind it settles the count.
        Raises Unavailable when the link is closed, WORDS_MOST wait, or it might not fit into the printer's receive buffer.
        LineRefused for what is not one line.
        """
        if self.phase is _CLOSED:
            raise Unavailable("the printer is not connected")
        if self._oks.words_owed >= WORDS_MOST:
            raise Unavailable(f"{WORDS_MOST} emergency commands wait for the printer already", waiting=WORDS_MOST)
        size = max(len(self._packing.farewell), 1) + len(body) + 1
        if not self._unread.has_room(size):
            raise Unavailable("the printer's receive buffer may be full of what it has not read yet: try again")
        self._packing.leave()
        self._outgoing.submit_unnumbered(body, before=self._packing.farewell)
        self._unread.on_word(size)
        self._oks.on_unnumbered_sent(self._ledger.front)
        if self.numbers_checked and not self._oks.are_numbered:
            self._barrier.want()

    def attach(self, source: LineSource, offset: int = 0) -> None:
        """Pull lines from `source` whenever nothing else is to be sent; its first line lies at stream offset `offset`."""
        self._outgoing.source = source
        self._ledger.begin_stream(offset)
        self._window.begin_job()
        self._packing.begin_job(can_be_tested=self.numbers_checked)
        self._barrier.begin_job(self._ledger.next)

    def detach(self) -> None:
        """Pull no more; what was given stays given."""
        self._outgoing.source = None

    def prove(self) -> None:
        """Ask, once everything is acknowledged, whether the printer counts as we do: `ExecutionProven`."""
        self._renewal.is_proof_wanted = True

    def measure_receive_buffer(self) -> None:
        """Once nothing is to be done, find out what the printer holds (buffer_measurement.py), and try out the wire."""
        self._renewal.is_measuring_wanted = True

    def speak(self, dialect: Dialect) -> None:
        """Go by what is known of this firmware from now on."""
        self.dialect = dialect
        self._oks.ok_follows_resend = dialect.ok_follows_resend
        self._resending.resend_modulus = dialect.resend_modulus
        self._giving.is_ok_early = dialect.ok_comes_when == "queued"
        self._window.expect(ring_bytes=dialect.ring_bytes, slots=dialect.slots, is_ok_early=self._giving.is_ok_early)
        if dialect.number_modulus is not None:
            self._giving.highest_number = PROBE_NUMBER % dialect.number_modulus - BARRIER_NUMBERS

    def allow_packing(self) -> None:
        """The firmware has MeatPack: try it with the next job (packing.py)."""
        self._packing.allow()

    @property
    def farewell(self) -> bytes:
        """What must go before bytes that are written past this machine, and before the port is closed."""
        return self._packing.farewell + self._last_words

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
        return self._parts.count.statistics(self._ledger, self._stall, self._window)

    @property
    def is_window_open(self) -> bool:
        """May more than one line be in flight?"""
        return self._window.is_open

    @property
    def receive_buffer(self) -> tuple[int, int] | None:
        """Bytes of the printer's ring and places of its queue, where they were measured or told; None where not."""
        return self._window.known

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
        events = self._events.copy()
        self._events.clear()
        return events

    # ------------------------------------------------------------------------------------------------- what goes out

    def data_to_send(self, now: float) -> bytes:
        """The next bytes for the port, at most one line; b"" for nothing now. The choice is made here.

        After a numbered line `given` is its number and stream offset (-1: a command): journal it before writing.
        """
        self.given = None
        giving = self._giving
        giving.given = None
        if self.phase is not _READY or self._outgoing.bypass:
            return self._word()
        if self._barrier.is_wanted and self._barrier.lingers_until is None:
            data: bytes | None = giving.barrier_line(now)
        elif self._halt_due is None and giving.may_fetch:
            data = giving.line(now)
            if giving.is_proof_needed:
                self._probe(now)
                return self._word()
        else:
            return b""
        if data is None:
            self._when_idle(now)
            if not self._barrier.is_wanted:
                return self._word()
            data = giving.barrier_line(now)
        self.given = giving.given
        if self.is_tracing and self.given is not None:
            self._traced(self._ledger.line(self.given[0]).frame)
        return data

    def _word(self) -> bytes:
        """What goes without our numbers: emergency words and probes, and what the beginning of a link sends."""
        if self._outgoing.bypass:
            return self._traced(self._outgoing.bypass.popleft())
        busy = self._beginning or self._packing.negotiation
        if busy is not None and busy.outgoing:
            return self._traced(busy.outgoing.popleft())
        return b""

    def _when_idle(self, now: float) -> None:
        """Nothing to send and nothing in flight: time for proofs, and for a new start of long numbers."""
        if not self._ledger.is_clear:
            return
        if self._renewal.is_urgent:
            self._renew(now)
        elif self._packing.is_wanted and self._outgoing.source is not None:
            self.phase = next_phase(self.phase, LinkTrigger.PACKING_WANTED)
            self._packing.negotiate(last_number=self._ledger.next - 1, quiet=self._limits.quiet, now=now)
        elif self._renewal.is_proof_wanted and self.numbers_checked:
            self._probe(now)
        elif self._renewal.is_proof_wanted:
            self._renewal.on_proof()
        elif self._renewal.is_due and self.numbers_checked:
            self._renew(now)

    def _renew(self, now: float) -> None:
        """A new numbering; what it begins with is plain text, and packing ends with the proof."""
        if not self.numbers_checked:
            self._announce(self._base)
            self._begin_numbers(self._base)  # nothing to agree upon
        elif self._renewal.lacks_barrier:
            self._barrier.want()
        elif not self._renewal.is_proven:
            self._probe(now)
        else:
            is_measuring = self._renewal.is_measuring_wanted and not self._renewal.is_urgent
            trigger = LinkTrigger.BUFFER_UNKNOWN if is_measuring else LinkTrigger.NUMBERS_SPENT
            self._renewal.is_measuring_wanted = self._renewal.is_measuring_wanted and not is_measuring
            self.phase = next_phase(self.phase, trigger)
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
            self._beginning.on_bytes(data)
        for line in self._incoming.lines(data):
            self._receive_line(line, now)

    def _receive_line(self, line: bytes, now: float) -> None:
        if self.is_tracing:
            self._events.append(LineTraced("< " + line.decode("latin-1").rstrip("\r")))
        if line == b"ok" and self.phase is _READY:
            self._acknowledging.on_bare_ok(now)
            return
        self._parts.count.garbled_replies += not line.isascii()
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
        if self._is_numbered and isinstance(reply, Started):
            self._beginning = None
            self._close(link_endings.restarted())
            return
        beginning.on_reply(reply, now)
        self._after_beginning(now)

    def _after_beginning(self, now: float) -> None:
        beginning = self._beginning
        if beginning is None:
            return
        self.phase = beginning.phase
        while beginning.announced:
            target = beginning.announced.popleft()
            if self._is_numbered:
                self._announce(target)
        if beginning.error is not None:
            self._beginning = None
            self._events.append(LinkClosed(beginning.error))
        elif beginning.is_settled:
            self._beginning = None
            self.numbers_checked = beginning.numbers_checked
            self._acknowledging.numbers_checked = self._giving.numbers_checked = beginning.numbers_checked
            self.greeting = beginning.greeting or self.greeting
            if not self.numbers_checked:
                self._window.allow(0, 1)
            if self.phase is LinkPhase.VERIFYING:
                self.phase = next_phase(self.phase, LinkTrigger.NUMBER_PROVEN)
            if beginning.receive_buffer is not None:
                self._window.allow(beginning.receive_buffer.ring_bytes, beginning.receive_buffer.slots)
                self._giving.trial_lines = self._window.trial_lines
            is_renumbering = self._is_numbered
            if beginning.resumed_from is None:
                self._begin_numbers(self._base)
            else:
                self._resume_numbers(beginning.resumed_from, now)
            if not is_renumbering:
                self._events.append(LinkOpened(self.numbers_checked, self.resumed_from))

    def _begin(self, now: float, resuming: Resuming | None = None) -> None:
        last = self._ledger.next - 1
        self._beginning = Beginning(
            self._base, self._byte_seconds, self._limits, now, self.phase, last_number=last, resuming=resuming
        )

    def _announce(self, base: int) -> None:
        self._events.append(NumberingAnnounced(base, self._ledger.next - 1))

    def _begin_numbers(self, base: int, *, is_new: bool = True) -> None:
        self._parts.begin_numbers(base)
        self._is_numbered = True
        self._giving.begin()
        if is_new:
            self._events.append(NumberingBegun(base))

    def _resume_numbers(self, accepted: int, now: float) -> None:
        """The next line is `accepted` + 1. What the printer works at, and which `ok`s it owes to lines of before, only a
        barrier tells; where no number is checked, the executed probes have told."""
        assert self._past is not None
        self.resumed_from = accepted
        self._begin_numbers(accepted, is_new=self._past.is_new(accepted))
        self._stall.on_sent(LONG, now)
        if self.numbers_checked:
            self._barrier.want_behind_strangers()

    def _receive_reply(self, reply: Reply, line: bytes, now: float) -> None:
        if self.phase is LinkPhase.DRAINING and not isinstance(reply, TemperatureReported | PositionReported | Idle):
            self._drain.prolong(now)
        if (event := event_of(reply)) is not None:
            self._events.append(event)
        match reply:
            case Acknowledged():
                self._acknowledging.on_ok(reply, self.phase, now)
                if self._acknowledging.is_undecided:
                    self._close(link_endings.undecided(self._ledger))
                elif self._drain.ends_with_ok and self.phase is LinkPhase.DRAINING and not self._oks.owes_for_resend:
                    self._drain.end(now)
                    self._end_drain(now)
            case TemperatureReported():
                if reply.report.is_waiting:
                    self._stall.on_progress(now)
                else:
                    self._oks.on_temperature_report()
            case ResendRequested():
                self._on_resend(reply.number, now)
            case LineNumberError():
                self._resending.on_complaint(reply.kind, reply.last_line)
                if self.dialect.refusal == "ok":
                    self._oks.on_refusal()
            case Idle():
                self._stall.on_idle(now)
                self._unread.on_idle()
            case Skipped():
                self._oks.on_refusal()
            case FirmwareError():
                self._trust.on_last_line(None)
                if reply.is_fatal:
                    self._last_words = link_endings.last_words(reply, self.dialect)
                    self._close(link_endings.halted(reply, self.dialect))
                elif reply.code == "printer_not_ready" and self._outgoing.source is not None:
                    self._close(link_endings.not_executing(reply))
            case Started():
                self._close(link_endings.restarted())
            case _:
                self._on_information(reply, line, now)

    def _on_information(self, reply: Reply, line: bytes, now: float) -> None:
        """Whatever else it says, it works; the lines are the answer of the oldest unacknowledged command."""
        if isinstance(reply, UnknownCommand):
            self._oks.on_unknown_command()
        if isinstance(reply, Busy):
            self._stall.on_busy(now)
        elif line.strip() and not isinstance(reply, PositionReported | ActionRequested):
            self._stall.on_progress(now)
        if isinstance(reply, FirmwareReported | CapabilityReported) and len(self.identity) < IDENTITY_LINES_KEPT:
            self.identity.append(line.decode("ascii", "replace").strip())
        if isinstance(reply, Text):
            self._on_text(reply.text, now)
        if not isinstance(reply, Busy):
            self._ledger.collect(line)

    def _on_text(self, text: str, now: float) -> None:
        """Packing reports itself; nothing else is of interest here."""
        if self._packing.on_text(text, now) and self.phase is _READY:
            self._probe(now)
        self._after_negotiation(now)

    # ---------------------------------------------------------------------------------------------------- resending

    def _on_resend(self, number: int | None, now: float) -> None:
        self._oks.on_resend()
        if self._packing.negotiation is not None:
            self._packing.negotiation.on_resend(number, now)
            self._after_negotiation(now)
            return
        self._packing.leave()
        was = self.phase
        answers_probe = was is LinkPhase.PROBING
        self.phase = next_phase(was, LinkTrigger.PROOF_GIVEN if answers_probe else LinkTrigger.RESEND_ASKED)
        error = self._resending.on_resend(
            number, now, answers_probe=answers_probe, is_residue=was is LinkPhase.DRAINING
        )
        if error is not None:
            self._close(error)

    # ------------------------------------------------------------------------------------------------------ deadlines

    def next_deadline(self) -> float | None:
        """When `handle_deadline` is due; None while there is nothing to wait for."""
        deadline: float | None = None
        if self._beginning is not None:
            deadline = self._beginning.next_deadline()
        elif self._packing.negotiation is not None:
            deadline = self._packing.negotiation.next_deadline()
        elif self.phase is LinkPhase.DRAINING:
            deadline = self._drain.quiet_at
        elif self.phase is LinkPhase.PROBING or (self.phase is _READY and self._ledger.oldest_in_flight is not None):
            deadline = self._stall.check_at
        elif self.phase is _READY:
            deadline = self._barrier.lingers_until
        if self._halt_due is not None:
            deadline = self._halt_due if deadline is None else min(deadline, self._halt_due)
        return None if self.phase is _CLOSED else deadline

    def handle_deadline(self, now: float) -> None:
        """Do what is due by `now`; early calls do nothing."""
        if self.phase is _CLOSED:
            return
        if self._halt_due is not None and now >= self._halt_due:
            self._close(link_endings.halt_unconfirmed())
        elif self._beginning is not None:
            self._beginning.handle_deadline(now)
            self._after_beginning(now)
        elif self._packing.negotiation is not None:
            self._packing.negotiation.handle_deadline(now)
            self._after_negotiation(now)
        elif self.phase is LinkPhase.DRAINING:
            self._end_drain(now)
        elif self.phase is LinkPhase.PROBING:
            if now >= self._stall.check_at:
                self._on_silence(self._silence.of_probe(now), now)
        elif self._barrier.lingers_until is not None:
            self._barrier.on_deadline(now)
        elif self._ledger.oldest_in_flight is not None and now >= self._stall.check_at:
            self._on_silence(self._silence.of_line(now, numbers_checked=self.numbers_checked), now)

    def _after_negotiation(self, now: float) -> None:
        if self._packing.negotiation is None or not self._packing.negotiation.is_done:
            return
        if self._packing.conclude():
            self.phase = next_phase(self.phase, LinkTrigger.PACKING_AGREED)
            self._oks.forget()
        else:
            self._probe(now)

    def _end_drain(self, now: float) -> None:
        if now < self._drain.quiet_at:
            return
        self._oks.forget()
        self._unread.on_quiet()
        if not self.numbers_checked:
            self._trust.forget()
        elif self._trust.is_in_doubt or self._packing.is_in_doubt:
            self._probe(now)
            return
        self.phase = next_phase(self.phase, LinkTrigger.QUIET)
        self._unread.on_place_proven()
        self._stall.on_resumed(now)

    def _on_silence(self, step: SilenceStep, now: float) -> None:
        if step is SilenceStep.PROBE:
            self._probe(now)
        elif step is SilenceStep.GONE:
            self._close(link_endings.silent(self._stall.unanswered_seconds(now)))
        elif step is SilenceStep.NEEDLESS:
            self.phase = next_phase(self.phase, LinkTrigger.PROOF_GIVEN)
            self._drain.end(now)

    def _probe(self, now: float) -> None:
        self.phase = next_phase(self.phase, LinkTrigger.PROOF_NEEDED)
        self._packing.leave()
        question = self._packing.before_probe() + PROBE
        self._outgoing.bypass.append(question)
        self._unread.on_probe(len(question))
        self._stall.on_probe(now)

    # --------------------------------------------------------------------------------------------------------- ending

    def _close(self, error: DeviceError) -> None:
        self.phase = next_phase(self.phase, LinkTrigger.ENDED)
        self._outgoing.clear()
        self._events.append(LinkClosed(error))
