"""Sessions of OctoPrint's kind: what `POST /api/login` gives out, for the push socket's `auth` and for a browser's cookie.

They rest on the key that was shown, live in memory, and end with the service. One is as good as its key is at the moment.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from hydrogen.auth.authority import Authority
from hydrogen.auth.grant import Grant
from hydrogen.core.clock import Clock
from hydrogen.errors import AuthFailed

LIFE_SECONDS = 86_400.0
"""Without a sign of life."""

MOST_SESSIONS = 512
"""In all, and MOST_OF_ONE of one caller: a client that logs in again and again pushes out only its own."""

MOST_OF_ONE = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceSession:
    """id: what the client shows. csrf: what a page must show beside the cookie. name: the caller's."""

    id: str = field(repr=False)
    csrf: str = field(repr=False)
    name: str
    grant: Grant


class FaceSessions:
    """Belongs to one event loop."""

    def __init__(self, authority: Authority, clock: Clock) -> None:
        self._authority = authority
        self._clock = clock
        self._sessions: OrderedDict[str, tuple[FaceSession, float]] = OrderedDict()
        """By id, the one that was used longest ago first; with the monotonic time of its last use."""

    def begin(self, grant: Grant) -> FaceSession:
        """A session with the rights of this grant."""
        name = grant.principal.name
        own = [id for id, (session, _) in self._sessions.items() if session.name == name]
        for old in own[: max(0, len(own) - MOST_OF_ONE + 1)]:
            del self._sessions[old]
        while len(self._sessions) >= MOST_SESSIONS:
            self._sessions.popitem(last=False)
        made = FaceSession(id=secrets.token_hex(16), csrf=secrets.token_hex(16), name=name, grant=grant)
        self._sessions[made.id] = (made, self._clock.monotonic())
        return made

    def find(self, session_id: str) -> FaceSession:
        """The session, with the rights that its key has at this moment. Raises AuthFailed for a dead or unknown one."""
        session, used_at = self._sessions.get(session_id, (None, 0.0))
        now = self._clock.monotonic()
        if session is None or now - used_at > LIFE_SECONDS:
            self._sessions.pop(session_id, None)
            raise AuthFailed("this session is over: log in again")
        grant = self._authority.current(session.grant)
        self._sessions[session_id] = (session, now)
        self._sessions.move_to_end(session_id)
        return FaceSession(id=session.id, csrf=session.csrf, name=session.name, grant=grant)

    def end(self, session_id: str) -> None:
        """It is over now; nothing for an unknown one."""
        self._sessions.pop(session_id, None)
