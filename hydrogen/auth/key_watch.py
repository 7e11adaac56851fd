"""The service that notices changes of `keys.json` while it runs: new keys open, revoked ones close, without a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from hydrogen.auth.key_store import KeyRecord, KeyStore
from hydrogen.core.log import Log
from hydrogen.core.rhythm import until_beat
from hydrogen.core.service import Service
from hydrogen.errors import FileUnreadable

LOOK_SECONDS = 0.5
"""Half of the second within which a revoked key must have lost its connections."""


class KeyWatch(Service):
    """Reads the keys at the start and at every change. A damaged file changes nothing: the last good keys stay."""

    name = "keys"

    def __init__(
        self,
        store: KeyStore,
        *,
        apply: Callable[[Sequence[KeyRecord]], None],
        report: Callable[[str, BaseException], None],
        log: Log,
    ) -> None:
        """apply: called with all stored keys at every change. report: tells everybody that the file is damaged."""
        self._store = store
        self._apply = apply
        self._report = report
        self._log = log
        self._seen: tuple[int, ...] = ()
        self._looking = asyncio.Lock()

    async def start(self) -> None:
        await self.look()

    async def run(self) -> None:
        while True:
            await until_beat(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Read the file if it is another one than before; what stood in it when this was called counts when it returns."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        # The metadata of one file that is always in the kernel's cache: two microseconds here, fifty times that by way of
        # a thread, twice a second for ever.
        mark = _mark_of(self._store)
        if mark == self._seen:
            return
        self._seen = mark
        try:
            records = await asyncio.to_thread(self._store.records)
        except FileUnreadable as error:
            self._log.error("keys not read", error=error)
            self._report(self.name, error)
            return
        self._apply(records)
        self._log.info("keys read", stored=len(records))


def _mark_of(store: KeyStore) -> tuple[int, ...]:
    """What changes when the file does: replacing it changes the inode, writing into it the time or the size."""
    try:
        found = store.path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
