"""Under which names a web page may call us: the protection against DNS rebinding.

A page of `evil.example` can let its own name point to the printer host's address. To the browser it then calls its own
server: its Origin fits the `Host` it sends, and no rule about origins sees anything wrong. What gives it away is the name. So
a browser's request (one with an `Origin`) must call us by something that no stranger on the internet can own: an address, a
name without dots, a name of the local network, or one that the owner has allowed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from hydrogen.errors import Forbidden

LOCAL_SUFFIXES = (".localhost", ".local", ".home.arpa", ".internal", ".lan", ".home", ".localdomain")
"""Ends of names that the public DNS never gives away: RFC 6761, 6762 and 8375, ICANN's reserved `internal` and `home`, and two
that many routers use and that nobody can register."""


class HostRule:
    """Names we answer to when a browser calls."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """allowed: further names, without port."""
        self._allowed = frozenset(name.lower().rstrip(".") for name in allowed)

    def check(self, *, hosts: Sequence[str], origins: Sequence[str]) -> None:
        """hosts, origins: all values of these headers. Raises Forbidden for a page that calls us by a foreign name."""
        if origins and not (len(hosts) == 1 and self._knows(_name_in(hosts[0]))):
            raise Forbidden("web pages may not call this host by that name (websocket.allowed_hosts)")

    def _knows(self, name: str | None) -> bool:
        if not name:
            return False
        return name in self._allowed or "." not in name or name.endswith(LOCAL_SUFFIXES) or _is_address(name)


def _name_in(host: str) -> str | None:
    """The name in a Host header, without port, brackets and the root's dot; None if it holds none."""
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return None
    return None if name is None or "@" in host or "/" in host else name.rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True
