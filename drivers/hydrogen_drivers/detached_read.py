"""Reads that may hang: each in a daemon thread, one at a time.

A file of the kernel's is no file: reading it asks a chip, and a chip that does not answer can hold its reader for ever, past
every signal. asyncio's own threads are waited for at the end of the process; these are not, and whoever asks again while one
hangs waits for that one instead of starting a further one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class DetachedRead(Generic[T]):
    """Belongs to one event loop."""

    def __init__(self, read: Callable[[], T], *, name: str) -> None:
        """read: may block; called in a thread."""
        self._read = read
        self._name = name
        self._pending: asyncio.Future[T] | None = None

    async def read(self) -> T:
        """What `read` returns or raises. May be cancelled: the thread goes on, and the next call gets its answer."""
        if self._pending is None:
            self._pending = asyncio.get_running_loop().create_future()
            threading.Thread(target=self._run, args=(self._pending,), name=self._name, daemon=True).start()
        pending = self._pending
        await asyncio.wait({pending})
        self._pending = None
        return pending.result()

    def _run(self, pending: asyncio.Future[T]) -> None:
        loop = pending.get_loop()
        try:
            result = self._read()
        except OSError as error:
            _tell(loop, pending.set_exception, error)
        except BaseException as error:
            _tell(loop, pending.set_exception, error)
            raise
        else:
            _tell(loop, pending.set_result, result)


def _tell(loop: asyncio.AbstractEventLoop, setter: Callable[..., None], value: object) -> None:
    try:
        loop.call_soon_threadsafe(setter, value)
    except RuntimeError:
        pass  # the loop has ended meanwhile; nobody waits for the answer
