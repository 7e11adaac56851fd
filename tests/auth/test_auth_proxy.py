"""Whose word about an address counts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hydrogen.auth.proxy import TrustedProxies, is_loopback
from hydrogen.errors import Forbidden

PROXIES = TrustedProxies(["10.0.0.0/8", "fd00::1"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.2", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.2", ["198.51.100.1", "203.0.113.9, 10.0.0.3"], "203.0.113.9"),
        ("10.0.0.2", ["198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.2", [""], "10.0.0.2"),
        ("10.0.0.2", ["nonsense"], "10.0.0.2"),
        ("10.0.0.2", ["198.51.100.1, nonsense, 10.0.0.3"], "10.0.0.3"),
        ("fd00::1", ["2001:db8::5"], "2001:db8::5"),
        ("::ffff:10.0.0.2", ["203.0.113.9"], "203.0.113.9"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("", ["203.0.113.9"], ""),
    ],
)
def test_a_trusted_proxys_word_counts_and_nobody_elses(peer: str, forwarded: Sequence[str], client: str) -> None:
    assert PROXIES.client_address(peer, forwarded) == client


def test_without_proxies_nobody_is_believed() -> None:
    assert TrustedProxies().client_address("10.0.0.2", ["203.0.113.9"]) == "10.0.0.2"


def test_a_proxy_is_known_by_its_address() -> None:
    proxies = TrustedProxies(["10.0.0.0/8"])
    assert proxies.trusts("10.0.0.2")
    assert not proxies.trusts("192.0.2.1")
    assert not proxies.trusts("")


def test_where_only_proxies_may_call_nobody_else_may_but_this_machine() -> None:
    alone = TrustedProxies(["10.0.0.2"], is_alone=True)
    for peer in ("10.0.0.2", "127.0.0.1", "::1", "::ffff:127.0.0.1"):
        alone.check(peer)
    for peer in ("10.0.0.3", "203.0.113.9", "", "unknown"):
        with pytest.raises(Forbidden, match="https"):
            alone.check(peer)
    PROXIES.check("203.0.113.9")


def test_loopback_is_this_machine() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost"))
    assert not any(is_loopback(host) for host in ("", "0.0.0.0", "::", "192.0.2.1", "printer.local"))
