"""The state of the house and the order of everything that changed it.

`Context.publish` is the one gate: it gives the event the next `seq`, reduces it into the state, remembers it for clients
that come back, and hands it to the bus. The promise that rests on it: *a snapshot at n plus the events up to m equals the
snapshot at m*, whether the events came live, merged or replayed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from hydrogen.core.bus import Bus
from hydrogen.model.events import Event, PublishedEvent, TerminalLineReported
from hydrogen.model.reduce import reduce
from hydrogen.model.state import State


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state after event `seq` of the service's life `epoch`."""

    epoch: str
    seq: int
    state: State


class Context:
    """What is true now, and what happened lately.

    Bounded: the last `replay_capacity` facts, and for at most as many sample keys the latest sample.
    """

    def __init__(self, *, epoch: str, initial: State, bus: Bus, replay_capacity: int = 4096) -> None:
        """epoch: names this life of the service; a `seq` of another epoch means nothing here."""
        if replay_capacity < 1:
            raise ValueError(f"the ring needs room for one event at least (replay_capacity {replay_capacity})")
        self._epoch = epoch
        self._state = initial
        self._bus = bus
        self._seq = 0
        self._capacity = replay_capacity
        self._facts: deque[PublishedEvent] = deque()
        self._samples: dict[tuple[str, str | None, str], PublishedEvent] = {}
        self._forgotten = 0
        """The highest `seq` that a replay would need and that is no longer kept."""

    @property
    def epoch(self) -> str:
        return self._epoch

    @property
    def seq(self) -> int:
        """The number of the last published event; 0 before the first."""
        return self._seq

    @property
    def state(self) -> State:
        """The state after event `seq`."""
        return self._state

    def publish(self, event: Event) -> PublishedEvent:
        """Make it known. The state has changed when this returns; never waits.

        Terminal lines stand outside the order: `seq` 0, not reduced, not kept.
        """
        if isinstance(event, TerminalLineReported):
            published = PublishedEvent(0, event)
        else:
            state = reduce(self._state, event)
            self._seq += 1
            published = PublishedEvent(self._seq, event)
            self._state = state
            self._remember(published)
        self._bus.publish(published)
        return published

    def snapshot(self) -> Snapshot:
        """The whole truth of this moment; events with a greater `seq` follow it.

        A listener that is still being told of event n may find a snapshot that is newer than n: what is not newer than the
        snapshot is part of it already.
        """
        return Snapshot(self._epoch, self._seq, self._state)

    def replay(self, since: int) -> list[PublishedEvent] | None:
        """What a client that knows everything up to `since` has missed, in order of `seq`.

        All facts since then, and of each sample key that was measured since then the latest value (with the seq it has
        now). None when that cannot be told any more (`since` is older than the ring) or never could (ahead of everything):
        send a snapshot.
        """
        if not self._forgotten <= since <= self._seq:
            return None
        missed = [published for published in self._facts if published.seq > since]
        missed.extend(published for published in self._samples.values() if published.seq > since)
        return sorted(missed, key=lambda published: published.seq)

    def _remember(self, published: PublishedEvent) -> None:
        if not published.event.is_sample:
            self._facts.append(published)
            if len(self._facts) > self._capacity:
                self._forget(self._facts.popleft())
            return
        key = published.event.sample_key
        self._samples.pop(key, None)  # so that the dict stays in order of seq
        self._samples[key] = published
        if len(self._samples) > self._capacity:
            self._forget(self._samples.pop(next(iter(self._samples))))

    def _forget(self, published: PublishedEvent) -> None:
        self._forgotten = max(self._forgotten, published.seq)
