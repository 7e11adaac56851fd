"""`SpoolerPort` over the Unix socket of a spooler's process.

`attach` connects, or has a spooler launched and connects then; a spooler of another version that has no job is asked to
end and is replaced by one of ours. After that one connection lives until `detach`, its loss, or a heart that stopped: 3 s
without a heartbeat are told by a log line, after 15 s the spooler counts as gone. (It may still be printing: a stopped process
wakes up again. Ending it by force is not this class's business.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from hydrogen.core.clock import Clock
from hydrogen.errors import HydrogenError, InvalidMessage, ProtocolMismatch, SpoolerLost, error_from_wire
from hydrogen.model.codec import event_from_plain, value_from_plain
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.address import RuntimeFiles, socket_address
from hydrogen.spooler.frame import PROTOCOL, FrameReader, check_service_speaks, encode_frame
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
from hydrogen.spooler.request_codec import request_params

ATTACH_SECONDS = 5.0
"""From connecting to the spooler's state; it answers within milliseconds unless it is stopped."""

LATE_SECONDS = 3.0
GONE_SECONDS = 15.0
"""DESIGN section 2, "watch"."""

WATCH_SECONDS = 0.5

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


_Judge = Callable[[str, PrinterState], bool]
"""Is a spooler of this version, in this state, to be replaced?"""


def _is_welcome(version: str, state: PrinterState) -> bool:
    """What has just been started is taken as it is: asking it to end once more would never come to an end."""
    return False


class Launcher(Protocol):
    """Starts spoolers (launcher.py)."""

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
    ) -> None:
        self._files = RuntimeFiles(runtime_dir, printer)
        self._clock = clock
        self._hello = {"protocol": PROTOCOL, "version": version, "instance": instance, "role": role}
        self._version = version
        self._launcher = launcher
        self._line: _Line | None = None
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

    async def _reach(self, listener: SpoolerListener, is_to_retire: _Judge) -> _Line:
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

    async def _connect(self, listener: SpoolerListener, is_to_retire: _Judge) -> _Line:
        loop = asyncio.get_running_loop()
        line = _Line(self.printer, listener, self._clock, is_to_retire)
        with socket_address(self._files.socket) as address:
            await loop.create_unix_connection(lambda: line, address)
        line.send("hello", self._hello)
        try:
            async with asyncio.timeout(ATTACH_SECONDS):
                await asyncio.shield(line.attached)
        except TimeoutError:
            raise SpoolerLost(
                f"the spooler of {self.printer} did not answer within {ATTACH_SECONDS:g} s", printer=self.printer
            ) from None
        finally:
            if not line.is_attached:
                await line.close()
        return line

    def _is_other_version(self, version: str, state: PrinterState) -> bool:
        """An idle spooler of another version is replaced, if there is somebody to start a new one."""
        return self._launcher is not None and version != self._version and state.job is None

    async def _retire(self, line: _Line) -> None:
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

    async def _ask(self, line: _Line, request: Request) -> Mapping[str, Any]:
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


class _Line(asyncio.Protocol):
    """One connection to a spooler, from hello to its loss."""

    def __init__(
        self,
        printer: str,
        listener: SpoolerListener,
        clock: Clock,
        is_to_retire: _Judge,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._printer = printer
        self._listener = listener
        self._clock = clock
        self._judge = is_to_retire
        self._reader = FrameReader()
        self._transport: asyncio.WriteTransport | None = None
        self._replies: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._version: str | None = None
        self._reason = "the connection to the spooler was lost"
        self._heard_at = clock.monotonic()
        self._is_late = False
        self._is_ours = False
        self._watch: asyncio.Task[None] | None = None
        self.is_attached = False
        self.is_to_retire = False
        self.attached: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()

    # ------------------------------------------------------------------------------------------------- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._reader.feed(data):
                self._handle(frame)
        except HydrogenError as error:
            self._break_off(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._watch is not None:
            self._watch.cancel()
        lost = SpoolerLost(f"{self._reason} ({self._printer})", printer=self._printer)
        if not self.attached.done():
            self.attached.set_exception(lost)
            self.attached.exception()
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(lost)
        if not self.ended.done():
            self.ended.set_result(None)
        if self.is_attached and not self._is_ours and not self.is_to_retire:
            self._listener.on_detached(self._reason)

    # ------------------------------------------------------------------------------------------------- frames

    def send(self, kind: str, body: Mapping[str, Any]) -> None:
        """Nothing if the connection is gone. Raises InvalidMessage for a frame over the limit."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(encode_frame(kind, body))

    async def ask(self, number: int, request: Request) -> Mapping[str, Any]:
        """The reply to a request; raises what the spooler raised, or SpoolerLost."""
        if self._transport is None or self._transport.is_closing():
            raise SpoolerLost(f"{self._reason} ({self._printer})", printer=self._printer)
        reply = asyncio.get_running_loop().create_future()
        self._replies[number] = reply
        try:
            self.send("request", {"id": number, "request": request.wire_name, "params": request_params(request)})
            return cast("Mapping[str, Any]", await reply)
        finally:
            del self._replies[number]

    def _handle(self, frame: Mapping[str, Any]) -> None:
        self._heard_at = self._clock.monotonic()
        kind = frame["kind"]
        if kind == "hello":
            check_service_speaks(frame.get("protocol"))
            self._version = str(frame.get("version"))
        elif kind == "refused":
            raise error_from_wire(frame["error"] if isinstance(frame.get("error"), dict) else {})
        elif self._version is None:
            raise ProtocolMismatch("the spooler's first frame was no hello")
        elif kind == "attached":
            self._attach(frame)
        elif kind == "replaced":
            self._reason = "another service took the spooler over"
        elif kind == "reply":
            self._settle(frame)
        elif kind == "event":
            self._tell_event(frame)
        elif kind == "log" and self._is_told:
            fields = frame.get("fields")
            self._listener.on_log(
                str(frame.get("level")), str(frame.get("event")), fields if isinstance(fields, dict) else {}
            )

    @property
    def _is_told(self) -> bool:
        """Does the listener hear of this connection?"""
        return self.is_attached and not self.is_to_retire and not self._is_ours

    def _attach(self, frame: Mapping[str, Any]) -> None:
        state = value_from_plain(PrinterState, frame.get("state", {}))
        if self.is_attached or self.attached.done():
            return
        self.is_attached = True
        self.is_to_retire = self._judge(self._version or "", state)
        self._watch = asyncio.get_running_loop().create_task(self._watch_heart(), name="spooler watch")
        self.attached.set_result(None)
        if not self.is_to_retire:
            self._listener.on_attached(state)

    def _settle(self, frame: Mapping[str, Any]) -> None:
        number = frame.get("id")
        reply = self._replies.get(number) if isinstance(number, int) else None
        if reply is None or reply.done():
            return
        error, result = frame.get("error"), frame.get("result")
        if isinstance(error, dict):
            reply.set_exception(error_from_wire(error))
        else:
            reply.set_result(result if isinstance(result, dict) else {})

    def _tell_event(self, frame: Mapping[str, Any]) -> None:
        fact = frame.get("fact")
        fact_id = fact if isinstance(fact, str) else None
        body = frame.get("event")
        try:
            event = event_from_plain(body) if isinstance(body, dict) else None
        except InvalidMessage as error:
            self._listener.on_log("error", "spooler event not understood", {"error": error.message})
            return
        if not self._is_told:
            return
        if event is not None:
            self._listener.on_event(event, fact_id)
        elif fact_id is not None:
            self._listener.on_log("warning", "spooler fact of a newer version dropped", {"fact": fact_id})
            self.send("acknowledge", {"fact": fact_id})

    # ------------------------------------------------------------------------------------------------- the heart

    async def _watch_heart(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            silent = self._clock.monotonic() - self._heard_at
            if silent < LATE_SECONDS:
                self._is_late = False
            elif not self._is_late:
                self._is_late = True
                self._listener.on_log(
                    "warning", "spooler heartbeat late", {"printer": self._printer, "silent_seconds": round(silent, 1)}
                )
            if silent >= GONE_SECONDS:
                self._reason = f"the spooler has not given a sign of life for {silent:.0f} s"
                if self._transport is not None:
                    self._transport.abort()
                return

    def _break_off(self, error: HydrogenError) -> None:
        self._reason = error.message
        if not self.attached.done():
            self.attached.set_exception(error)
            self.attached.exception()
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """May be called twice; the listener is not told."""
        self._is_ours = True
        if self._transport is not None:
            self._transport.close()
            await asyncio.wait({self.ended}, timeout=1.0)
        if self._transport is not None:
            self._transport.abort()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
