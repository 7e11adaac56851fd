"""Who is at the door. The checks of the handshake, in their fixed order, each with its HTTP status.

::

    path            `/` or `/websocket`, else 404 not_found
    draining        503 unavailable
    room            503 unavailable (so many connections, so many from one address)
    credentials     401 auth_failed
    Origin          403 forbidden: a foreign browser page that presents a key in the URL
    subprotocol     400 invalid_message: only others than ours are offered

A present `Authorization` header decides alone; then the first `key` of the query. Nothing here is ever logged or repeated
in an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

from websockets.datastructures import Headers
from websockets.http11 import Request

from hydrogen.auth.keys import KeyRing
from hydrogen.auth.principal import Principal
from hydrogen.errors import AuthFailed, Forbidden, HydrogenError, InvalidMessage, NotFound

PATHS = frozenset({"/", "/websocket"})

_KEY_SCHEME = "Key "
"""Exact, with one space; schemes are case-sensitive here as in the original server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A handshake that passed: who it is, and what else the URL asked for (raw texts, not yet checked)."""

    principal: Principal
    since: str | None = None
    topics: str | None = None
    printers: str | None = None


class Refusal(Exception):
    """The handshake ends here: an HTTP status and the error object of the body."""

    def __init__(self, status: int, error: HydrogenError, retry_after_seconds: int | None = None) -> None:
        super().__init__(status, error.code)
        self.status = status
        self.error = error
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class _Query:
    """The query string, taken apart but not decoded; the first of several values counts."""

    pairs: tuple[tuple[str, str], ...] = field(repr=False)

    def raw(self, name: str) -> str | None:
        return next((value for key, value in self.pairs if key == name), None)

    def text(self, name: str) -> str | None:
        """Percent-decoded; `+` stays a plus, what is no percent sequence stays as it is."""
        raw = self.raw(name)
        return None if raw is None else unquote_to_bytes(raw).decode("utf-8", "replace")


class Doorkeeper:
    """Decides on handshakes. Later credentials (tickets, tokens) become further steps of `_principal_of`."""

    def __init__(self, *, keys: KeyRing, subprotocol: str, allowed_origins: Sequence[str] = ()) -> None:
        """allowed_origins: pages of other hosts that may connect with a key in the URL, `https://host[:port]`."""
        self._keys = keys
        self._subprotocol = subprotocol
        self._allowed_origins = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)

    def check_path(self, request: Request) -> None:
        """Raises Refusal 404."""
        if request.path.partition("?")[0] not in PATHS:
            raise Refusal(404, NotFound("there is no WebSocket here: use / or /websocket"))

    def admit(self, request: Request) -> Visit:
        """Credentials, Origin, subprotocol. Raises Refusal."""
        query = _query_of(request.path)
        principal, is_from_url = self._principal_of(request.headers, query)
        if is_from_url:
            self._check_origin(request.headers)
        self._check_subprotocol(request.headers)
        return Visit(
            principal=principal,
            since=query.text("since"),
            topics=query.text("topics"),
            printers=query.text("printers"),
        )

    def _principal_of(self, headers: Headers, query: _Query) -> tuple[Principal, bool]:
        presented = headers.get_all("Authorization")
        if presented:
            return self._by_header(presented), False
        if query.raw("ticket") is not None:
            raise _stranger("tickets are not given out by this server; use Authorization: Key <key> or ?key=<key>")
        return self._by_url(query), True

    def _by_header(self, presented: Sequence[str]) -> Principal:
        value = presented[0]
        if len(presented) != 1 or not value.startswith(_KEY_SCHEME):
            raise _stranger("unknown scheme; use Authorization: Key <key>")
        return self._by_key(value.removeprefix(_KEY_SCHEME))

    def _by_url(self, query: _Query) -> Principal:
        raw = query.raw("key")
        if raw is None:
            raise _stranger("a key is needed: Authorization: Key <key> or ?key=<key>")
        decoded = unquote_to_bytes(raw)
        if not decoded or b"\0" in decoded:
            raise _stranger("the key in the URL is empty or malformed")
        try:
            return self._by_key(decoded.decode())
        except UnicodeDecodeError:
            raise _stranger("the key in the URL is not valid UTF-8") from None

    def _by_key(self, key: str) -> Principal:
        principal = self._keys.principal_for(key) if key else None
        if principal is None:
            raise _stranger("this key is not known here")
        return principal

    def _check_origin(self, headers: Headers) -> None:
        origins = headers.get_all("Origin")
        if not origins:
            return
        origin = origins[0].lower().rstrip("/")
        if len(origins) == 1 and (origin in self._allowed_origins or _is_own_host(origin, headers.get_all("Host"))):
            return
        raise Refusal(403, Forbidden("pages of this origin may not connect (allowed_origins)"))

    def _check_subprotocol(self, headers: Headers) -> None:
        offered = [name.strip() for value in headers.get_all("Sec-WebSocket-Protocol") for name in value.split(",")]
        if offered and self._subprotocol not in offered:
            message = f"none of the offered subprotocols is known; ours is {self._subprotocol}"
            raise Refusal(400, InvalidMessage(message, expected=self._subprotocol))


def _stranger(message: str) -> Refusal:
    return Refusal(401, AuthFailed(message))


def _query_of(path: str) -> _Query:
    parts = (part.partition("=") for part in path.partition("?")[2].split("&"))
    return _Query(tuple((name, value) for name, _, value in parts))


def _is_own_host(origin: str, hosts: Sequence[str]) -> bool:
    """Does the page come from the host that is being called? Ports may differ: the dashboard has its own."""
    if len(hosts) != 1:
        return False
    try:
        page, called = urlsplit(origin), urlsplit(f"//{hosts[0].lower()}")
        return page.scheme in ("http", "https") and page.hostname is not None and page.hostname == called.hostname
    except ValueError:
        return False
