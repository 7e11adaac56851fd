"""Sessions between two requests."""

from __future__ import annotations

import asyncio

import pytest

from hydrogen.errors import Unavailable
from hydrogen.octoprint.push import xhr_session
from hydrogen.octoprint.push.client import PushClient
from hydrogen.octoprint.push.xhr_session import XhrSessions
from tests.octoprint.push.test_octoprint_client import Lobby, client_in
from tests.support.waiting import wait_until


def sessions_in(lobby: Lobby) -> XhrSessions:
    def make_client(_printer: str | None, _is_framed: bool) -> PushClient:
        return client_in(lobby)

    return XhrSessions(make_client)


async def test_a_session_begins_with_a_greeting_and_ends_when_nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xhr_session, "STALE_SECONDS", 0.01)
    sessions = sessions_in(Lobby())
    session = sessions.begin("k", None)
    assert sessions.find("k") is session and session.client.outbox
    sessions.take(session)
    sessions.give_back(session)
    sessions.take(session)
    assert asyncio.get_running_loop().time() and len(sessions) == 1
    sessions.give_back(session)
    await wait_until(lambda: len(sessions) == 0)
    assert session.client.outbox.is_over
    sessions.end(session)
    sessions.give_back(session)


async def test_a_client_that_was_given_up_has_no_session() -> None:
    sessions = sessions_in(Lobby())
    session = sessions.begin("k", None)
    session.client.outbox.close()
    assert sessions.find("k") is None and len(sessions) == 0


async def test_there_is_room_for_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xhr_session, "MOST_SESSIONS", 1)
    sessions = sessions_in(Lobby())
    session = sessions.begin("k", None)
    with pytest.raises(Unavailable):
        sessions.begin("other", None)
    sessions.end(session)
    sessions.end(sessions.begin("other", None))
