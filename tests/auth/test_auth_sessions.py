"""Sessions: for a while, on the ground of a key or a person, ended when that goes, signed by keys that change."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hydrogen.auth import sessions as module
from hydrogen.auth.grant import Grant
from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.principal import Principal
from hydrogen.auth.session_store import SessionStore
from hydrogen.auth.sessions import SessionSettings, SessionTokens
from hydrogen.core.clock import ManualClock
from hydrogen.errors import AuthFailed, Forbidden

RING = KeyRing([ApiKey(key="session-key-0001", principal=Principal(name="panel", scopes=frozenset({"read"})))])
BY_KEY = RING.entries[0].grant
PERSON = Principal(name="oidc:anna", scopes=frozenset({"read", "print"}), printers=frozenset({"voron"}))
BY_PROVIDER = Grant(principal=PERSON, expires_at=5e9, via="oidc")
HOUR = 3600.0


def sessions(folder: Path, clock: ManualClock, **settings: float) -> SessionTokens:
    return SessionTokens(SessionStore(folder), clock=clock, settings=SessionSettings(**settings))


async def test_a_session_of_a_key_has_the_keys_rights_of_the_moment(tmp_path: Path) -> None:
    clock = ManualClock()
    at = sessions(tmp_path, clock)
    session = await at.issue(BY_KEY)
    assert session.expires_at == int(clock.wall()) + HOUR
    grant = await at.grant_for(session.token, RING)
    assert grant is not None
    assert (grant.principal, grant.key_id, grant.via) == (BY_KEY.principal, BY_KEY.key_id, "session")
    wider = KeyRing([replace(RING.entries[0], principal=Principal(name="panel"))])
    later = await at.grant_for(session.token, wider)
    assert later is not None and later.principal.may("admin")


async def test_a_session_of_a_person_carries_the_rights(tmp_path: Path) -> None:
    at = sessions(tmp_path, ManualClock())
    grant = await at.grant_for((await at.issue(BY_PROVIDER)).token, KeyRing())
    assert grant is not None
    assert (grant.principal, grant.key_id) == (PERSON, None)


async def test_a_session_ends_and_never_later_than_its_ground(tmp_path: Path) -> None:
    clock = ManualClock()
    at = sessions(tmp_path, clock)
    short = await at.issue(replace(BY_KEY, expires_at=clock.wall() + 60))
    assert short.expires_at == int(clock.wall() + 60)
    clock.advance(60)
    with pytest.raises(AuthFailed):
        await at.grant_for(short.token, RING)


async def test_a_session_falls_with_its_key(tmp_path: Path) -> None:
    at = sessions(tmp_path, ManualClock())
    session = await at.issue(BY_KEY)
    with pytest.raises(AuthFailed, match="revoked"):
        await at.grant_for(session.token, KeyRing())


async def test_a_session_says_nothing_that_helps_to_guess_its_key(tmp_path: Path) -> None:
    at, other = sessions(tmp_path / "a", ManualClock()), sessions(tmp_path / "b", ManualClock())
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    marks = set()
    for tokens in (at, other):
        await tokens.issue(BY_KEY)
        marks.add(tokens._blurred(BY_KEY.key_id or ""))
    assert len(marks) == 2 and BY_KEY.key_id not in marks


async def test_an_ended_session_stays_ended_in_the_next_life(tmp_path: Path) -> None:
    clock = ManualClock()
    at = sessions(tmp_path, clock)
    ended, other = await at.issue(BY_KEY), await at.issue(BY_KEY)
    grant = await at.grant_for(ended.token, RING)
    assert grant is not None
    await at.revoke(grant)
    for life in (at, sessions(tmp_path, clock)):
        with pytest.raises(AuthFailed, match="ended"):
            await life.grant_for(ended.token, RING)
        with pytest.raises(AuthFailed, match="ended"):
            life.check(grant)
        assert await life.grant_for(other.token, RING) is not None


async def test_the_list_of_ended_sessions_is_bounded_and_forgets_what_would_be_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_REVOKED", 3)
    clock = ManualClock()
    at = sessions(tmp_path, clock)
    for round_number in range(2):
        for _ in range(3):
            grant = await at.grant_for((await at.issue(BY_KEY)).token, RING)
            assert grant is not None
            await at.revoke(grant)
        assert len(SessionStore(tmp_path).revocations().sessions) == 3, round_number
        clock.advance(HOUR + 1)
    first = await at.issue(BY_KEY)
    clock.advance(2)
    for _ in range(4):
        grant = await at.grant_for((await at.issue(BY_KEY)).token, RING)
        assert grant is not None
        await at.revoke(grant)
    kept = SessionStore(tmp_path).revocations()
    assert len(kept.sessions) == 0 and kept.all_before_at == clock.wall()
    with pytest.raises(AuthFailed, match="ended"):
        await at.grant_for(first.token, RING)
    clock.advance(1)
    assert await at.grant_for((await at.issue(BY_KEY)).token, RING) is not None


async def test_signing_keys_change_and_old_sessions_live_on(tmp_path: Path) -> None:
    clock = ManualClock()
    at = sessions(tmp_path, clock, rotation_seconds=100.0)
    first = await at.issue(BY_KEY)
    clock.advance(100)
    second = await at.issue(BY_KEY)
    assert first.token.partition(".")[0] != second.token.partition(".")[0]
    assert len(SessionStore(tmp_path).signing().keys) == 2
    for life in (at, sessions(tmp_path, clock)):
        for session in (first, second):
            assert await life.grant_for(session.token, RING) is not None
    clock.advance(100 + HOUR)
    await at.issue(BY_KEY)
    assert len(SessionStore(tmp_path).signing().keys) == 2  # the first has served its time


async def test_many_at_once_make_one_signing_key(tmp_path: Path) -> None:
    at = sessions(tmp_path, ManualClock())
    await asyncio.gather(*(at.issue(BY_KEY) for _ in range(8)))
    assert len(SessionStore(tmp_path).signing().keys) == 1


async def test_sessions_of_the_first_moments_wait_for_nobody_and_share_one_key_with_the_start(tmp_path: Path) -> None:
    at = sessions(tmp_path, ManualClock())
    preparing = asyncio.create_task(at.prepare())
    session = await at.issue(BY_KEY)
    assert not preparing.done() or not preparing.result()
    await preparing
    assert len(SessionStore(tmp_path).signing().keys) == 1
    assert await at.grant_for(session.token, RING) is not None


async def test_a_prepared_key_signs_and_a_spent_one_is_replaced_with_overlap(tmp_path: Path) -> None:
    clock = ManualClock()
    at = sessions(tmp_path, clock, rotation_seconds=100.0)
    assert await at.prepare() and not await at.prepare()
    first = await at.issue(BY_KEY)
    assert len(SessionStore(tmp_path).signing().keys) == 1
    clock.advance(100)
    assert await sessions(tmp_path, clock, rotation_seconds=100.0).prepare()
    later = sessions(tmp_path, clock, rotation_seconds=100.0)
    second = await later.issue(BY_KEY)
    assert len(SessionStore(tmp_path).signing().keys) == 2
    for session in (first, second):
        assert await later.grant_for(session.token, RING) is not None


async def test_a_session_buys_no_session_and_a_key_cannot_be_ended(tmp_path: Path) -> None:
    at = sessions(tmp_path, ManualClock())
    for via in ("session", "ticket"):
        with pytest.raises(Forbidden):
            await at.issue(replace(BY_KEY, via=via))  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        await at.revoke(BY_KEY)


async def test_a_token_of_somebody_else_is_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    at, other = sessions(tmp_path, ManualClock()), sessions(tmp_path / "b", ManualClock())
    foreign = await other.issue(BY_KEY)
    await at.issue(BY_KEY)
    assert await at.grant_for(foreign.token, RING) is None
    head, body, mark = (await at.issue(BY_KEY)).token.split(".")
    with pytest.raises(AuthFailed):
        await at.grant_for(f"{head}.{foreign.token.split('.')[1]}.{mark}", RING)
    for text in ("", "x", f"{head}.{body}"):
        with pytest.raises(AuthFailed):
            await at.grant_for(text, RING)
