"""Every path of push, at the root and below each printer's prefix; all open to strangers, who hear of nothing before `auth`."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import HydrogenError
from hydrogen.octoprint.answer import refusal
from hydrogen.octoprint.face import PREFIX
from hydrogen.octoprint.push.websocket import PushSockets
from hydrogen.octoprint.push.xhr import XhrRoutes
from hydrogen.web.endpoint import WEBSOCKET, Endpoint, Good, Handler, SocketHandler

SESSION = "/sockjs/{server}/{session}"


def push_endpoints(sockets: PushSockets, xhr: XhrRoutes) -> list[Endpoint]:
    """As the HTTP port wants them."""
    return [
        endpoint
        for prefix, family in (("", "push"), (PREFIX, "push_of"))
        for endpoint in _endpoints(sockets, xhr, prefix, family)
    ]


def _endpoints(sockets: PushSockets, xhr: XhrRoutes, prefix: str, family: str) -> Iterator[Endpoint]:
    plain: tuple[tuple[str, str, str, Handler], ...] = (
        ("welcome", "GET", "/sockjs", xhr.welcome),
        ("welcome_folder", "GET", "/sockjs/", xhr.welcome),
        ("info", "GET", "/sockjs/info", xhr.info),
        ("poll", "POST", f"{SESSION}/xhr", xhr.poll),
        ("stream", "POST", f"{SESSION}/xhr_streaming", xhr.stream),
        ("send", "POST", f"{SESSION}/xhr_send", xhr.send),
    )
    for name, method, path, handler in plain:
        yield _endpoint(f"{family}.{name}", method, f"{prefix}{path}", _in_octoprints_shape(handler))
    upgraded: tuple[tuple[str, str, SocketHandler], ...] = (
        ("raw", "/sockjs/websocket", sockets.raw),
        ("framed", f"{SESSION}/websocket", sockets.framed),
    )
    for name, path, serve in upgraded:
        yield _endpoint(f"{family}.{name}", WEBSOCKET, f"{prefix}{path}", xhr.welcome, socket=serve)


def _endpoint(name: str, method: str, path: str, handler: Handler, *, socket: SocketHandler | None = None) -> Endpoint:
    return Endpoint(
        name=name,
        method=method,
        path=path,
        handler=handler,
        tag="octoprint",
        summary=name,
        scope=None,
        answers={200: Good(summary="As SockJS answers")},
        is_secret=True,  # what is said over it is not for compression
        is_documented=False,
        socket=socket,
    )


def _in_octoprints_shape(handler: Handler) -> Handler:
    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except HydrogenError as error:
            return refusal(error)

    return handle
