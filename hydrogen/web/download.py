"""A file on its way out: read in a thread, a part at a time, from the content that was there when it was asked for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from hydrogen.errors import NotFound
from hydrogen.files.digest import FileIdentity
from hydrogen.files.folder import StoredFile
from hydrogen.files.thread import in_thread
from hydrogen.web.answer import AnotherVersion
from hydrogen.web.byte_range import (
    ByteRange,
    FileVersion,
    Unsatisfiable,
    disposition,
    is_another,
    is_unchanged,
    wanted_range,
)

BLOCK_BYTES = 256 << 10

MEDIA = "text/x-gcode"


async def download(path: Path, stored: StoredFile, headers: Mapping[str, str], *, is_head: bool = False) -> Response:
    """The answer to a GET or HEAD: 200, 206, 304 or 416. headers: of the request. Raises NotFound, AnotherVersion."""
    handle, status = await asyncio.to_thread(_opened, path, stored.path)
    is_known = FileIdentity.of(status) == stored.identity
    version = FileVersion(
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        inode=status.st_ino,
        sha256=stored.sha256 if is_known else None,
    )
    if is_another(headers.get("if-match"), version):
        os.close(handle)
        raise AnotherVersion(f"{stored.path} is another version than If-Match names", file=stored.path)
    told = {
        "ETag": version.tag,
        "Last-Modified": version.modified,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    answer: Response | None = None
    part: ByteRange | None = None
    if is_unchanged(headers, version):
        answer = Response(status_code=304, headers=told)
    else:
        try:
            part = wanted_range(headers, version)
        except Unsatisfiable:
            answer = Response(status_code=416, headers={**told, "Content-Range": f"bytes */{version.size_bytes}"})
    if answer is not None:
        os.close(handle)
        return answer
    whole = ByteRange(0, version.size_bytes - 1)
    told["Content-Disposition"] = disposition(stored.path.rpartition("/")[2])
    told["Content-Length"] = str((part or whole).size_bytes)
    if part is not None:
        told["Content-Range"] = f"bytes {part.first}-{part.last}/{version.size_bytes}"
    if is_head:
        os.close(handle)
        return Response(status_code=206 if part else 200, headers=told, media_type=MEDIA)
    return _FileAnswer(handle, part or whole, status=206 if part else 200, headers=told)


class _FileAnswer(StreamingResponse):
    """Closes the file, whatever becomes of the answer."""

    def __init__(self, handle: int, part: ByteRange, *, status: int, headers: Mapping[str, str]) -> None:
        self._handle = handle
        self._part = part
        super().__init__(self._blocks(), status_code=status, headers=headers, media_type=MEDIA)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._handle)

    async def _blocks(self) -> AsyncIterator[bytes]:
        offset, end = self._part.first, self._part.last + 1
        while offset < end:
            count = min(BLOCK_BYTES, end - offset)
            block = await in_thread(os.pread, self._handle, count, offset)
            if not block:
                raise ConnectionAbortedError("the file became shorter while it was sent")
            offset += len(block)
            yield block


def _opened(path: Path, name: str) -> tuple[int, os.stat_result]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        raise NotFound(f"there is no file {name!r}", file=name) from None
    return handle, os.fstat(handle)
