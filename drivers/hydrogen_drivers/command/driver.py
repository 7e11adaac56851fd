"""Runs a program for each reading: without a shell, without our secrets, with an end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hydrogen.devices.sensor import Measurement
from hydrogen.errors import SensorLost
from hydrogen_drivers.thermometer.protocol import LineReader, pick_channel

MOST_OUTPUT_BYTES = 8192
"""Of its output; what is beyond is not read."""

KEPT_VARIABLES = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR")
"""The rest of our environment may hold keys."""


class CommandDriver:
    """Signs SensorDriver."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """settings: a CommandConfig as JSON values."""
        self._command = tuple(str(word) for word in settings["command"])
        self._timeout = float(settings["timeout_seconds"])
        self._pattern = str(settings["pattern"])

    @property
    def place(self) -> str:
        return self._command[0]

    async def open(self, channels: Collection[str]) -> CommandSource:
        return CommandSource(self._command, channels, timeout_seconds=self._timeout, reader=LineReader(self._pattern))


class CommandSource:
    """Signs SensorSource."""

    is_simulated = False

    def __init__(
        self, command: Sequence[str], channels: Collection[str], *, timeout_seconds: float, reader: LineReader
    ) -> None:
        self._command = tuple(command)
        self._channels = tuple(channels)
        self._timeout = timeout_seconds
        self._reader = reader

    async def read(self) -> Mapping[str, Measurement]:
        code, output = await self._run()
        if code != 0:
            return self._all_faulty(f"the program ended with code {code}")
        if len(output) >= MOST_OUTPUT_BYTES:
            return self._all_faulty(f"the program printed {MOST_OUTPUT_BYTES} bytes or more")
        said: dict[str, Measurement] = {}
        for line in output.decode("utf-8", "replace").splitlines():
            said |= self._reader.read(line) or {}
        if not said:
            return self._all_faulty("the program printed nothing that is a measurement")
        found = {channel: pick_channel(said, channel) for channel in self._channels}
        return {channel: measurement for channel, measurement in found.items() if measurement is not None}

    async def close(self) -> None:
        """Nothing runs between readings."""

    def _all_faulty(self, fault: str) -> dict[str, Measurement]:
        return dict.fromkeys(self._channels, Measurement(value=None, fault=fault))

    async def _run(self) -> tuple[int, bytes]:
        """Its code and its output. Raises SensorLost for a program that cannot be run, or does not end."""
        program = self._command[0]
        with _Output() as output:
            try:
                process = await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output.inlet,
                    stderr=asyncio.subprocess.DEVNULL,
                    env={name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
                    start_new_session=True,
                )
            except OSError as error:
                raise SensorLost(f"{program} could not be run: {error.strerror}", program=program) from error
            try:
                async with asyncio.timeout(self._timeout):
                    code = await process.wait()
            except TimeoutError:
                raise SensorLost(f"{program} took longer than {self._timeout:g} s", program=program) from None
            finally:
                await _end(process)
            return code, output.said()


class _Output:
    """A pipe of which the first MOST_OUTPUT_BYTES are kept. Not asyncio's own: that one waits for whoever holds the other end,
    and a program may leave something behind that does."""

    def __init__(self) -> None:
        self._outlet, self.inlet = os.pipe()
        os.set_blocking(self._outlet, False)
        self._kept = bytearray()

    def __enter__(self) -> _Output:
        asyncio.get_running_loop().add_reader(self._outlet, self._read)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._outlet)
        os.close(self._outlet)
        os.close(self.inlet)

    def said(self) -> bytes:
        """All of it, once the program has ended."""
        while len(self._kept) < MOST_OUTPUT_BYTES and self._read():
            pass
        return bytes(self._kept)

    def _read(self) -> bool:
        try:
            data = os.read(self._outlet, MOST_OUTPUT_BYTES)
        except BlockingIOError:
            return False
        self._kept += data[: MOST_OUTPUT_BYTES - len(self._kept)]
        if len(self._kept) >= MOST_OUTPUT_BYTES:
            # Who goes on writing finds the pipe full, and runs out of time.
            asyncio.get_running_loop().remove_reader(self._outlet)
        return bool(data)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Everything it started is in its session."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
