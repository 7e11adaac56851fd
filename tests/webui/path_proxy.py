"""A proxy that serves a house under a path, as an nginx in front of it would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PREFIX = b"/printers/"
CHUNK_BYTES = 65_536


@asynccontextmanager
async def path_proxy(web_port: int, websocket_port: int) -> AsyncIterator[str]:
    """The address of the page behind it."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            is_socket = head.split(b" ", 2)[1].startswith(PREFIX + b"websocket")
            inside, inward = await asyncio.open_connection("127.0.0.1", websocket_port if is_socket else web_port)
            head = head.replace(PREFIX + b"websocket" if is_socket else PREFIX, b"/", 1)
            inward.write(head if is_socket else head.replace(b"keep-alive", b"close"))
            await asyncio.gather(_pump(reader, inward), _pump(inside, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{PREFIX.decode()}"
        server.close()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(CHUNK_BYTES):
            target.write(data)
            await target.drain()
    target.close()
