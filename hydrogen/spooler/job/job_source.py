"""The job's lines, from the spool file to the link.

The file is read one block of 1 MiB ahead in a thread; lines are cut and prepared on the loop, some 4 KiB at a time (about
130 lines, a quarter of a millisecond), when the link has taken the last of them. So memory is bounded by two blocks, and
`take()` is nearly always a `popleft`.

Offsets count bytes of the file, line ends included; `\\n`, `\\r\\n` and a lone `\\r` all end a line.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from hydrogen.errors import FileUnreadable, HydrogenError, LineRefused

BLOCK_BYTES = 1 << 20
"""Read ahead: some 30,000 lines, minutes of printing, one read in a thread."""

BATCH_BYTES = 4096
"""Cut and prepared at once on the loop."""

CLOSE_DEADLINE_SECONDS = 2.0
"""How long `close` waits for a read in flight; 1 MiB from a slow card takes 0.1 s."""

Prepare = Callable[[bytes], bytes | None]
"""A raw line to what is sent (no number, no checksum, no line end); None: nothing to send. Raises LineRefused."""


def line_border(data: bytes, start: int, stop: int, *, is_last: bool) -> int:
    """The place behind the last whole line in `data[start:stop]`; `start` if there is none.

    A `\\r` at the very end of `data` may be half a `\\r\\n`: it ends a line only when nothing follows (`is_last`).
    """
    feed = data.rfind(b"\n", start, stop)
    if feed >= 0:
        return feed + 1
    mark = data.rfind(b"\r", start, stop)
    if mark >= 0 and mark + 1 == len(data) and not is_last:
        mark = data.rfind(b"\r", start, mark)
    if mark < 0:
        return len(data) if is_last and stop >= len(data) else start
    return mark + 2 if data[mark + 1 : mark + 2] == b"\n" else mark + 1


def next_border(data: bytes, start: int) -> int:
    """The place behind the first line from `start`; the end of `data` if it holds no line end."""
    feed, mark = data.find(b"\n", start), data.find(b"\r", start)
    if mark >= 0 and (feed < 0 or mark < feed - 1):
        return mark + 1
    return feed + 1 if feed >= 0 else len(data)


class BlockReader:
    """Blocks of whole lines. `read` is called in a thread, one at a time; `close` on the loop, at any time.

    start: the offset to begin at, behind a line end.
    """

    def __init__(self, path: Path, *, start: int = 0, block_bytes: int = BLOCK_BYTES) -> None:
        self.start = start
        self._path = path
        self._block_bytes = block_bytes
        self._file: BinaryIO | None = None
        self._rest = b""
        self._is_at_end = False
        self._is_closed = False
        self._in_use = threading.Lock()

    def read(self) -> bytes:
        """The next block; empty at the end of the file. Blocks; raises FileUnreadable."""
        try:
            with self._in_use:
                return self._next()
        except OSError as error:
            raise FileUnreadable(
                f"reading the job's file failed: {error.strerror or error}", file=self._path.name
            ) from error
        finally:
            self._close_if_due()

    def close(self) -> None:
        """Close the file now, or when the read in flight is over. May be called twice."""
        self._is_closed = True
        self._close_if_due()

    def _next(self) -> bytes:
        while not (self._is_at_end or self._is_closed):
            block = self._read_some()
            if block:
                return block
        return b""

    def _read_some(self) -> bytes:
        if self._file is None:
            self._file = self._path.open("rb", buffering=0)
            self._file.seek(self.start)
        more = self._file.read(self._block_bytes)
        data = self._rest + more
        self._is_at_end = not more
        border = len(data) if self._is_at_end else line_border(data, 0, len(data), is_last=False)
        self._rest = data[border:]
        if len(self._rest) > self._block_bytes:
            raise FileUnreadable("the job's file has a line without an end", file=self._path.name)
        return data[:border]

    def _close_if_due(self) -> None:
        if self._is_closed and self._in_use.acquire(blocking=False):
            try:
                if self._file is not None:
                    self._file.close()
            finally:
                self._in_use.release()


class FileSource:
    """The `LineSource` of a job; lines flow as soon as the first block is there.

    on_ready: lines are there again after `take` had none (the owner wakes the link). on_exhausted: the last line was taken.
    on_failed: the file could not be read, or holds a line that must not be sent; nothing more will come. Each is called on
    the loop; the last two at most once, and not both. opening: prepared lines that go before the file's, with offsets.
    """

    def __init__(
        self,
        reader: BlockReader,
        prepare: Prepare,
        *,
        on_ready: Callable[[], None],
        on_exhausted: Callable[[], None],
        on_failed: Callable[[HydrogenError], None],
        opening: Iterable[tuple[bytes, int]] = (),
    ) -> None:
        self._reader = reader
        self._prepare = prepare
        self._on_ready = on_ready
        self._on_exhausted = on_exhausted
        self._on_failed = on_failed
        self._ready: deque[tuple[bytes, int]] = deque(opening)
        self._block = b""
        self._at = 0
        self._base = reader.start
        self._ahead: bytes | None = None
        self._reading: asyncio.Task[None] | None = None
        self._is_paused = False
        self._is_stopped = False
        self._is_ended = False
        self.exhausted = asyncio.Event()
        """Set when the last line was taken."""

    def start(self) -> None:
        """Begin to read."""
        self._read_ahead()

    def take(self) -> tuple[bytes, int] | None:
        """See LineSource. Hot."""
        if self._is_paused:
            return None
        if self._ready:
            return self._ready.popleft()
        if self._is_ended or not self._prepare_more():
            return None
        return self._ready.popleft()

    def pause(self) -> None:
        """No line is given from now on; those read ahead are kept."""
        self._is_paused = True

    def resume(self) -> None:
        """Give lines again; the owner wakes the link."""
        self._is_paused = self._is_stopped

    def stop(self) -> None:
        """No line is given any more, for ever."""
        self._is_paused = self._is_stopped = True
        self._ready.clear()
        self._block = b""
        self._ahead = None

    async def close(self) -> None:
        """Stop, close the file, wait for a read in flight, no longer than CLOSE_DEADLINE_SECONDS. May be called twice."""
        self.stop()
        self._reader.close()
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=CLOSE_DEADLINE_SECONDS)

    # ------------------------------------------------------------------------------------------------------ lines

    def _prepare_more(self) -> bool:
        """Prepare a batch; False when there is nothing now."""
        while not self._ready:
            if self._at >= len(self._block) and not self._next_block():
                return False
            if not self._prepare_batch():
                return False
        return True

    def _prepare_batch(self) -> bool:
        block, start = self._block, self._at
        stop = line_border(block, start, start + BATCH_BYTES, is_last=True)
        if stop == start:
            stop = next_border(block, start)
        offset = self._base + start
        self._at = stop
        prepare, ready = self._prepare, self._ready
        try:
            for raw in block[start:stop].splitlines(keepends=True):
                offset += len(raw)
                body = prepare(raw)
                if body:
                    ready.append((body, offset))
        except LineRefused as error:
            self._fail(error)
            return False
        return True

    def _next_block(self) -> bool:
        """Go to the block that was read ahead; False when it is not there yet or was the last."""
        if self._ahead is None:
            self._read_ahead()
            return False
        self._base += len(self._block)
        self._block, self._ahead, self._at = self._ahead, None, 0
        if not self._block:
            self._is_ended = True
            self.exhausted.set()
            self._on_exhausted()
            return False
        self._read_ahead()
        return True

    def _fail(self, error: HydrogenError) -> None:
        self._is_ended = True
        self.stop()
        self._on_failed(error)

    # ---------------------------------------------------------------------------------------------------- reading

    def _read_ahead(self) -> None:
        if self._reading is None and not self._is_stopped:
            self._reading = asyncio.get_running_loop().create_task(self._read(), name="job file read-ahead")

    async def _read(self) -> None:
        try:
            block = await asyncio.to_thread(self._reader.read)
        except FileUnreadable as error:
            self._reading = None
            if not self._is_stopped:
                self._fail(error)
            return
        self._reading = None
        if not self._is_stopped:
            self._ahead = block
            self._on_ready()
