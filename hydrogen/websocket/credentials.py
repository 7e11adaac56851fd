"""Credentials of open connections: what expires is announced, what is over is closed (1008), what can be renewed is renewed."""

from __future__ import annotations

from typing import Any

from hydrogen.auth.authority import Authority
from hydrogen.auth.grant import Grant
from hydrogen.core.clock import Clock
from hydrogen.errors import AuthFailed
from hydrogen.model.codec import iso_time
from hydrogen.websocket.broadcast import Broadcaster
from hydrogen.websocket.connection import ClientConnection
from hydrogen.websocket.context import error_frame

ANNOUNCED_SECONDS = 60.0
"""So long before the end a client is told, so that it can fetch a new token and send it."""


class CredentialGuard:
    """Looks after the grants of all members: every second, and at once when keys or sessions have changed."""

    def __init__(self, authority: Authority, broadcaster: Broadcaster, *, clock: Clock) -> None:
        """broadcaster: has the members, and is told when one of them goes on with other rights."""
        self._authority = authority
        self._broadcaster = broadcaster
        self._clock = clock

    def look_after(self) -> None:
        """One round. Never raises, never waits."""
        for member in self._broadcaster.members:
            if self.is_let_in(member):
                self._announce(member)

    def is_let_in(self, member: ClientConnection) -> bool:
        """Is this connection's grant still good? Brings its rights up to date; if not: one error frame, then 1008."""
        try:
            grant = self._authority.current(member.grant)
        except AuthFailed as error:
            member.answer_frame(error_frame(error.as_wire()))
            member.cut(1008, "credentials no longer valid")
            return False
        if grant is not member.grant:
            self._go_on(member, grant)
        return True

    async def renew(self, member: ClientConnection, token: str) -> dict[str, Any]:
        """Go on with this token; what the answer says. Raises AuthFailed, RateLimited: the old grant stays, and its end."""
        self._go_on(member, await self._authority.renewed(member.grant, token, address=member.socket.address))
        principal, ends_at = member.grant.principal, member.grant.expires_at
        return {
            "principal": principal.name,
            "scopes": sorted(principal.scopes),
            "expires_at": None if ends_at is None else iso_time(ends_at),
        }

    def _go_on(self, member: ClientConnection, grant: Grant) -> None:
        former = member.principal
        member.take_grant(grant)
        if grant.principal != former:
            self._broadcaster.review_terminal()

    def _announce(self, member: ClientConnection) -> None:
        ends_at = member.grant.expires_at
        if ends_at is None or ends_at == member.announced_end:
            return
        if ends_at - self._clock.wall() <= ANNOUNCED_SECONDS:
            member.announced_end = ends_at
            member.answer({"type": "auth.expiring", "expires_at": iso_time(ends_at)})
