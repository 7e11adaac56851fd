"""`fanout`: one publisher, many WebSocket clients. The server runs in this process, the clients in another one."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

from benchmarks.child import ROOT
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.house import KEY, PRINTER
from hydrogen.auth.authority import Authority
from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.principal import Principal
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.core.bus import Bus
from hydrogen.core.clock import SystemClock
from hydrogen.core.context import Context
from hydrogen.core.log import SilentLog
from hydrogen.errors import Unavailable
from hydrogen.model.events import PrinterConnected, TemperatureMeasured
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from hydrogen.spooler.request import Request
from hydrogen.system.info import StatusBuilder, WebSocketFigures
from hydrogen.websocket.context import WebSocketSettings
from hydrogen.websocket.server import WebSocketServer

AUDIENCES = (1, 100)
FEWEST_FOR_A_PACE = 100
LONG_AUDIENCES = (1, 100, 1000)

PUBLISH_SECONDS = 1.5
PACED_SECONDS = 5.0
PACE = 20
"""Events a second in a house at its ordinary work: a printer or two with their heaters, position and progress."""

EVENTS_PER_TURN = 10
"""Published before the loop gets a turn; as many as a busy moment brings."""

ANSWER_SECONDS = 40.0
"""For 1,000 handshakes, and for the last event to reach everybody."""

DESCRIPTORS_PER_CLIENT = 2


class EmptyFleet:
    """Signs PrinterFleet for a house whose printer cannot be asked for anything."""

    names = (PRINTER,)

    def resolve(self, printer: str | None) -> str:
        return printer or PRINTER

    async def request(self, printer: str, request: Request) -> Mapping[str, Any]:
        raise Unavailable(f"{printer} takes no {request.wire_name}")


def measure(plan: Plan) -> Iterable[Sample]:
    for count in LONG_AUDIENCES if plan.is_long else AUDIENCES:
        _allow_descriptors(count * DESCRIPTORS_PER_CLIENT + 100)
        yield from asyncio.run(_measure(count))
        if count >= FEWEST_FOR_A_PACE:
            yield from asyncio.run(_measure_paced(count))


async def _measure(count: int) -> list[Sample]:
    async with serving() as (server, context), audience(server.bound_port, count) as hearers:
        began, cpu = time.monotonic(), time.process_time()
        published = await _publish(context)
        heard = json.loads(await line_of(hearers, ANSWER_SECONDS))
        seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    deliveries = int(heard["deliveries"])
    crowd = _crowd(count)
    goal = ">= 60,000" if count >= 100 else ""
    return [
        Sample(name=f"{crowd}, deliveries", value=deliveries / seconds, unit="1/s", goal=goal),
        Sample(name=f"{crowd}, CPU per delivery", value=cpu_seconds / deliveries * 1e6, unit="µs"),
        Sample(name=f"{crowd}, samples merged", value=100 * (1 - deliveries / (published * count)), unit="%"),
    ]


async def _measure_paced(count: int) -> list[Sample]:
    async with serving() as (server, context), audience(server.bound_port, count) as hearers:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(int(PACED_SECONDS * PACE)):
            await asyncio.sleep(began + number / PACE - loop.time())
            context.publish(heat(time.monotonic()))
        context.publish(PrinterConnected(at=time.time(), printer=PRINTER, port="/dev/null"))
        heard = json.loads(await line_of(hearers, ANSWER_SECONDS))
    crowd = f"{_crowd(count)}, {PACE} events/s"
    return [
        Sample(name=f"{crowd}, p50", value=float(heard["p50_ms"]), unit="ms"),
        Sample(name=f"{crowd}, p99", value=float(heard["p99_ms"]), unit="ms", goal="<= 100"),
    ]


def _crowd(count: int) -> str:
    return f"{count:,} client{'s' if count > 1 else ''}"


def heat(celsius: float) -> TemperatureMeasured:
    return TemperatureMeasured(
        at=time.time(), printer=PRINTER, heater="tool0", actual_celsius=celsius, target_celsius=200.0, power=0.5
    )


async def _publish(context: Context) -> int:
    """Temperatures at full speed, then one fact, which is never merged: whoever has it has everything. Returns how many."""
    published = 0
    ends_at = time.monotonic() + PUBLISH_SECONDS
    while time.monotonic() < ends_at:
        for _ in range(EVENTS_PER_TURN):
            published += 1
            context.publish(heat(20 + published % 20_000 / 100))
        await asyncio.sleep(0)
    context.publish(PrinterConnected(at=time.time(), printer=PRINTER, port="/dev/null"))
    return published


@asynccontextmanager
async def audience(port: int, count: int) -> AsyncIterator[Process]:
    """So many clients that count, in a process of their own."""
    command = (sys.executable, "-m", "benchmarks.audience", str(port), KEY, str(count))
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=ROOT)
    try:
        if await line_of(process, ANSWER_SECONDS) != b"ready\n":
            raise BenchmarkFailed(f"{count} clients could not connect")
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def line_of(process: Process, seconds: float) -> bytes:
    """The next line that a client process says. Raises BenchmarkFailed when none comes."""
    assert process.stdout is not None
    try:
        async with asyncio.timeout(seconds):
            line = await process.stdout.readline()
    except TimeoutError:
        raise BenchmarkFailed("the clients hang") from None
    if not line:
        raise BenchmarkFailed(f"the clients gave up (exit code {await process.wait()})")
    return line


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[WebSocketServer, Context]]:
    """A server without printers, on a free port."""
    server, context = _make_server()
    await server.start()
    running = asyncio.create_task(server.run(), name="websocket")
    try:
        yield server, context
    finally:
        running.cancel()
        await asyncio.wait([running])
        await server.close_clients()
        await server.release()


def _make_server() -> tuple[WebSocketServer, Context]:
    clock, log, fleet, figures = SystemClock(), SilentLog(), EmptyFleet(), WebSocketFigures()
    bus = Bus(_complain)
    printers = MappingProxyType({PRINTER: PrinterState(status=PrinterStatus.IDLE)})
    context = Context(epoch="bench", initial=State(printers=printers), bus=bus)
    server = WebSocketServer(
        WebSocketSettings(
            port=0,
            max_connections=5000,
            max_connections_per_address=5000,
            max_handshakes_per_address=5000,
            handshakes_per_second=1000.0,
            handshakes_burst=5000,
        ),
        context=context,
        bus=bus,
        registry=Registry([], fleet=fleet, repeats=RepeatMemory(clock=clock)),
        authority=Authority(KeyRing([ApiKey(key=KEY, principal=Principal(name="bench"))]), clock=clock),
        proxies=TrustedProxies(),
        tls=None,
        status=StatusBuilder(clock=clock, epoch="bench", version="0", figures=figures),
        figures=figures,
        fleet=fleet,
        clock=clock,
        log=log,
    )
    return server, context


def _complain(name: str, error: BaseException) -> None:
    print(f"{name} failed: {error!r}", file=sys.stderr)


def _allow_descriptors(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count or soft == resource.RLIM_INFINITY:
        return
    if hard != resource.RLIM_INFINITY and hard < count:
        raise BenchmarkFailed(f"{count} descriptors are needed, {hard} are allowed (ulimit -n)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
