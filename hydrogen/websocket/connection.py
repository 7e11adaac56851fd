"""One client: the socket with our hooks in it, what the client wants to hear, and its outbox.

The order that a client can rely on: status, snapshot, then every event with a greater seq, strictly rising. It holds because
`greet` and everything that changes the subscription run in one step of the event loop, in which nothing can be published.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from socket import SO_LINGER, SO_SNDBUF, SOL_SOCKET
from struct import pack
from typing import Any

from websockets.asyncio.server import Server, ServerConnection
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import Event, State
from websockets.server import ServerProtocol

from hydrogen.auth.grant import Grant
from hydrogen.auth.principal import Principal
from hydrogen.auth.rate_limit import Rate, TokenBucket
from hydrogen.errors import Forbidden, HydrogenError, InvalidMessage, NotFound
from hydrogen.model.codec import encode_json
from hydrogen.model.events import TOPICS, PublishedEvent
from hydrogen.websocket.audience import DEFAULT_TOPICS, Audience, Wish, scope_of
from hydrogen.websocket.auth import Visit
from hydrogen.websocket.context import ServerContext, WebSocketSettings, error_frame
from hydrogen.websocket.lobby import Lobby
from hydrogen.websocket.message import ResumePoint, Subscribe, resume_point
from hydrogen.websocket.outbox import Outbox, Patience

KERNEL_BUFFER_BYTES = 131_072
"""Of the kernel's send buffer (Linux takes it twice). Left to itself it grows to 4 MiB: minutes of old temperatures that
nobody sees any more as unsent. This much still carries 2 MB/s over a round trip of 100 ms."""

RESET = pack("ii", 1, 0)
"""SO_LINGER on, for 0 s: what is unsent is dropped (socket(7))."""

MOST_FRAGMENTS = 1024
"""Of one message; 64 bytes each would do for the longest one."""


def wire_from_frame(frame: bytes) -> bytes:
    """The bytes of one unfragmented, unmasked text message: the same for every client (RFC 6455, 5.2; no extensions here)."""
    return Frame(Opcode.TEXT, frame).serialize(mask=False)


class ClientSocket(ServerConnection):
    """The library's connection, telling the lobby of its life and the outbox of its flow control."""

    def __init__(
        self, protocol: ServerProtocol, server: Server, *, lobby: Lobby, settings: WebSocketSettings, **options: Any
    ) -> None:
        super().__init__(protocol, server, **options)
        self._lobby = lobby
        self._door_seconds = settings.handshake_timeout_seconds + settings.grace_seconds
        self._door_timer: asyncio.TimerHandle | None = None
        self._most_unsent_bytes = settings.max_unsent_bytes
        self._grace_seconds = settings.grace_seconds
        self._fragments = 0
        self.visit: Visit | None = None
        self.told_address: str | None = None
        self.outbox: Outbox | None = None

    @property
    def address(self) -> str:
        """The client's IP address, for limits and the log: as a trusted proxy tells it, else the other end's."""
        if self.told_address is not None:
            return self.told_address
        peer = self.remote_address
        return str(peer[0]) if isinstance(peer, tuple) and peer else ""

    @property
    def buffered_bytes(self) -> int:
        return self.transport.get_write_buffer_size()

    def write_frame(self, frame: bytes) -> None:
        """Send or buffer one text message; ignored once the connection is closing."""
        self.write_wire(wire_from_frame(frame))

    def write_wire(self, wire: bytes) -> None:
        """The same for a message that is serialised already.

        It goes past the library's protocol, which would serialise it again for each client and has nothing to keep of it:
        whatever else it writes (pongs, the close frame) it writes whole and at once, so that nothing can come between.
        """
        if self.protocol.state is State.OPEN:
            self.transport.write(wire)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self._lobby.enter(self):
            self.transport.abort()
            return
        transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER_BYTES)
        # The library half-closes behind a refusal or a broken request and leaves the rest to the other side, for ever.
        self._door_timer = self.loop.call_later(self._door_seconds, self.abort)

    def come_in(self, visit: Visit) -> None:
        """The handshake passed."""
        self.visit = visit
        if not self.transport.is_closing():  # it may have gone while its token was being looked at
            self._lobby.seat(self)
        self._leave_door()

    def _leave_door(self) -> None:
        if self._door_timer is not None:
            self._door_timer.cancel()
            self._door_timer = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._leave_door()
        self._lobby.leave(self)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # The library answers pings at once, whether their sender reads or not.
        if self.transport.get_write_buffer_size() > self._most_unsent_bytes:
            self.abort()

    def process_event(self, event: Event) -> None:
        """Count the fragments of a message: empty ones weigh nothing in the library's limit, and memory in ours."""
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._fragments = 0 if event.fin else self._fragments + 1
            if self._fragments > MOST_FRAGMENTS and self.protocol.state is State.OPEN:
                self.protocol.fail(CloseCode.POLICY_VIOLATION, "too many fragments")
                self.send_data()
                self.loop.call_later(self._grace_seconds, self.abort)
        super().process_event(event)

    def abort(self) -> None:
        """Cut it off: with a reset, so that the other side knows and the kernel does not keep what it would not read."""
        if not self.transport.is_closing():
            self.transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, RESET)
        self.transport.abort()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.outbox is not None:
            self.outbox.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.outbox is not None:
            self.outbox.resume()


class ClientConnection:
    """A client that was let in. Owned by the server's handler task; ends with `close`.

    audience: what it hears now. questions, subscriptions: how often it may ask and subscribe (see limit.py).
    """

    def __init__(
        self,
        socket: ClientSocket,
        visit: Visit,
        *,
        context: ServerContext,
        printers: Sequence[str],
        cut: Callable[[ClientConnection, int, str], None],
    ) -> None:
        """printers: all there are. cut(connection, code, reason): called once when the client must go."""
        self.socket = socket
        self.visit = visit
        self.grant: Grant = visit.grant
        self.announced_end: float | None = None
        self.in_flight = 0
        self._context = context
        self.audience: Audience = context.audiences.of(visit.principal, Wish())
        self._printers = tuple(printers)
        self._cut = cut
        self.is_over = False
        """Closed, or being closed: nothing is sent any more."""
        settings, now = context.settings, context.clock.monotonic()
        self.questions = TokenBucket(
            Rate(per_second=settings.questions_per_second, burst=settings.questions_burst), now
        )
        self.subscriptions = TokenBucket(
            Rate(per_second=settings.subscriptions_per_second, burst=settings.subscriptions_burst), now
        )
        self._invalid: deque[float] = deque(maxlen=settings.invalid_messages)
        self.outbox = Outbox(
            socket,
            clock=context.clock,
            catch_up=lambda: context.snapshot_frame(self.principal),
            patience=Patience(bytes=settings.max_unsent_bytes, seconds=settings.max_unsent_seconds),
        )
        socket.outbox = self.outbox

    @property
    def principal(self) -> Principal:
        """Who it is, with the rights of this moment: they may change while the connection is open."""
        return self.grant.principal

    def take_grant(self, grant: Grant) -> None:
        """Go on with these rights, and this end. What was wished for is heard as far as they go; what waits to be sent, too."""
        self.grant = grant
        audience = self._context.audiences.of(grant.principal, self.wish)
        if audience is not self.audience:
            self.audience = audience
            self.outbox.select(lambda published: audience.wants(published.event))

    @property
    def wish(self) -> Wish:
        return self.audience.wish

    @property
    def hears_terminal(self) -> bool:
        """Does this client want the printers' conversation?"""
        return "terminal" in self.audience.topics

    @property
    def heard_printers(self) -> frozenset[str]:
        """The printers that the wish and the rights leave."""
        wished = self._printers if self.wish.printers is None else self.wish.printers
        return frozenset(printer for printer in wished if self.principal.may_reach(printer))

    def close(self) -> None:
        """Nothing goes out from now on. May be called twice."""
        if not self.is_over:
            self._context.figures.merged_samples += self.outbox.merged
            self._context.figures.lags += self.outbox.lags
        self.is_over = True
        self.outbox.forget_events()

    def cut(self, code: int, reason: str) -> None:
        """End this connection, whatever the client does."""
        if not self.is_over:
            self.close()
            self._cut(self, code, reason)

    # -------------------------------------------------------------------------------------------------------- out

    def greet(self) -> None:
        """The first frames: status, then what the URL asked for, a snapshot by default. Live events may follow at once."""
        self.outbox.answer(self._context.status_frame(self.principal))
        try:
            asked = _wish_of_url(self.visit)
            since = self._resume_point(self.visit.since)
            wish = None if asked is None else self._checked_wish(asked)
        except HydrogenError as error:
            self.outbox.answer(error_frame(error.as_wire()))
            wish, since = None, None
        if since is not None:
            self.subscribe(wish or Wish(), since, None)
            return
        self.outbox.jump_to_snapshot()
        if wish is not None:
            self.subscribe(wish, None, None)

    def subscribe(self, wish: Wish, since: ResumePoint | None, message_id: str | None) -> None:
        """Hear this from now on: `subscribed`, then what was missed since (or a snapshot), then live."""
        self.audience = self._context.audiences.of(self.principal, wish)
        house = self._context.house
        missed = None
        if since is not None and since.epoch == house.epoch:
            missed = house.replay(since.seq)
        self.answer(
            {
                "type": "subscribed",
                **({} if message_id is None else {"id": message_id}),
                "epoch": house.epoch,
                "seq": house.seq,
                "topics": sorted(self.audience.topics),
                "printers": None if wish.printers is None else sorted(wish.printers),
                "resumed": missed is not None,
            }
        )
        if since is None:
            self.outbox.select(lambda published: self.audience.wants(published.event))
        elif missed is None:
            self.outbox.jump_to_snapshot()
        else:
            self.outbox.replay(published for published in missed if self.audience.wants(published.event))
            self.outbox.last_seq = house.seq

    def answer(self, body: dict[str, Any]) -> None:
        """Send a frame that must arrive."""
        self.answer_frame(encode_json(body))

    def answer_frame(self, frame: bytes) -> None:
        """The same for a frame that is encoded already."""
        if not self.is_over:
            self.outbox.answer(frame)
            self.cut_if_hopeless()

    def keep(self, published: PublishedEvent, frame_bytes: int) -> None:
        """Keep an event that the blocked socket does not take now."""
        self.outbox.keep(published, frame_bytes)
        self.cut_if_hopeless()

    def cut_if_hopeless(self) -> None:
        """Cut off a client that does not read (1013)."""
        if not self.is_over and self.outbox.is_hopeless:
            self._context.log.warning(
                "slow client cut off", address=self.socket.address, unsent_bytes=self.outbox.unsent_bytes
            )
            self._context.figures.cut_clients += 1
            self.cut(1013, "lagging: reads too slowly")

    # --------------------------------------------------------------------------------------------------------- in

    def wish_from(self, message: Subscribe) -> tuple[Wish, ResumePoint | None]:
        """What a subscribe message asks for. Raises InvalidMessage (topic, since), Forbidden (topic), NotFound (printer)."""
        return self._checked_wish((message.topics, message.printers)), self._resume_point(message.since)

    def note_invalid(self) -> None:
        """An invalid message came; too many of them, and the client is shown the door (1008)."""
        now = self._context.clock.monotonic()
        self._invalid.append(now)
        settings = self._context.settings
        is_full = len(self._invalid) == settings.invalid_messages
        if is_full and now - self._invalid[0] <= settings.invalid_window_seconds:
            self.cut(1008, "too many invalid messages")

    def _checked_wish(self, asked: tuple[Sequence[str] | None, Sequence[str] | None]) -> Wish:
        topics, printers = asked
        unknown = sorted(set(topics or ()) - TOPICS)
        if unknown:
            raise InvalidMessage(f"unknown topic {unknown[0]!r}: {', '.join(sorted(TOPICS))}", field="topics")
        for topic in topics or ():
            if not self.principal.may(scope_of(topic)):
                raise Forbidden(
                    f"topic {topic!r} needs the scope {scope_of(topic)!r}", topic=topic, scope=scope_of(topic)
                )
        for printer in printers or ():
            if printer not in self._printers or not self.principal.may_reach(printer):
                raise NotFound(f"unknown printer {printer!r}", printer=printer)
        return Wish(
            topics=DEFAULT_TOPICS if topics is None else frozenset(topics),
            printers=None if printers is None else frozenset(printers),
        )

    def _resume_point(self, since: str | None) -> ResumePoint | None:
        return None if since is None else resume_point(since)


def _wish_of_url(visit: Visit) -> tuple[Sequence[str] | None, Sequence[str] | None] | None:
    """`?topics=a,b&printers=c`; None if the URL says nothing of them."""
    if visit.topics is None and visit.printers is None:
        return None
    return _words(visit.topics), _words(visit.printers)


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word[:64] for word in text.split(",") if word]
