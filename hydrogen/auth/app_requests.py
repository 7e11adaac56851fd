"""Apps that ask for a key of their own: each request waits until a person decides, and is forgotten when nobody does.

The life of a request::

    pending ──approve──► approved ──the app asks──► being made ──► (the key is handed over, once) gone
       └──deny, or the app stops asking, or too old──► gone

Asking is open to strangers, so it is bounded: by number, by address, by time. Nothing is ever approved by itself. The person
names a request by its id; the app shows its token, which nobody else is told.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field, replace

from hydrogen.core.clock import Clock
from hydrogen.errors import NotFound, RateLimited

MOST_REQUESTS = 16
MOST_REQUESTS_OF_ONE = 4
"""Waiting at the same time, in all and from one address."""

SILENT_SECONDS = 30.0
"""An app that has not asked for so long is gone. OctoPrint waits 5 s; a phone that shows its browser asks more slowly."""

LIFE_SECONDS = 900.0
"""A request is forgotten after this, whether its app still asks or not: who decides later would not know what it is."""

LONGEST_NAME = 80
"""Characters of an app's name that are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppGrant:
    """What an approved app's key may. printers None: all."""

    scopes: frozenset[str]
    printers: frozenset[str] | None = None
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRequest:
    """One app that waits. app and user: its own words, made printable. address: where it asks from. Times: Unix seconds."""

    id: str
    app: str
    user: str = ""
    address: str = ""
    requested_at: float
    grant: AppGrant | None = None

    @property
    def is_approved(self) -> bool:
        return self.grant is not None


@dataclass(slots=True)
class _Kept:
    request: AppRequest
    since: float
    heard_at: float
    digest: bytes = field(repr=False)
    is_being_made: bool = False


class AppRequestBook:
    """The requests that wait. In memory only, tokens by digest. Belongs to one event loop."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}

    def __len__(self) -> int:
        self._forget_old()
        return len(self._kept)

    def ask(self, app: str, *, user: str = "", address: str = "") -> tuple[AppRequest, str]:
        """An app wants a key: its request, and the token by which it finds out what became of it. Raises RateLimited."""
        self._forget_old()
        from_there = sum(kept.request.address == address for kept in self._kept.values())
        if len(self._kept) >= MOST_REQUESTS or from_there >= MOST_REQUESTS_OF_ONE:
            raise RateLimited(
                "too many apps wait for a key: decide about them (hydrogen keys pending), or wait",
                retry_after_seconds=int(SILENT_SECONDS),
            )
        now = self._clock.monotonic()
        token = secrets.token_urlsafe(24)
        request = AppRequest(
            id=secrets.token_hex(3),
            app=printable(app) or "an app without a name",
            user=printable(user),
            address=address,
            requested_at=self._clock.wall(),
        )
        self._kept[request.id] = _Kept(request, since=now, heard_at=now, digest=_digest(token))
        return request, token

    def pending(self) -> tuple[AppRequest, ...]:
        """Those that nobody has decided about, oldest first."""
        self._forget_old()
        return tuple(kept.request for kept in self._kept.values() if not kept.request.is_approved)

    def approve(self, request_id: str, grant: AppGrant) -> AppRequest:
        """The app gets a key with these rights when it asks the next time. Raises NotFound."""
        kept = self._undecided(request_id)
        kept.request = replace(kept.request, grant=grant)
        return kept.request

    def deny(self, request_id: str) -> AppRequest:
        """The app gets nothing. Raises NotFound."""
        kept = self._undecided(request_id)
        del self._kept[request_id]
        return kept.request

    def hear(self, token: str) -> AppRequest | None:
        """The app asks what became of its request. An approved one is returned approved once, then only while `is_approved`
        is hidden again, so that its key is made once; call `forget` when it was. None: denied, forgotten, or never there.
        """
        self._forget_old()
        digest = _digest(token)
        kept = next((kept for kept in self._kept.values() if kept.digest == digest), None)
        if kept is None:
            return None
        kept.heard_at = self._clock.monotonic()
        if not kept.request.is_approved:
            return kept.request
        if kept.is_being_made:
            return replace(kept.request, grant=None)
        kept.is_being_made = True
        return kept.request

    def forget(self, request_id: str) -> None:
        """It is done with. May be called twice."""
        self._kept.pop(request_id, None)

    def _undecided(self, request_id: str) -> _Kept:
        self._forget_old()
        kept = self._kept.get(request_id)
        if kept is None or kept.request.is_approved:
            raise NotFound(f"no app waits under {request_id[:40]!r} (hydrogen keys pending)", request=request_id[:40])
        return kept

    def _forget_old(self) -> None:
        now = self._clock.monotonic()
        for kept in tuple(self._kept.values()):
            if now - kept.heard_at > SILENT_SECONDS or now - kept.since > LIFE_SECONDS:
                del self._kept[kept.request.id]


def printable(text: str) -> str:
    """A stranger's word for a person's eyes: one line, bounded, nothing that moves a terminal's cursor."""
    shown = "".join(character if character.isprintable() else " " for character in text[: LONGEST_NAME * 4])
    return " ".join(shown.split())[:LONGEST_NAME]


def _digest(token: str) -> bytes:
    # By digest: how long a look into the table takes says nothing about the tokens in it.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
