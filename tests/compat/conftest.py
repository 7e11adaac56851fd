"""A started Hydrogen with a virtual printer, as its clients find it: an address and a key, nothing else.

The service is in the test's own process, its spooler in one of its own: the clients are in front of a socket all the same, and
a service's start is half of what such a test costs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import KEY, HouseProcess, await_status
from tests.roof.house_in_process import InProcessHouse, house_in_process
from tests.support.http_peer import Answer, ask
from tests.support.waiting import wait_until_answered

LAN_KEY = KEY


@dataclass
class Host:
    """printer: what is really done."""

    house: HouseProcess | InProcessHouse
    printer: VirtualPrinter
    watcher: Client
    port: int
    key: str = LAN_KEY

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        return await ask(self.port, method, path, headers={"X-Api-Key": self.key, **headers}, body=body)

    async def state(self) -> str:
        return str((await self.ask("GET", "/api/job")).json["state"])

    async def await_state(self, *texts: str, seconds: float = 30.0) -> str:
        """The first of these that `/api/job` tells."""
        seen = ""

        async def is_so() -> bool:
            nonlocal seen
            seen = await self.state()
            return seen in texts

        try:
            await wait_until_answered(is_so, seconds)
        except TimeoutError:
            raise AssertionError(f"{seen!r} is not {texts}; {self.house.said[-3000:]}") from None
        return seen


StartHost = Callable[..., "asyncio.Future[Host]"]


@pytest.fixture
async def start_host(
    tmp_path: Path, start_virtual_printer: Callable[..., VirtualPrinter]
) -> AsyncIterator[Callable[..., object]]:
    async with AsyncExitStack() as stack:

        async def start(**options: object) -> Host:
            printer = start_virtual_printer(**{"speed": None, **options})
            house = await stack.enter_async_context(house_in_process(tmp_path, {"bench": printer.link}))
            watcher = await stack.enter_async_context(connected(house.find_address()))
            await await_status(watcher, "idle")
            host = Host(house, printer, watcher, house.web_port)
            await host.await_state("Operational")
            return host

        yield start


@pytest.fixture
async def host(start_host: Callable[..., object]) -> Host:
    return await start_host()  # type: ignore[misc, no-any-return]
