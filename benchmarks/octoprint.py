"""`octoprint`: how long a client of OctoPrint's API waits for what it asks every second or two, while a job runs; and for an
upload of 10 MB, beside the least that takes one."""

from __future__ import annotations

import asyncio
import http.client
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from subprocess import PIPE

from benchmarks.child import line_of, running, running_printer
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import check_executed, moves
from benchmarks.house import FILE, KEY, PRINTER, House, await_idle, check_completed, frame_where, running_house
from benchmarks.upload import send
from hydrogen.cli.client import connected

LINES = 3000
LINE_SECONDS = 0.002
"""500 lines a second: the job lasts for six."""

QUESTIONS = 80
"""Of each kind; with those of warming up they stay below what one address may ask at once (`web.requests_burst`)."""

PATHS = ("/api/printer", "/api/job")
MEGABYTES = 10
TURNS = 7
"""Of each server, in turn; the medians are compared."""

PRINT_SECONDS = 60.0


def measure(_plan: Plan) -> Iterable[Sample]:
    yield from _questions()
    yield from _uploads()


def _questions() -> Iterable[Sample]:
    lines = moves(LINES)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_printer("--line-seconds", str(LINE_SECONDS), "--report-seconds", "1") as printer,
        running_house(Path(folder), printer.port) as house,
    ):
        house.put_file(lines)
        waited = asyncio.run(_ask_while_printing(house))
        record = printer.stop()
    check_executed(lines, record.moves, record.hash)
    for path, seconds in waited.items():
        milliseconds = sorted(1000 * one for one in seconds)
        yield Sample(
            name=f"GET {path} while printing, p50", value=statistics.median(milliseconds), unit="ms", goal="<= 3"
        )
        yield Sample(
            name=f"GET {path} while printing, p95", value=milliseconds[int(0.95 * len(milliseconds))], unit="ms"
        )


async def _ask_while_printing(house: House) -> dict[str, list[float]]:
    async with connected(house.address) as client:
        await await_idle(client)
        await asyncio.to_thread(_ask, house.web_port, 2)
        await client.command("job.start", PRINTER, {"file": FILE})
        finishing = asyncio.create_task(frame_where(client, lambda f: f.get("type") == "job.finished", PRINT_SECONDS))
        waited = await asyncio.to_thread(_ask, house.web_port, QUESTIONS)
        if finishing.done():
            raise BenchmarkFailed("the job was over before everything was asked")
        check_completed(await finishing)
    return waited


def _ask(port: int, times: int) -> dict[str, list[float]]:
    """On one connection, in turn; the seconds until the whole answer is there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    waited: dict[str, list[float]] = {path: [] for path in PATHS}
    for _ in range(times):
        for path, seconds in waited.items():
            began = time.perf_counter()
            connection.request("GET", path, headers={"X-Api-Key": KEY})
            answer = connection.getresponse()
            answer.read()
            seconds.append(time.perf_counter() - began)
            if answer.status != 200:
                raise BenchmarkFailed(f"GET {path} was answered with {answer.status}")
        time.sleep(0.01)
    connection.close()
    return waited


def _uploads() -> Iterable[Sample]:
    ours, least = [], []
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as other:
        command = [sys.executable, "-m", "benchmarks.bare_upload", other]
        with running(command, stdout=PIPE) as bare, running_house(Path(name), "/dev/null") as house:
            word, _, port = line_of(bare).partition(" ")
            if word != "ready":
                raise BenchmarkFailed("the bare server did not start")
            send(int(port), 1)
            send(house.web_port, 1, "/api/files/local")
            for _ in range(TURNS):
                least.append(send(int(port), MEGABYTES))
                ours.append(send(house.web_port, MEGABYTES, "/api/files/local"))
    times = statistics.median(ours) / statistics.median(least)
    yield Sample(name=f"{MEGABYTES} MB to the least that takes it", value=statistics.median(least), unit="s")
    yield Sample(name=f"{MEGABYTES} MB to /api/files/local", value=statistics.median(ours), unit="s")
    yield Sample(name=f"{MEGABYTES} MB, times the least", value=times, unit="", goal="<= 1.5")
