"""The event bus: hands every published event to everybody who listens, and never waits for anybody.

Listeners are called synchronously, in the order in which they were added. An event published while another one is being
delivered waits until that one has reached everybody, so all listeners see the same order. Whoever cannot work at once
subscribes instead: a `Subscription` is a bounded `MergeQueue` with an async reading side.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hydrogen.core.merge_queue import MergeQueue
from hydrogen.model.events import Event, PublishedEvent

Listener = Callable[[PublishedEvent], None]
"""Called inside `publish`: must return at once. What it raises is reported and costs the others nothing."""


def _accept_all(_event: Event) -> bool:
    return True


@dataclass(slots=True, eq=False)
class _Registration:
    name: str
    listener: Listener
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class _Delivery:
    published: PublishedEvent
    spared: frozenset[_Registration]
    """Listeners that must not see this event, because it reports their own failure."""


class Bus:
    """Delivers events within the process. Belongs to one event loop; not safe from other threads.

    failures: times that a listener raised; dropped: events that subscriptions had no room for. Both since the start.
    """

    def __init__(self, on_failure: Callable[[str, BaseException], None]) -> None:
        """on_failure(name, error) is called when a listener raises; it may publish, but not to the listener that failed."""
        self._on_failure = on_failure
        self._registrations: tuple[_Registration, ...] = ()
        self._pending: deque[_Delivery] = deque()
        self._is_delivering = False
        self._spared: frozenset[_Registration] = frozenset()
        self.failures = 0
        self.dropped = 0

    def listen(self, listener: Listener, *, name: str) -> Callable[[], None]:
        """Call `listener` for every event from now on. Returns "unlisten", which may be called twice."""
        registration = _Registration(name, listener)
        self._registrations = (*self._registrations, registration)

        def unlisten() -> None:
            registration.is_active = False
            self._registrations = tuple(r for r in self._registrations if r is not registration)

        return unlisten

    def subscribe(
        self,
        *,
        name: str,
        accepts: Callable[[Event], bool] = _accept_all,
        capacity: int = 1024,
    ) -> Subscription:
        """A queue of its own for a reader that takes its time; `close()` it in the end."""
        return Subscription(self, name=name, accepts=accepts, capacity=capacity)

    def publish(self, published: PublishedEvent) -> None:
        """Deliver to every listener. Never waits, never raises.

        Called from within a listener it only queues the event; the outermost call delivers it.
        """
        self._pending.append(_Delivery(published, self._spared))
        if self._is_delivering:
            return
        self._is_delivering = True
        try:
            while self._pending:
                self._deliver(self._pending.popleft())
        finally:
            self._is_delivering = False

    def _deliver(self, delivery: _Delivery) -> None:
        for registration in self._registrations:
            if not registration.is_active or registration in delivery.spared:
                continue
            try:
                registration.listener(delivery.published)
            except Exception as error:  # noqa: BLE001
                self._report(registration, delivery, error)

    def _report(self, registration: _Registration, delivery: _Delivery, error: Exception) -> None:
        self.failures += 1
        # What on_failure publishes must not come back to the listener that cannot take it: that would never end.
        self._spared = delivery.spared | {registration}
        try:
            self._on_failure(registration.name, error)
        except Exception:  # noqa: BLE001
            # The reporter itself is broken: there is nobody left to tell, and the other listeners still count.
            pass
        finally:
            self._spared = frozenset()


class Subscription:
    """The reading side for one consumer. Iterate with `take`."""

    def __init__(self, bus: Bus, *, name: str, accepts: Callable[[Event], bool], capacity: int) -> None:
        self.name = name
        self._accepts = accepts
        self._bus = bus
        self._queue = MergeQueue(capacity)
        self._ready = asyncio.Event()
        self._has_lost = False
        self._is_closed = False
        self._unlisten = bus.listen(self._on_published, name=name)

    @property
    def is_lagged(self) -> bool:
        """Were events lost, either before the last `take` returned or since? Stays true until the next `take` returns."""
        return self._has_lost or self._queue.lagged

    async def take(self) -> list[PublishedEvent]:
        """Wait for the next events and return all that are queued, in order of `seq`.

        Empty when events were lost (`is_lagged`: get a snapshot, go on with the events behind it) or when the subscription
        was closed.
        """
        if not self._is_closed:
            await self._ready.wait()
        self._ready.clear()
        self._has_lost = self._queue.lagged
        return self._queue.drain()

    def wake(self) -> None:
        """Let a waiting `take` return with what there is, maybe nothing: the reader has another reason to look."""
        self._ready.set()

    def close(self) -> None:
        """No more events; a waiting `take` returns. May be called twice."""
        self._is_closed = True
        self._unlisten()
        self._ready.set()

    def _on_published(self, published: PublishedEvent) -> None:
        if self._accepts(published.event):
            lost = self._queue.lost
            if not self._queue.put(published):
                self._bus.dropped += self._queue.lost - lost
            self._ready.set()
