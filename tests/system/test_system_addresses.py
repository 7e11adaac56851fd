"""By which addresses others reach this machine."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from hydrogen.system.addresses import AddressWatch, addresses_behind, reachable_addresses

REACHABLE = ("192.0.2.7", "198.51.100.3", "2001:db8::7")


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("0.0.0.0", ("192.0.2.7", "198.51.100.3")),
        ("::", ("2001:db8::7",)),
        ("192.0.2.7", ("192.0.2.7",)),
        ("127.0.0.1", ()),
        ("::1", ()),
        ("localhost", ()),
        ("pi.example", ()),
    ],
)
def test_what_a_host_binds_is_what_leads_to_it(host: str, addresses: tuple[str, ...]) -> None:
    assert addresses_behind(host, REACHABLE) == addresses


def test_the_machines_own_addresses_lead_here() -> None:
    found = reachable_addresses()
    assert len(set(found)) == len(found)
    for text in found:
        assert not ip_address(text).is_loopback and not ip_address(text).is_link_local
    assert [":" in text for text in found] == sorted(":" in text for text in found)


async def test_the_watch_can_be_started_and_closed_twice() -> None:
    watch = AddressWatch(lambda: None)
    watch.start()
    watch.close()
    watch.close()
