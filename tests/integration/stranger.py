"""Somebody at the two doors of a running service, who sends exactly what a test says, from an address of its own."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hydrogen.fleet.runtime import ServiceRecord
from tests.integration.house_process import HouseProcess
from tests.support.http_peer import Answer, answer_from, ask

DEADLINE_SECONDS = 20.0

BEHIND_A_PROXY = 'trusted_proxies = ["127.0.0.1"]'
"""For `[tls]`: what a stranger says of its address is believed, so that one test's failed logins are not another one's."""

MASK = b"\0\0\0\0"


class Stranger:
    """`address`: where it says it is from."""

    def __init__(self, house: HouseProcess, address: str) -> None:
        self.house = house
        self.address = address

    @property
    def record(self) -> ServiceRecord:
        record = self.house.record
        assert record is not None, self.house.said
        return record

    # -------------------------------------------------------------------------------------------------- the WebSocket

    async def knock(self, path: str = "/", *headers: tuple[str, str]) -> Answer:
        """A handshake; the answer to it. A connection that it opened is closed at once."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.record.websocket_port)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                writer.write(self.handshake(path, *headers))
                head = await reader.readuntil(b"\r\n\r\n")
                is_in = head.startswith(b"HTTP/1.1 101 ")
                return answer_from(head if is_in else head + await reader.read())
        except (ConnectionError, asyncio.IncompleteReadError):
            return answer_from(b"")
        finally:
            writer.close()

    def handshake(self, path: str = "/", *headers: tuple[str, str]) -> bytes:
        """The request's bytes (RFC 6455, 1.3; the nonce is the RFC's). A `Host` among the headers replaces ours."""
        names = {name for name, _ in headers}
        lines = [f"GET {path} HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
        lines += ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"X-Forwarded-For: {self.address}"]
        lines += [] if "Host" in names else ["Host: localhost"]
        lines += [f"{name}: {value}" for name, value in headers]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"

    @asynccontextmanager
    async def inside(self, authorization: str) -> AsyncIterator[Talk]:
        """A client that was let in."""
        headers = {"Authorization": authorization, "X-Forwarded-For": self.address}
        url = f"ws://127.0.0.1:{self.record.websocket_port}/"
        quiet = {"ping_interval": None}  # it may not look at its socket for longer than a pong may take
        async with connect(url, additional_headers=headers, compression=None, proxy=None, **quiet) as socket:
            yield Talk(socket)

    async def raw_inside(self, authorization: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The same as bytes: behind the answer to the handshake."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.record.websocket_port)
        writer.write(self.handshake("/", ("Authorization", authorization)))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        return reader, writer

    # ----------------------------------------------------------------------------------------------------------- HTTP

    async def ask(self, method: str, path: str, *, body: Any = None, **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await ask(
            self.record.web_port, method, path, headers={"X-Forwarded-For": self.address, **given}, body=body
        )

    # ----------------------------------------------------------------------------------------------------- both doors

    async def both(self, authorization: str | None, query: str = "", **headers: str) -> list[Answer]:
        """What the WebSocket answers to these credentials, and what HTTP does. query: with its `?`."""
        shown = [] if authorization is None else [("Authorization", authorization)]
        more = [*shown, *headers.items()]
        knocked = await self.knock(f"/{query}", *more)
        return [knocked, await self.ask("GET", f"/api/system/info{query}", **dict(more))]


class Talk:
    """The JSON of an open WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def answer_to(self, message: Mapping[str, Any] | str | bytes, message_id: str | None) -> dict[str, Any]:
        """Send it; the frame that comes back with this id (None: the first error)."""
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))
        return await self.first(
            lambda frame: frame["type"] == "error" if message_id is None else frame.get("id") == message_id
        )

    async def first(self, fits: Any) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_SECONDS):
            async for text in self.socket:
                frame: dict[str, Any] = json.loads(text)
                if fits(frame):
                    return frame
        raise AssertionError("the frames ended")

    async def is_answered(self) -> bool:
        return (await self.answer_to({"type": "ping", "id": "still here"}, "still here"))["type"] == "pong"

    async def close_code(self) -> int | None:
        """Read on until the end."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed:
                return self.socket.close_code


def frame_of(opcode: int, payload: bytes, *, length: int | None = None) -> bytes:
    """A client's frame (RFC 6455, 5.2) with a mask that changes nothing; length: what its head claims."""
    claimed = len(payload) if length is None else length
    return bytes([0x80 | opcode, 0xFF]) + struct.pack("!Q", claimed) + MASK + payload


async def end_of(reader: asyncio.StreamReader) -> bytes:
    """What comes until the other side is gone."""
    said = b""
    async with asyncio.timeout(DEADLINE_SECONDS):
        try:
            while more := await reader.read(65_536):
                said += more
        except ConnectionError:
            pass
    return said
