"""The service of the simulator's pytest plugin (`HydrogenService`), for tests that watch several things at once.

The plugin's folders, configuration and command are used as they are. What is added is what a third party's test has no use
for: everything can be awaited; the service may run behind a command that enters another namespace, by another Python and with
another environment; and what clients hear is read by our own client.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from hydrogen.cli.address import ServiceAddress, url_of
from hydrogen.cli.client import Client, connected
from hydrogen.fleet.runtime import ServiceRecord, read_service_record
from hydrogen_simulators.service_process import HydrogenService
from tests.support.signing import give_signing_key
from tests.support.waiting import wait_until_answered

KEY = "integration-key-0123"
UP_SECONDS = 20.0
"""Generous: the machine that runs the tests may be busy. The promise itself is measured by the benchmarks."""

END_SECONDS = 15.0

WEB = 'host = "127.0.0.1"\nport = 0\nrequests_per_second = 10000\nrequests_burst = 10000'
"""How fast a test asks depends on the machine; the limits on that have tests of their own."""


class HouseProcess:
    """One runtime folder and the services that live in it, one after the other."""

    def __init__(self, folder: Path, printers: Mapping[str, str], **sections: str) -> None:
        """printers: name to the path of its port. sections: more TOML, by section name."""
        self.folder = folder
        self.service = HydrogenService(folder, printers, {"web": WEB, **sections}, key=KEY, own_spoolers=False)
        self.data_dir, self.runtime_dir = self.service.data_dir, self.service.runtime_dir
        self.config = self.service.config
        self.log = self.service.log_file
        self.process: asyncio.subprocess.Process | None = None
        self.prefix: tuple[str, ...] = ()
        """A command that the service is run by, such as one that enters another namespace."""
        self.environment: dict[str, str] = {}
        """What the service's environment has beside our own."""
        self.python = sys.executable
        self.seen: Callable[[Path], Path] = lambda path: path
        """How we get at what the house calls this path."""
        self.has_signing_key = True
        """Does it find one, or does it make one in a process of its own?"""

    @property
    def files(self) -> Path:
        folder = self.seen(self.data_dir) / "files"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def record(self) -> ServiceRecord | None:
        return read_service_record(self.seen(self.runtime_dir))

    @property
    def address(self) -> ServiceAddress:
        record = self.record
        assert record is not None, self.said
        return ServiceAddress(url=url_of(record), key=KEY, data_dir=self.data_dir)

    @property
    def said(self) -> str:
        return self.service.log

    def pin_ports(self) -> None:
        """Let the lives that follow listen where this one does: for clients that know no more than an address."""
        record = self.record
        assert record is not None, self.said
        text = self.config.read_text()
        for table, port in {"websocket": record.websocket_port, "web": record.web_port}.items():
            part = f'[{table}]\nhost = "127.0.0.1"\nport = '
            text = text.replace(f"{part}0", f"{part}{port}")
        self.config.write_text(text)

    async def start(self, *arguments: str, is_expected_up: bool = True) -> None:
        if self.has_signing_key and is_expected_up and not self.prefix:
            give_signing_key(self.data_dir)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(*self.prefix, self.python, *self.service.arguments(*arguments)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,  # `-m` looks for packages where it is started: not in the repository
                env={**os.environ, **self.environment},
            )
        if is_expected_up:
            pid = self.process.pid
            await self.await_record(lambda record: record.pid == pid)

    async def await_record(self, fits: Callable[[ServiceRecord], bool], seconds: float = UP_SECONDS) -> None:
        """Wait for the life of the service that is meant; between two lives there is no record."""

        def is_there() -> bool:
            record = self.record
            return record is not None and fits(record)

        await until(is_there, lambda: self.said, seconds)

    async def ended(self) -> int:
        assert self.process is not None
        async with asyncio.timeout(END_SECONDS):
            return await self.process.wait()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return await self.ended()

    def spooler_pid(self, printer: str = "bench") -> int | None:
        """The process that holds the printer's lock."""
        with suppress(OSError, ValueError):
            pid = int((self.seen(self.runtime_dir) / f"{printer}.lock").read_text().strip() or 0)
            if pid in self.service.spooler_pids():
                return pid
        return None

    async def clean_up(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await asyncio.to_thread(self.service.clean_up)


@asynccontextmanager
async def running_house(
    folder: Path, printers: Mapping[str, str], *arguments: str, has_signing_key: bool = True, **sections: str
) -> AsyncIterator[HouseProcess]:
    """A service that is up when the block begins; nothing of it lives on behind the block."""
    house = HouseProcess(folder, printers, **sections)
    house.has_signing_key = has_signing_key
    try:
        await house.start(*arguments)
        yield house
    finally:
        await house.clean_up()


async def until(is_true: Callable[[], object], explain: Callable[[], str] = str, seconds: float = UP_SECONDS) -> None:
    """Wait for what another process does."""
    try:
        async with asyncio.timeout(seconds):
            while not is_true():  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited {seconds} s in vain; {explain()}") from None


async def frame_where(
    client: Client, fits: Callable[[Mapping[str, Any]], object], seconds: float = 30.0
) -> Mapping[str, Any]:
    """The first frame that fits."""
    seen: list[str] = []
    try:
        async with asyncio.timeout(seconds):
            async for frame in client.frames():
                if frame.get("type") not in ("status", "host.measured"):  # they come whatever happens
                    seen.append(json.dumps(frame)[:300])
                if fits(frame):
                    return frame
    except TimeoutError:
        raise AssertionError("no such frame among:\n" + "\n".join(seen[-40:])) from None
    raise AssertionError("the frames ended")


async def await_status(client: Client, status: str, printer: str = "bench") -> None:
    """The printer is in this state, by snapshot or event."""

    def fits(frame: Mapping[str, Any]) -> bool:
        state = frame.get("state")
        if frame.get("type") == "snapshot" and isinstance(state, Mapping):
            return bool(state["printers"][printer]["status"] == status)
        if frame.get("type") == "printer.attached" and isinstance(state, Mapping):
            return bool(frame.get("printer") == printer and state["status"] == status)
        return frame.get("printer") == printer and frame.get("status") == status

    await frame_where(client, fits)


@asynccontextmanager
async def connected_idle(house: HouseProcess, printer: str = "bench") -> AsyncIterator[Client]:
    """A client of a house whose printer is ready."""
    async with connected(house.address) as client:
        await await_status(client, "idle", printer)
        yield client


async def print_started(
    client: Client, house: HouseProcess, lines: list[str], name: str = "job.gcode", *, printer: str = "bench"
) -> str:
    """The job's id, once the service has accepted it."""
    (house.files / name).write_text("\n".join(lines) + "\n")
    result = await client.command("job.start", printer, {"file": name})
    return str(result["job"])


async def await_outcome(client: Client, job: str, outcome: str = "completed", seconds: float = 60.0) -> None:
    """The job's end, by the history: it may have come while no client listened."""

    async def is_so() -> bool:
        jobs = (await client.command("job.history"))["jobs"]
        return any(entry["job"] == job and entry["outcome"] == outcome for entry in jobs)

    await wait_until_answered(is_so, seconds)


def square_lines(count: int, *, feedrate: int = 6000) -> list[str]:
    """G-code with `count` moves of about 1 mm, no two alike."""
    head = ["; a test job", "G21", "G90", "M83", "M104 S200", "M140 S60", "G28"]
    moves = [
        f"G1 X{10 + number % 97}.{number % 10} Y{10 + number // 97} F{feedrate} ; {number}" for number in range(count)
    ]
    return [*head, *moves, "M104 S0", "M140 S0"]
