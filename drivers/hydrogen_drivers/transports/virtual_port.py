"""A printer that is not there, for whoever wants to look around: `hydrogen-sim` as a child of the process that opens the port.

It has its own power: closing the port leaves it as it is, opening it again finds it as it was left. It ends with the process
that started it, however that one ends: its standard input is a pipe of ours.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from hydrogen.devices.port_address import PortAddress
from hydrogen.errors import PortUnusable

READY_SECONDS = 10.0
"""From the start of an interpreter to `ready LINK`."""

COMPLAINT_BYTES = 2000
"""Of what a simulator says before it gives up."""


class VirtualBoard:
    """One virtual printer, switched on when it is first asked for. Belongs to one event loop."""

    def __init__(self, address: PortAddress) -> None:
        self._address = address
        self._process: Process | None = None
        self._path = ""

    async def power_on(self) -> str:
        """The path of its port. One that runs is left as it is; one that has ended is replaced by a fresh one.

        Raises PortUnusable with what the simulator said.
        """
        if self._process is None or self._process.returncode is not None:
            self._process, self._path = await self._start()
        return self._path

    async def _start(self) -> tuple[Process, str]:
        with tempfile.TemporaryDirectory(prefix="hydrogen-virtual-") as folder:
            link = Path(folder) / "port"
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "hydrogen_simulators", "--link", str(link), "--lifeline"),
                *(("--persona", self._address.persona) if self._address.persona else ()),
                *(("--speed", self._address.speed) if self._address.speed else ()),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,  # Ctrl-C in a terminal is for the service, which ends this one by its pipe
            )
            try:
                async with asyncio.timeout(READY_SECONDS):
                    await self._hear_ready(process)
                return process, str(link.readlink())  # the link may go: the device's own name is enough
            except TimeoutError:
                raise self._unusable(f"was not ready within {READY_SECONDS:g} s") from None
            finally:
                if sys.exc_info()[0] is not None and process.returncode is None:
                    process.kill()
                    await process.wait()

    async def _hear_ready(self, process: Process) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        while line := await process.stdout.readline():
            if line.startswith(b"ready "):
                return
        said = (await process.stderr.read(COMPLAINT_BYTES)).decode(errors="replace").strip()
        raise self._unusable(said or f"ended with code {await process.wait()}")

    def _unusable(self, reason: str) -> PortUnusable:
        port = self._address.text
        return PortUnusable(f"the virtual printer {port} did not start: {reason}", port=port)
