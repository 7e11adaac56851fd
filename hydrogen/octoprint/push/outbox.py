"""What waits to be sent to one push client: bounded, and fresh.

A client that reads gets everything in order. For one that does not, a waiting `current` is replaced by the next one (an old
state is worth nothing), events wait up to the bounds, and then the client is given up.
"""

from __future__ import annotations

import asyncio
from collections import deque

from hydrogen.octoprint.push.framing import Message

MOST_MESSAGES = 256
MOST_CHARACTERS = 1_048_576


class PushOutbox:
    """Filled by the feed, emptied by the connection's task. is_over: nothing is sent any more. Belongs to one event loop."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._characters = 0
        self._current: Message | None = None
        self._ready = asyncio.Event()
        self.is_over = False

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, message: Message) -> None:
        """In the order of the calls. Too much of it ends the client."""
        if self.is_over:
            return
        self._waiting.append(message)
        self._characters += len(message)
        self._ready.set()
        if len(self._waiting) > MOST_MESSAGES or self._characters > MOST_CHARACTERS:
            self.close()

    def put_current(self, message: Message) -> None:
        """In place of the last `current`, if that still waits."""
        if self._current is not None and self._current in self._waiting:
            self._characters -= len(self._current)
            self._waiting.remove(self._current)
        self._current = message
        self.put(message)

    async def take(self) -> list[Message]:
        """Wait for what there is, and return all of it; nothing when it is over."""
        await self._ready.wait()
        return self.take_now()

    def take_now(self) -> list[Message]:
        """The same without waiting."""
        taken = list(self._waiting)
        self._waiting.clear()
        self._characters = 0
        self._current = None
        if not self.is_over:
            self._ready.clear()
        return taken

    def wake(self) -> None:
        """Let a waiting `take` return, maybe with nothing."""
        self._ready.set()

    def close(self) -> None:
        """Nothing more; what waits is dropped. May be called twice."""
        self.is_over = True
        self._waiting.clear()
        self._characters = 0
        self._ready.set()
