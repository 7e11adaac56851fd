"""`upload`: half a gigabyte comes in while a print uses all of a wire of 250000 baud. What does it cost the print, the memory
and those who wait for the loop? And how long do 200 MB take, beside the least that takes an upload?

It comes in parts of a second at least, with as long a rest behind each: every part is compared with the rests around it, so
that what the machine's other work does to the wire, and what the lines of the file are like, falls on both alike. `--long` has
ten of them, else it is five. What has come is analysed meanwhile, in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from subprocess import PIPE

from benchmarks.child import BITS_PER_BYTE, WiredRecord, line_of, rss_mib, running, running_wired_printer
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import check_executed, moves
from benchmarks.house import FILE, KEY, PRINTER, House, await_idle, check_completed, frame_where, running_house
from hydrogen.cli.client import connected

BAUD = 250000
LINES, LONG_LINES = 20_000, 60_000
"""Some 35 s and 105 s of a full wire."""

PARTS, LONG_PARTS = 5, 10
PART_MEGABYTES, LONG_PART_MEGABYTES = 20, 50

PART_SECONDS = 1.0
"""A part is sent again and again until it has taken so long: in less the wire carries too few lines to be judged by."""

REST_SECONDS = 1.0
"""At least, and as long as the part before it took."""

MEGABYTES = 200
TURNS = 3
"""Of each server, one after the other; the fastest counts."""

IDLE_SECONDS = 3.0
"""Between connecting and the job, as in life."""

SETTLED_SECONDS = 2.0
"""Of printing, before anything counts."""

PRINT_SECONDS = 240.0
ANSWER_SECONDS = 120.0

BOUNDARY = "benchmark"
BLOCK = b"".join(moves(40_000)[:30_000]).replace(b"G1", b"\nG1")[: 1 << 20]


@dataclass
class Witness:
    """What was seen during the print: when each part came in, how much that was, and from when to when nothing did."""

    megabytes: int = 0
    parts: list[tuple[float, float]] = field(default_factory=list)
    rests: list[tuple[float, float]] = field(default_factory=list)
    memory_mib: list[float] = field(default_factory=list)


def measure(plan: Plan) -> Iterable[Sample]:
    yield from _beside_a_print(plan)
    yield from _beside_the_least()


def _beside_a_print(plan: Plan) -> Iterable[Sample]:
    lines = moves(LONG_LINES if plan.is_long else LINES)
    parts, megabytes = (LONG_PARTS, LONG_PART_MEGABYTES) if plan.is_long else (PARTS, PART_MEGABYTES)
    settings = {"ring_size": 128, "instant_motion": True, "prevent_cold_extrusion": False}
    witness = Witness()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        turns = folder / "turns.json"
        with (
            running_wired_printer(baud=BAUD, latency_seconds=0.0, settings=settings) as printer,
            running_house(folder, printer.port, baud=BAUD, watched=turns) as house,
        ):
            house.put_file(lines)
            asyncio.run(_print(house, witness, parts=parts, megabytes=megabytes))
            record = printer.stop()
        stalls = [
            (seconds, cpu) for at, seconds, cpu in json.loads(turns.read_text()) if _overlaps(witness, at, seconds)
        ]
    check_executed(lines, record.moves, record.hash)
    if witness.rests[-1][1] > record.last_move_at:
        raise BenchmarkFailed("the upload took longer than the print")
    what = "uploads beside a print"
    yield from _told(what, witness, record)
    yield Sample(name=f"{what}: longest turn of the loop", value=1000 * _longest(stalls, 0), unit="ms", goal="<= 50")
    yield Sample(name=f"{what}: of that the CPU's work", value=1000 * _longest(stalls, 1), unit="ms")
    yield Sample(name=f"{what}: printer's process late by", value=record.late_seconds * 1000, unit="ms")


def _told(what: str, witness: Witness, record: WiredRecord) -> Iterable[Sample]:
    rests = [share_between(record, *rest) for rest in witness.rests]
    parts = [share_between(record, *part) for part in witness.parts]
    ratios = [100 * 2 * part / (rests[place] + rests[place + 1]) for place, part in enumerate(parts)]
    noise = [100 * abs(rests[place] / rests[place + 1] - 1) for place in range(len(parts))]
    seconds = sum(end - begin for begin, end in witness.parts)
    yield Sample(name=f"{what}: in all", value=witness.megabytes, unit="MB")
    yield Sample(name=f"{what}: seconds", value=seconds, unit="s")
    grown = max(witness.memory_mib) - witness.memory_mib[0]
    yield Sample(name=f"{what}: memory grown", value=grown, unit="MiB", goal="<= 5")
    yield Sample(name=f"{what}: share of the link at rest", value=median(rests), unit="")
    yield Sample(name=f"{what}: share of the link meanwhile", value=median(parts), unit="")
    yield Sample(name=f"{what}: meanwhile, of that at rest around", value=median(ratios), unit="%", goal=">= 98")
    yield Sample(name=f"{what}: the worst part", value=min(ratios), unit="%")
    yield Sample(name=f"{what}: rests differ among themselves by", value=median(noise), unit="%")


def share_between(record: WiredRecord, begin: float, end: float) -> float:
    """Of what the wire could have carried between two moments, this part was carried."""
    first, last = bisect_left(record.moved_at, begin), bisect_right(record.moved_at, end) - 1
    if last - first < 100:
        raise BenchmarkFailed("too little was printed to tell the share of the link")
    seconds = record.moved_at[last] - record.moved_at[first]
    return (record.bytes_at[last] - record.bytes_at[first]) * BITS_PER_BYTE / BAUD / seconds


def _overlaps(witness: Witness, at: float, seconds: float) -> bool:
    return any(at + seconds > begin and at < end for begin, end in witness.parts)


def _longest(stalls: list[tuple[float, float]], column: int) -> float:
    return max((stall[column] for stall in stalls), default=0.0)


async def _print(house: House, witness: Witness, *, parts: int, megabytes: int) -> None:
    async with connected(house.address) as client:
        await await_idle(client)
        await asyncio.to_thread(send, house.web_port, 1)  # every library is loaded, every cache is warm
        await asyncio.sleep(IDLE_SECONDS)
        await client.command("job.start", PRINTER, {"file": FILE})
        finishing = asyncio.create_task(
            frame_where(client, lambda frame: frame.get("type") == "job.finished", PRINT_SECONDS)
        )
        await asyncio.sleep(SETTLED_SECONDS)
        await _rest(witness, REST_SECONDS)
        witness.memory_mib.append(rss_mib(house.pid))
        for _ in range(parts):
            seconds = await _upload(house, witness, megabytes)
            await _rest(witness, max(seconds, REST_SECONDS))
        check_completed(await finishing)
        witness.memory_mib.append(rss_mib(house.pid))


async def _upload(house: House, witness: Witness, megabytes: int) -> float:
    began = time.monotonic()
    while time.monotonic() - began < PART_SECONDS:
        sending = asyncio.create_task(asyncio.to_thread(send, house.web_port, megabytes))
        while not sending.done():
            await asyncio.wait([sending], timeout=0.1)
            witness.memory_mib.append(rss_mib(house.pid))
        await sending
        witness.megabytes += megabytes
    witness.parts.append((began, time.monotonic()))
    return time.monotonic() - began


async def _rest(witness: Witness, seconds: float) -> None:
    began = time.monotonic()
    await asyncio.sleep(seconds)
    witness.rests.append((began, time.monotonic()))


def _beside_the_least() -> Iterable[Sample]:
    ours, least = [], []
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as other:
        command = [sys.executable, "-m", "benchmarks.bare_upload", other]
        with running(command, stdout=PIPE) as bare, running_house(Path(name), "/dev/null") as house:
            word, _, port = line_of(bare).partition(" ")
            if word != "ready":
                raise BenchmarkFailed("the bare server did not start")
            for server in (int(port), house.web_port):
                send(server, 1)
            for _ in range(TURNS):
                least.append(send(int(port), MEGABYTES))
                ours.append(send(house.web_port, MEGABYTES))
    yield Sample(name=f"{MEGABYTES} MB to the least that takes it", value=min(least), unit="s")
    yield Sample(name=f"{MEGABYTES} MB to Hydrogen", value=min(ours), unit="s")
    yield Sample(name=f"{MEGABYTES} MB, times the least", value=min(ours) / min(least), unit="", goal="<= 2")


def send(port: int, megabytes: int, path: str = "/api/storage") -> float:
    """Upload so much as a form to this path; the seconds until the answer. Raises BenchmarkFailed unless it is 201."""
    blocks = megabytes * 1_000_000 // len(BLOCK)
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.gcode"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    foot = f"\r\n--{BOUNDARY}--\r\n".encode()
    size = len(head) + blocks * len(BLOCK) + len(foot)
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Key {KEY}\r\nContent-Length: {size}\r\n"
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n".encode()
            + head
        )
        for _ in range(blocks):
            connection.sendall(BLOCK)
        connection.sendall(foot)
        answer = connection.recv(4096)
    if not answer.startswith(b"HTTP/1.1 201 "):
        raise BenchmarkFailed(f"the upload was refused: {answer[:300]!r}")
    return time.monotonic() - began
