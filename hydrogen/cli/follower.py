"""Follows a service through its restarts, and keeps a view of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any

from hydrogen.cli.address import ServiceAddress
from hydrogen.cli.client import Client, Frame, connected
from hydrogen.cli.view import HouseView
from hydrogen.client.follower import PATIENCE_SECONDS
from hydrogen.client.follower import Follower as ConnectionFollower
from hydrogen.core.clock import Clock


class Follower:
    """Keeps `view` up to date from the service's frames."""

    def __init__(
        self,
        find_address: Callable[[], ServiceAddress],
        *,
        clock: Clock,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """find_address: called before each connection, because a service may come back on another port."""
        self._follower = ConnectionFollower(
            lambda since: connected(find_address(), since=since), clock=clock, patience_seconds=patience_seconds
        )
        self.view = HouseView()

    @property
    def client(self) -> Client | None:
        """The present connection; None between two."""
        return self._follower.connection

    async def frames(self) -> AsyncGenerator[Frame]:
        """Every frame, applied to the view already. A frame of type `client.away` tells of a loss.

        Raises ServiceUnreachable when the first connection fails, or none can be had for as long as the patience lasts.
        """
        async with aclosing(self._follower.frames()) as frames:
            async for frame in frames:
                self.view.apply(frame)
                yield frame


async def outcome_of(client: Client, printer: str, job: str) -> Mapping[str, Any] | None:
    """How a job ended that was not there any more after an absence, from the history; None if it is not known (yet)."""
    history = await client.command("job.history", params={"limit": 50})
    for record in history.get("jobs", []):
        if record.get("job") == job and record.get("outcome"):
            return {"type": "job.finished", "printer": printer, **record}
    return None
