"""Push over plain requests, for clients without WebSockets: SockJS' `info`, `xhr`, `xhr_streaming` and `xhr_send`.

Source: the SockJS protocol, version 0.3.3.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from hydrogen.octoprint.push.framing import GO_AWAY, HEARTBEAT, OPEN, STILL_OPEN, close_frame, is_sent
from hydrogen.octoprint.push.websocket import HEARTBEAT_SECONDS
from hydrogen.octoprint.push.xhr_session import XhrSession, XhrSessions
from hydrogen.web.answer import json_answer
from hydrogen.web.door import Door

PRELUDE = "h" * 2048 + "\n"
"""Some browsers tell nothing of a stream before they have so much of it."""

LONGEST_STREAM = 131_072
"""Characters; then the client opens another one, because browsers keep all of it in memory."""

NOT_STORED: Mapping[str, str] = MappingProxyType(
    {"Cache-Control": "no-store, no-cache, no-transform, must-revalidate, max-age=0"}
)
SCRIPT = "application/javascript; charset=UTF-8"


class XhrRoutes:
    """The handlers."""

    def __init__(self, sessions: XhrSessions, door: Door) -> None:
        self._sessions = sessions
        self._door = door

    async def welcome(self, _request: Request) -> Response:
        """That there is SockJS here."""
        return Response("Welcome to SockJS!\n", media_type="text/plain; charset=UTF-8")

    async def info(self, _request: Request) -> Response:
        """What a SockJS client asks first."""
        entropy = secrets.randbits(32)
        return json_answer({"websocket": True, "cookie_needed": False, "origins": ["*:*"], "entropy": entropy})

    async def poll(self, request: Request) -> Response:
        """One answer with what waits, or a heartbeat."""
        session, is_new = self._session(request)
        if session is None:
            return _script(close_frame(*STILL_OPEN))
        if is_new:
            session.is_open = True
            self._sessions.give_back(session)
            return _script(OPEN)
        self._sessions.take(session)
        try:
            return _script(await _next_frame(session))
        finally:
            self._sessions.give_back(session)

    async def stream(self, request: Request) -> Response:
        """Frames as they come, until the answer is long enough."""
        session, _ = self._session(request)
        if session is None:
            return _script(PRELUDE + close_frame(*STILL_OPEN))
        self._sessions.take(session)
        return StreamingResponse(self._frames(session), media_type=SCRIPT, headers=NOT_STORED)

    async def send(self, request: Request) -> Response:
        """What the client says; 204."""
        session = self._sessions.find(_key_of(request))
        if session is None:
            return Response(status_code=404)
        body = (await self._door.bytes_of(request)).decode(errors="replace")
        if not body:
            return Response("Payload expected.", status_code=500, media_type="text/plain")
        if not is_sent(body):
            return Response("Broken JSON encoding.", status_code=500, media_type="text/plain")
        await session.client.receive(body)
        return Response(status_code=204, headers=NOT_STORED)

    def _session(self, request: Request) -> tuple[XhrSession | None, bool]:
        """The session, and whether it has just begun; None where another request receives for it."""
        key = _key_of(request)
        session = self._sessions.find(key)
        if session is None:
            return self._sessions.begin(key, request.path_params.get("printer")), True
        return (None if session.is_received else session), False

    async def _frames(self, session: XhrSession) -> AsyncIterator[str]:
        try:
            yield PRELUDE
            if not session.is_open:
                session.is_open = True
                yield f"{OPEN}\n"
            sent = 0
            while sent < LONGEST_STREAM and not session.client.outbox.is_over:
                frame = await _next_frame(session)
                sent += len(frame)
                yield f"{frame}\n"
        finally:
            self._sessions.give_back(session)


async def _next_frame(session: XhrSession) -> str:
    """All that waits in one frame, or a heartbeat, or the last word."""
    outbox = session.client.outbox
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            messages = await outbox.take()
    except TimeoutError:
        return HEARTBEAT
    if not messages:
        return close_frame(*GO_AWAY)
    return f"a[{','.join(message.raw for message in messages)}]"


def _script(frame: str) -> Response:
    return Response(f"{frame}\n", media_type=SCRIPT, headers=NOT_STORED)


def _key_of(request: Request) -> str:
    parts = request.path_params
    return f"{parts.get('printer', '')}/{parts['session']}"
