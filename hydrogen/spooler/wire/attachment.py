"""One peer on the spooler's socket.

Nothing is ever waited for. What a peer has not read is bounded: when BUFFER_BYTES wait, the peer is *behind* and gets no event
at all. What it misses is not lost: facts lie in the outbox, everything else is in the printer's state. Once it has read, it
gets the facts it has not seen, in order, and then one `printer.attached` with the whole state. The same way serves a peer that
just came. A peer that stays full for FULL_SECONDS, or lets replies pile up to ABORT_BYTES, is cut off; requests are read all
the while, because an emergency stop must come through.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol, cast

from hydrogen.core.log import Log
from hydrogen.errors import (
    ClientError,
    Forbidden,
    HydrogenError,
    InvalidMessage,
    ProtocolMismatch,
    ServerFault,
    Unavailable,
)
from hydrogen.model.codec import plain, plain_event
from hydrogen.model.events import PrinterAttached
from hydrogen.spooler.errand import Errands
from hydrogen.spooler.request import EmergencyStop, Request
from hydrogen.spooler.spooler import Spooler
from hydrogen.spooler.wire.frame import PROTOCOL, FrameReader, check_service_speaks, encode_frame
from hydrogen.spooler.wire.request_codec import request_from_plain

BUFFER_BYTES = 128 * 1024
"""A printing spooler makes some 10 KiB/s; this is ten seconds of a service that does not read."""

ABORT_BYTES = 1 << 20
"""Only replies can grow beyond BUFFER_BYTES: nobody sends requests for ever without reading an answer."""

GATHERED_BYTES = 4096
"""Samples of one moment, as the temperatures of one report are, go in one write: each write wakes the service."""

FULL_SECONDS = 30.0
HELLO_SECONDS = 5.0
"""A peer that does not say hello by then is closed."""

FAREWELL_SECONDS = 2.0
"""For the last words to a peer that is being closed."""

MAX_REQUESTS = 64
"""Requests in flight of one peer; above: `unavailable`. An emergency stop is never counted."""


class Reception(Protocol):
    """What an attachment needs of the server."""

    spooler: Spooler
    instance: str
    version: str
    log: Log
    errands: Errands

    @property
    def now(self) -> float: ...

    def admit(self, peer: Attachment, connection: socket.socket) -> bool: ...

    def lease(self, peer: Attachment) -> None: ...

    def forget(self, peer: Attachment) -> None: ...


class Attachment(asyncio.Protocol):
    """Speaks frames with one peer."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception
        self._spooler = reception.spooler
        self._transport: asyncio.WriteTransport | None = None
        self._reader = FrameReader()
        self._requests = 0
        self._sent_facts: set[str] = set()
        self._full_since: float | None = None
        self._is_behind = False
        self._has_missed = False
        self._timer: asyncio.TimerHandle | None = None
        self._gathered: list[bytes] = []
        self._gathered_bytes = 0
        self._has_spoken = False
        self.is_attached = False
        self.is_controller = False
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # ------------------------------------------------------------------------------------------------- asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.set_write_buffer_limits(high=BUFFER_BYTES)
        if not self._reception.admit(self, transport.get_extra_info("socket")):
            self._transport.abort()
            return
        self._timer = asyncio.get_running_loop().call_later(HELLO_SECONDS, self.abort)
        here = self._reception
        self._send(
            "hello",
            {
                "protocol": PROTOCOL,
                "version": here.version,
                "instance": here.instance,
                "printer": self._spooler.printer,
                "pid": os.getpid(),
            },
        )

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._reader.feed(data):
                self._handle(frame)
        except (InvalidMessage, ProtocolMismatch) as error:
            self._send("refused", {"error": error.as_wire()})
            self.close()

    def pause_writing(self) -> None:
        self._full_since = self._reception.now
        self._is_behind = True

    def resume_writing(self) -> None:
        self._full_since = None
        self._catch_up()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_attached = False
        self._transport = None
        self._cancel_timer()
        self._reception.forget(self)
        if not self.closed.done():
            self.closed.set_result(None)

    # ------------------------------------------------------------------------------------------------- frames in

    def _handle(self, frame: Mapping[str, Any]) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        kind = frame["kind"]
        if kind == "hello":
            self._greet(frame)
        elif not self.is_attached:
            raise InvalidMessage("the first frame must be a hello")
        elif kind == "request":
            self._request(frame)
        elif kind == "acknowledge" and self.is_controller:
            self._spooler.outbox.acknowledge(str(frame.get("fact")))

    def _greet(self, frame: Mapping[str, Any]) -> None:
        check_service_speaks(PROTOCOL, service=frame.get("protocol"))
        if self.is_attached:
            return
        self._cancel_timer()
        self.is_controller = frame.get("role", "controller") != "observer"
        if self.is_controller:
            self._reception.lease(self)
        self.is_attached = self._is_behind = True
        self._send("attached", {"state": plain(self._spooler.state)})
        self._catch_up()

    def _request(self, frame: Mapping[str, Any]) -> None:
        reply_to = frame.get("id")
        try:
            request = request_from_plain(frame.get("request"), frame.get("params", {}))
            if not self.is_controller:
                raise Forbidden("an observer may not ask for anything")
            if isinstance(request, EmergencyStop):
                self._send("reply", {"id": reply_to, "result": plain(self._spooler.emergency_stop(request.actor))})
            elif self._requests >= MAX_REQUESTS:
                raise Unavailable(f"{MAX_REQUESTS} requests are in flight", retry_after_seconds=1.0)
            else:
                self._perform(reply_to, request)
        except HydrogenError as error:
            self._send("reply", {"id": reply_to, "error": error.as_wire()})

    def _perform(self, reply_to: object, request: Request) -> None:
        self._requests += 1
        task = self._reception.errands.start(self._spooler_performs(request), name=f"request {request.wire_name}")
        task.add_done_callback(partial(self._answer, reply_to, request))

    async def _spooler_performs(self, request: Request) -> Mapping[str, Any]:
        return await self._spooler.perform(request)

    def _answer(self, reply_to: object, request: Request, task: asyncio.Task[Mapping[str, Any]]) -> None:
        self._requests -= 1
        if task.cancelled():
            error: BaseException | None = Unavailable("the spooler is being stopped")
        else:
            error = task.exception()
        if error is None:
            self._send_result(reply_to, task.result())
            return
        if not isinstance(error, HydrogenError):
            incident = os.urandom(4).hex()
            self._reception.log.error("request failed", request=request.wire_name, incident=incident, error=repr(error))
            error = ServerFault(f"a defect of Hydrogen's, incident {incident}: see the log")
        self._send("reply", {"id": reply_to, "error": error.as_wire()})

    def _send_result(self, reply_to: object, result: Mapping[str, Any]) -> None:
        try:
            self._send("reply", {"id": reply_to, "result": plain(result)})
        except ClientError as error:
            self._send("reply", {"id": reply_to, "error": error.as_wire()})

    # ------------------------------------------------------------------------------------------------- frames out

    def send_event(self, frame: bytes, fact_id: str | None) -> None:
        """An event that just happened; kept back while the peer is behind."""
        if self._is_behind:
            self._has_missed = True
        elif fact_id is None:
            self._gather(frame)
        else:
            self._write(frame)
            self._sent_facts.add(fact_id)

    def send_log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Dropped while the peer is behind."""
        if self.is_attached and not self._is_behind:
            self._send("log", {"level": level, "event": event, "fields": fields})

    def beat(self, frame: bytes) -> None:
        """The heartbeat's turn: also the moment to see that a peer does not read at all.

        Whatever was written since the last turn was a sign of life itself (heart.py), from the same loop: the peer is not woken
        for another one. So it hears something within two turns.
        """
        if self._full_since is None:
            if not self._has_spoken:
                self._write(frame)
            self._has_spoken = False
        elif self._reception.now - self._full_since >= FULL_SECONDS:
            self._reception.log.warning("socket peer cut off", full_seconds=FULL_SECONDS)
            self.abort()

    def replaced(self) -> None:
        """Somebody newer holds the lease."""
        self._send("replaced", {})
        self.close()

    def _catch_up(self) -> None:
        """Send the facts this peer has not seen, as many as fit, then the state if anything was left out before."""
        if not self.is_attached or not self._is_behind:
            return
        kept = self._spooler.outbox.facts()
        self._sent_facts &= {fact_id for fact_id, _ in kept}
        for fact_id, event in kept:
            if fact_id in self._sent_facts:
                continue
            if self._full_since is not None:
                return
            self._has_missed = True
            self._sent_facts.add(fact_id)
            self._send("event", {"event": plain_event(event), "fact": fact_id})
        if self._has_missed and self._full_since is None:
            self._has_missed = False
            whole = PrinterAttached(at=self._spooler.wall, printer=self._spooler.printer, state=self._spooler.state)
            self._send("event", {"event": plain_event(whole), "fact": None})
        self._is_behind = self._full_since is not None

    def _send(self, kind: str, body: Mapping[str, Any]) -> None:
        self._write(encode_frame(kind, body))

    def _gather(self, frame: bytes) -> None:
        """A sample waits for others of its moment, until the loop's next turn; whatever is written meanwhile goes behind."""
        if not self._gathered:
            asyncio.get_running_loop().call_soon(self._flush)
        self._gathered.append(frame)
        self._gathered_bytes += len(frame)
        if self._gathered_bytes >= GATHERED_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._gathered:
            self._write(b"")

    def _write(self, frame: bytes) -> None:
        transport = self._transport
        data = b"".join((*self._gathered, frame)) if self._gathered else frame
        self._gathered.clear()
        self._gathered_bytes = 0
        if transport is None or transport.is_closing():
            return
        self._has_spoken = True
        transport.write(data)
        if transport.get_write_buffer_size() > ABORT_BYTES:
            self._reception.log.warning("socket peer cut off", unread_bytes=ABORT_BYTES)
            self.abort()

    # ------------------------------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Send what is buffered, then close; cut off after FAREWELL_SECONDS. May be called twice."""
        if self._transport is not None and not self._transport.is_closing():
            self._flush()
            self._transport.close()
            self._cancel_timer()
            self._timer = asyncio.get_running_loop().call_later(FAREWELL_SECONDS, self.abort)

    def abort(self) -> None:
        """Close now. May be called twice."""
        if self._transport is not None:
            self._transport.abort()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
