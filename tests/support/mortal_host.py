"""A host in a process of its own, to be killed: `python -m tests.support.mortal_host PORT JOURNAL COUNT`.

It connects, with what the journal tells if that tells anything, streams the file of COUNT moves from where it was, and stays.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hydrogen.devices.driver import ResumePoint
from hydrogen.model.printer import Firmware
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.driver import MarlinDriver
from tests.support.connection_listener import RememberingListener
from tests.support.link_bench import moves
from tests.support.mortal_bench import FileSource

FIRMWARE = Firmware(name="Marlin", dialect="marlin", capabilities={"AUTOREPORT_TEMP": True})


async def go_on(port: str, journal: HotJournal, lines: list[bytes]) -> tuple[MarlinConnection, FileSource | None]:
    """Connect, and stream from where the printer is; no source if that cannot be known."""
    settings = {"port": port, "baud": 115200, "connect_timeout_seconds": 10.0, "temperature_interval_seconds": 1}
    past, offset = journal.resumption(), 0
    point = ResumePoint.of(past.numbering, baud=115200, firmware=FIRMWARE) if past is not None else None
    connection = await MarlinDriver(settings).connect(RememberingListener(), journal, point)
    if past is not None:
        resumed_from = connection.resumed_from
        known = None if resumed_from is None else past.offset(resumed_from, since=0)
        if known is None:
            return connection, None
        offset = known
    source = FileSource(lines, offset)
    connection.stream(source, start=offset)
    return connection, source


async def main() -> None:
    port, journal, count = sys.argv[1:]
    kept = await go_on(port, HotJournal(Path(journal)), moves(int(count)))
    await asyncio.get_running_loop().create_future()
    del kept


if __name__ == "__main__":
    asyncio.run(main())
