"""A file on its way in: written and hashed in a thread, whole or not at all.

The loop gives chunks; blocks of half a megabyte go to a thread, one at a time, while the next one fills. So an upload holds two
blocks at most, and a slow disk slows down its own upload and nobody else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType

from hydrogen.files.draft import HEAD_BYTES, Draft, check_head
from hydrogen.files.folder import StoredFile
from hydrogen.files.thread import in_thread

BLOCK_BYTES = 512 << 10

Place = Callable[["Incoming", str, bool], Awaitable[StoredFile]]
"""Puts the finished draft into a folder ("" for the one that the path names), over what is there or not."""


class Incoming:
    """Leaving the block without `commit` leaves nothing behind."""

    def __init__(self, path: str, draft: Draft, *, place: Place, is_text: bool, on_end: Callable[[], None]) -> None:
        """path: where it is to lie. is_text: what is written is what will be printed, so it must look like G-code."""
        self.path = path
        self.draft = draft
        self._place = place
        self._is_text = is_text
        self._on_end = on_end
        self._block = bytearray()
        self._work: asyncio.Future[None] | None = None
        self._has_ended = False

    async def __aenter__(self) -> Incoming:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.abandon()

    async def write(self, chunk: bytes) -> None:
        """Take it; waits while the disk is behind. Raises FileRejected, TooLarge, DiskFull, HostError."""
        self._block += chunk
        if len(self._block) >= BLOCK_BYTES:
            await self._hand_over()

    async def commit(self, folder: str = "", *, may_replace: bool = True) -> StoredFile:
        """It is there, under its path, below `folder` if one is given. Raises what `write` raises, InvalidMessage, Conflict."""
        if self._block:
            await self._hand_over()
        await self._idle()
        if self._is_text:
            check_head(self.draft.head, self.path)
        await self._in_thread(self.draft.finish)
        stored = await self._place(self, folder, may_replace)
        self._end()
        return stored

    async def abandon(self) -> None:
        """Nothing was sent, as far as anybody can see. May be called twice, and after `commit`."""
        if self._has_ended:
            return
        self._block.clear()
        if self._work is not None:
            await asyncio.wait([self._work])
        await in_thread(self.draft.discard)
        self._end()

    def replace_draft(self, draft: Draft) -> None:
        """The unpacked one takes the place of the packed one, which is discarded by the caller."""
        self.draft = draft

    async def _hand_over(self) -> None:
        await self._idle()
        block, self._block = self._block, bytearray()  # nobody touches it any more: no copy
        loop = asyncio.get_running_loop()
        self._work = loop.run_in_executor(None, partial(self._write, block))

    def _write(self, block: bytearray) -> None:
        self.draft.write(block)
        if self._is_text and len(self.draft.head) >= HEAD_BYTES:
            check_head(self.draft.head, self.path)

    async def _idle(self) -> None:
        """The thread has done what it was given. Raises what it met."""
        if self._work is not None:
            await asyncio.shield(self._work)
            self._work = None

    async def _in_thread(self, work: Callable[[], None]) -> None:
        self._work = asyncio.get_running_loop().run_in_executor(None, work)
        await self._idle()

    def _end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._on_end()
