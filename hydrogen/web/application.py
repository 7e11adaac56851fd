"""All routes of the HTTP port, and what stands around each of them: the refusal while shutting down, errors, CORS."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from email.utils import formatdate

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hydrogen.auth.host_rule import HostRule
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.auth.rate_limit import Rate, RateLimit
from hydrogen.core.clock import Clock
from hydrogen.errors import ClientError, HydrogenError, InvalidMessage, NotFound, ServerFault, Unavailable
from hydrogen.web.answer import error_answer
from hydrogen.web.door import peer_of
from hydrogen.web.settings import WebSettings

Report = Callable[[str, BaseException], None]


def make_application(
    routes: Sequence[Route],
    *,
    settings: WebSettings,
    proxies: TrustedProxies,
    is_refusing: Callable[[], bool],
    report: Report,
    on_answer: Callable[[int], None],
    clock: Clock,
) -> ASGIApp:
    """The ASGI application. is_refusing: nothing new is begun. report: tells the house of a defect. on_answer: told the status
    of every answer."""
    handlers = _Handlers(report)
    middleware = []
    if settings.allowed_origins:
        middleware.append(
            Middleware(
                CORSMiddleware,
                allow_origins=[origin.rstrip("/") for origin in settings.allowed_origins],
                allow_methods=["GET", "POST", "DELETE"],
                allow_headers=["Authorization", "Content-Type"],
                max_age=600,
            )
        )
    application = Starlette(
        routes=list(routes),
        middleware=middleware,
        exception_handlers={
            HydrogenError: handlers.expected,
            HTTPException: handlers.unrouted,
            Exception: handlers.defect,
        },
    )
    rate = Rate(per_second=settings.requests_per_second, burst=settings.requests_burst)
    limit = RateLimit("requests", rate, clock=clock)
    return _Porch(
        application,
        settings=settings,
        proxies=proxies,
        limit=limit,
        is_refusing=is_refusing,
        on_answer=on_answer,
        clock=clock,
    )


class _Porch:
    """In front of everything: 503 while the service goes down, 403 for those who should come by a proxy and for pages that
    call us by a foreign name, 429 for those who ask too often, and the date that RFC 9110 6.6.1 wants in every answer."""

    def __init__(
        self,
        inside: ASGIApp,
        *,
        settings: WebSettings,
        proxies: TrustedProxies,
        limit: RateLimit,
        is_refusing: Callable[[], bool],
        on_answer: Callable[[int], None],
        clock: Clock,
    ) -> None:
        self._inside = inside
        self._proxies = proxies
        self._host_rule = HostRule(settings.allowed_hosts)
        self._limit = limit
        self._is_refusing = is_refusing
        self._on_answer = on_answer
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._on_answer(message["status"])
                date = formatdate(self._clock.wall(), usegmt=True).encode()
                message = {**message, "headers": [*message.get("headers", ()), (b"date", date)]}
            await send(message)

        application = self._inside
        try:
            self._check(scope)
        except ClientError as error:
            application = error_answer(error)
        await application(scope, receive, send_dated)

    def _check(self, scope: Scope) -> None:
        if self._is_refusing():
            raise Unavailable("the server is shutting down", retry_after_seconds=2)
        peer = peer_of(scope)
        self._proxies.check(peer)
        headers = Headers(scope=scope)
        self._limit.take(self._proxies.client_address(peer, headers.getlist("x-forwarded-for")))
        self._host_rule.check(hosts=headers.getlist("host"), origins=headers.getlist("origin"))


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
            refusal: HydrogenError = InvalidMessage(f"{request.method} is not for this path", field="method")
            answer = error_answer(refusal, status=405)
            answer.headers.update(error.headers or {})
            return answer
        return error_answer(NotFound(f"there is nothing at {request.scope['path'][:100]}"), status=error.status_code)

    async def defect(self, _request: Request, error: Exception) -> Response:
        incident = secrets.token_hex(6)
        self._report(f"http (incident {incident})", error)
        message = f"a defect of the server; its log tells more under incident {incident}"
        return error_answer(ServerFault(message, incident=incident))
