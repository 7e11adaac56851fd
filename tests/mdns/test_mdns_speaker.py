"""Multicast DNS itself, on the loopback interface: found, and gone after the goodbye."""

from __future__ import annotations

from zeroconf import IPVersion
from zeroconf.asyncio import AsyncZeroconf

from hydrogen.mdns.announced import OCTOPRINT, BoundPort, HouseCard, services_of
from hydrogen.mdns.speaker import ZeroconfSpeaker

LOOPBACK = "127.0.0.1"
CARD = HouseCard(
    host="hydrogen-test", version="1.2.3", uuid="0b6b2f9e-7d11-4c2c-9a3e-2f1f6a2d9c11", printers=("ender3",)
)
PORT = BoundPort(port=5003, addresses=(LOOPBACK,))
NAME = f"{CARD.name}.{OCTOPRINT}"


async def test_a_service_is_found_with_its_records_until_it_says_goodbye() -> None:
    services = services_of(CARD, web=PORT, websocket=BoundPort(port=0, addresses=()))[:1]
    speaker = ZeroconfSpeaker([LOOPBACK])
    listener = AsyncZeroconf(interfaces=[LOOPBACK], ip_version=IPVersion.V4Only)
    try:
        assert await speaker.announce(services) == [CARD.name]
        found = await listener.async_get_service_info(OCTOPRINT, NAME, 3000)
        assert found is not None and found.port == 5003 and found.parsed_addresses() == [LOOPBACK]
        assert found.decoded_properties == dict(services[0].properties)
        await speaker.close()
        await speaker.close()
        assert await listener.async_get_service_info(OCTOPRINT, NAME, 100) is None
    finally:
        await speaker.close()
        await listener.async_close()
