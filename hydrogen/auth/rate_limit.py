"""Token buckets: how often somebody may do something. The same for every surface; a bucket never waits and never sleeps.

A bucket holds up to `burst` tokens and gains `per_second` of them each second; whatever is done costs one. What makes a
printer safe is never asked here.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass

from hydrogen.core.clock import Clock
from hydrogen.errors import RateLimited

KEPT_BUCKETS = 4096
"""Callers or addresses that are remembered. Whoever is forgotten starts with a full bucket: a stranger with so many addresses
gains a burst for each, and no memory of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often: per_second in the long run, burst at once."""

    per_second: float
    burst: float


class TokenBucket:
    """One caller's tokens; begins full."""

    __slots__ = ("_at", "_tokens", "rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self._tokens = rate.burst
        self._at = now

    def take(self, now: float) -> float:
        """Take a token; 0.0 if there was one, else the seconds until there is (and nothing was taken)."""
        gained = (now - self._at) * self.rate.per_second
        self._tokens = min(self.rate.burst, self._tokens + gained)
        self._at = now
        if self._tokens >= 1.0:
            self._tokens -= 1.0
            return 0.0
        return (1.0 - self._tokens) / self.rate.per_second


def check_tokens(what: str, bucket: TokenBucket, now: float) -> None:
    """Take a token. Raises RateLimited with the details `limit` (what), `per_second`, `burst`, `retry_after_seconds`."""
    wait = bucket.take(now)
    if not wait:
        return
    rate = bucket.rate
    raise RateLimited(
        f"too many {what}: {rate.burst:g} at once, then {rate.per_second:g} per second",
        limit=what,
        per_second=rate.per_second,
        burst=rate.burst,
        retry_after_seconds=math.ceil(wait * 1000) / 1000,
    )


class RateLimit:
    """A bucket for each caller or address."""

    def __init__(self, what: str, rate: Rate, *, clock: Clock, capacity: int = KEPT_BUCKETS) -> None:
        """what: they are limited in, for the refusal (`commands`)."""
        self._what = what
        self._rate = rate
        self._clock = clock
        self._capacity = capacity
        self._buckets: OrderedDict[object, TokenBucket] = OrderedDict()

    def wait_seconds(self, key: object) -> float:
        """Take one of `key`'s tokens; 0.0 if there was one, else the seconds until there is."""
        return self._bucket_of(key).take(self._clock.monotonic())

    def take(self, key: object) -> None:
        """The same, but raises RateLimited (see `check_tokens`)."""
        check_tokens(self._what, self._bucket_of(key), self._clock.monotonic())

    def _bucket_of(self, key: object) -> TokenBucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self._rate, self._clock.monotonic())
            if len(self._buckets) > self._capacity:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        return bucket
