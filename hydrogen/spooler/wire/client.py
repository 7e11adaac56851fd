"""`SpoolerPort` over the Unix socket of a spooler's process.

`attach` connects, or has a spooler launched and connects then; a spooler of another version that has no job is asked to
end and is replaced by one of ours. After that one connection lives until `detach`, its loss, or a heart that stopped (from the
first moment on: a spooler that hangs may never answer): 3 s without a heartbeat are told, after 15 s its process is killed,
because a stopped one wakes up again and two must not speak to one printer. Whoever cannot start another one kills none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from hydrogen.core.clock import Clock
from hydrogen.errors import HydrogenError, SpoolerLost
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.port import SpoolerListener
from hydrogen.spooler.request import (
    ConnectPrinter,
    CoolDown,
    DisconnectPrinter,
    Extrude,
    Home,
    Jog,
    Request,
    SendGcode,
    SetTemperature,
    StartJob,
    StopSpooler,
)
from hydrogen.spooler.wire.address import RuntimeFiles, socket_address
from hydrogen.spooler.wire.frame import PROTOCOL
from hydrogen.spooler.wire.heart import HeartLimits
from hydrogen.spooler.wire.holder import Holder
from hydrogen.spooler.wire.spooler_line import Judge, SpoolerLine

KILLED_SECONDS = 0.5
"""For a killed process to be gone, and its locks with it; the kernel needs milliseconds, and we stand still meanwhile."""

QUICK_SECONDS = 30.0
"""For requests that wait for no motion and no heat."""

CONNECT_SECONDS = 75.0
"""For opening the port: the spooler's own deadline and some more."""

SLOW_SECONDS = 3600.0
"""For requests that last as long as the printer needs (an `M109` typed by hand, homing, a huge file's check): this only keeps
a lost reply from waiting for ever."""

RETIRE_SECONDS = 10.0
"""For an idle spooler of another version to end."""

_OPENING: tuple[type[Request], ...] = (ConnectPrinter, DisconnectPrinter)
_LASTING: tuple[type[Request], ...] = (SendGcode, SetTemperature, CoolDown, Home, Jog, Extrude, StartJob)


def deadline_of(request: Request) -> float:
    """How long a reply is waited for, in seconds."""
    if isinstance(request, _LASTING):
        return SLOW_SECONDS
    return CONNECT_SECONDS if isinstance(request, _OPENING) else QUICK_SECONDS


def _is_welcome(version: str, state: PrinterState) -> bool:
    """What has just been started is taken as it is: asking it to end once more would never come to an end."""
    return False


class Launcher(Protocol):
    """Starts spoolers (launcher.py), or knows who does (socket_unit.py)."""

    async def rouse(self, name: str) -> None:
        """Before the socket is called: wait until a spooler is there, if calling is what starts one. Raises SpoolerLost."""

    async def launch(self, name: str) -> None:
        """Returns once the spooler's socket answers. Raises SpoolerLost."""


class SpoolerClient:
    """Signs SpoolerPort. One attachment at a time; may attach again after it was lost."""

    def __init__(
        self,
        printer: str,
        runtime_dir: Path,
        clock: Clock,
        *,
        version: str,
        instance: str,
        launcher: Launcher | None = None,
        role: str = "controller",
        heart: HeartLimits | None = None,
    ) -> None:
        self._files = RuntimeFiles(runtime_dir, printer)
        self._clock = clock
        self._hello = {"protocol": PROTOCOL, "version": version, "instance": instance, "role": role}
        self._version = version
        self._launcher = launcher
        self._limits = heart or HeartLimits()
        self._line: SpoolerLine | None = None
        self._next_id = 1

    @property
    def printer(self) -> str:
        return self._files.name

    async def attach(self, listener: SpoolerListener) -> None:
        """See SpoolerPort."""
        await self.detach()
        line = await self._reach(listener, self._is_other_version)
        if line.is_to_retire:
            await self._retire(line)
            line = await self._reach(listener, _is_welcome)
        self._line = line

    async def request(self, request: Request) -> Mapping[str, Any]:
        """See SpoolerPort."""
        line = self._line
        if line is None:
            raise SpoolerLost(f"the spooler of {self.printer} is not attached", printer=self.printer)
        return await self._ask(line, request)

    def acknowledge(self, fact_id: str) -> None:
        """See SpoolerPort. Without an attachment: nothing, the fact comes again."""
        if self._line is not None:
            self._line.send("acknowledge", {"fact": fact_id})

    async def detach(self) -> None:
        """See SpoolerPort."""
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    # ------------------------------------------------------------------------------------------------- attaching

    async def _reach(self, listener: SpoolerListener, is_to_retire: Judge) -> SpoolerLine:
        if self._launcher is not None:
            await self._launcher.rouse(self.printer)
        try:
            return await self._connect(listener, is_to_retire)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            if self._launcher is None:
                raise SpoolerLost(
                    f"no spooler runs for {self.printer}: {error.strerror}", printer=self.printer
                ) from error
        except OSError as error:
            raise SpoolerLost(
                f"the spooler of {self.printer} cannot be reached: {error.strerror}", printer=self.printer
            ) from error
        await self._launcher.launch(self.printer)
        try:
            return await self._connect(listener, is_to_retire)
        except OSError as error:
            raise SpoolerLost(
                f"the spooler of {self.printer} was started and went away: {error.strerror}", printer=self.printer
            ) from error

    async def _connect(self, listener: SpoolerListener, is_to_retire: Judge) -> SpoolerLine:
        loop = asyncio.get_running_loop()
        line = SpoolerLine(self.printer, listener, self._clock, is_to_retire, self._end_by_force, self._limits)
        with socket_address(self._files.socket) as address:
            await loop.create_unix_connection(lambda: line, address)
        line.send("hello", self._hello)
        try:
            await asyncio.shield(line.attached)
        finally:
            if not line.is_attached:
                await line.close()
        return line

    def _end_by_force(self, pid: int | None) -> None:
        """Its heart has stopped: end whoever holds the printer, if there is somebody to start another one."""
        if self._launcher is None:
            return
        holder = Holder.find(self._files, peer_pid=pid)
        if holder is None:
            return
        with holder:
            holder.kill()
            holder.has_ended(within_seconds=KILLED_SECONDS)

    def _is_other_version(self, version: str, state: PrinterState) -> bool:
        """An idle spooler of another version is replaced, if there is somebody to start a new one."""
        return self._launcher is not None and version != self._version and state.job is None

    async def _retire(self, line: SpoolerLine) -> None:
        try:
            await self._ask(line, StopSpooler(actor="hydrogen", only_if_idle=True))
        except HydrogenError as error:
            if isinstance(error, SpoolerLost):
                return
            line.is_to_retire = False
            raise SpoolerLost(
                f"the spooler of {self.printer} is of another version and began a job: attach again"
            ) from error
        finally:
            await asyncio.wait({line.ended}, timeout=RETIRE_SECONDS)
            await line.close()

    async def _ask(self, line: SpoolerLine, request: Request) -> Mapping[str, Any]:
        number = self._next_id
        self._next_id += 1
        deadline = deadline_of(request)
        try:
            async with asyncio.timeout(deadline):
                return await line.ask(number, request)
        except TimeoutError:
            raise SpoolerLost(
                f"the spooler of {self.printer} did not answer {request.wire_name!r} within {deadline:g} s",
                printer=self.printer,
            ) from None
