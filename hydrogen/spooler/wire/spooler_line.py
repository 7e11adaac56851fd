"""One connection to a spooler's socket, from hello to its loss: frames, replies, and the heart that is listened to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

from hydrogen.core.clock import Clock
from hydrogen.core.rhythm import until_beat
from hydrogen.errors import HydrogenError, InvalidMessage, ProtocolMismatch, SpoolerLost, error_from_wire
from hydrogen.model.codec import event_from_plain, value_from_plain
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.port import SpoolerListener
from hydrogen.spooler.request import Request
from hydrogen.spooler.wire.frame import FrameReader, check_service_speaks, encode_frame
from hydrogen.spooler.wire.heart import Heart, HeartLimits, Pulse
from hydrogen.spooler.wire.holder import peer_pid
from hydrogen.spooler.wire.request_codec import request_params

Judge = Callable[[str, PrinterState], bool]
"""Is a spooler of this version, in this state, to be replaced?"""


class SpoolerLine(asyncio.Protocol):
    """One connection to a spooler, from hello to its loss."""

    def __init__(
        self,
        printer: str,
        listener: SpoolerListener,
        clock: Clock,
        is_to_retire: Judge,
        end_by_force: Callable[[int | None], None],
        limits: HeartLimits,
    ) -> None:
        """is_to_retire(version, state): is such a spooler to be replaced? end_by_force(pid): its heart has stopped; pid is that
        of the process at the other end, as far as the system tells."""
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
        self._limits = limits
        self._heart = Heart(limits, clock.monotonic())
        self._end_by_force = end_by_force
        self._peer_pid: int | None = None
        self._is_ours = False
        self._watch: asyncio.Task[None] | None = None
        self.is_attached = False
        self.is_to_retire = False
        self.attached: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()

    # ------------------------------------------------------------------------------------------------- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._peer_pid = peer_pid(transport.get_extra_info("socket"))
        self._watch = asyncio.get_running_loop().create_task(self._watch_heart(), name="spooler watch")

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
        self._heart.beat()
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
            await until_beat(self._limits.look_seconds)
            match self._heart.look(self._clock.monotonic()):
                case Pulse.LATE if not self.is_to_retire and not self._is_ours:
                    self._listener.on_late(self._heart.silent_seconds)
                case Pulse.GONE:
                    self._end_by_force(self._peer_pid)
                    silent = f"{self._heart.silent_seconds:.0f} s"
                    self._break_off(SpoolerLost(f"the spooler has not given a sign of life for {silent}"))
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
