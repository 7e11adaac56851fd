"""A link, a wire with weather and a virtual printer in one thread of virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import ExecutionProven, LinkClosed, LinkEvent, LinkOpened
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen_simulators.faults import FaultPlan, FaultyWire
from hydrogen_simulators.firmware.marlin import VirtualMarlin
from hydrogen_simulators.firmware.settings import MarlinSettings

BASE = 5000


class ListSource:
    """A LineSource over lines in memory; the offset behind a line is the count of bytes so far."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = iter(lines)
        self._offset = 0
        self.is_exhausted = False
        self.is_paused = False

    def take(self) -> tuple[bytes, int] | None:
        if self.is_paused:
            return None
        line = next(self._lines, None)
        if line is None:
            self.is_exhausted = True
            return None
        self._offset += len(line) + 1
        return line, self._offset


class LinkBench:
    """Virtual time advances only when neither side has anything to say. `chunk` cuts every transfer into pieces.

    laws: called after every exchange; each raises AssertionError when it is broken.
    """

    def __init__(
        self,
        settings: MarlinSettings | None = None,
        plan: FaultPlan | None = None,
        *,
        seed: int = 1,
        limits: LinkLimits | None = None,
        chunk: int | None = None,
        byte_seconds: float = 0.0,
        number_base: int = BASE,
    ) -> None:
        self.now = 100.0
        self.printer = VirtualMarlin(
            settings or MarlinSettings(instant_motion=True, instant_heating=True, greets_on_power=False),
            seed=seed,
        )
        self.printer.power_on(self.now)
        self.wire = FaultyWire(plan or FaultPlan(), seed)
        self._byte_seconds, self._limits, self._number_base = byte_seconds, limits, number_base
        self.link = GcodeLink(number_base=number_base, byte_seconds=byte_seconds, limits=limits)
        self.events: list[LinkEvent] = []
        self.laws: list[Callable[[], None]] = []
        self.given: list[tuple[int, int]] = []
        self.bytes_sent = 0
        self.lines_on_wire = 0
        self.longest_standstill = 0.0
        self._chunk = chunk
        self._moved_at: float | None = None

    # ------------------------------------------------------------------------------------------------------ running

    def open(self, limit_seconds: float = 60.0) -> LinkBench:
        self.link.open(self.now)
        self.run(lambda: self.has(LinkOpened) or self.has(LinkClosed), limit_seconds)
        return self

    def begin_anew(self) -> None:
        """The host died: another link, the same printer."""
        self.link = GcodeLink(number_base=self._number_base, byte_seconds=self._byte_seconds, limits=self._limits)
        self.events.clear()

    def run(self, is_over: Callable[[], bool], limit_seconds: float) -> None:
        """Until `is_over`; an AssertionError names where it hung."""
        end = self.now + limit_seconds
        while not is_over():
            moved = self._exchange()
            self._check_law()
            if not moved and not is_over():
                self._advance(end)

    def rest(self) -> None:
        """Until neither side has anything to say, without letting time go by."""
        while self._exchange():
            self._check_law()

    def pass_time(self, seconds: float) -> None:
        """Let this much time go by."""
        until = self.now + seconds
        self.run(lambda: self.now >= until, seconds + 60)

    def print_lines(self, lines: list[bytes], limit_seconds: float = 3600.0) -> None:
        """Stream until all is acknowledged and, as at the end of every job, proven; or the link is closed."""
        source = ListSource(lines)
        self.link.attach(source)
        self.run(lambda: self.has(LinkClosed) or (source.is_exhausted and self.link.is_settled), limit_seconds)
        proven = len(self.all(ExecutionProven))
        self.link.prove()
        self.run(lambda: self.has(LinkClosed) or len(self.all(ExecutionProven)) > proven, limit_seconds)

    def change_weather(self, plan: FaultPlan, seed: int = 1) -> None:
        """From now on the wire is another; counts and the measured standstill begin anew."""
        self.wire = FaultyWire(plan, seed)
        self.lines_on_wire = self.bytes_sent = 0
        self.longest_standstill = 0.0
        self._moved_at = None

    def has(self, kind: type) -> bool:
        return any(isinstance(event, kind) for event in self.events)

    def all(self, kind: type) -> list[LinkEvent]:
        return [event for event in self.events if isinstance(event, kind)]

    def _exchange(self) -> bool:
        moved = False
        moves = self.printer.ledger.move_count
        while data := self.link.data_to_send(self.now):
            moved = True
            self.bytes_sent += len(data)
            self.lines_on_wire += data.count(b"\n")
            if self.link.given is not None:
                self.given.append(self.link.given)
            arriving = self.wire.towards_printer(data)
            for piece in self._pieces(arriving):
                self.printer.receive(piece, self.now)
        said = self.wire.towards_host(self.printer.data_to_send())
        for piece in self._pieces(said):
            moved = True
            self.link.receive_data(piece, self.now)
        happened = self.link.events()
        self.events += happened
        if self.printer.ledger.move_count != moves:
            if self._moved_at is not None:
                self.longest_standstill = max(self.longest_standstill, self.now - self._moved_at)
            self._moved_at = self.now
        return moved or bool(happened)

    def _pieces(self, data: bytes) -> list[bytes]:
        if not data:
            return []
        if self._chunk is None:
            return [data]
        return [data[i : i + self._chunk] for i in range(0, len(data), self._chunk)]

    def _advance(self, end: float) -> None:
        deadlines = [d for d in (self.link.next_deadline(), self.printer.next_deadline()) if d is not None]
        assert deadlines, f"nobody waits for anything: {self.describe()}"
        self.now = max(self.now, min(deadlines))
        assert self.now <= end, f"hangs: {self.describe()}"
        self.printer.handle_deadline(self.now)
        self.link.handle_deadline(self.now)

    def _check_law(self) -> None:
        ledger = self.link.ledger
        assert ledger.acknowledged <= ledger.accepted <= ledger.next - 1, self.describe()
        assert ledger.acknowledged <= ledger.front <= ledger.next - 1, self.describe()
        for law in self.laws:
            law()

    def describe(self) -> str:
        ledger = self.link.ledger
        return (
            f"phase {self.link.phase}, K {ledger.acknowledged} A {ledger.accepted} F {ledger.front} S {ledger.next}, "
            f"printer at {self.printer.last_line_number}, {self.link.statistics}, last {self.events[-3:]}"
        )

    # ----------------------------------------------------------------------------------------------------- what ran

    def executed(self) -> list[bytes]:
        """The moves that ran, in order."""
        return [line.encode() for line in self.printer.ledger.lines if line.startswith("G1")]


def moves(count: int, *, first: int = 0) -> list[bytes]:
    """Short moves, no two alike."""
    return [
        b"G1 X%d.%03d Y%d.%03d E%d.%05d" % (i * 7 % 180, i % 1000, i * 13 % 180, i * 3 % 1000, i // 50, i)
        for i in range(first, first + count)
    ]
