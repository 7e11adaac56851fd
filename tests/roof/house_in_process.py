"""A whole service in this process (its spoolers are real processes), for tests of what stands on top of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hydrogen.access import prepare_data_dir
from hydrogen.app import Hydrogen, ServeOptions
from hydrogen.cli.address import ServiceAddress, url_of
from hydrogen.config import Configuration, configuration_from_table
from hydrogen.core.clock import SystemClock
from hydrogen.fleet.runtime import read_service_record
from tests.integration.house_process import KEY as KEY
from tests.support.recording_log import RecordingLog
from tests.support.signing import give_signing_key


def configuration_for(
    folder: Path,
    printers: Mapping[str, Path],
    *,
    port: int = 0,
    tables: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> Configuration:
    """tables: further keys, by section."""
    table: dict[str, dict[str, Any]] = {
        "server": {
            "environment": "development",
            "data_dir": str(folder / "data"),
            "runtime_dir": str(folder / "run"),
        },
        "websocket": {"host": "127.0.0.1", "port": port, "status_interval_seconds": 0.1},
        "web": {"host": "127.0.0.1", "port": 0, "requests_per_second": 1e4, "requests_burst": 10_000},
        "auth": {"keys": [KEY]},
        "printers": {name: {"driver": "marlin", "port": str(link)} for name, link in printers.items()},
    }
    for section, keys in tables.items():
        table.setdefault(section, {}).update(keys)
    return configuration_from_table(table, "test")


class InProcessHouse:
    def __init__(self, folder: Path, hydrogen: Hydrogen, log: RecordingLog) -> None:
        self.folder = folder
        self.hydrogen = hydrogen
        self.log = log

    @property
    def web_port(self) -> int:
        return self.hydrogen.web_house.figures.web_port

    @property
    def files(self) -> Path:
        return self.folder / "data" / "files"

    @property
    def said(self) -> str:
        """What it has logged, for the message of an assertion."""
        return "\n".join(map(str, self.log.entries))

    @property
    def address(self) -> ServiceAddress:
        return self.find_address()

    def find_address(self) -> ServiceAddress:
        record = read_service_record(self.folder / "run")
        assert record is not None
        return ServiceAddress(url=url_of(record), key=KEY, data_dir=self.folder / "data")


@asynccontextmanager
async def house_in_process(
    folder: Path,
    printers: Mapping[str, Path] | None = None,
    *,
    own_spoolers: bool = True,
    port: int = 0,
    tables: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> AsyncIterator[InProcessHouse]:
    """Up in the block, down behind it. tables: further keys of the configuration, by section."""
    configuration = configuration_for(folder, printers or {}, port=port, tables=tables)
    log = RecordingLog()
    access = prepare_data_dir(configuration)
    give_signing_key(folder / "data")
    hydrogen = Hydrogen(
        configuration,
        access,
        options=ServeOptions(own_spoolers=own_spoolers),
        clock=SystemClock(),
        log=log,
    )
    stop = asyncio.Event()
    await hydrogen.supervisor.start()
    serving = asyncio.create_task(hydrogen.supervisor.serve(stop))
    try:
        yield InProcessHouse(folder, hydrogen, log)
    finally:
        stop.set()
        await serving
        report = await hydrogen.supervisor.shut_down()
        assert report.is_clean, report
