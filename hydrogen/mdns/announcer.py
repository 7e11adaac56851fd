"""The service that lets the network know: announced once the ports are bound, again when addresses change, goodbye at the end.

In a house that only this machine reaches nothing is announced, and the library is not loaded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from hydrogen.auth.proxy import is_loopback
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import HostError
from hydrogen.mdns.announced import AnnouncedService, BoundPort, HouseCard, services_of
from hydrogen.system.addresses import AddressWatch, addresses_behind, reachable_addresses
from hydrogen.system.identity import load_identity
from hydrogen.system.info import WebSocketFigures

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
        """services: what is to be announced as things are now. make_speaker: called when it is needed. Both may block, and are
        called in a thread."""
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
        try:
            services = await asyncio.to_thread(self._services)
            if list(services) == list(self._announced):
                return True
            if self._speaker is None:
                self._speaker = await asyncio.to_thread(self._make_speaker)
            names = await self._speaker.announce(services)
        except (OSError, HostError) as error:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundHosts:
    """What the ports are bound to. web None: there is no HTTP port."""

    web: str | None
    websocket: str
    is_tls: bool = False


def announcers_of(
    card: HouseCard, hosts: BoundHosts, data_dir: Path, figures: WebSocketFigures, log: Log
) -> Sequence[Announcer]:
    """The announcer of a house; none where only this machine reaches it. card: without its uuid, which is in data_dir.
    figures: where the bound ports are told."""
    if all(host is None or is_loopback(host) for host in (hosts.web, hosts.websocket)):
        return ()

    def services() -> Sequence[AnnouncedService]:
        reachable = reachable_addresses()
        web_addresses = () if hosts.web is None else addresses_behind(hosts.web, reachable)
        return services_of(
            replace(card, uuid=load_identity(data_dir)),
            web=BoundPort(port=figures.web_port, addresses=web_addresses, is_tls=hosts.is_tls),
            websocket=BoundPort(
                port=figures.port, addresses=addresses_behind(hosts.websocket, reachable), is_tls=hosts.is_tls
            ),
        )

    return (Announcer(services, make_speaker=_zeroconf_speaker, log=log),)


def _zeroconf_speaker() -> Speaker:
    from hydrogen.mdns.speaker import ZeroconfSpeaker

    return ZeroconfSpeaker()
