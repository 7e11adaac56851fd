"""`emergency`: from the WebSocket frame of an emergency command until its bytes are on the port, while the printer heats.

50 clients are connected. A client lets the printer heat (`M109`, which blocks everything behind it), another one sends `M108`,
which ends the heat-up; again and again. At the end `printer.emergency_stop` comes once, since it ends the connection.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

from benchmarks.child import line_of, running, running_wired_printer
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.house import KEY, PRINTER, House, await_idle, running_house
from hydrogen.cli.client import Client, connected

BAUD = 115200
LATENCY_SECONDS = 0.001
CLIENTS = 50

PRESSES = 200
LONG_PRESSES = 1000

HEAT_SECONDS = 0.03
"""From the heat-up's command to the first press at least; uneven steps on top, lest they fall in step with a timer."""

END_SECONDS = 10.0
"""For the heat-up to end when M108 has come, and for M112 to reach the port."""


def measure(plan: Plan) -> Iterable[Sample]:
    presses = LONG_PRESSES if plan.is_long else PRESSES
    with (
        tempfile.TemporaryDirectory() as folder,
        running_wired_printer(baud=BAUD, latency_seconds=LATENCY_SECONDS) as printer,
        running_house(Path(folder), printer.port) as house,
        _audience(house),
    ):
        sent = asyncio.run(_press(house, presses))
        record = printer.stop()
    delays = _delays(sent, record.words)
    words = [at for word, at in delays if word == "M108"]
    for percent in (50, 99):
        goal = "<= 20" if percent == 99 else ""
        value = statistics.quantiles(words, n=100, method="inclusive")[percent - 1]
        yield Sample(name=f"M108 during M109, p{percent}", value=value, unit="ms", goal=goal)
    yield Sample(name="emergency stop during M109, once", value=delays[-1][1], unit="ms", goal="<= 20")


async def _press(house: House, presses: int) -> list[tuple[str, float]]:
    """The words and when their frames were sent."""
    sent = []
    async with connected(house.address) as heater, connected(house.address) as presser:
        await await_idle(presser)
        await presser.command("printer.send_gcode", PRINTER, {"lines": ["M105"]})  # behind what follows on connecting
        for number in range(presses):
            heating = _heat(heater)
            await asyncio.sleep(HEAT_SECONDS + number * 7 % 13 / 1000)
            if heating.done():
                raise BenchmarkFailed("the printer did not heat")
            sent.append(("M108", time.monotonic()))
            await presser.command("printer.send_gcode", PRINTER, {"lines": ["M108"]})
            await asyncio.wait([heating], timeout=END_SECONDS)
            if not heating.done():
                raise BenchmarkFailed(f"M108 number {number + 1} did not end the heat-up")
        heating = _heat(heater)
        await asyncio.sleep(HEAT_SECONDS)
        sent.append(("M112", time.monotonic()))
        await presser.command("printer.emergency_stop", PRINTER)
        await asyncio.wait([heating], timeout=END_SECONDS)
        heating.cancel()
        await asyncio.gather(heating, return_exceptions=True)
    return sent


def _heat(client: Client) -> asyncio.Task[object]:
    command = client.command("printer.send_gcode", PRINTER, {"lines": ["M109 S250"]})
    return asyncio.create_task(command, name="heat")


def _delays(sent: list[tuple[str, float]], arrived: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Milliseconds of each word: the first of its kind that came on the port from then on, before the next was sent."""
    delays = []
    ends = [at for _, at in sent[1:]] + [float("inf")]
    for (word, at), ends_at in zip(sent, ends, strict=True):
        found = [came for name, came in arrived if name == word and at <= came < ends_at]
        if not found:
            raise BenchmarkFailed(f"{word} never came on the port")
        delays.append((word, (found[0] - at) * 1000))
    return delays


@contextmanager
def _audience(house: House) -> Iterator[None]:
    command = [sys.executable, "-m", "benchmarks.audience", str(house.port), KEY, str(CLIENTS)]
    with running(command, stdout=PIPE) as process:
        if line_of(process) != "ready":
            raise BenchmarkFailed(f"{CLIENTS} clients could not connect")
        yield
