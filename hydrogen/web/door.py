"""Who asks over HTTP: the same authority as at the WebSocket's door."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import Query
from hydrogen.auth.credentials import Request as Shown
from hydrogen.auth.grant import Grant
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.errors import Forbidden, InvalidMessage
from hydrogen.model.codec import decode_json
from hydrogen.web.settings import WebSettings


class Door:
    """Lets requests in, and reads their bodies within limits."""

    def __init__(self, authority: Authority, settings: WebSettings, proxies: TrustedProxies) -> None:
        self.authority = authority
        self._proxies = proxies
        self._settings = settings

    @property
    def settings(self) -> WebSettings:
        """How the port is to behave."""
        return self._settings

    async def admit(self, request: Request, scope: str | None = None) -> Grant:
        """Whose request it is. Raises AuthFailed, RateLimited, Forbidden (Origin, or the scope is missing)."""
        grant = await self.authority.admit(self.shown_in(request))
        if scope is not None and not grant.principal.may(scope):
            raise Forbidden(f"this needs the scope {scope!r}", scope=scope)
        return grant

    def shown_in(self, request: Request) -> Shown:
        """The request as the authority sees it."""
        headers = request.headers
        return Shown(
            address=self.address_of(request),
            query=Query.of(request.scope["query_string"].decode("latin-1")),
            authorization=headers.getlist("authorization"),
            origins=headers.getlist("origin"),
            hosts=headers.getlist("host"),
        )

    def address_of(self, request: Request) -> str:
        """The client's address, for limits and records; a trusted proxy's word for it counts."""
        return self._proxies.client_address(peer_of(request.scope), request.headers.getlist("x-forwarded-for"))

    async def body_of(self, request: Request) -> dict[str, Any]:
        """The JSON object in the body, an empty one if there is no body. Raises InvalidMessage."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > self._settings.max_body_bytes:
                        limit = self._settings.max_body_bytes
                        raise InvalidMessage(f"the body is longer than {limit} bytes", limit=limit)
        except (TimeoutError, ClientDisconnect):
            raise InvalidMessage("the body did not arrive in time") from None
        value = decode_json(bytes(body)) if body else {}
        if not isinstance(value, dict):
            raise InvalidMessage("the body must be a JSON object")
        return value


def peer_of(scope: Scope) -> str:
    """The address at the other end of the connection."""
    client = scope.get("client")
    return str(client[0]) if client else ""
