"""An HTTP/1.1 client that sends exactly what a test says, one request for each connection."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEADLINE_SECONDS = 20.0


@dataclass(frozen=True)
class Answer:
    """headers: names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the error object."""
        return str(self.json["error"]["code"])


async def ask(
    port: int,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send a request and read the answer. body: bytes as they are, anything else as JSON."""
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", f"Content-Length: {len(content)}", "Connection: close"]
    given = {"Host": "localhost", **(headers or {})}
    lines += [f"{name}: {value}" for name, value in given.items()]
    return await raw(port, "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + content, host=host, tls=tls)


async def raw(port: int, data: bytes, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Answer:
    """Send these bytes and read to the end of the connection; status 0 if nothing came back."""
    reader, writer = await asyncio.open_connection(
        host, port, ssl=tls, server_hostname="localhost" if tls is not None else None
    )
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            writer.write(data)
            return answer_from(await reader.read())
    except ConnectionError:
        return answer_from(b"")
    finally:
        writer.close()


def answer_from(data: bytes) -> Answer:
    if not data:
        return Answer(0, {}, b"")
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]), {name.lower(): value for name, value in pairs}, body)
