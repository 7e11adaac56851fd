"""`share`: how much of a serial wire a print uses, beside the least a host can do with one and with four lines in flight.

The wire is that of a USB adapter, the receive ring has 128 bytes and loses what does not fit, and moves take no time: the
wire and the way the host waits for `ok`s are all that is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from benchmarks.child import BITS_PER_BYTE, WiredRecord, running_wired_printer
from benchmarks.driver_print import print_with_driver
from benchmarks.figure import Plan, Sample
from benchmarks.gcode import check_executed, moves
from benchmarks.window_limit import limit_share
from benchmarks.yardstick import WindowedHost, frames_of
from hydrogen.gcode.link.window import RESERVED_BYTES, USUAL_SLOTS

BAUDS = (115200, 250000)
LATENCIES_SECONDS = (0.0, 0.001)
"""Of a UART on the board, and of a USB adapter."""

RING_BYTES = 128

LINES = 3000
LONG_LINES = 6000
YARDSTICK_LINES = 400
"""The smallest hosts do the same from the first line to the last; more of them say nothing new."""

PLAIN_OK, NUMBERED_OK = b"ok\n", b"ok N1234 P15 B3\n"
"""Answers; they take their time on the wire too."""

IDLE_SECONDS = 3.0
"""Between connecting and the job, as in life: by then the driver knows the receive buffer and has tried out the wire."""

PRINT_SECONDS = 80.0

GOAL = ">= 0.985"
PACKED_GOAL = ">= 1.5"

Print = Callable[[str], object]
"""Prints on this port and returns when everything is acknowledged."""


def measure(plan: Plan) -> Iterable[Sample]:
    lines = moves(LONG_LINES if plan.is_long else LINES)
    for latency in LATENCIES_SECONDS:
        for baud in BAUDS:
            for has_numbers in (True, False):
                yield from _measure(lines, baud, latency, has_numbers=has_numbers)
            yield from _measure_packed(lines, baud, latency)


def _measure(lines: list[bytes], baud: int, latency: float, *, has_numbers: bool) -> Iterator[Sample]:
    what = f"{baud}, {latency * 1000:g} ms, {'ok N P B' if has_numbers else 'plain ok'}"
    few = lines[:YARDSTICK_LINES]
    for count, words in ((1, "one in flight"), (4, "four in flight")):
        record = _record(few, baud, latency, has_numbers, partial(_print_smallest, few, count))
        yield Sample(name=f"{what}: smallest host, {words}", value=record.share(baud), unit="")
    limit = limit_share(
        frames_of(lines),
        baud=baud,
        latency_seconds=latency,
        ok_bytes=len(NUMBERED_OK if has_numbers else PLAIN_OK),
        window_bytes=RING_BYTES - 1 - RESERVED_BYTES,
        lines_most=USUAL_SLOTS - 1,
    )
    yield Sample(name=f"{what}: limit of the window", value=limit, unit="")
    record = _record(
        lines,
        baud,
        latency,
        has_numbers,
        lambda port: print_with_driver(
            port, lines, baud=baud, patience_seconds=PRINT_SECONDS, idle_seconds=IDLE_SECONDS
        ),
    )
    yield Sample(name=f"{what}: Marlin driver", value=record.share(baud), unit="", goal="" if latency else GOAL)
    yield Sample(name=f"{what}: Marlin driver, lost in the ring", value=record.lost_bytes, unit="bytes")


def _measure_packed(lines: list[bytes], baud: int, latency: float) -> Iterator[Sample]:
    """With MeatPack: moves per second, over what a full wire carries of the same moves as text."""
    record = _record(
        lines,
        baud,
        latency,
        False,
        lambda port: print_with_driver(
            port, lines, baud=baud, patience_seconds=PRINT_SECONDS, idle_seconds=IDLE_SECONDS
        ),
        has_meatpack=True,
    )
    frames = frames_of(lines)
    plain_limit = baud / BITS_PER_BYTE / (sum(map(len, frames)) / len(frames))
    moves_per_second = (len(lines) - 1) / (record.moved_at[-1] - record.moved_at[0])
    yield Sample(
        name=f"{baud}, {latency * 1000:g} ms, MeatPack: Marlin driver, over a full plain wire",
        value=moves_per_second / plain_limit,
        unit="",
        goal="" if latency else PACKED_GOAL,
    )
    yield Sample(
        name=f"{baud}, {latency * 1000:g} ms, MeatPack: lost in the ring", value=record.lost_bytes, unit="bytes"
    )


def _record(
    lines: list[bytes], baud: int, latency: float, has_numbers: bool, print_on: Print, has_meatpack: bool = False
) -> WiredRecord:
    settings = {
        "ring_size": RING_BYTES,
        "advanced_ok": has_numbers,
        "instant_motion": True,
        "prevent_cold_extrusion": False,
        "meatpack": has_meatpack,
    }
    with running_wired_printer(baud=baud, latency_seconds=latency, settings=settings) as printer:
        print_on(printer.port)
        record = printer.stop()
    check_executed(lines, record.moves, record.hash)
    return record


def _print_smallest(lines: list[bytes], in_flight: int, port: str) -> None:
    host = WindowedHost(port, in_flight)
    host.print_frames(frames_of(lines))
    host.close()
