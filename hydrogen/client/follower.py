"""Follows a service through its restarts: the frames of one connection after the other, as if there were one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, aclosing

from hydrogen.client.connection import Connection
from hydrogen.client.frame import Frame
from hydrogen.core.backoff import Backoff
from hydrogen.core.clock import Clock, SystemClock
from hydrogen.errors import ServiceUnreachable, Unavailable

PATIENCE_SECONDS = 300.0
"""How long a service may be away before following is given up; a restart takes 2 s, an upgrade a minute or two."""

FIRST_PAUSE_SECONDS = 0.25

LONGEST_PAUSE_SECONDS = 5.0
"""Between attempts to reach it again."""

AWAY = "client.away"
"""The `type` of a frame of our own: the service was lost and is looked for (`reason`)."""


class Follower:
    """Keeps a connection. `connection` is the present one, None between two."""

    def __init__(
        self,
        open_connection: Callable[[str | None], AbstractAsyncContextManager[Connection]],
        *,
        clock: Clock | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """open_connection(since): as `connect`; asked anew each time, because a service may come back on another port."""
        self._open_connection = open_connection
        self._clock = clock or SystemClock()
        self._patience_seconds = patience_seconds
        self.connection: Connection | None = None

    async def frames(self) -> AsyncGenerator[Frame]:
        """Every frame, in order and without a gap: a new connection begins behind the last frame of the old one, or with a
        snapshot. A loss is told by a frame of type AWAY.

        Raises ServiceUnreachable when the first connection fails, or when none can be had for as long as the patience
        lasts; AuthFailed and Forbidden at once.
        """
        backoff = Backoff(first_seconds=FIRST_PAUSE_SECONDS, limit_seconds=LONGEST_PAUSE_SECONDS)
        since: str | None = None
        lost_at: float | None = None
        while True:
            try:
                async with (
                    self._open_connection(since) as connection,
                    aclosing(connection.frames()) as frames,
                ):
                    self.connection, lost_at = connection, None
                    backoff.reset()
                    async for frame in frames:
                        since = connection.since or since
                        yield frame
            except (ServiceUnreachable, Unavailable) as error:
                if self.connection is None and lost_at is None:
                    raise
                if lost_at is None:
                    self.connection, lost_at = None, self._clock.monotonic()
                    yield {"type": AWAY, "reason": str(error)}
                if self._clock.monotonic() - lost_at > self._patience_seconds:
                    away = f"the service did not come back within {self._patience_seconds:g} s"
                    raise ServiceUnreachable(away) from error
            await asyncio.sleep(backoff.next_delay())
