"""Proxies that end TLS for us, and whose word about the client's address counts."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from hydrogen.errors import Forbidden

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TrustedProxies:
    """Who stands in front of us. Without any, nobody's `X-Forwarded-For` is believed."""

    def __init__(self, networks: Sequence[str] = (), *, is_alone: bool = False) -> None:
        """networks: addresses or networks, `192.0.2.7`, `10.0.0.0/8`. is_alone: nobody else may call, loopback apart; for a
        port that speaks plain text because the proxy speaks TLS. Raises ValueError for what is no network.
        """
        self._networks = tuple(ipaddress.ip_network(network, strict=False) for network in networks)
        self._is_alone = is_alone

    def check(self, peer: str) -> None:
        """May this peer (the address at the other end of the socket) call at all? Raises Forbidden."""
        if not self._is_alone:
            return
        address = _address_of(peer)
        if address is None or not (address.is_loopback or self._knows(address)):
            raise Forbidden("plain text is for the proxies only (tls.trusted_proxies): use https and wss")

    def client_address(self, peer: str, forwarded: Sequence[str]) -> str:
        """The client's address. forwarded: all values of `X-Forwarded-For`.

        Every proxy adds at the end whom it heard from, so the last address that is not a trusted proxy's is the client's; what
        stands before it, the client may have written itself. Nothing is believed behind a value that is no address.
        """
        address = peer
        chain = [part.strip() for value in forwarded for part in value.split(",")]
        for heard_from in reversed(chain):
            known = _address_of(address)
            if known is None or not self._knows(known):
                return address
            if _address_of(heard_from) is None:
                return address
            address = heard_from
        return address

    def trusts(self, peer: str) -> bool:
        """Is this peer (the address at the other end of the socket) one of the proxies?"""
        address = _address_of(peer)
        return address is not None and self._knows(address)

    def _knows(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _address_of(text: str) -> Address | None:
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return found if mapped is None else mapped


def is_loopback(host: str) -> bool:
    """Does an address to bind stand for this machine only?"""
    address = _address_of(host)
    return host == "localhost" if address is None else address.is_loopback
