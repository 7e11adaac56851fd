"""`/api/login`, `/api/logout`, `/api/currentuser`: a key becomes a session of OctoPrint's kind."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.auth.grant import Grant
from hydrogen.errors import AuthFailed
from hydrogen.octoprint.answer import done, refusal, told
from hydrogen.octoprint.door import FaceDoor, Visit, cookie_suffix
from hydrogen.octoprint.permissions import groups_of, needs_of, permissions_of, user_record
from hydrogen.octoprint.route import FaceRoute
from hydrogen.octoprint.sessions import FaceSession
from hydrogen.operations.codec import model_from_plain
from hydrogen.web.door import is_json


class LoginBody(BaseModel):
    """passive: who am I, by what I show already? user and pass: the key stands in `pass`, whoever `user` is."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, populate_by_name=True)

    passive: bool = False
    user: str | None = None
    password: Annotated[str | None, Field(alias="pass")] = None
    remember: bool = False


class LoginRoutes:
    """There are no passwords here: what is typed as one is taken for a key."""

    def __init__(self, door: FaceDoor) -> None:
        self._door = door

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="login", method="POST", path="/api/login", open_handler=self.login, is_secret=True),
            FaceRoute(name="logout", method="POST", path="/api/logout", open_handler=self.logout),
            FaceRoute(name="currentuser", method="GET", path="/api/currentuser", open_handler=self.current_user),
        ]

    async def login(self, request: Request) -> Response:
        """The caller with a session, for the push socket's `auth`; with a cookie if it is no passive login."""
        plain = await self._door.web.body_of(request) if is_json(request) else await _form_of(self._door, request)
        body = model_from_plain(LoginBody, plain, what="body")
        if body.passive or body.password is None:
            visit = await self._door.admit(request)
            return told(self._told(self._door.sessions.begin(visit.grant), is_external=True))
        grant = await self._door.web.authority.admit_by_key(self._door.web.shown_in(request), body.password)
        return self._logged_in(request, grant)

    async def logout(self, request: Request) -> Response:
        """204: the cookie's session is over."""
        suffix = cookie_suffix(self._door.address_of(request))
        self._door.sessions.end(request.cookies.get(f"session{suffix}", ""))
        answer = done()
        for name in (f"session{suffix}", f"csrf_token{suffix}"):
            answer.delete_cookie(name)
        return answer

    async def current_user(self, request: Request) -> Response:
        """Who is asking; `name` null for a stranger, who is told so and not refused."""
        try:
            visit: Visit | None = await self._door.admit(request)
        except AuthFailed as error:
            if self._door.shows_anything(request):
                return refusal(error)
            visit = None
        principal = None if visit is None else visit.grant.principal
        return told(
            {
                "name": None if principal is None else principal.name,
                "permissions": [] if principal is None else permissions_of(principal),
                "groups": ["guests"] if principal is None else groups_of(principal),
                "needs": {"role": [], "group": ["guests"]} if principal is None else needs_of(principal),
            }
        )

    def _logged_in(self, request: Request, grant: Grant) -> Response:
        session = self._door.sessions.begin(grant)
        answer = told(self._told(session, is_external=False))
        suffix = cookie_suffix(self._door.address_of(request))
        is_secure = request.url.scheme == "https"
        answer.set_cookie(f"session{suffix}", session.id, httponly=True, samesite="lax", secure=is_secure)
        answer.set_cookie(f"csrf_token{suffix}", session.csrf, samesite="lax", secure=is_secure)
        return answer

    def _told(self, session: FaceSession, *, is_external: bool) -> dict[str, object]:
        return {
            **user_record(session.grant.principal),
            "session": session.id,
            "_is_external_client": is_external,
            "_login_mechanism": "apikey",
        }


async def _form_of(door: FaceDoor, request: Request) -> dict[str, str]:
    return dict(parse_qsl((await door.web.bytes_of(request)).decode(errors="replace")))
