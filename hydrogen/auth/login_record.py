"""Failed logins for the audit log: who, when, how many, by which scheme; never what was shown.

Anybody can fail to log in as often as the network carries it, so the record is bounded: one line for an address and a minute,
for so many addresses at most, and one more for all others together. As long as there are others, the minute grows to an hour:
whoever has a thousand addresses shall not push out of the log what it is there for.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hydrogen.auth.audit import AuditEntry, AuditLog
from hydrogen.auth.throttle import address_group
from hydrogen.core.clock import Clock
from hydrogen.core.service import Service
from hydrogen.model.codec import iso_time

WINDOW_SECONDS = 60.0
LONGEST_WINDOW_SECONDS = 3600.0

MOST_ADDRESSES = 16
"""Of one window, each with a line of its own."""

OTHERS = "others"

ACTION = "login.failed"
NOBODY = "unknown"


@dataclass(slots=True)
class _Tally:
    """failed: credentials that were looked at and refused. held_back: attempts that were answered 429 unseen."""

    first_at: float
    last_at: float = 0.0
    failed: int = 0
    held_back: int = 0
    schemes: set[str] = field(default_factory=set)


class LoginRecord(Service):
    """Belongs to one event loop. What a window gathered is recorded at its end, and when the service ends."""

    name = "login record"

    def __init__(self, audit: AuditLog, *, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._tallies: dict[str, _Tally] = {}
        self._has_some = asyncio.Event()
        self._window_seconds = WINDOW_SECONDS

    def note(self, address: str, scheme: str, *, is_held_back: bool = False) -> None:
        """A login failed. scheme: one of credentials.SCHEMES. Never waits, never raises."""
        group = address_group(address)
        if group not in self._tallies and len(self._tallies) >= MOST_ADDRESSES:
            group = OTHERS
        now = self._clock.wall()
        tally = self._tallies.setdefault(group, _Tally(first_at=now))
        tally.last_at = now
        tally.schemes.add(scheme)
        if is_held_back:
            tally.held_back += 1
        else:
            tally.failed += 1
        self._has_some.set()

    async def run(self) -> None:
        while True:
            await self._has_some.wait()
            await asyncio.sleep(self._window_seconds)
            self.close_window()

    async def release(self) -> None:
        self.close_window()

    def close_window(self) -> None:
        """Record what was gathered, and begin anew."""
        tallies, self._tallies = self._tallies, {}
        self._has_some.clear()
        is_crowded = OTHERS in tallies
        self._window_seconds = min(2 * self._window_seconds, LONGEST_WINDOW_SECONDS) if is_crowded else WINDOW_SECONDS
        for address, tally in tallies.items():
            params = {
                "failed": tally.failed,
                "held_back": tally.held_back,
                "schemes": sorted(tally.schemes),
                "first_at": iso_time(tally.first_at),
                "last_at": iso_time(tally.last_at),
            }
            entry = AuditEntry(actor=NOBODY, source=f"login {address}", action=ACTION, params=params)
            self._audit.record(entry, "auth_failed")
