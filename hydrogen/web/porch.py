"""What every request passes before it comes in, and every answer on its way out.

Coming in: the request gets an id; 503 while the service goes down, 403 for those who should come by a proxy and for pages that
call us by a foreign name, 429 for those who ask too often. What makes a printer safe is never limited, and is carried out as
long as anything can be carried out.

Going out: the date that RFC 9110 6.6.1 wants in every answer, the request's id, a word against guessing the kind of content.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from email.utils import formatdate

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hydrogen.auth.host_rule import HostRule
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.auth.rate_limit import Rate, RateLimit
from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.errors import ClientError, Unavailable
from hydrogen.web.answer import error_answer
from hydrogen.web.door import peer_of
from hydrogen.web.endpoint import WEBSOCKET
from hydrogen.web.settings import WebSettings

_two_slashes = re.compile(r"//(?=(?:api|plugin|sockjs|downloads|server|printers?)/)").sub
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:+/=-]{1,128}")
"""What is taken over from a client: it is written into logs and echoed."""

LONGEST_PATH = 200
"""Characters of a path in the log."""


class Porch:
    """Signs ASGI; stands in front of everything."""

    def __init__(
        self,
        inside: ASGIApp,
        *,
        settings: WebSettings,
        proxies: TrustedProxies,
        is_refusing: Callable[[], bool],
        is_urgent: Callable[[str, str], bool],
        refuse_with: Callable[[ASGIApp], ASGIApp],
        on_answer: Callable[[int], None],
        clock: Clock,
        log: Log,
    ) -> None:
        """is_urgent(method, path): must this never wait? refuse_with: what stands around our own refusals (CORS).
        on_answer(status): told of every answer.
        """
        self._inside = inside
        self._proxies = proxies
        self._host_rule = HostRule(settings.allowed_hosts)
        rate = Rate(per_second=settings.requests_per_second, burst=settings.requests_burst)
        self._limit = RateLimit("requests", rate, clock=clock)
        self._is_refusing = is_refusing
        self._is_urgent = is_urgent
        self._refuse_with = refuse_with
        self._on_answer = on_answer
        self._clock = clock
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        scope["path"] = one_slash(scope["path"])
        method = scope.get("method", WEBSOCKET)
        request_id = request_id_from(headers.get("x-request-id"))
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["is_urgent"] = self._is_urgent(method, scope["path"])
        status, begin = 0, self._clock.monotonic()

        async def send_signed(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                self._on_answer(status)
                message = {**message, "headers": [*message.get("headers", ()), *self._signature(request_id)]}
            await send(message)

        application = self._inside
        try:
            self._check(scope, headers)
        except ClientError as error:
            application = self._refuse_with(error_answer(error))
        try:
            await application(scope, receive, send_signed)
        finally:
            self._note(method, scope, status, self._clock.monotonic() - begin)

    def _signature(self, request_id: str) -> list[tuple[bytes, bytes]]:
        return [
            (b"date", formatdate(self._clock.wall(), usegmt=True).encode()),
            (b"x-request-id", request_id.encode()),
            (b"x-content-type-options", b"nosniff"),
        ]

    def _check(self, scope: Scope, headers: Headers) -> None:
        is_urgent = scope["state"]["is_urgent"]
        if self._is_refusing() and not is_urgent:
            raise Unavailable("the server is shutting down", retry_after_seconds=2)
        peer = peer_of(scope)
        self._proxies.check(peer)
        if not is_urgent:
            self._limit.take(self._proxies.client_address(peer, headers.getlist("x-forwarded-for")))
        self._host_rule.check(hosts=headers.getlist("host"), origins=headers.getlist("origin"))

    def _note(self, method: str, scope: Scope, status: int, seconds: float) -> None:
        """What changed something, or broke, is told; what was only looked at, or refused, could fill a log."""
        is_change = method not in ("GET", "HEAD", "OPTIONS") and 200 <= status < 400
        tell = self._log.info if is_change or status >= 500 else self._log.debug
        tell(
            "request answered",
            request_id=scope["state"]["request_id"],
            method=method,
            path=scope["path"][:LONGEST_PATH],
            status=status,
            address=peer_of(scope),
            seconds=round(seconds, 4),
        )


def one_slash(path: str) -> str:
    """Clients that put an address with a slash at its end before a path with one at its beginning mean one slash (Home
    Assistant's library asks for `//api/printer/bed`, others for `//plugin/logging/logs`)."""
    return _two_slashes("/", path, count=1)


def request_id_from(given: str | None) -> str:
    """The client's own, if it is one; else one of ours."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
