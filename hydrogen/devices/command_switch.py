"""A switch that is worked by the owner's programs.

Each is run without a shell, in a session of its own, so that nothing that ends Hydrogen ends it; what it says goes into the
log, cut to OUTPUT_BYTES; after the deadline it and everything it started are killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence

from hydrogen.core.log import Log
from hydrogen.devices.switch import DEADLINE_SECONDS, SwitchSettings
from hydrogen.errors import HostError

OUTPUT_BYTES = 2000
"""What is kept of its output: the end, where the error stands."""

READS = 16
"""At the end, of 64 KiB each: more than a pipe holds, and an end for one that is filled as fast as it is read."""

ON, OFF = 0, 1
"""Exit codes of the command that tells the state."""


class CommandSwitch:
    """Signs Switch. One program at a time."""

    def __init__(self, settings: SwitchSettings, log: Log, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._settings = settings
        self._log = log
        self._deadline_seconds = deadline_seconds
        self._turn = asyncio.Lock()

    @property
    def can_turn_on(self) -> bool:
        """See Switch."""
        return bool(self._settings.on_command)

    @property
    def can_turn_off(self) -> bool:
        """See Switch."""
        return bool(self._settings.off_command)

    async def turn_on(self) -> None:
        """See Switch."""
        await self._switch(self._settings.on_command)

    async def turn_off(self) -> None:
        """See Switch."""
        await self._switch(self._settings.off_command)

    async def is_on(self) -> bool | None:
        """See Switch."""
        if not self._settings.state_command:
            return None
        code = await self._run(self._settings.state_command)
        if code not in (ON, OFF):
            raise HostError(
                f"{self._settings.state_command[0]} ended with code {code}: neither {ON} (on) nor {OFF} (off)"
            )
        return code == ON

    async def _switch(self, command: Sequence[str]) -> None:
        code = await self._run(command)
        if code:
            raise HostError(f"{command[0]} ended with code {code}: see the log")

    async def _run(self, command: Sequence[str]) -> int:
        async with self._turn:
            self._log.info("power command started", command=command[0])
            try:
                return await self._wait_for(command)
            except OSError as error:
                self._log.error("power command not started", command=command[0], error=str(error))
                raise HostError(f"{command[0]} cannot be run: {error.strerror or error}") from error

    async def _wait_for(self, command: Sequence[str]) -> int:
        with _Output() as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output.inlet,
                stderr=output.inlet,
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(self._deadline_seconds):
                    code = await process.wait()
            except TimeoutError:
                waited = self._deadline_seconds
                self._log.error("power command took too long", waited_seconds=waited, output=output.text)
                raise HostError(f"{command[0]} did not end within {waited:g} s") from None
            finally:
                await _end(process)
            write = self._log.info if code == 0 else self._log.warning
            write("power command ended", code=code, output=output.text)
            return code


class _Output:
    """A pipe that keeps the last OUTPUT_BYTES. Not asyncio's own: that one waits for whoever holds the other end, and a
    program may leave something behind that does."""

    def __init__(self) -> None:
        self._outlet, self.inlet = os.pipe()
        os.set_blocking(self._outlet, False)
        self._said = bytearray()

    def __enter__(self) -> _Output:
        asyncio.get_running_loop().add_reader(self._outlet, self._read)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._outlet)
        os.close(self._outlet)
        os.close(self.inlet)

    @property
    def text(self) -> str:
        """What was said so far."""
        for _ in range(READS):
            if not self._read():
                break
        return self._said.decode("utf-8", "replace").strip()

    def _read(self) -> bool:
        try:
            data = os.read(self._outlet, 65_536)
        except BlockingIOError:
            return False
        self._said += data
        del self._said[:-OUTPUT_BYTES]
        return bool(data)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Everything it started is in its session."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
