"""A virtual printer beside the service: `hydrogen-sim` as a child, on a link in a temporary folder."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import HostError

READY_SECONDS = 10.0
"""From the start of the interpreter to `ready LINK`."""

END_SECONDS = 1.0
"""For a simulator to end after SIGTERM."""


class SimulatedPrinter(Service):
    """Ready when the port can be opened; gone when released."""

    name = "simulated printer"

    def __init__(self, link: Path, *, speed: str, log: Log, more: Sequence[str] = ()) -> None:
        """speed: printer seconds per real second, or `max`. more: further options of hydrogen-sim."""
        self._link = link
        self._arguments = ("--link", str(link), "--speed", speed, *more)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Raises HostError with the reason."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hydrogen_simulators",
            *self._arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in a terminal is for the service, which ends this one last
        )
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._hear_ready(self._process)
        except BaseException as error:
            await self.release()
            if isinstance(error, TimeoutError):
                raise HostError(f"the virtual printer was not ready within {READY_SECONDS:g} s") from None
            raise
        self._log.info("virtual printer ready", link=str(self._link))

    async def run(self) -> None:
        if self._process is None:
            return
        code = await self._process.wait()
        raise HostError(f"the virtual printer ended with code {code}")

    async def release(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(END_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _hear_ready(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is None:
            return
        while line := await process.stdout.readline():
            if line.startswith(b"ready"):
                return
        raise HostError(f"the virtual printer did not start (code {await process.wait()})")
