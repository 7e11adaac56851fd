"""One client that reads a byte a second: what does it cost the others?

Windows with it and without it take turns in one run against one server, so that both have the same weather. Without it, a
client that reads stands in its place: the number of clients is the same. In a window with it, its socket has been full since
before the window began; it is cut off when its patience is over, comes back and goes on.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks.child import ROOT, rss_mib
from benchmarks.fanout import PACE, audience, heat, line_of, serving
from benchmarks.figure import BenchmarkFailed, Sample
from benchmarks.house import KEY, PRINTER
from hydrogen.core.context import Context
from hydrogen.model.events import JobStarted, PrinterConnected
from hydrogen.websocket.server import WebSocketServer

OTHERS = 100
WINDOW_SECONDS = 12.0
"""The cut after 10 s of patience, and the coming back, are part of a window."""

PAIRS = 2
LONG_PAIRS = 24
"""Ten minutes."""

EVENTS_PER_BURST = 20
FILL_BURSTS = 150
"""More than the kernel's buffers take, at an event of 140 bytes."""

FILL_SECONDS = 20.0
ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What the others had, the server's CPU, what waited for the slow client at most, its cuts and the jobs it missed."""

    p50_ms: float
    p99_ms: float
    cpu_seconds: float
    unsent_bytes: int = 0
    cuts: int = 0
    missed: int = 0


async def measure(pairs: int) -> list[Sample]:
    """The others' delays with and without, window by window in turn."""
    alone: list[Window] = []
    beside: list[Window] = []
    memory: list[float] = []
    async with serving() as (server, context):
        for number in range(pairs):
            order = (False, True) if number % 2 == 0 else (True, False)
            for is_slow in order:
                (beside if is_slow else alone).append(await _window(server, context, is_slow=is_slow))
            gc.collect()
            memory.append(rss_mib(os.getpid()))
    grown = Sample(
        name="memory grown behind the first pair", value=1024 * (memory[-1] - memory[0]), unit="KiB", goal="<= 1,024"
    )
    return [*_samples(alone, beside), grown]


def _samples(alone: list[Window], beside: list[Window]) -> list[Sample]:
    samples = [
        Sample(name=f"{OTHERS} clients, {figure}, {what}", value=value, unit="ms")
        for figure in ("p50", "p99")
        for what, windows in (("alone", alone), ("beside a trickle", beside))
        for value in [getattr(window, f"{figure}_ms") for window in windows]
    ]
    ratios = [slow.p99_ms / quick.p99_ms for quick, slow in zip(alone, beside, strict=True)]
    medians = [statistics.median(window.p99_ms for window in windows) for windows in (beside, alone)]
    cpu = [statistics.median(window.cpu_seconds for window in windows) for windows in (beside, alone)]
    return [
        *samples,
        *(Sample(name="p99 beside over alone, of each pair", value=ratio, unit="") for ratio in ratios),
        Sample(name="p99 beside over alone, medians", value=medians[0] / medians[1], unit="", goal="<= 1.1"),
        Sample(name="server's CPU beside over alone, medians", value=cpu[0] / cpu[1], unit=""),
        Sample(
            name="trickle, most unsent",
            value=max(window.unsent_bytes for window in beside) / 1024,
            unit="KiB",
            goal="<= 1,024",
        ),
        Sample(name="trickle, cut off", value=sum(window.cuts for window in beside), unit=""),
        Sample(
            name="trickle, jobs missed after resuming",
            value=sum(window.missed for window in beside),
            unit="",
            goal="0",
        ),
    ]


async def _window(server: WebSocketServer, context: Context, *, is_slow: bool) -> Window:
    watch = _Watch()
    async with _client("trickle" if is_slow else "listen", server.bound_port) as client:
        await line_of(client, ANSWER_SECONDS)  # it is inside
        await _fill(server, context, is_slow=is_slow)
        async with audience(server.bound_port, OTHERS) as others, watch.over(server):
            cpu = time.process_time()
            jobs = await _publish(context, WINDOW_SECONDS)
            cpu_seconds = time.process_time() - cpu
            heard = json.loads(await line_of(others, ANSWER_SECONDS))
        assert client.stdin is not None
        client.stdin.close()
        told = json.loads(await line_of(client, ANSWER_SECONDS))
    return Window(
        p50_ms=heard["p50_ms"],
        p99_ms=heard["p99_ms"],
        cpu_seconds=cpu_seconds,
        unsent_bytes=watch.most_unsent,
        cuts=told["cuts"],
        missed=jobs - told["jobs"],
    )


async def _fill(server: WebSocketServer, context: Context, *, is_slow: bool) -> None:
    """The same burst in both kinds of windows; it ends with the slow client's socket full."""
    for _ in range(FILL_BURSTS):
        await _burst(context)
    ends_at = time.monotonic() + FILL_SECONDS
    while is_slow and not any(member.outbox.is_blocked for member in server._broadcaster.members):
        if time.monotonic() > ends_at:
            raise BenchmarkFailed("the slow client's socket does not fill")
        await _burst(context)


async def _burst(context: Context) -> None:
    for _ in range(EVENTS_PER_BURST):
        context.publish(heat(20.0))
    await asyncio.sleep(0.001)


async def _publish(context: Context, seconds: float) -> int:
    """Temperatures at the pace, and a job a second. Returns how many jobs."""
    loop = asyncio.get_running_loop()
    began, jobs = loop.time(), 0
    for number in range(int(seconds * PACE)):
        await asyncio.sleep(began + number / PACE - loop.time())
        context.publish(heat(time.monotonic()))
        if number % PACE == 0:
            jobs += 1
            context.publish(
                JobStarted(at=time.time(), printer=PRINTER, job=f"j{jobs}", file="f", lines_total=1, bytes_total=1)
            )
    context.publish(PrinterConnected(at=time.time(), printer=PRINTER, port="/dev/null"))
    return jobs


class _Watch:
    """What waits for the client that has most waiting for it."""

    def __init__(self) -> None:
        self.most_unsent = 0

    @asynccontextmanager
    async def over(self, server: WebSocketServer) -> AsyncIterator[None]:
        watching = asyncio.create_task(self._look(server), name="watch")
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.wait([watching])

    async def _look(self, server: WebSocketServer) -> None:
        while True:
            unsent = [member.outbox.unsent_bytes for member in server._broadcaster.members]
            self.most_unsent = max([self.most_unsent, *unsent])
            await asyncio.sleep(0.2)


@asynccontextmanager
async def _client(role: str, port: int) -> AsyncIterator[Process]:
    command = (sys.executable, "-m", "benchmarks.siege_client", role, str(port), KEY)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, cwd=ROOT)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
