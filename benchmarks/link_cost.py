"""`link`: what the pure link costs per line, without any wire: the floor under everything else."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import repeat

from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import ListSource, check_executed, moves
from benchmarks.smallest_marlin import OK, TEMPERATURES, SmallestMarlin
from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import LinkOpened

LINES = 20_000
NUMBER_BASE = 5000
MARKER_ANSWER = b"ok " + TEMPERATURES + b"\n"
BEGAN = 100.0
"""Virtual time of the beginning; every value is as good."""


def measure(_plan: Plan) -> Iterable[Sample]:
    lines = moves(LINES)
    numbers = range(NUMBER_BASE + 1, NUMBER_BASE + 1 + LINES)
    yield Sample(name="CPU per line, plain ok", value=_microseconds(lines, repeat(OK)), unit="µs")
    advanced = (b"ok N%d P15 B3\n" % number for number in numbers)
    yield Sample(name="CPU per line, ok N P B", value=_microseconds(lines, advanced), unit="µs")


def _microseconds(lines: list[bytes], oks: Iterator[bytes]) -> float:
    """A marker over plain `ok`s is answered as an M105 and counts among the cost of the lines."""
    printer = SmallestMarlin()
    link = GcodeLink(number_base=NUMBER_BASE)
    now = _open(link, printer)
    link.attach(ListSource(lines))
    frames: list[bytes] = []
    began = time.process_time()
    while frame := link.data_to_send(now):
        now += 0.001
        frames.append(frame)
        link.receive_data(MARKER_ANSWER if b" M105*" in frame else next(oks), now)
        link.events()
    seconds = time.process_time() - began
    for frame in frames:
        printer.answer(frame.rstrip(b"\n"))
    check_executed(lines, printer.move_count, printer.digest)
    if not link.is_settled or link.ledger.stream_lines != len(lines):
        raise BenchmarkFailed(f"the link took {link.ledger.stream_lines} of {len(lines)} lines for acknowledged")
    return seconds / len(lines) * 1e6


def _open(link: GcodeLink, printer: SmallestMarlin) -> float:
    """Shake hands in virtual time; returns the time it is then."""
    now = BEGAN
    link.open(now)
    while not any(isinstance(event, LinkOpened) for event in link.events()):
        data = link.data_to_send(now)
        if data:
            link.receive_data(printer.answer(data.rstrip(b"\n")), now)
            continue
        deadline = link.next_deadline()
        if deadline is None or deadline > BEGAN + 60:
            raise BenchmarkFailed("the link does not open")
        now = max(now, deadline)
        link.handle_deadline(now)
    return now
