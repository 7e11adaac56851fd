"""Who asks over HTTP: the same authority as at the WebSocket's door."""

from __future__ import annotations

import asyncio
from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.types import Scope

from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import KEY_SCHEME, Query
from hydrogen.auth.credentials import Request as Shown
from hydrogen.auth.grant import Grant
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.errors import Forbidden, InvalidMessage, TooLarge
from hydrogen.model.codec import decode_json
from hydrogen.operations.codec import model_from_plain
from hydrogen.web.answer import UnsupportedMedia
from hydrogen.web.settings import WebSettings

Model = TypeVar("Model", bound=BaseModel)

API_KEY_HEADER = "x-api-key"
"""How OctoPrint's, Moonraker's and PrusaLink's clients show their keys."""


class Door:
    """Lets requests in, and reads their bodies within limits."""

    def __init__(self, authority: Authority, settings: WebSettings, proxies: TrustedProxies) -> None:
        self.authority = authority
        self.proxies = proxies
        self.settings = settings

    async def admit(self, request: Request, scope: str | None = None) -> Grant:
        """Whose request it is. Asked again for the same request it says the same: a ticket is good for one request, and a
        wrong key is one failed login. Raises AuthFailed, RateLimited, Forbidden (Origin, or the scope is missing).
        """
        grant: Grant | None = getattr(request.state, "grant", None)
        if grant is None:
            is_urgent = bool(getattr(request.state, "is_urgent", False))
            grant = await self.authority.admit(self.shown_in(request), is_urgent=is_urgent)
            request.state.grant = grant
        if scope is not None and not grant.principal.may(scope):
            raise Forbidden(f"this needs the scope {scope!r}", scope=scope)
        return grant

    def shown_in(self, request: Request) -> Shown:
        """The request as the authority sees it. Without an `Authorization` header, `X-Api-Key` stands in for it."""
        headers = request.headers
        api_key = headers.get(API_KEY_HEADER)
        return Shown(
            address=self.address_of(request),
            query=Query.of(request.scope["query_string"].decode("latin-1")),
            authorization=headers.getlist("authorization") or ((f"{KEY_SCHEME}{api_key}",) if api_key else ()),
            origins=headers.getlist("origin"),
            hosts=headers.getlist("host"),
        )

    def address_of(self, request: Request) -> str:
        """The client's address, for limits and records; a trusted proxy's word for it counts."""
        return self.proxies.client_address(peer_of(request.scope), request.headers.getlist("x-forwarded-for"))

    def source_of(self, request: Request) -> str:
        """The surface and the address, for the audit log."""
        return f"http {self.address_of(request)}"

    async def body_of(self, request: Request, *, is_any_media: bool = False) -> dict[str, Any]:
        """The JSON object in the body, an empty one if there is no body. is_any_media: whatever its Content-Type says.

        Raises InvalidMessage, TooLarge, UnsupportedMedia.
        """
        content = await self.bytes_of(request)
        if content and not (is_any_media or is_json(request)):
            raise UnsupportedMedia(
                "the body must be JSON (Content-Type: application/json)", expected="application/json"
            )
        value = decode_json(content) if content else {}
        if not isinstance(value, dict):
            raise InvalidMessage("the body must be a JSON object")
        return value

    async def model_of(self, request: Request, model: type[Model]) -> Model:
        """The body, checked. Raises as `body_of`; InvalidMessage with `field` and `reason` for what does not fit."""
        return model_from_plain(model, await self.body_of(request), what="body")

    async def bytes_of(self, request: Request) -> bytes:
        """The whole body. What is announced as too long is refused before the client is told to go on (100 Continue).

        Raises TooLarge, InvalidMessage (not in time).
        """
        limit = self.settings.max_body_bytes
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            raise TooLarge(f"the body is longer than {limit} bytes", limit=limit)
        body = bytearray()
        try:
            async with asyncio.timeout(self.settings.body_seconds):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > limit:
                        raise TooLarge(f"the body is longer than {limit} bytes", limit=limit)
        except (TimeoutError, ClientDisconnect):
            raise InvalidMessage("the body did not arrive in time") from None
        return bytes(body)


def grant_of(request: Request) -> Grant:
    """Who was let in, for handlers of paths with a scope. Raises LookupError where nobody was asked."""
    grant: Grant | None = getattr(request.state, "grant", None)
    if grant is None:
        raise LookupError("nobody was asked who this is: the path was declared without a scope")
    return grant


def query_of(request: Request, model: type[Model]) -> Model:
    """What stands behind the `?` beside a credential, checked; the last of several values counts.

    Raises InvalidMessage with `field`.
    """
    values = {name: value for name, value in request.query_params.items() if name not in ("key", "ticket")}
    return model_from_plain(model, values, what="query")


def is_json(request: Request) -> bool:
    """Is the body JSON, as far as its Content-Type says? One that says nothing is taken for JSON."""
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return media == "application/json" or media.endswith("+json")


def peer_of(scope: Scope) -> str:
    """The address at the other end of the connection."""
    client = scope.get("client")
    return str(client[0]) if client else ""
