"""The power goes at a thousand moments of a print, in virtual time: what the journal brackets is where the steppers were.

The printer is the virtual Marlin with a planner that takes its time, behind a wire that takes its time; records reach the disk
some time after they were due, and are torn when the power goes while they are written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from hydrogen.spooler.job.file_survey import executed_range, line_at
from hydrogen.spooler.journal.cold_journal import ColdSchedule
from hydrogen.spooler.journal.cold_record import ColdProgress, ColdRecord, encode_record, read_records, record_place
from hydrogen.spooler.recovery.recovery import RECORD_SECONDS_AT_MOST
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.spooler.cold_images import image, put, torn
from tests.support.timed_bench import TimedBench

CUTS = 1000
PULSE_SECONDS = 0.25
LONGEST_SAVING_SECONDS = 1.5


def part(random: Random) -> list[bytes]:
    """Layers of moves from a tenth of a millimetre to the width of the bed; no two lines alike."""
    lines, place = [b"M83", b"G92 E0", b"G1 X1 Y1 Z0.1 F6000"], 0
    for layer in range(1, 41):
        lines += [b"G1 Z%d.%d F600" % (layer // 5, layer * 2 % 10), b"M106 S%d" % (layer * 5), b"G92 E0"]
        feedrate = random.choice([900, 1800, 3600])
        span = random.choice([0.4, 5.0, 60.0])
        for _ in range(random.choice([3, 30, 80])):
            place += 1
            x, y = 90 + random.uniform(-span, span), 90 + random.uniform(-span, span)
            lines.append(b"G1 X%.3f Y%.3f E.%05d F%d" % (x, y, place, feedrate))
    return lines


@dataclass
class Disk:
    """Records on their way to a slow card; `as_left` is what is found after the power went at `now`."""

    random: Random
    before: bytearray = field(default_factory=lambda: image(0))
    block: bytes = b""
    place: int = 0
    done_at: float = 0.0
    sequence: int = 0

    def write(self, offset: int, now: float) -> None:
        if self.block:
            put(self.before, self.block, self.place)
        self.sequence += 1
        record = ColdRecord(sequence=self.sequence, job="j1", at=now, progress=ColdProgress(offset=offset))
        self.block, self.place = encode_record(record), record_place(self.sequence)
        self.done_at = now + self.random.uniform(0.0, LONGEST_SAVING_SECONDS)

    def as_left(self, now: float) -> ColdRecord | None:
        if not self.block:
            return None
        if now < self.done_at:
            data = torn(self.before, self.block, self.place, self.random)
        else:
            data = bytearray(self.before)
            put(data, self.block, self.place)
        return next(iter(read_records(bytes(data), "j1")), None)


@dataclass
class Cut:
    """What was on disk, and the line (from 1) that the steppers were in."""

    record: ColdRecord | None
    line: int


def cuts_of(lines: list[bytes], random: Random) -> list[Cut]:
    """Print, and look at CUTS moments."""
    bench = TimedBench(MarlinSettings(prevent_cold_extrusion=False), baud=250_000, seed=7).open()
    disk, schedule, cuts = Disk(random), ColdSchedule(), []
    move_lines = [number for number, line in enumerate(lines, start=1) if line.startswith(b"G1")]
    source = bench.begin(lines)
    moves_before = len(bench.printer.ledger.moves)
    length = 500.0

    def pulse() -> None:
        offset = bench.link.ledger.stream_offset
        if schedule.is_due(bench.now, b"".join(lines)[:offset].count(b" Z")):
            disk.write(offset, bench.now)

    def cut() -> None:
        printer = bench.printer
        planned = printer.settings.planner_size - 1 - printer.machine.motion.blocks_free(bench.now)
        finished = len(printer.ledger.moves) - moves_before - planned
        if finished < len(move_lines):
            cuts.append(Cut(disk.as_left(bench.now), move_lines[finished]))

    moments = [(bench.now + n * PULSE_SECONDS, pulse) for n in range(int(length / PULSE_SECONDS))]
    moments += [(bench.now + random.uniform(0, length), cut) for _ in range(3 * CUTS)]
    for at, action in sorted(moments, key=lambda moment: moment[0]):
        bench.at(at, action)
    bench.finish(source)
    return cuts[:: max(len(cuts) // CUTS, 1)][:CUTS]


def test_record_brackets_the_place_where_the_printer_was(tmp_path: Path) -> None:
    random = Random(20261129)
    lines = part(random)
    path = tmp_path / "part.gcode"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    cuts = cuts_of(lines, random)
    assert len(cuts) == CUTS
    brackets: dict[int, tuple[int, int]] = {}
    outside, widths = [], []
    for cut in cuts:
        offset = 0 if cut.record is None else cut.record.progress.offset
        if offset not in brackets:
            found = executed_range(path, offset, seconds=RECORD_SECONDS_AT_MOST, given_offset=None)
            brackets[offset] = line_at(path, found.certain_offset), line_at(path, found.possible_offset) - 1
        first, last = brackets[offset]
        widths.append(last - first)
        if not first <= cut.line <= last:
            outside.append((cut, first, last))
    assert not outside, outside[:5]
    assert sorted(widths)[CUTS // 2] < 300, "a bracket that says nothing is no bracket"
