"""All routes of the HTTP port, and what stands around each of them: the porch, CORS, compression, errors."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from hydrogen.auth.proxy import TrustedProxies
from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.errors import HydrogenError, InvalidMessage, NotFound, ServerFault
from hydrogen.web.answer import error_answer
from hydrogen.web.compression import Compression
from hydrogen.web.endpoint import Admission, Endpoint, routes_of
from hydrogen.web.porch import Porch
from hydrogen.web.settings import WebSettings

Report = Callable[[str, BaseException], None]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

REQUEST_HEADERS = (
    "Authorization",
    "Cache-Control",
    "Content-Type",
    "Content-Encoding",
    "Content-Disposition",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Range",
    "X-Api-Key",
    "X-Csrf-Token",
    "X-Request-Id",
    "X-Requested-With",
)
"""What a page of an allowed origin may send."""

ANSWER_HEADERS = (
    "Accept-Ranges",
    "Allow",
    "Content-Disposition",
    "Content-Length",
    "Content-Range",
    "ETag",
    "Last-Modified",
    "Location",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)
"""What it may read."""


def make_application(
    endpoints: Iterable[Endpoint],
    door: Admission,
    *,
    settings: WebSettings,
    proxies: TrustedProxies,
    is_refusing: Callable[[], bool],
    report: Report,
    on_answer: Callable[[int], None],
    clock: Clock,
    log: Log,
) -> ASGIApp:
    """The ASGI application. is_refusing: nothing new is begun. report: tells the house of a defect. on_answer: told the
    status of every answer.

    Raises ValueError for endpoints that are declared twice.
    """
    table = tuple(endpoints)
    urgent = frozenset((one.method, one.path) for one in table if one.is_urgent)
    handlers = _Handlers(report)
    application = Starlette(
        routes=routes_of(table, door),
        exception_handlers={
            HydrogenError: handlers.expected,
            HTTPException: handlers.unrouted,
            Exception: handlers.defect,
        },
    )
    application.router.redirect_slashes = False
    across = _cors(settings.allowed_origins)
    return Porch(
        across(Compression(application)),
        settings=settings,
        proxies=proxies,
        is_refusing=is_refusing,
        is_urgent=lambda method, path: (method, path) in urgent,
        refuse_with=across,
        on_answer=on_answer,
        clock=clock,
        log=log,
    )


def _cors(origins: Sequence[str]) -> Callable[[ASGIApp], ASGIApp]:
    """What lets pages of other hosts read the answers of an application; nothing where none is allowed."""
    if not origins:
        return lambda application: application
    allowed = [origin.rstrip("/") for origin in origins]
    return lambda application: CORSMiddleware(
        application,
        allow_origins=allowed,
        allow_methods=METHODS,
        allow_headers=REQUEST_HEADERS,
        expose_headers=ANSWER_HEADERS,
        max_age=600,
    )


class _Handlers:
    """What is answered to what was raised. They must be coroutines: starlette runs others in a thread."""

    def __init__(self, report: Report) -> None:
        self._report = report

    async def expected(self, _request: Request, error: Exception) -> Response:
        assert isinstance(error, HydrogenError)
        return error_answer(error)

    async def unrouted(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            return _of_another_method(request, error)
        return error_answer(NotFound(f"there is nothing at {request.scope['path'][:100]}"), status=error.status_code)

    async def defect(self, request: Request, error: Exception) -> Response:
        incident = secrets.token_hex(6)
        request_id = getattr(request.state, "request_id", "")
        self._report(f"http (incident {incident}, request {request_id})", error)
        message = f"a defect of the server; its log tells more under incident {incident}"
        return error_answer(ServerFault(message, incident=incident, request_id=request_id))


def _of_another_method(request: Request, error: HTTPException) -> Response:
    allowed = ", ".join(sorted(part.strip() for part in (error.headers or {}).get("Allow", "").split(",")))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": allowed})
    answer = error_answer(InvalidMessage(f"{request.method} is not for this path", field="method"), status=405)
    answer.headers["Allow"] = allowed
    return answer
