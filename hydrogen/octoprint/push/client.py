"""One push client: what it says, what it may hear, what waits for it. The connections (websocket.py, xhr.py) only carry."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hydrogen.auth.grant import Grant
from hydrogen.auth.rate_limit import Rate, TokenBucket
from hydrogen.core.clock import Clock
from hydrogen.errors import AuthFailed, HydrogenError
from hydrogen.octoprint.permissions import permissions_listed
from hydrogen.octoprint.push.channel import Channel
from hydrogen.octoprint.push.framing import Message, message, objects_in
from hydrogen.octoprint.push.outbox import PushOutbox
from hydrogen.octoprint.push.wish import Wish, subscribed, throttled

MESSAGES = Rate(per_second=10.0, burst=60)
"""That a client may send; who sends more is cut. They log in, subscribe, and then are silent."""

LONGEST_AUTH = 1024


class Sessions(Protocol):
    """What push needs of the login's sessions."""

    def find(self, session_id: str) -> Login:
        """Raises AuthFailed for a dead or unknown one."""


class Login(Protocol):
    """A session of OctoPrint's kind."""

    @property
    def name(self) -> str: ...
    @property
    def grant(self) -> Grant: ...


class Rooms(Protocol):
    """What a client needs of the feed."""

    async def enter(self, client: PushClient) -> None:
        """Send the history, then what comes. Raises Forbidden, NotFound for a printer that is not the client's to see."""

    def leave(self, client: PushClient) -> None:
        """May be called twice, and by who never entered."""

    def review(self) -> None:
        """Somebody wants something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a client is told before it has logged in: nothing about printers."""

    version: str
    display_version: str = ""

    def message(self) -> Message:
        return message(
            "connected",
            {
                "version": self.version,
                "display_version": self.display_version or self.version,
                "branch": "",
                "python_version": "",
                "plugin_hash": "",
                "config_hash": "",
                "debug": False,
                "safe_mode": None,
                "online": True,
                "permissions": permissions_listed(),
            },
        )


class PushClient:
    """printer: named by the path, None for the root. The feed keeps `channel`, `version`, `number` and `rest`: where it is,
    what it was told, and how many ticks it still waits."""

    def __init__(
        self,
        printer: str | None,
        *,
        rooms: Rooms,
        sessions: Sessions,
        greeting: Greeting,
        is_framed: bool,
        clock: Clock,
    ) -> None:
        self.printer = printer
        self.grant: Grant | None = None
        self.session_id = ""
        self.wish = Wish()
        self.outbox = PushOutbox()
        self.channel: Channel | None = None
        self.version = -1
        self.number = 0
        self.rest = 0
        self._rooms = rooms
        self._sessions = sessions
        self._greeting = greeting
        self._is_framed = is_framed
        self._clock = clock
        self._bucket = TokenBucket(MESSAGES, clock.monotonic())

    def greet(self) -> None:
        """The first message, to strangers too."""
        self.outbox.put(self._greeting.message())

    async def receive(self, text: str) -> None:
        """What the client sent. Never raises what the client is to blame for."""
        if self._bucket.take(self._clock.monotonic()) > 0:
            self.outbox.close()
            return
        for told in objects_in(text, is_framed=self._is_framed):
            for kind, act in self._acts.items():
                if kind in told:
                    await act(told[kind])

    def close(self) -> None:
        """It is gone. May be called twice."""
        self._rooms.leave(self)
        self.outbox.close()

    def lose(self, reason: str) -> None:
        """Its session is good for nothing any more: it hears nothing until it logs in again."""
        self.grant, self.session_id = None, ""
        self._rooms.leave(self)
        self.outbox.put(message("reauthRequired", {"reason": reason}))

    def check(self) -> None:
        """Look whether the session still is what it was."""
        try:
            self.grant = self._sessions.find(self.session_id).grant
        except AuthFailed:
            self.lose("stale")

    @property
    def _acts(self) -> Mapping[str, Callable[[Any], Awaitable[None]]]:
        return {"auth": self._auth, "subscribe": self._subscribe, "throttle": self._throttle}

    async def _auth(self, told: Any) -> None:
        name, _, session_id = str(told)[:LONGEST_AUTH].partition(":") if isinstance(told, str) else ("", "", "")
        try:
            session = self._sessions.find(session_id)
            if session.name != name:
                raise AuthFailed("this session is another caller's")
            if not session.grant.principal.may("read"):
                raise AuthFailed("this needs the scope 'read'")
            self.grant, self.session_id = session.grant, session_id
            self._rooms.leave(self)
            await self._rooms.enter(self)
        except AuthFailed:
            self.lose("stale")
        except HydrogenError:
            self.lose("removed")

    async def _subscribe(self, told: Any) -> None:
        self.wish = subscribed(self.wish, told)
        self._rooms.review()

    async def _throttle(self, told: Any) -> None:
        self.wish = throttled(self.wish, told)
        self.rest = 0
