"""A bounded queue of published events in which samples merge and facts do not."""

from __future__ import annotations

from hydrogen.model.events import PublishedEvent


class MergeQueue:
    """What one reader has not read yet, in order of `seq`.

    A sample replaces the queued sample of the same `sample_key` and moves to the end, so that the order of what is left
    stays the order of publishing. Facts (and terminal lines) are kept one by one. `capacity` bounds both together.

    Overflow is not silent: the queue is emptied, `lagged` is set, and nothing is taken in until `drain` was called. The
    reader that drained a lagged queue has lost events and needs a snapshot; what is put after that `drain` follows it.

    merged: samples that a newer one replaced; lost: events that were dropped, since the queue was made.
    """

    __slots__ = ("_capacity", "_entries", "_lagged", "_next_fact", "lost", "merged")

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a queue needs room for one event at least (capacity {capacity})")
        self._capacity = capacity
        self._entries: dict[object, PublishedEvent] = {}
        self._next_fact = 0
        self._lagged = False
        self.merged = 0
        self.lost = 0

    @property
    def lagged(self) -> bool:
        """Were events lost since the last `drain`?"""
        return self._lagged

    @property
    def capacity(self) -> int:
        return self._capacity

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, published: PublishedEvent) -> bool:
        """Take it in. False: there was no room (now or since the last `drain`), everything queued is lost."""
        if self._lagged:
            self.lost += 1
            return False
        key = self._key_of(published)
        if self._entries.pop(key, None) is not None:
            self.merged += 1
        if len(self._entries) >= self._capacity:
            self.lost += len(self._entries) + 1
            self._entries.clear()
            self._lagged = True
            return False
        self._entries[key] = published
        return True

    def drain(self) -> list[PublishedEvent]:
        """Everything queued, oldest first; the queue is empty and no longer lagged. A lagged queue yields nothing."""
        drained = list(self._entries.values())
        self._entries.clear()
        self._lagged = False
        return drained

    def _key_of(self, published: PublishedEvent) -> object:
        if published.event.is_sample:
            return published.event.sample_key
        self._next_fact += 1
        return self._next_fact
