"""Spoolers that somebody else starts: systemd with the first connection to `NAME.sock`, or a container of their own.

Nothing is launched from here, because what a service starts lives in the service's control group and ends with it. The first
connection to a socket unit is answered only once Python has been started and the driver imported, so that wait is spent
here, before anybody listens for a heartbeat. Whoever holds the printer's lock is awake already.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from hydrogen.errors import SpoolerLost
from hydrogen.spooler.wire.address import RuntimeFiles, socket_address
from hydrogen.spooler.wire.holder import is_held

ROUSE_SECONDS = 15.0
"""From the connection to the spooler's first word; 0.3 s on a desktop, 4 s on a Raspberry Pi Zero that does nothing else."""


CALLS = 2
"""A socket unit refuses what was pending when its spooler ended; who called in that moment calls once more."""

CALL_AGAIN_SECONDS = 0.3
"""For the unit to listen again."""


class SocketUnits:
    """Signs `Launcher` of client.py."""

    def __init__(self, runtime_dir: Path, *, rouse_seconds: float = ROUSE_SECONDS) -> None:
        self._runtime_dir = runtime_dir
        self._rouse_seconds = rouse_seconds

    async def rouse(self, name: str) -> None:
        """Returns once a spooler has said its first word, or when nobody listens at all. Raises SpoolerLost."""
        files = RuntimeFiles(self._runtime_dir, name)
        if is_held(files.lock):
            return
        try:
            async with asyncio.timeout(self._rouse_seconds):
                has_spoken = await _is_roused(files.socket)
        except TimeoutError:
            raise _lost(name, f"did not answer within {self._rouse_seconds:g} s") from None
        except (FileNotFoundError, ConnectionRefusedError):
            return  # `launch` says what to do
        except OSError as error:
            raise _lost(name, f"cannot be reached ({error.strerror})") from error
        if not has_spoken:
            raise _lost(name, "ended before it answered")

    async def launch(self, name: str) -> None:
        """Raises SpoolerLost: nobody listens, and it is not ours to change that."""
        path = RuntimeFiles(self._runtime_dir, name).socket
        raise SpoolerLost(
            f"nobody listens at {path}: start its unit (systemctl start hydrogen-spooler@{name}.socket) or its container",
            printer=name,
        )

    async def close(self) -> None:
        """Nothing is ours."""


async def _is_roused(path: Path) -> bool:
    for _ in range(CALLS - 1):
        if await _speaks(path):
            return True
        await asyncio.sleep(CALL_AGAIN_SECONDS)
    return await _speaks(path)


async def _speaks(path: Path) -> bool:
    with socket_address(path) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    try:
        return bool(await reader.read(1))
    finally:
        writer.close()


def _lost(name: str, what: str) -> SpoolerLost:
    return SpoolerLost(
        f"the spooler of {name} {what}: see its log (journalctl -u hydrogen-spooler@{name})", printer=name
    )
