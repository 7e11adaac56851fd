"""python-zeroconf as a Speaker. Importing it takes a tenth of a second and some MiB: done where something is announced."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from zeroconf import IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

from hydrogen.mdns.announced import AnnouncedService


class ZeroconfSpeaker:
    """Signs Speaker. interfaces: addresses to speak on; None for those that the announced services have."""

    def __init__(self, interfaces: Sequence[str] | None = None) -> None:
        self._interfaces = interfaces
        self._zeroconf: AsyncZeroconf | None = None

    async def announce(self, services: Sequence[AnnouncedService]) -> Sequence[str]:
        # The library opens its sockets once, for the interfaces that there are: for others it must begin anew.
        await self.close()
        interfaces = self._interfaces or sorted({address for one in services for address in one.addresses})
        if not services:
            return ()
        zeroconf = self._zeroconf = AsyncZeroconf(interfaces=list(interfaces), ip_version=_version_of(interfaces))
        infos = [_info_of(one) for one in services]
        told = [await zeroconf.async_register_service(info, allow_name_change=True) for info in infos]
        await asyncio.gather(*told)
        return [info.name.removesuffix(f".{info.type}") for info in infos]

    async def close(self) -> None:
        zeroconf, self._zeroconf = self._zeroconf, None
        if zeroconf is not None:
            try:
                await zeroconf.async_unregister_all_services()
            finally:
                await zeroconf.async_close()


def _version_of(interfaces: Sequence[str]) -> IPVersion:
    kinds = {":" in address for address in interfaces}
    if kinds == {True, False}:
        return IPVersion.All
    return IPVersion.V6Only if True in kinds else IPVersion.V4Only


def _info_of(service: AnnouncedService) -> ServiceInfo:
    return ServiceInfo(
        service.kind,
        f"{service.name}.{service.kind}",
        port=service.port,
        properties=dict(service.properties),
        server=service.server,
        parsed_addresses=list(service.addresses),
    )
