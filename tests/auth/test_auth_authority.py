"""What is shown becomes a grant, and a grant is good for the moment only."""

from __future__ import annotations

import pytest

from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import Query, Request
from hydrogen.auth.grant import Grant
from hydrogen.auth.keys import ApiKey, KeyEntry, KeyRing, digest_of_key
from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import AuthFailed, Forbidden, RateLimited

KEY = "authority-key-01"
OWNER = Principal(name="owner")


def request(query: str = "", *, key: str | None = KEY, origin: str | None = None) -> Request:
    return Request(
        address="192.0.2.1",
        query=Query.of(query),
        authorization=[] if key is None else [f"Key {key}"],
        origins=[] if origin is None else [origin],
        hosts=["printer.local"],
    )


def entry(principal: Principal = OWNER, *, expires_at: float | None = None) -> KeyEntry:
    return KeyEntry(digest=digest_of_key(KEY), principal=principal, expires_at=expires_at)


def authority(*entries: KeyEntry | ApiKey, clock: ManualClock | None = None) -> Authority:
    return Authority(KeyRing(entries or [entry()]), clock=clock or ManualClock())


async def test_a_known_key_is_let_in_and_a_stranger_is_not() -> None:
    grant = await authority().admit(request())
    assert (grant.principal, grant.expires_at) == (OWNER, None)
    for key in ("", "authority-key-0", "authority-key-011", None):
        with pytest.raises(AuthFailed):
            await authority().admit(request(key=key))


async def test_a_foreign_page_with_a_key_in_the_url_is_forbidden() -> None:
    foreign = request(f"key={KEY}", key=None, origin="http://evil.example")
    with pytest.raises(Forbidden):
        await authority().admit(foreign)
    with pytest.raises(AuthFailed):  # a wrong key is told before a wrong origin
        await authority().admit(request("key=wrong", key=None, origin="http://evil.example"))


async def test_an_expired_key_opens_nothing_and_carries_nobody() -> None:
    clock = ManualClock()
    at = authority(entry(expires_at=clock.wall() + 10), clock=clock)
    grant = await at.admit(request())
    assert at.current(grant) is grant
    clock.advance(10)
    with pytest.raises(AuthFailed, match="expired"):
        at.current(grant)
    with pytest.raises(AuthFailed, match="expired"):
        await at.admit(request())


async def test_a_revoked_key_carries_nobody_any_more() -> None:
    at = authority()
    grant = await at.admit(request())
    at.take_keys(KeyRing())
    with pytest.raises(AuthFailed, match="revoked"):
        at.current(grant)


async def test_rights_are_those_of_the_moment() -> None:
    at = authority()
    grant = await at.admit(request())
    reader = Principal(name="owner", scopes=frozenset({"read"}))
    at.take_keys(KeyRing([entry(reader)]))
    assert at.current(grant).principal == reader


async def test_a_key_whose_life_was_shortened_ends_with_it() -> None:
    clock = ManualClock()
    at = authority(clock=clock)
    grant = await at.admit(request())
    at.take_keys(KeyRing([entry(expires_at=clock.wall())]))
    with pytest.raises(AuthFailed):
        at.current(grant)


def test_a_grant_that_rests_on_no_key_is_good_until_it_ends() -> None:
    clock = ManualClock()
    grant = Grant(principal=OWNER, expires_at=clock.wall() + 1)
    at = authority(clock=clock)
    at.take_keys(KeyRing())
    assert at.current(grant) is grant


def test_listeners_are_told_of_changes_until_they_leave() -> None:
    at, heard = authority(), []
    unlisten = at.on_changed(lambda: heard.append(1))
    at.take_keys(KeyRing())
    unlisten()
    unlisten()
    at.take_keys(KeyRing())
    assert heard == [1]


async def test_what_makes_safe_passes_the_throttle_once_a_second() -> None:
    clock = ManualClock()
    gate = authority(clock=clock)
    for _ in range(12):
        with pytest.raises((AuthFailed, RateLimited)):
            await gate.admit(request(key="wrong-key-0001"))
    with pytest.raises(RateLimited):
        await gate.admit(request())
    outcomes = []
    for _ in range(8):
        try:
            await gate.admit(request(key="wrong-key-0001"), is_urgent=True)
        except (AuthFailed, RateLimited) as error:
            outcomes.append(error.code)
    assert outcomes == ["auth_failed"] * 5 + ["rate_limited"] * 3
    clock.advance(1)
    assert (await gate.admit(request(), is_urgent=True)).principal == OWNER
