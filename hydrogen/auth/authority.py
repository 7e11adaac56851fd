"""The one authority of the house: what a caller shows becomes a grant here, whatever door it came by.

The order of its checks: throttle (RateLimited), credentials (AuthFailed), Origin (Forbidden). A grant is good for the moment
only: `current` is asked again when a command runs, and for every open connection when anything has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hydrogen.auth.credentials import OriginRule, Request, Shown, shown_by
from hydrogen.auth.grant import Grant
from hydrogen.auth.keys import KeyRing
from hydrogen.core.clock import Clock
from hydrogen.errors import AuthFailed, Forbidden

Listener = Callable[[], None]


class Authority:
    """Belongs to one event loop."""

    def __init__(self, ring: KeyRing, *, clock: Clock, origins: OriginRule | None = None) -> None:
        self._ring = ring
        self._clock = clock
        self._origins = origins or OriginRule()
        self._listeners: list[Listener] = []

    # ------------------------------------------------------------------------------------------------------ coming in

    async def admit(self, request: Request) -> Grant:
        """Who it is. Raises AuthFailed, Forbidden (a foreign web page that uses a credential in the URL)."""
        shown = shown_by(request)
        if shown is None:
            raise AuthFailed(
                "a key is needed: Authorization: Key <key>, Authorization: Bearer <token> or ?ticket=<ticket>"
            )
        grant = await self._grant_for(shown)
        if shown.is_from_url and not self._origins.lets_in(request):
            raise Forbidden("pages of this origin may not connect (allowed_origins)")
        return grant

    async def _grant_for(self, shown: Shown) -> Grant:
        if shown.key is not None:
            return self._by_key(shown.key)
        raise AuthFailed("neither tokens nor tickets are given out by this server; use Authorization: Key <key>")

    def _by_key(self, key: str) -> Grant:
        entry = self._ring.find(key)
        if entry is None:
            raise AuthFailed("this key is not known here")
        if entry.grant.is_over(self._clock.wall()):
            raise AuthFailed("this key has expired")
        return entry.grant

    # -------------------------------------------------------------------------------------------------------- staying

    def current(self, grant: Grant) -> Grant:
        """The grant with the rights of this moment. Raises AuthFailed when it is good for nothing any more."""
        if grant.is_over(self._clock.wall()):
            raise AuthFailed("the credentials of this connection have expired")
        if grant.key_id is None:
            return grant
        entry = self._ring.by_id(grant.key_id)
        if entry is None or entry.grant.is_over(self._clock.wall()):
            raise AuthFailed("the key behind this connection was revoked or has expired")
        return grant if entry.principal == grant.principal else replace(grant, principal=entry.principal)

    # ------------------------------------------------------------------------------------------------------- changing

    def take_keys(self, ring: KeyRing) -> None:
        """These are the keys from now on; whoever listens looks after its connections."""
        self._ring = ring
        self._tell()

    def on_changed(self, listener: Listener) -> Callable[[], None]:
        """Call `listener()` whenever a grant may have lost its ground. Returns what ends that."""
        self._listeners.append(listener)

        def unlisten() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unlisten

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()
