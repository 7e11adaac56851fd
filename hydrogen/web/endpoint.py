"""A path of the HTTP port with its method: what routes a request, and what the documents say of it, declared once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hydrogen.errors import HydrogenError

Handler = Callable[[Request], Awaitable[Response]]

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

    name: unique in the house, the `operationId` of the documents. path: as starlette writes it (`/api/files/{path:path}`).
    scope: what the caller needs; None for what is open to everybody (the handler itself lets the caller in, by the door).
    tag: the chapter of the documents. query: parameters after `?`, each optional unless the model says otherwise.
    body: the JSON object it takes; body_media: other bodies it takes, by media type, as JSON Schema.
    answers: by status. errors: what it may raise beyond what every path may (AuthFailed, Forbidden, RateLimited, Unavailable).
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

    @property
    def description(self) -> str:
        """The handler's docstring, unwrapped."""
        return " ".join((self.handler.__doc__ or self.summary).split())


def routes_of(endpoints: Iterable[Endpoint]) -> list[Route]:
    """The endpoints as starlette wants them, in their order: the first that fits takes the request.

    Raises ValueError for two endpoints with one name, or with one method and path.
    """
    seen: set[str] = set()
    routes = []
    for endpoint in endpoints:
        for key in (endpoint.name, f"{endpoint.method} {endpoint.path}"):
            if key in seen:
                raise ValueError(f"{key} is declared twice")
            seen.add(key)
        routes.append(Route(endpoint.path, endpoint.handler, methods=[endpoint.method], name=endpoint.name))
    return routes


def object_schema(**types: str) -> dict[str, Any]:
    """The schema of a JSON object whose fields are all there, each of a plain type."""
    return {
        "type": "object",
        "properties": {name: {"type": type_name} for name, type_name in types.items()},
        "required": list(types),
    }
