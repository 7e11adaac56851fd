"""Follows a service through its restarts: the frames of one connection after the other, as if there were one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from hydrogen.cli.address import ServiceAddress
from hydrogen.cli.client import Client, Frame, connected
from hydrogen.cli.view import HouseView
from hydrogen.core.backoff import Backoff
from hydrogen.core.clock import Clock
from hydrogen.errors import ServiceUnreachable, Unavailable

PATIENCE_SECONDS = 300.0
"""How long a service may be away before following is given up; a restart takes 2 s, an upgrade a minute or two."""

LONGEST_PAUSE_SECONDS = 5.0
"""Between attempts to reach it again."""


class Follower:
    """Keeps `view` up to date from the service's frames."""

    def __init__(self, find_address: Callable[[], ServiceAddress], *, clock: Clock) -> None:
        """find_address: called before each connection, because a service may come back on another port."""
        self._find_address = find_address
        self._clock = clock
        self.view = HouseView()
        self.client: Client | None = None
        """The present connection; None between two."""

    async def frames(self) -> AsyncIterator[Frame]:
        """Every frame, applied to the view already. `{"type": "cli.away"}` tells of a loss.

        Raises ServiceUnreachable when the first connection fails, or none can be had for PATIENCE_SECONDS.
        """
        backoff = Backoff(first_seconds=0.25, limit_seconds=LONGEST_PAUSE_SECONDS)
        lost_at: float | None = None
        while True:
            try:
                async with connected(self._find_address(), since=self.view.since) as client:
                    self.client, lost_at = client, None
                    backoff.reset()
                    async for frame in client.frames():
                        self.view.apply(frame)
                        yield frame
            except (ServiceUnreachable, Unavailable) as error:
                if self.client is None and lost_at is None:
                    raise
                if lost_at is None:
                    self.client, lost_at = None, self._clock.monotonic()
                    yield {"type": "cli.away", "reason": str(error)}
                if self._clock.monotonic() - lost_at > PATIENCE_SECONDS:
                    raise ServiceUnreachable(f"the service did not come back within {PATIENCE_SECONDS:g} s") from error
            await asyncio.sleep(backoff.next_delay())


async def outcome_of(client: Client, printer: str, job: str) -> Mapping[str, Any] | None:
    """How a job ended that was not there any more after an absence, from the history; None if it is not known (yet)."""
    history = await client.command("job.history", params={"limit": 50})
    for record in history.get("jobs", []):
        if record.get("job") == job and record.get("outcome"):
            return {"type": "job.finished", "printer": printer, **record}
    return None
