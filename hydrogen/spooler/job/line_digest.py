"""Two sums over a job's file: of all lines that were to be sent, and of those that were acknowledged.

Over the prepared lines, each with a line feed: what a printer was really given, whatever comments and blanks the file holds.
Read and summed in a thread, a small piece at a time, so that the loop is never kept from the printer for longer than a
millisecond (the interpreter runs one thread at a time).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from typing import BinaryIO

from hydrogen.spooler.job.job_source import Prepare, line_border

PIECE_BYTES = 16_384
"""About 500 lines, half a millisecond here."""

LONGEST_LINE_BYTES = 1 << 20
"""As for the job's source: longer ones are not printed, so they are not summed either."""


async def digest_lines(file: BinaryIO, prepare: Prepare, bytes_done: int) -> tuple[str, str]:
    """`(executed, whole)` as hexadecimal SHA-256; `file` is read to its end.

    bytes_done: the offset behind the last acknowledged line. Raises OSError, LineRefused (the file changed under us),
    ValueError for a line without an end.
    """
    digest = LineDigest(prepare, bytes_done)
    while await asyncio.to_thread(digest.take, file):
        pass
    return digest.result()


class LineDigest:
    """`take` until it returns False, then `result`."""

    def __init__(self, prepare: Prepare, bytes_done: int) -> None:
        self._prepare = prepare
        self._bytes_done = bytes_done
        self._whole = hashlib.sha256()
        self._executed: str | None = None
        self._rest = b""
        self._offset = 0

    def take(self, file: BinaryIO) -> bool:
        """Read and sum one piece; False at the end of the file. Blocks."""
        more = file.read(PIECE_BYTES)
        data = self._rest + more
        border = line_border(data, 0, len(data), is_last=not more)
        self._rest = data[border:]
        if len(self._rest) > LONGEST_LINE_BYTES:
            raise ValueError("a line without an end")
        for end, body in self._bodies(data[:border]):
            if self._executed is None and end > self._bytes_done:
                self._executed = self._whole.hexdigest()
            self._whole.update(body + b"\n")
        return bool(more)

    def result(self) -> tuple[str, str]:
        """Executed, whole."""
        whole = self._whole.hexdigest()
        return (self._executed or whole, whole)

    def _bodies(self, lines: bytes) -> Iterator[tuple[int, bytes]]:
        for raw in lines.splitlines(keepends=True):
            self._offset += len(raw)
            body = self._prepare(raw)
            if body:
                yield self._offset, body
