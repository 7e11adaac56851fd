"""Who asks, in OctoPrint's ways: `X-Api-Key`, `Authorization: Bearer <key>`, `?apikey=`, a login's cookie; and in our own.

The first one that is shown decides. Behind it is the one authority of the house, with its throttle and its record.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from starlette.requests import Request

from hydrogen.auth.credentials import BEARER_SCHEME, KEY_SCHEME, Query
from hydrogen.auth.credentials import Request as Shown
from hydrogen.auth.grant import Grant
from hydrogen.errors import AuthFailed, Forbidden
from hydrogen.octoprint.answer import server_address
from hydrogen.octoprint.face import Face, Faces
from hydrogen.octoprint.sessions import FaceSessions
from hydrogen.web.door import Door

KEY_HEADER = "x-api-key"
KEY_QUERY = "apikey"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request that was let in: to which face, and who it is."""

    request: Request
    face: Face
    grant: Grant


class FaceDoor:
    """Lets callers in to the faces."""

    def __init__(self, door: Door, faces: Faces, sessions: FaceSessions) -> None:
        self.web = door
        self.faces = faces
        self.sessions = sessions

    async def admit(self, request: Request, scope: str | None = None) -> Visit:
        """Who it is, and the face that the path names. Asked again for the same request it says the same.

        scope: what the caller needs; None for any caller with a key. Raises AuthFailed, RateLimited, Forbidden (origin, scope,
        printer), NotFound (printer).
        """
        grant: Grant | None = getattr(request.state, "grant", None)
        if grant is None:
            grant = await self._grant_for(request)
            request.state.grant = grant
        if scope is not None and not grant.principal.may(scope):
            raise Forbidden(f"this needs the scope {scope!r}", scope=scope)
        face = self.faces.for_caller(request.path_params.get("printer"), grant.principal)
        return Visit(request=request, face=face, grant=grant)

    async def _grant_for(self, request: Request) -> Grant:
        shown = translated(self.web.shown_in(request), request.headers.get(KEY_HEADER))
        cookie = request.cookies.get(f"session{cookie_suffix(self.address_of(request))}")
        if cookie and not shows_anything(shown):
            return self._grant_by_cookie(request, cookie)
        is_urgent = bool(getattr(request.state, "is_urgent", False))
        return await self.web.authority.admit(shown, is_urgent=is_urgent)

    def _grant_by_cookie(self, request: Request, session_id: str) -> Grant:
        session = self.sessions.find(session_id)
        given = request.headers.get(CSRF_HEADER, "")
        if request.method not in SAFE_METHODS and not hmac.compare_digest(given.encode(), session.csrf.encode()):
            raise AuthFailed("a page that uses the login's cookie must show its CSRF token (X-CSRF-Token)")
        return session.grant

    def shows_anything(self, request: Request) -> bool:
        """Does the caller show any credential at all?"""
        shown = translated(self.web.shown_in(request), request.headers.get(KEY_HEADER))
        cookie = request.cookies.get(f"session{cookie_suffix(self.address_of(request))}")
        return bool(cookie) or shows_anything(shown)

    def address_of(self, request: Request) -> str:
        """The server's address with the prefix that the path names, whoever asks."""
        name = request.path_params.get("printer")
        face = Face(printer=name or "", prefix=f"/printers/{name}" if name else "")
        return server_address(request, face, self.web.proxies)


def translated(shown: Shown, api_key: str | None) -> Shown:
    """What is shown in OctoPrint's ways, as the authority reads it. api_key: of the header `X-Api-Key`."""
    if api_key:
        return replace(shown, authorization=(f"{KEY_SCHEME}{api_key}",))
    if shown.authorization:
        return replace(shown, authorization=tuple(_bearer_as_key(value) for value in shown.authorization))
    raw = shown.query.raw(KEY_QUERY)
    return replace(shown, query=Query((("key", raw),))) if raw else shown


def _bearer_as_key(value: str) -> str:
    """OctoPrint's clients send API keys as bearer tokens; a signed token has two dots in it and begins with a brace's `ey`."""
    token = value.removeprefix(BEARER_SCHEME)
    is_token = token == value or (token.startswith("ey") and token.count(".") == 2)
    return value if is_token else f"{KEY_SCHEME}{token}"


def shows_anything(shown: Shown) -> bool:
    """Is there any credential beside a cookie?"""
    return bool(shown.authorization) or any(shown.query.raw(name) is not None for name in ("ticket", "key"))


def cookie_suffix(address: str) -> str:
    """What OctoPrint's own client puts behind the names of its cookies: the server's port, and its path if it has one."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    path = parts.path.rstrip("/")
    return f"_P{port}" + (f"_R{path.replace('/', '|')}" if path else "")
