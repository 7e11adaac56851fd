"""Under which addresses other machines reach this one, and when that changes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import psutil

_CONTAINERS = ("docker", "veth", "br-", "virbr", "cni", "flannel", "podman", "lxc")
"""Interfaces of bridges to containers: their addresses lead nowhere from another machine."""

LINK, IPV4_ADDRESS, IPV6_ADDRESS = 0x1, 0x10, 0x100
"""Multicast groups of the kernel's routing socket (linux/rtnetlink.h, RTMGRP_LINK, _IPV4_IFADDR, _IPV6_IFADDR)."""

LARGEST_MESSAGE_BYTES = 65_536


def reachable_addresses() -> tuple[str, ...]:
    """The addresses of interfaces that are up, IPv4 first; none of loopback, of a link only, or of bridges to containers."""
    states = psutil.net_if_stats()
    found: list[str] = []
    for name, addresses in psutil.net_if_addrs().items():
        state = states.get(name)
        if name.startswith(_CONTAINERS) or state is None or not state.isup:
            continue
        found.extend(a.address for a in addresses if a.family in (socket.AF_INET, socket.AF_INET6))
    return tuple(sorted({text for text in found if _leads_here(text)}, key=lambda text: (":" in text, text)))


def addresses_behind(host: str, reachable: Sequence[str]) -> tuple[str, ...]:
    """Those by which a socket bound to `host` is reached: all of its kind for 0.0.0.0 and ::, itself else.

    None for a name: where it leads is not known without asking, and for this machine's own addresses.
    """
    try:
        bound = ip_address(host)
    except ValueError:
        return ()
    if bound.is_loopback:
        return ()
    if not bound.is_unspecified:
        return (host,)
    return tuple(text for text in reachable if ip_address(text).version == bound.version)


def _leads_here(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:  # with the name of its link, fe80::1%eth0
        return False
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


class AddressWatch:
    """Calls `changed` when an address or a link came or went: told by the kernel, so an idle house does not wake for it."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._socket: socket.socket | None = None

    def start(self) -> bool:
        """False where the kernel does not tell: then a restart is what makes new addresses known."""
        try:
            watching = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        except (AttributeError, OSError):
            return False
        try:
            watching.setblocking(False)
            watching.bind((0, LINK | IPV4_ADDRESS | IPV6_ADDRESS))
            asyncio.get_running_loop().add_reader(watching, self._read)
        except OSError:
            watching.close()
            return False
        self._socket = watching
        return True

    def close(self) -> None:
        """May be called twice."""
        watching, self._socket = self._socket, None
        if watching is not None:
            asyncio.get_running_loop().remove_reader(watching)
            watching.close()

    def _read(self) -> None:
        assert self._socket is not None
        try:
            while self._socket.recv(LARGEST_MESSAGE_BYTES):
                pass
        except OSError:
            pass  # all read; or some were lost (ENOBUFS), which tells the same
        self._changed()
