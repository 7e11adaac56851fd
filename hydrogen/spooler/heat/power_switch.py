"""The owner's program that cuts a printer's power: a relay, a smart plug, whatever `power.off_command` names.

It is run without a shell, in a session of its own, so that nothing that ends Hydrogen ends it; what it says goes into the log,
cut to OUTPUT_BYTES; after DEADLINE_SECONDS it and everything it started are killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from enum import StrEnum

from hydrogen.core.log import Log

DEADLINE_SECONDS = 10.0
"""A relay switches at once; a plug behind a cloud needs some seconds."""

OUTPUT_BYTES = 2000
"""What is kept of its output: the end, where the error stands."""

READS = 16
"""At the end, of 64 KiB each: more than a pipe holds, and an end for one that is filled as fast as it is read."""


class PowerOff(StrEnum):
    """What became of it. not_yet: its time has not come. failed: it could not be started, ended with a code that is not 0, or
    not in time."""

    NOT_CONFIGURED = "not_configured"
    NOT_YET = "not_yet"
    DONE = "done"
    FAILED = "failed"


class PowerSwitch:
    """Runs the command; as often as it is asked to, one at a time. Whoever asks counts the incidents."""

    def __init__(self, command: Sequence[str], log: Log, *, deadline_seconds: float = DEADLINE_SECONDS) -> None:
        self._command = tuple(command)
        self._log = log
        self._deadline_seconds = deadline_seconds
        self._turn = asyncio.Lock()

    @property
    def is_configured(self) -> bool:
        """Is there a command?"""
        return bool(self._command)

    async def cut(self, reason: str) -> PowerOff:
        """Run it. `reason` is for the log. Never raises."""
        if not self._command:
            return PowerOff.NOT_CONFIGURED
        async with self._turn:
            self._log.warning("power off command started", command=self._command[0], reason=reason)
            try:
                return await self._run()
            except OSError as error:
                self._log.error("power off command not started", command=self._command[0], error=str(error))
                return PowerOff.FAILED

    async def _run(self) -> PowerOff:
        with _Output() as output:
            process = await asyncio.create_subprocess_exec(
                *self._command,
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
                self._log.error("power off command took too long", waited_seconds=waited, output=output.text)
                return PowerOff.FAILED
            finally:
                await _end(process)
            write = self._log.info if code == 0 else self._log.error
            write("power off command ended", code=code, output=output.text)
            return PowerOff.DONE if code == 0 else PowerOff.FAILED


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
