"""The service that makes the first key which signs sessions, once the house is up and has a moment to spare."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hydrogen.auth.sessions import SessionTokens
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import HostError

SETTLING_SECONDS = 2.0
"""After the start: clients come and ports are opened then, and a small host has better things to do than to look for primes."""


class SigningService(Service):
    """Looks once in a life. A key that serves its time later, or that could not be made here, is made with the next session."""

    name = "session keys"

    def __init__(
        self,
        sessions: SessionTokens,
        *,
        report: Callable[[str, BaseException], None],
        log: Log,
        settling_seconds: float = SETTLING_SECONDS,
    ) -> None:
        """report: tells everybody that the keys are damaged or cannot be made."""
        self._sessions = sessions
        self._report = report
        self._log = log
        self._settling_seconds = settling_seconds

    async def run(self) -> None:
        await asyncio.sleep(self._settling_seconds)
        try:
            damage = await self._sessions.put_damaged_keys_aside()
            if damage is not None:
                self._tell(damage)
            if await self._sessions.prepare():
                self._log.info("session keys made")
        except HostError as error:
            self._tell(error)

    def _tell(self, error: HostError) -> None:
        self._log.error("session keys not in order", error=error)
        self._report(self.name, error)
