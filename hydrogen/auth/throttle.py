"""Failed logins: who guesses, waits; the more guesses, the longer. Connections that are open are not touched."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass

from hydrogen.core.clock import Clock
from hydrogen.errors import RateLimited

IPV6_PREFIX = 64
"""Bits of an IPv6 address that count: one household has all addresses behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleLimits:
    """free_failures: without a wait, for slips of the keyboard. Each further one doubles the wait, from first_wait_seconds up
    to longest_wait_seconds. forget_seconds: after so long without a failure all is forgiven. addresses: remembered at most,
    the longest silent ones forgotten first.
    """

    free_failures: int = 5
    first_wait_seconds: float = 1.0
    longest_wait_seconds: float = 60.0
    forget_seconds: float = 900.0
    addresses: int = 4096


@dataclass(slots=True)
class _Record:
    failures: int
    last_at: float


class FailedLogins:
    """Counts by address (IPv6: by /64)."""

    def __init__(self, *, clock: Clock, limits: ThrottleLimits | None = None) -> None:
        self._clock = clock
        self._limits = limits or ThrottleLimits()
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def check(self, address: str) -> None:
        """May this address try now? Raises RateLimited with `retry_after_seconds` (whole seconds, rounded up)."""
        record = self._records.get(address_group(address))
        if record is None:
            return
        wait_seconds = record.last_at + self._wait_after(record.failures) - self._clock.monotonic()
        if wait_seconds > 0:
            seconds = math.ceil(wait_seconds)
            raise RateLimited(
                f"too many failed logins from this address: try again in {seconds} s", retry_after_seconds=seconds
            )

    def failed(self, address: str) -> None:
        """A wrong credential came from there."""
        group, now = address_group(address), self._clock.monotonic()
        record = self._records.pop(group, None)
        if record is None or now - record.last_at > self._limits.forget_seconds:
            record = _Record(0, now)
        record.failures += 1
        record.last_at = now
        self._records[group] = record
        if len(self._records) > self._limits.addresses:
            self._records.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """A right one came: all is forgiven."""
        self._records.pop(address_group(address), None)

    def _wait_after(self, failures: int) -> float:
        limits = self._limits
        over = failures - limits.free_failures
        if over <= 0:
            return 0.0
        # The exponent is bounded before it is used: 2.0 ** 2000 would overflow.
        return min(limits.longest_wait_seconds, limits.first_wait_seconds * 2.0 ** min(over - 1, 32))


def address_group(address: str) -> str:
    """What counts as one address: an IPv4 address, the /64 of an IPv6 address; anything else as it stands."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
