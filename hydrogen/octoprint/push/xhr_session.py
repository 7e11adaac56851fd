"""SockJS sessions over plain requests: what is kept between two of them, and for how long.

A session begins with the first request that wants to receive, belongs to whoever knows its two random names, and ends when
nobody has received for 5 s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hydrogen.errors import Unavailable
from hydrogen.octoprint.push.client import PushClient

STALE_SECONDS = 5.0
"""SockJS' own (`disconnect_delay`)."""

MOST_SESSIONS = 64
"""In all; each holds a megabyte at most. Nearly every client speaks WebSocket."""


class XhrSession:
    """is_open: was its first frame sent? is_received: does a request wait for its frames now?"""

    def __init__(self, key: str, client: PushClient) -> None:
        self.key = key
        self.client = client
        self.is_open = False
        self.is_received = False


class XhrSessions:
    """Belongs to one event loop."""

    def __init__(self, make_client: Callable[[str | None, bool], PushClient]) -> None:
        self._make_client = make_client
        self._sessions: dict[str, XhrSession] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, key: str) -> XhrSession | None:
        """None for one that never began, or is over."""
        session = self._sessions.get(key)
        if session is not None and session.client.outbox.is_over:
            self.end(session)
            return None
        return session

    def begin(self, key: str, printer: str | None) -> XhrSession:
        """Raises Unavailable when there are too many."""
        if len(self._sessions) >= MOST_SESSIONS:
            raise Unavailable("too many clients use push without a WebSocket: try again", retry_after_seconds=5)
        client = self._make_client(printer, True)
        session = self._sessions[key] = XhrSession(key, client)
        client.greet()
        return session

    def take(self, session: XhrSession) -> None:
        """A request receives from now on."""
        session.is_received = True
        timer = self._timers.pop(session.key, None)
        if timer is not None:
            timer.cancel()

    def give_back(self, session: XhrSession) -> None:
        """It receives no more; the next one has 5 s to come."""
        session.is_received = False
        if self._sessions.get(session.key) is session:
            loop = asyncio.get_running_loop()
            self._timers[session.key] = loop.call_later(STALE_SECONDS, self.end, session)

    def end(self, session: XhrSession) -> None:
        """May be called twice."""
        timer = self._timers.pop(session.key, None)
        if timer is not None:
            timer.cancel()
        if self._sessions.get(session.key) is session:
            del self._sessions[session.key]
        session.client.close()
