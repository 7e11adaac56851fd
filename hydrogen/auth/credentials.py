"""What a caller shows at a door, whichever door it is: the WebSocket's handshake or an HTTP request.

A present `Authorization` header decides alone, then the first `ticket` of the query, then the first `key`. Schemes are exact,
case-sensitive, with one space, as in the original server. Nothing of this is ever logged or repeated in an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

from hydrogen.errors import AuthFailed

KEY_SCHEME = "Key "
BEARER_SCHEME = "Bearer "

LONGEST_CREDENTIAL = 16_384
"""Characters; a token of a provider with many groups has some thousand."""


SCHEMES = ("key", "bearer", "unknown scheme", "ticket in url", "key in url", "key in body", "none")
"""How somebody may try to come in, for the record of those who failed."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query string, taken apart but not decoded; the first of several values counts."""

    pairs: tuple[tuple[str, str], ...] = field(repr=False)

    @staticmethod
    def of(text: str) -> Query:
        """text: what stands behind the `?`."""
        parts = (part.partition("=") for part in text.split("&"))
        return Query(tuple((name, value) for name, _, value in parts))

    def raw(self, name: str) -> str | None:
        return next((value for key, value in self.pairs if key == name), None)

    def text(self, name: str) -> str | None:
        """Percent-decoded; `+` stays a plus, what is no percent sequence stays as it is."""
        raw = self.raw(name)
        return None if raw is None else unquote_to_bytes(raw).decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Of a request, what says who it is from. All values of each header, in their order."""

    address: str
    query: Query
    authorization: Sequence[str] = field(default=(), repr=False)
    origins: Sequence[str] = ()
    hosts: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The one credential that counts: exactly one of the three is set. is_from_url: a web page could have sent it."""

    key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    ticket: str | None = field(default=None, repr=False)
    is_from_url: bool = False


def shown_by(request: Request) -> Shown | None:
    """What the caller shows; None for nothing at all. Raises AuthFailed for what cannot be a credential."""
    if request.authorization:
        return _shown_in_header(request.authorization)
    for name in ("ticket", "key"):
        raw = request.query.raw(name)
        if raw is not None:
            return Shown(**{name: _decoded(raw, name)}, is_from_url=True)
    return None


def scheme_of(request: Request) -> str:
    """By which way the caller shows what `shown_by` looks at: one of SCHEMES, never a word of the caller's own."""
    if request.authorization:
        value = request.authorization[0]
        is_known = len(request.authorization) == 1 and value.startswith((KEY_SCHEME, BEARER_SCHEME))
        return value.partition(" ")[0].lower() if is_known else "unknown scheme"
    for name in ("ticket", "key"):
        if request.query.raw(name) is not None:
            return f"{name} in url"
    return "none"


def _shown_in_header(values: Sequence[str]) -> Shown:
    value = values[0]
    scheme = next((scheme for scheme in (KEY_SCHEME, BEARER_SCHEME) if value.startswith(scheme)), None)
    if len(values) != 1 or scheme is None:
        raise AuthFailed("unknown scheme; use Authorization: Key <key> or Authorization: Bearer <token>")
    rest = value.removeprefix(scheme)
    if not rest or len(rest) > LONGEST_CREDENTIAL:
        raise AuthFailed("the Authorization header holds no key and no token")
    return Shown(key=rest) if scheme == KEY_SCHEME else Shown(token=rest)


def _decoded(raw: str, name: str) -> str:
    decoded = unquote_to_bytes(raw)
    if not decoded or b"\0" in decoded or len(decoded) > LONGEST_CREDENTIAL:
        raise AuthFailed(f"the {name} in the URL is empty or malformed")
    try:
        return decoded.decode()
    except UnicodeDecodeError:
        raise AuthFailed(f"the {name} in the URL is not valid UTF-8") from None


class OriginRule:
    """Which web pages may use a credential that stands in the URL."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        """allowed: pages of other hosts, `https://host[:port]`."""
        self._allowed = frozenset(plain_origin(origin) for origin in allowed)

    def lets_in(self, request: Request) -> bool:
        """Does the request come from no page, from one of our own host's, or from an allowed one?"""
        if not request.origins:
            return True
        origin = plain_origin(request.origins[0])
        return len(request.origins) == 1 and (origin in self._allowed or _is_own_host(origin, request.hosts))


def plain_origin(origin: str) -> str:
    """An origin as it is compared."""
    return origin.lower().rstrip("/")


def _is_own_host(origin: str, hosts: Sequence[str]) -> bool:
    """Does the page come from the host that is being called? Ports may differ: the dashboard has its own."""
    if len(hosts) != 1:
        return False
    try:
        page, called = urlsplit(origin), urlsplit(f"//{hosts[0].lower()}")
        return page.scheme in ("http", "https") and page.hostname is not None and page.hostname == called.hostname
    except ValueError:
        return False
