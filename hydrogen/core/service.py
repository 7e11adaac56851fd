"""A part of the house with a life of its own: what the supervisor starts, watches and stops."""

from __future__ import annotations

import asyncio


class Service:
    """Override what you need; every method does nothing by default.

    The life of a service: `start`, then `run` until the end, then the phases of the shutdown: `refuse`, `close_clients`,
    (`run` is cancelled), `release`. See supervisor.py for the order among services and the limits.
    """

    name: str = "service"
    """For logs and reports; unique in the house."""

    async def start(self) -> None:
        """Ready when it returns. Raising stops the start of the whole house; leave nothing open then."""

    async def run(self) -> None:
        """Live until cancelled. An exception is a failure: reported, and `run` is called again after a pause.

        Returning means that there is nothing left to do. On cancellation end within the limit of the third phase.
        """
        await asyncio.Event().wait()

    def refuse(self) -> None:
        """Phase 1: take nothing new from now on. Must return at once."""

    async def close_clients(self) -> None:
        """Phase 2: bid farewell to whoever is connected. Cancelled when the limit is over: then cut them off."""

    async def release(self) -> None:
        """Phase 4, in reverse order of the start: give back what `start` took. May be called twice, and after a failure."""
