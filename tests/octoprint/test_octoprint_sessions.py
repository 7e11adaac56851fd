from __future__ import annotations

import pytest

from hydrogen.auth.authority import Authority
from hydrogen.auth.grant import Grant
from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import AuthFailed
from hydrogen.octoprint.sessions import LIFE_SECONDS, MOST_OF_ONE, FaceSessions

ADA = ApiKey(key="ada-key-0123", principal=Principal(name="ada"))


def house() -> tuple[FaceSessions, Authority, Grant, ManualClock]:
    clock = ManualClock()
    ring = KeyRing([ADA])
    authority = Authority(ring, clock=clock)
    return FaceSessions(authority, clock), authority, ring.entries[0].grant, clock


def test_a_session_is_its_callers_until_it_is_ended() -> None:
    sessions, _, grant, _ = house()
    made = sessions.begin(grant)
    assert sessions.find(made.id).grant.principal.name == "ada"
    assert made.id not in repr(made)
    sessions.end(made.id)
    with pytest.raises(AuthFailed):
        sessions.find(made.id)


def test_a_session_falls_with_its_key() -> None:
    sessions, authority, grant, _ = house()
    made = sessions.begin(grant)
    authority.take_keys(KeyRing())
    with pytest.raises(AuthFailed):
        sessions.find(made.id)


def test_a_session_that_nobody_uses_ends() -> None:
    sessions, _, grant, clock = house()
    made = sessions.begin(grant)
    clock.advance(LIFE_SECONDS - 1)
    sessions.find(made.id)
    clock.advance(LIFE_SECONDS - 1)
    sessions.find(made.id)
    clock.advance(LIFE_SECONDS + 1)
    with pytest.raises(AuthFailed):
        sessions.find(made.id)


def test_who_logs_in_again_and_again_pushes_out_only_its_own() -> None:
    sessions, _, grant, _ = house()
    first = sessions.begin(grant)
    other = sessions.begin(Grant(principal=Principal(name="bob")))
    for _ in range(MOST_OF_ONE):
        sessions.begin(grant)
    with pytest.raises(AuthFailed):
        sessions.find(first.id)
    assert sessions.find(other.id).name == "bob"
