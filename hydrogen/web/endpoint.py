"""A path of the HTTP port with its method: what routes a request, and what the documents say of it, declared once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from hydrogen.auth.grant import Grant
from hydrogen.errors import HydrogenError

Handler = Callable[[Request], Awaitable[Response]]
SocketHandler = Callable[[WebSocket], Awaitable[None]]

WEBSOCKET = "WEBSOCKET"
"""The method of what is upgraded to a WebSocket."""

JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """An answer that is no error. schema: JSON Schema of the body; None for a body without one. media: empty for no body."""

    summary: str
    media: str = JSON
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method of one path. The handler's docstring is its description for people.

    name: unique in the house, the `operationId` of the documents. path: as starlette writes it (`/api/storage/{path:path}`).
    It must not be that of an operation, unless it is the operation's own path. A GET answers HEAD too.
    scope: what the caller needs. The caller has been let in with it before the handler is called, who finds him by
    `door.grant_of(request)`; None for what is open to everybody. admits_itself: the handler lets callers in, by the door,
    because its refusals have another shape, `error_schema`.
    tag: the chapter of the documents. query: parameters after `?`, each optional unless the model says otherwise; the handler
    reads them by `door.query_of(request, model)`. body: the JSON object it takes, read by `Door.model_of`; body_media: other
    bodies it takes, by media type, as JSON Schema. needs_body: is a request without one refused?
    answers: by status. errors: what it may raise beyond what every path may (AuthFailed, Forbidden, RateLimited, Unavailable).
    operation: that it carries out, under the operation's own rights. is_urgent: makes a printer safe, so that no limit and no
    shutdown stands in its way. is_secret: its answer holds a credential, and is never compressed.
    is_documented: False for what is for people only, and for other names of the same.
    socket: serves the connection where the method is WEBSOCKET; the handler is then never called, and nobody is asked who he
    is before.
    """

    name: str
    method: str
    path: str
    handler: Handler
    tag: str
    summary: str
    scope: str | None
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_media: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    answers: Mapping[int, Good]
    errors: tuple[type[HydrogenError], ...] = ()
    admits_itself: bool = False
    error_schema: Mapping[str, Any] | None = None
    operation: str | None = None
    needs_body: bool = False
    is_urgent: bool = False
    is_secret: bool = False
    is_documented: bool = True
    socket: SocketHandler | None = None

    @property
    def description(self) -> str:
        """The handler's docstring, unwrapped."""
        return " ".join((self.handler.__doc__ or self.summary).split())


class Admission(Protocol):
    """What lets callers in: the door."""

    async def admit(self, request: Request, scope: str | None = None) -> Grant:
        """Raises AuthFailed, Forbidden, RateLimited."""


def routes_of(endpoints: Iterable[Endpoint], door: Admission | None = None) -> list[Route | WebSocketRoute]:
    """The endpoints as starlette wants them, one route for each path, in their order: the first that fits takes the request.

    door: lets callers in before a handler with a scope is called; None for handlers that do it themselves.
    Raises ValueError for two endpoints with one name, or with one method and path.
    """
    seen: set[str] = set()
    sockets: list[Route | WebSocketRoute] = []
    by_path: dict[str, dict[str, Endpoint]] = {}
    for endpoint in endpoints:
        for key in (endpoint.name, f"{endpoint.method} {endpoint.path}"):
            if key in seen:
                raise ValueError(f"{key} is declared twice")
            seen.add(key)
        if endpoint.socket is not None:
            sockets.append(WebSocketRoute(endpoint.path, endpoint.socket, name=endpoint.name))
            continue
        by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
    return [*sockets, *(_route(path, methods, door) for path, methods in by_path.items())]


def _route(path: str, endpoints: Mapping[str, Endpoint], door: Admission | None) -> Route:
    by_method = MappingProxyType({"HEAD": endpoints["GET"], **endpoints} if "GET" in endpoints else dict(endpoints))

    async def handle(request: Request) -> Response:
        endpoint = by_method[request.method]
        request.state.endpoint = endpoint
        if endpoint.scope is not None and not endpoint.admits_itself and door is not None:
            # An operation looks at the scope itself, so that the refusal is a record of the audit log too.
            await door.admit(request, None if endpoint.operation else endpoint.scope)
        return await endpoint.handler(request)

    name = "+".join(endpoint.name for endpoint in endpoints.values())
    return Route(path, handle, methods=list(by_method), name=name)


def object_schema(**types: str) -> dict[str, Any]:
    """The schema of a JSON object whose fields are all there, each of a plain type."""
    return {
        "type": "object",
        "properties": {name: {"type": type_name} for name, type_name in types.items()},
        "required": list(types),
    }
