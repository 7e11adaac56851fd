"""The service that lets the network know: announced once the ports are bound, again when addresses change, goodbye at the end.

In a house that only this machine reaches nothing is announced, and the library is not loaded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.mdns.announced import AnnouncedService
from hydrogen.system.addresses import AddressWatch

SETTLE_SECONDS = 2.0
"""After a change of addresses: a new network gives several within a second or two."""

RETRY_SECONDS = 60.0
"""After a failure, which is the network's as a rule."""

GOODBYE_SECONDS = 1.0
"""All that the end of the house allows for; three goodbyes take 0.4 s."""


class Speaker(Protocol):
    """Speaks multicast DNS."""

    async def announce(self, services: Sequence[AnnouncedService]) -> Sequence[str]:
        """Exactly these from now on, on all interfaces that there are; returns their names, as they were not taken yet.

        Raises OSError.
        """

    async def close(self) -> None:
        """Goodbye. May be called twice."""


class Announcer(Service):
    """See the module's docstring."""

    name = "mdns"

    def __init__(
        self,
        services: Callable[[], Sequence[AnnouncedService]],
        *,
        make_speaker: Callable[[], Speaker],
        log: Log,
    ) -> None:
        """services: what is to be announced as things are now. make_speaker: may block, and is called when it is needed."""
        self._services = services
        self._make_speaker = make_speaker
        self._log = log
        self._speaker: Speaker | None = None
        self._announced: Sequence[AnnouncedService] = ()
        self._changed = asyncio.Event()
        self._watch = AddressWatch(self.review)

    def review(self) -> None:
        """Something may be another way than it was announced."""
        self._changed.set()

    async def run(self) -> None:
        if not self._watch.start():
            self._log.info("address changes not watched")
        try:
            while True:
                self._changed.clear()
                failed = not await self._announce()
                try:
                    async with asyncio.timeout(RETRY_SECONDS if failed else None):
                        await self._changed.wait()
                        await asyncio.sleep(SETTLE_SECONDS)
                except TimeoutError:
                    pass
        finally:
            self._watch.close()

    async def _announce(self) -> bool:
        services = self._services()
        if list(services) == list(self._announced):
            return True
        try:
            if self._speaker is None:
                self._speaker = await asyncio.to_thread(self._make_speaker)
            names = await self._speaker.announce(services)
        except OSError as error:
            self._log.warning("service not announced", error=error)
            return False
        self._announced = services
        self._log.info("service announced", names=sorted(set(names)), kinds=[one.kind for one in services])
        return True

    async def release(self) -> None:
        speaker, self._speaker = self._speaker, None
        if speaker is None:
            return
        try:
            async with asyncio.timeout(GOODBYE_SECONDS):
                await speaker.close()
        except (TimeoutError, OSError) as error:
            self._log.info("goodbye not said", error=error)
