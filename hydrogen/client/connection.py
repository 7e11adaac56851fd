"""One connection to a service: what is asked is answered by its `id`, everything else is told in order.

Theory of operation. One task reads the socket. A frame with the `id` of somebody who waits goes to them; the rest is kept until
`frames` (or `events`) takes it, up to KEPT_FRAMES. A program that only gives commands may never look: when there are more,
all of them are dropped, `lagged` stands in their place, and whoever looks then gets a fresh snapshot behind it.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from ssl import SSLContext
from typing import Any
from urllib.parse import urlencode, urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from hydrogen.client.frame import Frame, Place, Snapshot, value_from_frame
from hydrogen.errors import HydrogenError, InvalidMessage, ServerFault, ServiceUnreachable, Unavailable, error_from_wire
from hydrogen.model.events import PublishedEvent

SUBPROTOCOL = Subprotocol("hydrogen-protocol")

OPEN_SECONDS = 5.0
"""For the handshake, on the same machine or in the same house."""

CLOSE_SECONDS = 1.0

ANSWER_SECONDS = 300.0
"""For the answer to a command: a check of a large file, or homing a tall printer."""

KEPT_FRAMES = 4096
"""Frames that nobody has taken yet; as many as the service can replay."""

LOST: Frame = {"type": "lagged"}

NO_PLACE = "lost.0"
"""A place in no life of any service: asking for what came behind it gives a snapshot."""


class Connection:
    """See the module's docstring. Made by `connect`, which also closes it."""

    def __init__(self, socket: ClientConnection, *, since: str | None = None) -> None:
        self._socket = socket
        self._kept: deque[Frame] = deque()
        self._arrived = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Frame]] = {}
        self._asked = 0
        self._wish: dict[str, Any] = {}
        self._place = Place(since)
        self._is_skipping = False
        self._ending: ServiceUnreachable | None = None
        self._reading = asyncio.create_task(self._read(), name="hydrogen client")

    @property
    def since(self) -> str | None:
        """Where to resume: behind the last frame that `frames` or `events` gave. None before the first snapshot."""
        return self._place.since

    # ------------------------------------------------------------------------------------------------------ asking

    async def command(
        self,
        operation: str,
        printer: str | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        timeout_seconds: float = ANSWER_SECONDS,
    ) -> Mapping[str, Any]:
        """The operation's result, which means that it was accepted; what became true is told by events.

        printer may be left out when there is exactly one. With an idempotency_key (16 characters or more) a command can be
        sent again after a lost connection without being carried out twice.

        Raises the error the service answers with, Unavailable when no answer came in time, ServiceUnreachable.
        """
        message: dict[str, Any] = {"type": "command", "operation": operation, "params": dict(params or {})}
        if printer is not None:
            message["printer"] = printer
        if idempotency_key is not None:
            message["idempotency_key"] = idempotency_key
        result = (await self._ask(message, timeout_seconds)).get("result")
        return result if isinstance(result, Mapping) else {}

    async def status(self) -> Frame:
        """The service's status document, now."""
        return await self._ask({"type": "status"})

    async def ping(self) -> None:
        """Returns when the service has answered."""
        await self._ask({"type": "ping"})

    async def subscribe(
        self, *, topics: Sequence[str] | None = None, printers: Sequence[str] | None = None, since: str | None = None
    ) -> Frame:
        """Hear this from now on: topics None for all but `terminal`, printers None for all. Returns the `subscribed` frame.

        With `since` what was missed follows, or a snapshot. Raises InvalidMessage, Forbidden, NotFound.
        """
        wish = {"topics": topics, "printers": printers}
        self._wish = {name: list(words) for name, words in wish.items() if words is not None}
        return await self._ask({"type": "subscribe", **self._wish, **({} if since is None else {"since": since})})

    async def authenticate(self, token: str) -> Frame:
        """Renew the credentials of this connection. Raises AuthFailed; the old ones hold to their end then."""
        return await self._ask({"type": "authenticate", "token": token})

    # ----------------------------------------------------------------------------------------------------- hearing

    async def frames(self) -> AsyncGenerator[Frame]:
        """Every frame that is no answer, in order, those that came before first. One reader at a time.

        Raises ServiceUnreachable (details `close_code`) behind the last one.
        """
        while True:
            while not self._kept:
                if self._ending is not None:
                    raise self._ending
                self._arrived.clear()
                await self._arrived.wait()
            frame = self._kept.popleft()
            if frame is LOST:
                await self._send({"type": "subscribe", **self._wish, "since": NO_PLACE})
            self._place.note(frame)
            yield frame

    async def events(self) -> AsyncGenerator[Snapshot | PublishedEvent]:
        """The same as values of the model: a snapshot first (unless resumed), then every event; again a snapshot whenever
        events were lost. What this version does not know is left out."""
        async with aclosing(self.frames()) as frames:
            async for frame in frames:
                value = value_from_frame(frame)
                if value is not None:
                    yield value

    # ---------------------------------------------------------------------------------------------------- the socket

    async def close(self) -> None:
        """May be called twice."""
        self._reading.cancel()
        await asyncio.wait([self._reading])
        self._end(self._ending or ServiceUnreachable("the connection was closed on this side", close_code=None))
        await self._socket.close()

    async def _ask(self, message: Mapping[str, Any], timeout_seconds: float = ANSWER_SECONDS) -> Frame:
        self._asked += 1
        ident = f"c{self._asked}"
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._waiting[ident] = answer
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._send({**message, "id": ident})
                return _checked(await answer)
        except TimeoutError:
            what = message.get("operation", message["type"])
            raise Unavailable(f"no answer to {what} within {timeout_seconds:g} s") from None
        finally:
            del self._waiting[ident]
            answer.cancel()

    async def _send(self, message: Mapping[str, Any]) -> None:
        if self._ending is not None:
            raise self._ending
        try:
            await self._socket.send(json.dumps(message))
        except ConnectionClosed as error:
            raise _ended(error) from error

    async def _read(self) -> None:
        try:
            while True:
                frame = json.loads(await self._socket.recv())
                if isinstance(frame, dict):
                    self._take(frame)
        except ConnectionClosed as error:
            self._end(_ended(error))
        except ValueError as error:
            self._end(ServiceUnreachable(f"what answers there does not speak our protocol: {error}"))

    def _take(self, frame: Frame) -> None:
        answer = self._waiting.get(str(frame.get("id")))
        if answer is not None and not answer.done():
            answer.set_result(frame)
            if frame.get("type") != "subscribed":  # it has its place among the events, too
                return
        if self._is_skipping:
            self._is_skipping = frame.get("type") != "snapshot"
        if self._is_skipping:
            return
        if len(self._kept) >= KEPT_FRAMES:
            self._kept.clear()
            self._is_skipping = True
            frame = LOST
        self._kept.append(frame)
        self._arrived.set()

    def _end(self, error: ServiceUnreachable) -> None:
        self._ending = error
        self._arrived.set()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)


@asynccontextmanager
async def connect(
    url: str,
    *,
    key: str | None = None,
    token: str | None = None,
    since: str | None = None,
    ssl: SSLContext | None = None,
) -> AsyncIterator[Connection]:
    """A connection that was let in; closed behind the block.

    url: `ws://HOST:5001/` or `wss://…`. key: an API key; token: a bearer token instead. since (`Connection.since` of an earlier
    connection): what was missed comes instead of a snapshot. ssl: for `wss`, other authorities than the system's.

    Raises ServiceUnreachable, AuthFailed, Forbidden, Unavailable, and InvalidMessage for what is no WebSocket URL.
    """
    # For `wss` the library wants to be told; `True` is the system's authorities.
    secured: Any = {"ssl": ssl or True} if urlsplit(url).scheme == "wss" else {}
    try:
        socket = await open_socket(
            url if since is None else _with_query(url, since=since),
            additional_headers=_credentials(key, token),
            subprotocols=[SUBPROTOCOL],
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            max_size=None,
            compression=None,
            proxy=None,
            **secured,
        )
    except InvalidStatus as error:
        raise _refused(error) from None
    except InvalidURI:
        raise InvalidMessage(f"{url} is no WebSocket URL (ws://HOST:PORT/)") from None
    except (OSError, TimeoutError, InvalidHandshake) as error:
        reason = str(error) or f"no answer within {OPEN_SECONDS:g} s"
        raise ServiceUnreachable(f"no Hydrogen service answers at {url}: {reason}") from error
    connection = Connection(socket, since=since)
    try:
        yield connection
    finally:
        await connection.close()


def _credentials(key: str | None, token: str | None) -> dict[str, str]:
    if token is not None:
        return {"Authorization": f"Bearer {token}"}
    return {} if key is None else {"Authorization": f"Key {key}"}


def _with_query(url: str, **query: str) -> str:
    return url + ("&" if urlsplit(url).query else "?") + urlencode(query)


def _checked(answer: Frame) -> Frame:
    error = answer.get("error")
    if answer.get("type") == "error" and isinstance(error, Mapping):
        raise error_from_wire(error)
    return answer


def _refused(error: InvalidStatus) -> HydrogenError:
    try:
        body = json.loads(error.response.body or b"")
        return error_from_wire(body["error"])
    except (ValueError, KeyError, TypeError):
        status = error.response.status_code
        if status == 503:
            return Unavailable("the service takes no connections now (503)")
        return ServerFault(f"the service refused the connection with HTTP status {status}")


def _ended(error: ConnectionClosed) -> ServiceUnreachable:
    close = error.rcvd
    reason = f"{close.code} {close.reason}".strip() if close is not None else "no farewell"
    return ServiceUnreachable(f"the service closed the connection ({reason})", close_code=close.code if close else None)
