"""`start`: from exec to the first client, and the memory that a fresh service and its spooler take."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.child import pss_mib, rss_mib, running_printer
from benchmarks.figure import Plan, Sample
from benchmarks.house import House, await_idle, running_house
from hydrogen.cli.client import connected


def measure(_plan: Plan) -> Iterable[Sample]:
    with (
        tempfile.TemporaryDirectory() as folder,
        running_printer() as printer,
        running_house(Path(folder), printer.port) as house,
    ):
        asyncio.run(_until_idle(house))
        yield Sample(name="exec to first handshake", value=house.start_seconds, unit="s", goal="<= 1.0")
        yield Sample(name="service, RSS", value=rss_mib(house.pid), unit="MiB", goal="<= 62")
        yield Sample(name="spooler, PSS", value=pss_mib(house.spooler_pid), unit="MiB", goal="<= 28")
        yield Sample(name="spooler, RSS", value=rss_mib(house.spooler_pid), unit="MiB")


async def _until_idle(house: House) -> None:
    async with connected(house.address) as client:
        await await_idle(client)
