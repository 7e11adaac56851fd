"""The one authority of the house: what a caller shows becomes a grant here, whatever door it came by.

The order of its checks: throttle (RateLimited), credentials (AuthFailed), Origin (Forbidden). A grant is good for the moment
only: `current` is asked again when a command runs, and for every open connection when anything has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hydrogen.auth.credentials import OriginRule, Request, Shown, scheme_of, shown_by
from hydrogen.auth.grant import Grant
from hydrogen.auth.host_rule import HostRule
from hydrogen.auth.keys import KeyRing
from hydrogen.auth.login_record import LoginRecord
from hydrogen.auth.oidc import OidcTokens
from hydrogen.auth.rate_limit import Rate, RateLimit
from hydrogen.auth.sessions import Session, SessionTokens
from hydrogen.auth.throttle import FailedLogins
from hydrogen.auth.tickets import Ticket, TicketBook
from hydrogen.core.clock import Clock
from hydrogen.errors import AuthFailed, Forbidden, RateLimited, Unavailable

Listener = Callable[[], None]

URGENT_LOGINS = Rate(per_second=1.0, burst=5)
"""Of one address, past the throttle: nobody waits with an emergency stop because a forgotten page shows an old key from the
same address, and who guesses gains nothing worth having."""


class Authority:
    """Belongs to one event loop."""

    def __init__(
        self,
        ring: KeyRing,
        *,
        clock: Clock,
        origins: OriginRule | None = None,
        hosts: HostRule | None = None,
        sessions: SessionTokens | None = None,
        oidc: OidcTokens | None = None,
        failed_logins: FailedLogins | None = None,
        login_record: LoginRecord | None = None,
    ) -> None:
        """hosts None: any name will do. sessions None: no tokens are given out. oidc None: no provider's tokens are taken.
        login_record: is told of every login that failed.
        """
        self._ring = ring
        self._clock = clock
        self._origins = OriginRule() if origins is None else origins
        self._hosts = hosts
        self._sessions = sessions
        self._oidc = oidc
        self._failed_logins = FailedLogins(clock=clock) if failed_logins is None else failed_logins
        self._urgent_logins = RateLimit("urgent logins", URGENT_LOGINS, clock=clock)
        self._login_record = login_record
        self._tickets = TicketBook(clock=clock)
        self._listeners: list[Listener] = []

    # ------------------------------------------------------------------------------------------------------ coming in

    async def admit(self, request: Request, *, is_urgent: bool = False) -> Grant:
        """Who it is. is_urgent: it wants to make a printer safe, so that failed logins from its address do not keep it waiting,
        as long as it tries no more often than once a second.

        Raises RateLimited (details `retry_after_seconds`), AuthFailed, Forbidden (a foreign web page that uses a credential
        in the URL, or any page that calls us by a foreign name).
        """
        return await self._admit(request, scheme_of(request), lambda: shown_by(request), is_urgent=is_urgent)

    async def admit_by_key(self, request: Request, key: str) -> Grant:
        """The same for a key that stands in the body of a request. Raises the same."""
        return await self._admit(request, "key in body", lambda: Shown(key=key))

    async def _admit(
        self, request: Request, scheme: str, read: Callable[[], Shown | None], *, is_urgent: bool = False
    ) -> Grant:
        if self._hosts is not None:
            self._hosts.check(hosts=request.hosts, origins=request.origins)
        if not (is_urgent and not self._urgent_logins.wait_seconds(request.address)):
            self._check_throttle(request.address, scheme)
        try:
            shown = read()
            grant = None if shown is None else self.current(await self._grant_for(shown, request))
        except AuthFailed:
            self._note_failure(request.address, scheme)
            raise
        if shown is None or grant is None:
            # Who shows nothing has guessed nothing: a browser that was not told of keys is not made to wait.
            raise AuthFailed(
                "a key is needed: Authorization: Key <key> or Bearer <token>, or ?ticket=<ticket> or ?key=<key>"
            )
        if shown.is_from_url and not self._origins.lets_in(request):
            raise Forbidden("pages of this origin may not connect (allowed_origins)")
        self._failed_logins.succeeded(request.address)
        return grant

    def _check_throttle(self, address: str, scheme: str) -> None:
        try:
            self._failed_logins.check(address)
        except RateLimited:
            if self._login_record is not None and scheme != "none":
                self._login_record.note(address, scheme, is_held_back=True)
            raise

    def _note_failure(self, address: str, scheme: str) -> None:
        self._failed_logins.failed(address)
        if self._login_record is not None:
            self._login_record.note(address, scheme)

    async def _grant_for(self, shown: Shown, request: Request) -> Grant:
        if shown.key is not None:
            return self._by_key(shown.key)
        if shown.ticket is not None:
            origin = request.origins[0] if request.origins else None
            return self._tickets.redeem(shown.ticket, origin=origin)
        return await self._by_token(shown.token or "")

    def _by_key(self, key: str) -> Grant:
        entry = self._ring.find(key)
        if entry is None:
            raise AuthFailed("this key is not known here")
        if entry.grant.is_over(self._clock.wall()):
            raise AuthFailed("this key has expired")
        return entry.grant

    async def _by_token(self, token: str) -> Grant:
        grant = None if self._sessions is None else await self._sessions.grant_for(token, self._ring)
        if grant is not None:
            return grant
        if self._oidc is None:
            raise AuthFailed("this token is not known here")
        return await self._oidc.grant_for(token)

    # --------------------------------------------------------------------------------------------------------- giving

    def ticket_for(self, grant: Grant, *, origin: str | None) -> Ticket:
        """One connection within 30 s, from the web page `origin` if there is one. Raises Forbidden, RateLimited."""
        return self._tickets.issue(grant, origin=origin)

    async def session_for(self, grant: Grant) -> Session:
        """A token for a while. Raises Forbidden, Unavailable, HostError."""
        return await self._tokens().issue(grant)

    async def end_session(self, grant: Grant) -> None:
        """The session behind this grant is over, and so are its connections. Raises Forbidden, Unavailable, HostError."""
        await self._tokens().revoke(grant)
        self._tell()

    def _tokens(self) -> SessionTokens:
        if self._sessions is None:
            raise Unavailable("this service gives out no sessions")
        return self._sessions

    # -------------------------------------------------------------------------------------------------------- staying

    def current(self, grant: Grant) -> Grant:
        """The grant with the rights of this moment. Raises AuthFailed when it is good for nothing any more."""
        if grant.is_over(self._clock.wall()):
            raise AuthFailed("these credentials have expired")
        if self._sessions is not None:
            self._sessions.check(grant)
        if grant.key_id is None:
            return grant
        entry = self._ring.by_id(grant.key_id)
        if entry is None or entry.grant.is_over(self._clock.wall()):
            raise AuthFailed("the key behind these credentials was revoked or has expired")
        return grant if entry.principal == grant.principal else replace(grant, principal=entry.principal)

    async def renewed(self, grant: Grant, token: str, *, address: str) -> Grant:
        """What a connection goes on with that shows a new token. Raises RateLimited, AuthFailed (the old grant stays).

        The token must be for the same caller: everything that the connection was told belongs to that one.
        """
        self._check_throttle(address, "bearer")
        try:
            fresh = self.current(await self._by_token(token))
        except AuthFailed:
            self._note_failure(address, "bearer")
            raise
        if fresh.principal.name != grant.principal.name:
            raise AuthFailed("this token is another caller's; open a connection of its own for it")
        return fresh

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
