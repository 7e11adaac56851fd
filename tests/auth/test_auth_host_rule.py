"""By which names a web page may call us."""

from __future__ import annotations

import pytest

from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import Query, Request
from hydrogen.auth.host_rule import HostRule
from hydrogen.auth.keys import KeyRing
from hydrogen.core.clock import ManualClock
from hydrogen.errors import Forbidden

PAGE = ("http://evil.example:5001",)
RULE = HostRule(["Printer.Example.com"])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:5001",
        "192.168.1.5",
        "[::1]:5001",
        "[fe80::1%25eth0]:5001",
        "localhost:5001",
        "printer",
        "printer.local:5001",
        "octopi.LAN",
        "printer.home.arpa.",
        "printer.example.com:5001",
        "PRINTER.EXAMPLE.COM.",
    ],
)
def test_page_may_call_us_by_a_name_that_no_stranger_can_own(host: str) -> None:
    RULE.check(hosts=[host], origins=PAGE)


@pytest.mark.parametrize(
    "hosts",
    [
        ["evil.example:5001"],
        ["printer.example.com.evil.example"],
        ["local.evil.example"],
        ["127.0.0.1.evil.example"],
        ["localhost@evil.example"],
        ["evil.example/localhost"],
        ["[::1"],
        [""],
        [":5001"],
        [],
        ["localhost", "evil.example"],
    ],
)
def test_page_that_calls_us_by_another_name_is_refused(hosts: list[str]) -> None:
    with pytest.raises(Forbidden):
        RULE.check(hosts=hosts, origins=PAGE)


def test_programs_may_call_us_as_they_like() -> None:
    RULE.check(hosts=["evil.example"], origins=[])


@pytest.mark.parametrize(("host", "is_let_in"), [("printer.example.com:5000", True), ("evil.example:5000", False)])
async def test_rule_holds_at_every_door_even_with_the_right_key(host: str, is_let_in: bool) -> None:
    authority = Authority(KeyRing.of_full_keys(["the-key-0123456789"]), clock=ManualClock(), hosts=RULE)
    request = Request(
        address="192.0.2.1",
        query=Query.of(""),
        authorization=["Key the-key-0123456789"],
        origins=["http://evil.example:5000"],
        hosts=[host],
    )
    if is_let_in:
        assert (await authority.admit(request)).principal.name == "key1"
    else:
        with pytest.raises(Forbidden):
            await authority.admit(request)
