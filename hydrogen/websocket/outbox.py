"""The way out to one client: at once while its socket takes it, else kept, merged and bounded.

Theory of operation. The transport keeps a small buffer; when that runs over `HIGH_WATER_BYTES` it calls `pause`, when it has
emptied again `resume`. Between the two the outbox is *blocked* and everything waits here:

- answers, in order, counted in bytes;
- the newest status frame (an older one is worth nothing);
- the backlog: events that must be sent in order (a replay, or what the queue held when we last looked);
- the queue: a MergeQueue in which samples merge. If it runs over, the client is told `lagged` and gets a snapshot.

`resume` sends in just this order until the transport is full again. While the outbox is not blocked it is empty, so that
the common case is one write with no detour. The limits: more bytes than `Patience` has, or something unsent for longer, and
the client `is_hopeless`: whoever looks cuts it off. Nothing here waits for a client.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from hydrogen.core.clock import Clock
from hydrogen.core.merge_queue import MergeQueue
from hydrogen.model.codec import encode_event
from hydrogen.model.events import PublishedEvent

HIGH_WATER_BYTES = 65_536
"""Of the transport's buffer: a snapshot and some events; above it, events merge instead of growing old in a buffer."""

LOW_WATER_BYTES = 16_384

QUEUE_CAPACITY = 1024
"""Events kept for a blocked client: about half a minute of facts of a busy printer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """With a client that does not read: how many bytes may wait for it, and how long the oldest of them."""

    bytes: int = 1_048_576
    seconds: float = 10.0


class Pipe(Protocol):
    """What the outbox writes to."""

    def write_frame(self, frame: bytes) -> None:
        """Send or buffer one text message; may call the outbox's `pause` before it returns."""

    @property
    def buffered_bytes(self) -> int:
        """What the transport has not handed to the kernel yet."""


class Outbox:
    """See the module's docstring.

    is_blocked: everything has to wait here; if not, nothing is kept, and a frame may be written past the outbox.
    last_seq: the highest seq that was sent or is kept. lags: times that the client got a snapshot for what it had missed.
    """

    __slots__ = (
        "_answer_bytes",
        "_answers",
        "_backlog",
        "_backlog_since",
        "_blocked_since",
        "_catch_up",
        "_clock",
        "_fact_bytes",
        "_patience",
        "_pipe",
        "_queue",
        "_queue_since",
        "_status",
        "is_blocked",
        "lags",
        "last_seq",
    )

    def __init__(
        self,
        pipe: Pipe,
        *,
        clock: Clock,
        catch_up: Callable[[], tuple[bytes, int]],
        patience: Patience = Patience(),
    ) -> None:
        """catch_up() gives the frame of a fresh snapshot and its seq, for a client that lost events."""
        self._pipe = pipe
        self._clock = clock
        self._catch_up = catch_up
        self._patience = patience
        self._answers: deque[bytes] = deque()
        self._answer_bytes = 0
        self._status: bytes | None = None
        self._backlog: deque[PublishedEvent] = deque()
        self._backlog_since = 0.0
        self._queue = MergeQueue(QUEUE_CAPACITY)
        self._queue_since = 0.0
        self._fact_bytes = 0
        self._blocked_since = 0.0
        self.is_blocked = False
        self.last_seq = 0
        self.lags = 0

    @property
    def is_hopeless(self) -> bool:
        """Is it time to cut this client off?"""
        return self.is_blocked and (
            self.unsent_bytes > self._patience.bytes
            or self._clock.monotonic() - self._oldest_since() > self._patience.seconds
        )

    @property
    def unsent_bytes(self) -> int:
        return self._pipe.buffered_bytes + self._answer_bytes + self._fact_bytes

    @property
    def merged(self) -> int:
        """Samples that a newer one replaced before the client had them."""
        return self._queue.merged

    # ------------------------------------------------------------------------------------------------------- sending

    def answer(self, frame: bytes) -> None:
        """A frame that must arrive, in the order of the calls."""
        if not self.is_blocked:
            self._pipe.write_frame(frame)
        else:
            self._answers.append(frame)
            self._answer_bytes += len(frame)

    def offer_status(self, frame: bytes) -> None:
        """A frame that the next one of its kind replaces."""
        if not self.is_blocked:
            self._pipe.write_frame(frame)
        else:
            self._status = frame

    def keep(self, published: PublishedEvent, frame_bytes: int) -> None:
        """Keep a live event; only while blocked (else write its frame, which all clients share)."""
        if not self._queue:
            self._queue_since = self._clock.monotonic()
        if self._queue.put(published):
            self._fact_bytes += 0 if published.event.is_sample else frame_bytes
        else:
            self._fact_bytes = 0
        self._note(published)

    def replay(self, events: Iterable[PublishedEvent]) -> None:
        """Send these in order, ahead of everything live that comes after this call; replaces what was kept."""
        self.forget_events()
        self._backlog.extend(events)
        self._backlog_since = self._clock.monotonic()
        if not self.is_blocked:
            self._send_backlog()

    def jump_to_snapshot(self) -> None:
        """Send a snapshot in place of everything that was kept; live events follow it."""
        self.forget_events()
        frame, seq = self._catch_up()
        self.last_seq = seq
        self.answer(frame)

    def forget_events(self) -> None:
        """Drop the events that are kept."""
        self._backlog.clear()
        self._queue.drain()
        self._fact_bytes = 0

    def select(self, accepts: Callable[[PublishedEvent], bool]) -> None:
        """Drop the kept events that are not accepted any more. What was lost already stays lost (and is announced)."""
        if self._queue.lagged:
            return
        self._backlog.extend(self._queue.drain())
        self._backlog = deque(published for published in self._backlog if accepts(published))

    # -------------------------------------------------------------------------------------------------- flow control

    def pause(self) -> None:
        """The transport is full."""
        if not self.is_blocked:
            self.is_blocked, self._blocked_since = True, self._clock.monotonic()

    def resume(self) -> None:
        """The transport has room again: send what was kept, until it is full once more."""
        self.is_blocked = False
        while not self.is_blocked and self._answers:
            frame = self._answers.popleft()
            self._answer_bytes -= len(frame)
            self._pipe.write_frame(frame)
        if not self.is_blocked and self._status is not None:
            frame, self._status = self._status, None
            self._pipe.write_frame(frame)
        self._send_backlog()
        while not self.is_blocked and (self._queue.lagged or self._queue):
            self._send_queue()

    def _send_queue(self) -> None:
        if self._queue.lagged:
            self.lags += 1
            self._pipe.write_frame(b'{"type":"lagged"}')
            self.jump_to_snapshot()
            return
        self._backlog_since = self._queue_since
        self._backlog.extend(self._queue.drain())
        self._send_backlog()

    def _send_backlog(self) -> None:
        while not self.is_blocked and self._backlog:
            published = self._backlog.popleft()
            self._pipe.write_frame(encode_event(published))
            self._note(published)
        if not self._backlog and not self._queue:
            self._fact_bytes = 0

    def _note(self, published: PublishedEvent) -> None:
        self.last_seq = max(self.last_seq, published.seq)

    def _oldest_since(self) -> float:
        """Since when the oldest unsent frame waits."""
        since = self._blocked_since if self.is_blocked else self._clock.monotonic()
        if self._backlog:
            return min(since, self._backlog_since)
        return min(since, self._queue_since) if self._queue else since
