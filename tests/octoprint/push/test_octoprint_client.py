"""One client's conversation, without a connection."""

from __future__ import annotations

import json
from typing import Any

from hydrogen.auth.grant import Grant
from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import AuthFailed, Forbidden
from hydrogen.octoprint.push.client import MESSAGES, Greeting, PushClient
from hydrogen.octoprint.sessions import FaceSession

GRANT = Grant(principal=Principal(name="bob", scopes=frozenset({"read"})))


class Lobby:
    """Signs Rooms and Sessions; knows one session, `bob:good`."""

    def __init__(self) -> None:
        self.inside: list[PushClient] = []
        self.is_forbidden = False
        self.is_dead = False
        self.reviews = 0

    async def enter(self, client: PushClient) -> None:
        if self.is_forbidden:
            raise Forbidden("not yours")
        self.inside.append(client)

    def leave(self, client: PushClient) -> None:
        if client in self.inside:
            self.inside.remove(client)

    def review(self) -> None:
        self.reviews += 1

    def find(self, session_id: str) -> FaceSession:
        if session_id != "good" or self.is_dead:
            raise AuthFailed("unknown")
        return FaceSession(id="good", csrf="", name="bob", grant=GRANT)


def client_in(lobby: Lobby, clock: ManualClock | None = None) -> PushClient:
    return PushClient(
        None,
        rooms=lobby,
        sessions=lobby,
        greeting=Greeting(version="1.11.8"),
        is_framed=False,
        clock=clock or ManualClock(),
    )


async def say(client: PushClient, **told: Any) -> None:
    await client.receive(json.dumps(told))


def heard(client: PushClient) -> list[str]:
    return [next(iter(json.loads(message.raw))) for message in client.outbox.take_now()]


async def test_a_client_comes_in_by_its_session_once() -> None:
    lobby = Lobby()
    client = client_in(lobby)
    client.greet()
    await say(client, auth="bob:good")
    await say(client, auth="bob:good")
    assert lobby.inside == [client] and client.grant == GRANT and heard(client) == ["connected"]


async def test_who_is_not_let_in_is_told_why() -> None:
    lobby = Lobby()
    client = client_in(lobby)
    await say(client, auth="alice:good")
    assert heard(client) == ["reauthRequired"] and client.grant is None and lobby.inside == []
    lobby.is_forbidden = True
    await say(client, auth="bob:good")
    assert heard(client) == ["reauthRequired"] and client.grant is None


async def test_a_session_that_ended_is_noticed() -> None:
    lobby = Lobby()
    client = client_in(lobby)
    await say(client, auth="bob:good")
    client.check()
    assert lobby.inside == [client]
    lobby.is_dead = True
    client.check()
    assert lobby.inside == [] and heard(client) == ["reauthRequired"]


async def test_wishes_are_taken_together() -> None:
    lobby = Lobby()
    client = client_in(lobby)
    await say(client, throttle=4, subscribe={"state": {"logs": True}, "events": ["X"]})
    assert client.wish.throttle == 4 and client.wish.has_lines and client.wish.events == {"X"} and lobby.reviews == 1


async def test_a_flood_ends_the_client() -> None:
    clock = ManualClock()
    client = client_in(Lobby(), clock)
    for _ in range(int(MESSAGES.burst)):
        await say(client, throttle=1)
    assert not client.outbox.is_over
    clock.advance(1.0)
    for _ in range(int(MESSAGES.per_second) + 1):
        await say(client, throttle=1)
    assert client.outbox.is_over
    client.close()
    client.close()
