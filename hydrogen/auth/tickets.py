"""Tickets: what a browser shows at the WebSocket's door, because it cannot send the header.

A page that holds a key or a token asks for a ticket over HTTP and puts it into the URL. URLs end up in histories and logs of
proxies, so a ticket is worth little: it opens one connection, within 30 s, from the page that asked.
"""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from hydrogen.auth.credentials import plain_origin
from hydrogen.auth.grant import Grant
from hydrogen.core.clock import Clock
from hydrogen.errors import AuthFailed, Forbidden, RateLimited

LIFE_SECONDS = 30.0

MOST_TICKETS = 1024
MOST_TICKETS_OF_ONE = 64
"""Open at the same time, so that one caller cannot use up the others' room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """text: for the URL as it stands. expires_at: Unix seconds."""

    text: str = field(repr=False)
    expires_at: float


@dataclass(frozen=True, slots=True)
class _Kept:
    grant: Grant
    origin: str | None
    until: float


class TicketBook:
    """The tickets that are open. In memory only, by digest; a restart forgets them. Belongs to one event loop."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def issue(self, grant: Grant, *, origin: str | None = None) -> Ticket:
        """A ticket for whoever has this grant, bound to the web page `origin` if there is one.

        Raises Forbidden for a grant that itself came from a ticket (or it would never end), RateLimited.
        """
        if grant.via == "ticket":
            raise Forbidden("a ticket cannot be exchanged for another one; use the key or the token")
        self._forget_old()
        name = grant.principal.name
        if len(self._kept) >= MOST_TICKETS or self._open_of(name) >= MOST_TICKETS_OF_ONE:
            seconds = int(LIFE_SECONDS)
            raise RateLimited("too many tickets are open; use them, or wait", retry_after_seconds=seconds)
        text = secrets.token_urlsafe(24)
        bound = None if origin is None else plain_origin(origin)
        self._kept[_digest(text)] = _Kept(grant, bound, self._clock.monotonic() + LIFE_SECONDS)
        return Ticket(text=text, expires_at=self._clock.wall() + LIFE_SECONDS)

    def redeem(self, text: str, *, origin: str | None = None) -> Grant:
        """The grant behind the ticket, which is used up by that, even when it is refused. Raises AuthFailed."""
        kept = self._kept.pop(_digest(text), None)
        if kept is None or kept.until <= self._clock.monotonic():
            raise AuthFailed("this ticket is not known, has been used, or is older than 30 s; ask for another one")
        if kept.origin is not None and (origin is None or plain_origin(origin) != kept.origin):
            raise AuthFailed("this ticket belongs to another web page")
        return replace(kept.grant, via="ticket")

    def _open_of(self, name: str) -> int:
        return sum(kept.grant.principal.name == name for kept in self._kept.values())

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        while self._kept:
            oldest = next(iter(self._kept))
            if self._kept[oldest].until > now:
                return
            del self._kept[oldest]


def _digest(text: str) -> bytes:
    # By digest: how long a look into the table takes says nothing about the tickets in it.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
