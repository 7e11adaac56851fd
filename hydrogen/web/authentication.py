"""`/api/auth`: a key or a token becomes a ticket or a session."""

from __future__ import annotations

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.auth.audit import AuditEntry, AuditLog
from hydrogen.auth.grant import Grant
from hydrogen.errors import AuthFailed, DiskFull, Forbidden, InvalidMessage, TooLarge
from hydrogen.model.codec import iso_time
from hydrogen.web.answer import UnsupportedMedia, json_answer
from hydrogen.web.door import Door
from hydrogen.web.endpoint import Endpoint, Good, object_schema


class SessionBody(BaseModel):
    """For those who cannot send a header."""

    key: str | None = None


class AuthenticationRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: Door, audit: AuditLog) -> None:
        self._door = door
        self._audit = audit

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="auth.ticket",
                method="POST",
                path="/api/auth/ticket",
                handler=self.ticket,
                tag="auth",
                summary="Make a one-time ticket for a WebSocket",
                scope=None,
                is_secret=True,
                errors=(AuthFailed, Forbidden),
                answers={200: Good(summary="The ticket", schema=object_schema(ticket="string", expires_at="string"))},
            ),
            Endpoint(
                name="auth.begin_session",
                method="POST",
                path="/api/auth/session",
                handler=self.session,
                tag="auth",
                summary="Begin a session",
                scope=None,
                body=SessionBody,
                is_secret=True,
                answers={200: Good(summary="The token", schema=object_schema(token="string", expires_at="string"))},
                errors=(AuthFailed, InvalidMessage, TooLarge, UnsupportedMedia, DiskFull),
            ),
            Endpoint(
                name="auth.end_session",
                method="DELETE",
                path="/api/auth/session",
                handler=self.end_session,
                tag="auth",
                summary="End the session of the header",
                scope=None,
                answers={204: Good(summary="It is over", media="")},
                errors=(AuthFailed, InvalidMessage, DiskFull),
            ),
        ]

    async def ticket(self, request: Request) -> Response:
        """`{"ticket","expires_at"}`: for one WebSocket within 30 s (`?ticket=`); from a web page, for that page only."""
        grant = await self._door.admit(request)
        ticket = self._door.authority.ticket_for(grant, origin=request.headers.get("origin"))
        return json_answer({"ticket": ticket.text, "expires_at": iso_time(ticket.expires_at)})

    async def session(self, request: Request) -> Response:
        """`{"token","expires_at"}` for the credentials of the header, or for `{"key"}` in the body."""
        grant = await self._grant_of(request)
        session = await self._door.authority.session_for(grant)
        self._record(request, grant, "session.begun")
        return json_answer({"token": session.token, "expires_at": iso_time(session.expires_at)})

    async def end_session(self, request: Request) -> Response:
        """204: the session of the header is over, and the connections that it opened are closed."""
        grant = await self._door.admit(request)
        await self._door.authority.end_session(grant)
        self._record(request, grant, "session.ended")
        return Response(status_code=204)

    def _record(self, request: Request, grant: Grant, action: str) -> None:
        source = self._door.source_of(request)
        self._audit.record(AuditEntry(actor=grant.principal.name, source=source, action=action))

    async def _grant_of(self, request: Request) -> Grant:
        body = await self._door.body_of(request)
        key = body.get("key")
        if not isinstance(key, str | None):
            raise InvalidMessage("the key must be a string", field="key")
        if key is None or request.headers.get("authorization") is not None:
            return await self._door.admit(request)
        return await self._door.authority.admit_by_key(self._door.shown_in(request), key)
