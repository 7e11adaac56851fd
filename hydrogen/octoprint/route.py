"""A path of OctoPrint's API, declared once and served twice: at the root, and below `/printers/<name>`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import HydrogenError
from hydrogen.octoprint.answer import refusal
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.face import PREFIX
from hydrogen.web.endpoint import Endpoint, Good, Handler, object_schema

VisitHandler = Callable[[Visit], Awaitable[Response]]
OpenHandler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceRoute:
    """name: unique in the room. path: as OctoPrint has it. scope: what the caller needs beyond a good key; None where the
    handler, or the operation that it carries out, asks by itself. open_handler: for what is open to everybody, instead of
    `handler`. is_urgent: as for Endpoint. is_secret: the answer holds a credential."""

    name: str
    method: str
    path: str
    handler: VisitHandler | None = None
    open_handler: OpenHandler | None = None
    scope: str | None = None
    is_urgent: bool = False
    is_secret: bool = False


def endpoints_of(routes: Iterable[FaceRoute], door: FaceDoor) -> list[Endpoint]:
    """Every route as two endpoints of the HTTP port. What is raised is answered in OctoPrint's shape."""
    return [
        _endpoint(route, door, prefix=prefix, family=family)
        for route in routes
        for prefix, family in (("", "octoprint"), (PREFIX, "octoprint_of"))
    ]


def _endpoint(route: FaceRoute, door: FaceDoor, *, prefix: str, family: str) -> Endpoint:
    return Endpoint(
        name=f"{family}.{route.name}",
        method=route.method,
        path=f"{prefix}{route.path}",
        handler=_handler(route, door),
        tag="octoprint",
        summary=route.name,
        scope=None if route.open_handler else route.scope or "read",
        admits_itself=True,
        error_schema=object_schema(error="string"),
        answers={200: Good(summary="As OctoPrint answers")},
        is_urgent=route.is_urgent,
        is_secret=route.is_secret,
        is_documented=False,
    )


def _handler(route: FaceRoute, door: FaceDoor) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            if route.open_handler is not None:
                return await route.open_handler(request)
            assert route.handler is not None
            return await route.handler(await door.admit(request, route.scope))
        except HydrogenError as error:
            return refusal(error)

    return handle
