"""gzip, where it pays: text of more than 1 KiB that is whole when it is sent.

Left as they are: what is encoded already, parts (206) and what parts can be asked of (downloads), answers that are streamed,
kinds that do not shrink, and what holds a credential: the length of a compressed answer tells of its content.
"""

from __future__ import annotations

import asyncio
import gzip

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST_BYTES = 1024
"""Below it, one packet carries either form."""

MOST_BYTES_ON_THE_LOOP = 32_768
"""Above it, a thread compresses: a Raspberry Pi 3 takes 1 ms for as much."""

LEVEL = 4
"""Nine tenths of what level 9 saves, in a third of its time."""

KINDS = ("text/", "application/json", "application/openapi+json", "application/xml", "image/svg+xml")


class Compression:
    """Signs ASGI; stands around the routes."""

    def __init__(self, inside: ASGIApp) -> None:
        self._inside = inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                return
            if start is not None:
                begin, start = start, None
                if not message.get("more_body", False):
                    message = await _compressed(scope, begin, message)
                await send(begin)
            await send(message)

        await self._inside(scope, receive, send_compressed)


async def _compressed(scope: Scope, start: Message, message: Message) -> Message:
    """The body to send behind `start`, whose headers are changed with it."""
    start["headers"] = list(start.get("headers", ()))
    headers, body = MutableHeaders(raw=start["headers"]), message.get("body", b"")
    if not _may_shrink(scope, start["status"], headers, len(body)):
        return message
    headers.add_vary_header("Accept-Encoding")
    if not accepts_gzip(Headers(scope=scope).getlist("accept-encoding")):
        return message
    small = _gzip(body) if len(body) <= MOST_BYTES_ON_THE_LOOP else await asyncio.to_thread(_gzip, body)
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(small))
    tag = headers.get("etag")
    if tag is not None and not tag.startswith("W/"):
        headers["ETag"] = f"W/{tag}"  # other bytes, the same document
    return {**message, "body": small}


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)


def _may_shrink(scope: Scope, status: int, headers: Headers, size: int) -> bool:
    endpoint = scope.get("state", {}).get("endpoint")
    is_secret = endpoint is not None and endpoint.is_secret
    is_text = headers.get("content-type", "").startswith(KINDS)
    is_whole = status != 206 and not {"content-encoding", "accept-ranges"} & set(headers.keys())
    return size >= LEAST_BYTES and is_whole and is_text and not is_secret


def accepts_gzip(values: list[str]) -> bool:
    """Does `Accept-Encoding` (all its values) name gzip, and not with a weight of nothing?"""
    weights = {}
    for part in ",".join(values).split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip().lower()] = parameters.replace(" ", "").lower()
    told = weights.get("gzip", weights.get("*"))
    return told is not None and told.rstrip("0.") != "q="
