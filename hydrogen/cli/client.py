"""A client of the public protocol, as the command line needs it. Nothing here knows more than any other client may."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from hydrogen.cli.address import ServiceAddress
from hydrogen.errors import HydrogenError, InvalidMessage, ServerFault, ServiceUnreachable, Unavailable, error_from_wire

SUBPROTOCOL = "hydrogen-protocol"

OPEN_SECONDS = 5.0
"""For the handshake, on the same machine or in the same house."""

ANSWER_SECONDS = 300.0
"""For the answer to a command: a check of a large file, or homing a tall printer."""

KEPT_FRAMES = 4096
"""Frames that came while a command waited for its answer; more means that nobody reads."""

Frame = Mapping[str, Any]


class Client:
    """One connection. Made by `connected`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._kept: deque[Frame] = deque(maxlen=KEPT_FRAMES)
        self._commands = 0

    async def command(
        self, operation: str, printer: str | None = None, params: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        """The operation's result. Raises the error the service answers with, or ServiceUnreachable."""
        self._commands += 1
        ident = f"cli-{self._commands}"
        message: dict[str, Any] = {"type": "command", "id": ident, "operation": operation, "params": dict(params or {})}
        if printer is not None:
            message["printer"] = printer
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._send(message)
                return await self._answer(ident)
        except TimeoutError:
            raise Unavailable(f"no answer to {operation} within {ANSWER_SECONDS:g} s") from None

    async def status(self) -> Frame:
        """The service's status document."""
        await self._send({"type": "status"})
        while True:
            frame = await self._receive()
            if frame.get("type") == "status":
                return frame
            self._kept.append(frame)

    async def frames(self) -> AsyncIterator[Frame]:
        """Every frame from now on, those that came during a command first. Raises ServiceUnreachable at the end."""
        while True:
            yield self._kept.popleft() if self._kept else await self._receive()

    async def _answer(self, ident: str) -> Mapping[str, Any]:
        while True:
            frame = await self._receive()
            if frame.get("id") != ident:
                self._kept.append(frame)
            elif "error" in frame:
                raise error_from_wire(frame["error"])
            else:
                result = frame.get("result")
                return result if isinstance(result, Mapping) else {}

    async def _send(self, message: Mapping[str, Any]) -> None:
        try:
            await self._socket.send(json.dumps(message))
        except ConnectionClosed as error:
            raise _ended(error) from error

    async def _receive(self) -> Frame:
        try:
            text = await self._socket.recv()
        except ConnectionClosed as error:
            raise _ended(error) from error
        frame = json.loads(text)
        return frame if isinstance(frame, dict) else {}


@asynccontextmanager
async def connected(address: ServiceAddress, *, since: str | None = None) -> AsyncIterator[Client]:
    """A client that has been let in. `since` (`<epoch>.<seq>`) resumes instead of a snapshot.

    Raises ServiceUnreachable, AuthFailed, Unavailable.
    """
    url = address.url + ("?" + urlencode({"since": since}) if since else "")
    try:
        socket = await connect(
            url,
            additional_headers={"Authorization": f"Key {address.key}"},
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            open_timeout=OPEN_SECONDS,
            close_timeout=1.0,
            max_size=None,
            compression=None,
            proxy=None,
            ssl=address.tls(),
        )
    except InvalidStatus as error:
        raise _refused(error) from None
    except InvalidURI:
        raise InvalidMessage(f"{address.url} is no WebSocket URL (ws://HOST:PORT/)") from None
    except (OSError, TimeoutError, InvalidHandshake) as error:
        reason = str(error) or f"no answer within {OPEN_SECONDS:g} s"
        raise ServiceUnreachable(f"no Hydrogen service answers at {address.url}: {reason}") from error
    try:
        yield Client(socket)
    finally:
        await socket.close()


def _refused(error: InvalidStatus) -> HydrogenError:
    try:
        body = json.loads(error.response.body or b"")
        return error_from_wire(body["error"])
    except (ValueError, KeyError, TypeError):
        status = error.response.status_code
        if status == 503:
            return Unavailable("the service takes no connections now (503)")
        return ServerFault(f"the service refused the connection with HTTP status {status}")


def _ended(error: ConnectionClosed) -> ServiceUnreachable:
    close = error.rcvd
    reason = f"{close.code} {close.reason}".strip() if close is not None else "no farewell"
    return ServiceUnreachable(f"the service closed the connection ({reason})", close_code=close.code if close else None)
