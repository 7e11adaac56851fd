"""A `TimedBench` whose host dies, whose cable comes off and whose board is reset, and which keeps a journal of what it sends.

The journal is kept as the connection does it: what the link tells goes in before a fetch, each line before it is written.
"""

from __future__ import annotations

from random import Random

from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import LinkClosed, LinkEvent, LinkOpened, NumberingAnnounced, NumberingBegun
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.resumption import JournalRecord, RecordKind, Resumption, resumption_of
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.support.link_bench import BASE
from tests.support.timed_bench import TimedBench, TimedWire


class MemoryJournal:
    """Signs LineJournal; no ring."""

    def __init__(self) -> None:
        self.records: list[JournalRecord] = []
        self._epoch = 0

    def begin(self, number_base: int) -> None:
        self._epoch += 1
        self._add(number_base, -1, number_base, RecordKind.OPENING)

    def announce(self, number_base: int, acknowledged: int) -> None:
        self._add(number_base, -1, acknowledged, RecordKind.ANNOUNCEMENT)

    def record(self, number: int, offset: int, acknowledged: int) -> None:
        self._add(number, offset, acknowledged, RecordKind.LINE)

    def resumption(self) -> Resumption | None:
        return resumption_of(self.records)

    def _add(self, number: int, offset: int, acknowledged: int, kind: RecordKind) -> None:
        self.records.append(JournalRecord(self._epoch, number, offset, acknowledged, len(self.records) + 1, kind))


class FileSource:
    """A LineSource over a file's lines that can begin at any offset behind one of them."""

    def __init__(self, lines: list[bytes], start: int = 0) -> None:
        self._offsets = [0]
        for line in lines:
            self._offsets.append(self._offsets[-1] + len(line) + 1)
        self._lines = lines
        self._next = self._offsets.index(start)
        self.is_exhausted = False

    def take(self) -> tuple[bytes, int] | None:
        self.is_exhausted = self._next >= len(self._lines)
        if self.is_exhausted:
            return None
        self._next += 1
        return self._lines[self._next - 1], self._offsets[self._next]


class MortalBench(TimedBench):
    """See the module's docstring."""

    def __init__(
        self,
        settings: MarlinSettings,
        lines: list[bytes],
        *,
        seed: int = 1,
        knows_ring: bool = False,
        limits: LinkLimits | None = None,
    ) -> None:
        super().__init__(settings, seed=seed, knows_ring=knows_ring, limits=limits, loop_seconds=0.001)
        self.journal = MemoryJournal()
        self.lines = lines
        self.random = Random(f"{seed}:life")
        self.resumed_from: int | None = None
        self._limits = limits
        if knows_ring:
            self._limits = LinkLimits(receive_buffer_bytes=settings.ring_size, command_slots=settings.queue_size)
        self._since = 1
        self._is_streaming = False
        self.source = FileSource(lines)

    def ran(self) -> list[bytes]:
        """What was executed of the file, and whatever else a firmware obeys, but for the link's own commands."""
        return [line for line in self.executed() if line[:1] in b"GMT" and line[1:2].isdigit() and line != b"M27"]

    # ------------------------------------------------------------------------------------------------ birth and death

    def start(self) -> None:
        """Connect, and begin the job."""
        self.open()
        self._since = len(self.journal.records) + 1
        self._executed_before = len(self.printer.ledger.lines)
        self._attach(0)

    def _attach(self, start: int) -> None:
        self.source = FileSource(self.lines, start)
        self.link.attach(self.source, start)
        self._journal_place(self.link.ledger.next - 1)
        self._is_streaming = True
        self._pump()

    def _journal_place(self, number: int) -> None:
        ledger = self.link.ledger
        self.journal.record(number, ledger.stream_offset, ledger.acknowledged)

    def die(self, *, loses_unsent: bool) -> None:
        """kill -9, or the cable: what had left the port by now arrives. loses_unsent: the rest does not, in the middle of a
        line or between two; else the kernel goes on to send it."""
        if data := self.towards_printer.take(self.now):
            self.printer.receive(data, self.now)
        if loses_unsent:
            latency = self.towards_printer._latency
            self.towards_printer = TimedWire(self.towards_printer._byte_seconds, latency)

    def stay_dead(self, seconds: float) -> None:
        """The printer alone."""
        until = self.now + seconds
        while True:
            due = min(self.printer.next_deadline() or until, self.towards_printer.next_line_at(), until)
            self.now = max(self.now, due)
            if data := self.towards_printer.take(self.now):
                self.printer.receive(data, self.now)
            self.printer.handle_deadline(self.now)
            if self.now >= until:
                return

    def live_again(self) -> None:
        """Another process opens the port, reads the journal and asks; until it is connected, or is not."""
        self.printer.data_to_send()  # what nobody read is thrown away when the port is opened
        self.towards_host = TimedWire(self.towards_host._byte_seconds)
        past = self.journal.resumption()
        self._is_streaming = False
        byte_seconds = self.towards_printer._byte_seconds
        self.link = GcodeLink(number_base=BASE + 3000, byte_seconds=byte_seconds, limits=self._limits)
        self.events.clear()
        self._kinds.clear()
        self.link.open(self.now, past.numbering if past else None)
        self._pump()
        self.run(lambda: self.has(LinkOpened) or self.has(LinkClosed), 2000.0)
        self.resumed_from = self.link.resumed_from
        past = self.journal.resumption()
        if self.resumed_from is None or past is None:
            return
        offset = past.offset(self.resumed_from, since=self._since)
        assert offset is not None, self.describe()
        self._attach(offset)

    def _pump(self) -> None:
        if self.link.has_events:
            self._tell(self.link.events())
        super()._pump()

    def _tell(self, happened: list[LinkEvent]) -> None:
        self.events += happened
        self._kinds.update(map(type, happened))
        for event in happened:
            if isinstance(event, NumberingAnnounced):
                self.journal.announce(event.base, event.acknowledged)
            elif isinstance(event, NumberingBegun):
                self.journal.begin(event.base)
                if self._is_streaming:
                    self._journal_place(event.base)

    def _fetch(self) -> bytes:
        if self.link.has_events:
            self._tell(self.link.events())
        return super()._fetch()

    def _on_given(self, number: int, offset: int) -> None:
        self.journal.record(number, offset, self.link.ledger.acknowledged)
