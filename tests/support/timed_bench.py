"""A link, a serial wire that takes its time and a virtual printer, in one thread of virtual time.

`LinkBench` hands bytes over in no time; here each takes ten bit times, so that at the moment of a fault lines are in the
host's port, on the wire and in the printer's ring, as they are at a desk:

    GcodeLink ─► port ─► wire with weather ─► ring ─► VirtualMarlin ─► wire with weather ─► GcodeLink

The link is asked for lines by the rule of the Marlin driver's connection (`_fetch`): only when something was heard or a
deadline came, and only while less than one line is unsent. Bytes reach the ring one by one as far as the printer can tell:
they are delivered at each line end, and before every moment at which the printer does something of its own accord. A
firmware looks at its ring only once in a round of its main loop (`loop_seconds`): what came meanwhile is in the ring when a
damaged line throws it away, and what comes after begins in the middle of a line. Damaged lines take the time of whole ones.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import NamedTuple, TypeVar

from hydrogen.gcode.line import MAX_LINE_BYTES
from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import ExecutionProven, LinkClosed, LinkEvent, LinkOpened, NumberingBegun
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen_simulators.faults import FaultPlan, FaultyWire
from hydrogen_simulators.firmware.marlin import VirtualMarlin
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.support.link_bench import BASE, ListSource

BITS_PER_BYTE = 10
"""8N1: start bit, eight data bits, stop bit."""

LOG_MARGIN = 12
"""Lines of the log that are told before a standstill and after it."""

OWN_COMMANDS = ("M105", "M110", "M400", "G4 P")
"""What the link sends besides the file: questions, proofs, the dwells of a measurement. Twice they do no more than once."""

Event = TypeVar("Event", bound=LinkEvent)


class TimedWire:
    """One direction. Bytes leave one after the other, `byte_seconds` each, and arrive `latency_seconds` later.

    busy_seconds: how long the wire was in use, or is going to be.
    """

    def __init__(self, byte_seconds: float, latency_seconds: float = 0.0) -> None:
        self.busy_seconds = 0.0
        self._byte_seconds = byte_seconds
        self._latency = latency_seconds
        self._pieces: deque[tuple[float, float, bytes]] = deque()
        self._free_at = 0.0

    def push(self, data: bytes, now: float, occupying: int) -> None:
        """Send `data` behind what is on the wire; it takes the time of `occupying` bytes, the ones that were lost included."""
        begins = max(self._free_at, now)
        seconds = occupying * self._byte_seconds
        self._free_at = begins + seconds
        self.busy_seconds += seconds
        if not data:
            return
        step = seconds / len(data)
        at = begins + self._latency
        for piece in data.splitlines(keepends=True):
            self._pieces.append((at, step, piece))
            at += step * len(piece)

    def unsent_bytes(self, now: float) -> int:
        """Bytes that have not left the port."""
        if not self._byte_seconds or self._free_at <= now:
            return 0
        return math.ceil((self._free_at - now) / self._byte_seconds - 1e-6)

    def next_line_at(self) -> float:
        """When the next line has arrived in full; infinity when nothing is on its way."""
        if not self._pieces:
            return math.inf
        begins, step, data = self._pieces[0]
        return begins + step * len(data)

    def take(self, now: float) -> bytes:
        """What has arrived by `now`."""
        arrived = b""
        while self._pieces:
            begins, step, data = self._pieces[0]
            if begins + step * len(data) > now:
                count = min(int((now - begins) / step + 1e-9), len(data) - 1) if now > begins else 0
                if count:
                    self._pieces[0] = (begins + count * step, step, data[count:])
                    arrived += data[:count]
                break
            self._pieces.popleft()
            arrived += data
        return arrived


@dataclass(frozen=True, slots=True)
class Difference:
    """What was executed, against the file: nothing in all four means exactly once and in order.

    foreign: commands that ran and are in no file. is_disordered: apart from what ran twice.
    """

    missing: list[bytes]
    doubled: list[bytes]
    foreign: list[bytes]
    is_disordered: bool

    @property
    def is_none(self) -> bool:
        """Exactly the file?"""
        return not (self.missing or self.doubled or self.foreign or self.is_disordered)


class Mark(NamedTuple):
    """A moment, to measure from."""

    now: float
    busy_seconds: float


class TimedBench:
    """See the module's docstring. baud 0 is a wire without a limit; latency_seconds goes by in each direction.

    loop_seconds: the longest round of the firmware's main loop; each line waits a random part of it until it is read.
    knows_ring: the link is told the size of the ring, the slots of the queue too, so that its window may open.
    most_in_flight: the most lines without an `ok`, `overflowed_bytes` what the ring lost, `lines_sent` what was written.
    longest_standstill: the longest time between two executed moves of a job, and `standstill_at` when it began.
    """

    def __init__(
        self,
        settings: MarlinSettings,
        plan: FaultPlan | None = None,
        *,
        baud: int = 115_200,
        latency_seconds: float = 0.0,
        loop_seconds: float = 0.0,
        seed: int = 1,
        limits: LinkLimits | None = None,
        knows_ring: bool = False,
        is_logging: bool = False,
    ) -> None:
        self.now = 100.0
        byte_seconds = BITS_PER_BYTE / baud if baud else 0.0
        if knows_ring:
            limits = LinkLimits(receive_buffer_bytes=settings.ring_size, command_slots=settings.queue_size)
        self.printer = VirtualMarlin(settings, seed=seed)
        self.printer.power_on(self.now)
        self.link = GcodeLink(number_base=BASE, byte_seconds=byte_seconds, limits=limits)
        self.weather = FaultyWire(plan or FaultPlan(), seed)
        self.towards_printer = TimedWire(byte_seconds, latency_seconds)
        self.towards_host = TimedWire(byte_seconds, latency_seconds)
        self.events: list[LinkEvent] = []
        self.most_in_flight = 0
        self._kinds: set[type[LinkEvent]] = set()
        self.log: list[tuple[float, str]] = []
        self.lines_sent = 0
        self.longest_standstill = 0.0
        self.standstill_at = 0.0
        self._is_logging = is_logging
        self._loop_seconds = loop_seconds
        self._loop_random = Random(f"{seed}:loop")
        self._line_at = self._read_at = math.inf
        self._agenda: deque[tuple[float, Callable[[], object]]] = deque()
        self._moves_seen = 0
        self._moved_at: float | None = None
        self._executed_before = 0
        self._overflow_before = 0

    # ------------------------------------------------------------------------------------------------------ running

    def open(self, limit_seconds: float = 60.0) -> TimedBench:
        """Until the link is open, or closed."""
        self.link.open(self.now)
        self._pump()
        self.run(lambda: self.has(LinkOpened) or self.has(LinkClosed), limit_seconds)
        return self

    def measure(self, limit_seconds: float = 60.0) -> TimedBench:
        """Let the link find out what the printer's serial port holds, with an open link and nothing to do."""
        begun = len(self.all(NumberingBegun))
        self.link.measure_receive_buffer()
        self._pump()
        self.run(lambda: self.has(LinkClosed) or len(self.all(NumberingBegun)) > begun, limit_seconds)
        self.run(lambda: self.has(LinkClosed) or self.link.is_settled, limit_seconds)
        self._overflow_before = self.printer.ledger.counts["rx_overflow_bytes"]
        return self

    def run(self, is_over: Callable[[], bool], limit_seconds: float = 36_000.0) -> None:
        """Until `is_over`; an AssertionError names where it hung."""
        end = self.now + limit_seconds
        while not is_over():
            self._advance(end)

    def begin(self, lines: list[bytes]) -> ListSource:
        """Attach a job; `run` streams it."""
        source = ListSource(lines)
        self._executed_before = len(self.printer.ledger.lines)
        self._moved_at = None
        self.longest_standstill = 0.0
        self.link.attach(source)
        self._pump()
        return source

    def finish(self, source: ListSource) -> None:
        """As at the end of every job: all acknowledged, M400, proven; then until the printer holds nothing. Or until closed."""
        self.run(lambda: self.has(LinkClosed) or (source.is_exhausted and self.link.is_settled))
        if self.has(LinkClosed):
            return
        self.submit("M400")  # as the connection does
        proven = len(self.all(ExecutionProven))
        self.link.prove()
        self._pump()
        self.run(lambda: self.has(LinkClosed) or len(self.all(ExecutionProven)) > proven)
        self.run(lambda: not self.printer.is_waiting_for_time)

    def print_lines(self, lines: list[bytes]) -> TimedBench:
        """A whole job."""
        self.finish(self.begin(lines))
        return self

    def at(self, time: float, action: Callable[[], object]) -> None:
        """Do something at a moment, as a client does; in the order of the moments."""
        self._agenda.append((time, action))

    def submit(self, text: str) -> None:
        """A client's command."""
        self.link.submit(text)
        self._pump()

    def submit_unnumbered(self, word: bytes) -> None:
        """M108, M876 and the like."""
        self.link.submit_unnumbered(word)
        self._pump()

    def _advance(self, end: float) -> None:
        link_due, printer_due = self.link.next_deadline(), self.printer.next_deadline()
        line_at, reply_at = self._next_reading(), self.towards_host.next_line_at()
        due = min(line_at, reply_at, self._agenda[0][0] if self._agenda else math.inf)
        for deadline in (link_due, printer_due):
            if deadline is not None and deadline < due:
                due = deadline
        assert due < math.inf, f"nobody waits for anything: {self.describe()}"
        now = self.now = max(self.now, due)
        assert now <= end, f"hangs: {self.describe()}"
        is_printer_due = printer_due is not None and printer_due <= now
        if is_printer_due or line_at <= now:
            self._run_printer(now, is_due=is_printer_due)
        is_link_due = link_due is not None and link_due <= now
        if is_link_due or reply_at <= now:
            self._run_link(now, is_due=is_link_due)
        while self._agenda and self._agenda[0][0] <= now:
            self._agenda.popleft()[1]()

    def _next_reading(self) -> float:
        """When the firmware looks at the next whole line."""
        line_at = self.towards_printer.next_line_at()
        if not self._loop_seconds:
            return line_at
        if line_at != self._line_at:
            self._line_at = line_at
            self._read_at = line_at + self._loop_random.random() * self._loop_seconds
        return self._read_at

    def _run_printer(self, now: float, *, is_due: bool) -> None:
        if data := self.towards_printer.take(now):
            if self._is_logging:
                self._note(f"printer gets {data!r}")
            self.printer.receive(data, now)
        if is_due:
            self.printer.handle_deadline(now)
        if said := self.printer.data_to_send():
            if self._is_logging:
                self._note(f"printer says {said!r}")
            self.towards_host.push(self.weather.towards_host(said), now, len(said))
        if self.printer.ledger.move_count != self._moves_seen:
            self._on_moved(now)

    def _on_moved(self, now: float) -> None:
        self._moves_seen = self.printer.ledger.move_count
        if self._is_logging:
            self._note(f"runs {self.printer.ledger.lines[-1]!r}")
        if self._moved_at is not None and now - self._moved_at > self.longest_standstill:
            self.longest_standstill = now - self._moved_at
            self.standstill_at = self._moved_at
        self._moved_at = now

    def _run_link(self, now: float, *, is_due: bool) -> None:
        if data := self.towards_host.take(now):
            if self._is_logging:
                self._note(f"link hears {data!r}")
            self.link.receive_data(data, now)
        if is_due:
            self.link.handle_deadline(now)
        self._pump()

    def _pump(self) -> None:
        """As the connection does it: tell, fetch, write, until there is no more."""
        link = self.link
        while True:
            if link.has_events:
                happened = link.events()
                self.events += happened
                self._kinds.update(map(type, happened))
            data = self._fetch()
            if data:
                self._write(data)
            elif not link.has_events:
                break
        self._check_law()

    def _fetch(self) -> bytes:
        """The rule of the connection: lines as long as the port holds less than a line that has not left, in one write."""
        link, now = self.link, self.now
        unsent = self.towards_printer.unsent_bytes(now) if link.ledger.in_flight_bytes else 0
        if unsent >= MAX_LINE_BYTES and not link.has_emergency_word:
            return b""
        data = link.data_to_send(now)
        if link.given is None:
            return data
        frames = []
        while data:
            if link.given is not None:
                self._on_given(*link.given)
            frames.append(data)
            unsent += len(data)
            data = link.data_to_send(now) if unsent < MAX_LINE_BYTES else b""
        return b"".join(frames)

    def _on_given(self, number: int, offset: int) -> None:
        """Line `number` is about to be written: the place of the journal."""

    def _write(self, data: bytes) -> None:
        self.lines_sent += data.count(b"\n")
        arriving = self.weather.towards_printer(data)
        if self._is_logging:
            self._note(f"link sends {data!r}" + ("" if arriving == data else f", on the wire {arriving!r}"))
        self.towards_printer.push(arriving, self.now, len(data))

    def _check_law(self) -> None:
        ledger = self.link.ledger
        assert ledger.acknowledged <= ledger.accepted <= ledger.next - 1, self.describe()
        assert ledger.acknowledged <= ledger.front <= ledger.next - 1, self.describe()
        self.most_in_flight = max(self.most_in_flight, ledger.front - ledger.acknowledged)

    # ------------------------------------------------------------------------------------------------- what happened

    def has(self, kind: type[LinkEvent]) -> bool:
        """Has such an event come?"""
        return kind in self._kinds

    def all(self, kind: type[Event]) -> list[Event]:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def overflowed_bytes(self) -> int:
        """Bytes the ring lost, but for those that a measurement had to spill."""
        return self.printer.ledger.counts["rx_overflow_bytes"] - self._overflow_before

    def executed(self) -> list[bytes]:
        """What ran since the job began, in order, without the link's own commands."""
        lines = self.printer.ledger.lines[self._executed_before :]
        return [line.encode("latin-1", "replace") for line in lines if not line.startswith(OWN_COMMANDS)]

    def difference(self, lines: list[bytes]) -> Difference:
        """What was executed, against `lines`, of which no two are alike. Fragments that no firmware obeys are nothing."""
        run = self.executed()
        place = {line: i for i, line in enumerate(lines)}
        times = Counter(run)
        last = [line for line in reversed(run) if line in place]
        order = [place[line] for line in dict.fromkeys(last)]
        return Difference(
            missing=[line for line in lines if not times[line]],
            doubled=[line for line in lines if times[line] > 1],
            foreign=[line for line in run if line not in place and line[:1] in b"GMT" and line[1:2].isdigit()],
            is_disordered=any(later < earlier for later, earlier in pairwise(order)),
        )

    def mark(self) -> Mark:
        """Now; see `share_of_wire`."""
        return Mark(self.now, self.towards_printer.busy_seconds)

    def share_of_wire(self, since: Mark) -> float:
        """The part of the time since then in which bytes were on the wire towards the printer."""
        return (self.towards_printer.busy_seconds - since.busy_seconds) / (self.now - since.now)

    def describe(self) -> str:
        """Where it stands, for an assertion's message."""
        ledger = self.link.ledger
        return (
            f"at {self.now:.3f} phase {self.link.phase}, K {ledger.acknowledged} A {ledger.accepted} F {ledger.front} "
            f"S {ledger.next}, printer at {self.printer.last_line_number}, {self.link.statistics}, "
            f"standstill {self.longest_standstill:.3f} s at {self.standstill_at:.3f}, last {self.events[-3:]}"
        )

    def log_of_standstill(self) -> str:
        """What was said around the longest standstill; needs `is_logging`."""
        begins, ends = self.standstill_at, self.standstill_at + self.longest_standstill
        first = next((i for i, (at, _) in enumerate(self.log) if at >= begins), 0)
        last = next((i for i, (at, _) in enumerate(self.log) if at > ends), len(self.log))
        told = self.log[max(first - LOG_MARGIN, 0) : last + LOG_MARGIN]
        return "\n".join(f"{(at - begins) * 1000:9.2f} ms  {text}" for at, text in told)

    def _note(self, text: str) -> None:
        self.log.append((self.now, f"[{self.link.phase.name:9}] {text}"))
