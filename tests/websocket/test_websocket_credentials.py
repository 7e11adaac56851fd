"""Open connections: revoked and expired credentials close them, rights follow the moment, the end is announced."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from hydrogen.auth.credentials import Query, Request
from hydrogen.auth.grant import Grant
from hydrogen.auth.keys import ApiKey, KeyEntry, KeyRing, digest_of_key
from hydrogen.auth.principal import Principal
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.core.clock import ManualClock
from tests.support.waiting import wait_until
from tests.websocket.conftest import StartHouse
from tests.websocket.house import BENCH_KEY, KEY, READER_KEY, House, key_ring


def ring_without(key: str) -> KeyRing:
    gone = digest_of_key(key)
    return KeyRing(entry for entry in key_ring().entries if entry.digest != gone)


async def test_a_revoked_key_closes_its_connections_at_once_and_no_others(house: House) -> None:
    revoked, other = await house.greeted(key=READER_KEY), await house.greeted()
    house.authority.take_keys(ring_without(READER_KEY))
    body = await revoked.first("error")
    assert body["error"]["code"] == "auth_failed"
    assert await revoked.closed() == 1008
    assert (await other.ask(type="status"))["type"] == "status"


async def test_rights_are_checked_when_a_command_runs(house: House) -> None:
    client = await house.greeted()
    assert "result" in await client.command("printer.home")
    reader = ApiKey(key=KEY, principal=Principal(name="owner", scopes=frozenset({"read"})))
    house.authority.take_keys(KeyRing([reader]))
    assert (await client.command("printer.home"))["error"]["code"] == "forbidden"


async def test_a_printer_that_was_taken_away_is_not_heard_of_any_more(house: House) -> None:
    client = await house.greeted()
    bound = ApiKey(key=KEY, principal=Principal(name="owner", printers=frozenset({"voron"})))
    house.authority.take_keys(KeyRing([bound]))
    house.heat(200.0, printer="ender3")
    house.heat(100.0, printer="voron")
    assert (await client.first("temperature.measured"))["printer"] == "voron"


async def test_what_waits_for_a_slow_client_is_held_back_when_its_rights_shrink(house: House) -> None:
    client = await house.greeted()
    outbox = house.members[0].outbox
    outbox.pause()
    house.heat(200.0, printer="ender3")
    house.heat(100.0, printer="voron")
    bound = ApiKey(key=KEY, principal=Principal(name="owner", printers=frozenset({"voron"})))
    house.authority.take_keys(KeyRing([bound]))
    outbox.resume()
    house.heat(101.0, printer="voron")
    heard = [await client.first("temperature.measured") for _ in range(2)]
    assert [(frame["printer"], frame["actual_celsius"]) for frame in heard] == [("voron", 100.0), ("voron", 101.0)]


async def test_the_end_is_announced_once_and_then_comes(start_house: StartHouse) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False)
    ends_at = clock.wall() + 100
    entry = KeyEntry(digest=digest_of_key(KEY), principal=Principal(name="owner"), expires_at=ends_at)
    house.authority.take_keys(KeyRing([entry]))
    client = await house.greeted()
    house.server.look_after()
    clock.advance(41)
    house.server.look_after()
    house.server.look_after()
    assert (await client.first("auth.expiring", "error"))["expires_at"].endswith("Z")
    clock.advance(59)
    house.server.look_after()
    body = await client.frame()
    assert (body["type"], body["error"]["code"]) == ("error", "auth_failed")
    assert await client.closed() == 1008


async def test_a_command_behind_the_end_is_not_carried_out(start_house: StartHouse) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False)
    entry = KeyEntry(digest=digest_of_key(KEY), principal=Principal(name="owner"), expires_at=clock.wall() + 1)
    house.authority.take_keys(KeyRing([entry]))
    client = await house.greeted()
    clock.advance(1)
    await client.send({"type": "command", "id": "c1", "operation": "printer.home", "printer": "ender3", "params": {}})
    assert (await client.first("error"))["error"]["code"] == "auth_failed"
    assert await client.closed() == 1008
    assert house.fleet.requests == []


async def test_a_revocation_leaves_nothing_behind(house: House) -> None:
    for _ in range(5):
        await house.greeted(key=BENCH_KEY)
    house.authority.take_keys(ring_without(BENCH_KEY))
    await wait_until(lambda: not house.members and house.figures.active_connections == 0)


# ------------------------------------------------------------------------------------------- tickets and sessions


async def grant_of(house: House, key: str = KEY) -> Grant:
    return await house.authority.admit(Request(address="192.0.2.1", query=Query.of(f"key={key}")))


async def token_of(house: House, key: str = KEY) -> str:
    return (await house.authority.session_for(await grant_of(house, key))).token


async def refusal_of(house: House, path: str = "", **options: Any) -> int:
    with pytest.raises(InvalidStatus) as caught:
        await house.client(path, **options)
    return caught.value.response.status_code


async def test_a_ticket_opens_one_connection(house: House) -> None:
    ticket = house.authority.ticket_for(await grant_of(house, READER_KEY), origin=None).text
    client = await house.greeted(f"?ticket={ticket}", key=None)
    assert (await client.command("printer.home"))["error"]["code"] == "forbidden"
    assert await refusal_of(house, f"?ticket={ticket}", key=None) == 401


async def test_a_tickets_page_opens_it_and_a_foreign_page_does_not(house: House) -> None:
    page, evil = f"http://127.0.0.1:{house.server.bound_port}", "http://evil.example"
    for origin, status in ((page, None), (evil, 401)):
        ticket = house.authority.ticket_for(await grant_of(house), origin=page).text
        if status is None:
            await house.greeted(f"?ticket={ticket}", key=None, headers={"Origin": origin})
        else:
            assert await refusal_of(house, f"?ticket={ticket}", key=None, headers={"Origin": origin}) == status
    unbound = house.authority.ticket_for(await grant_of(house), origin=None).text
    assert await refusal_of(house, f"?ticket={unbound}", key=None, headers={"Origin": evil}) == 403


async def test_a_revoked_key_takes_its_tickets_and_sessions_along(house: House) -> None:
    ticket = house.authority.ticket_for(await grant_of(house, READER_KEY), origin=None).text
    unused = house.authority.ticket_for(await grant_of(house, READER_KEY), origin=None).text
    token = await token_of(house, READER_KEY)
    clients = [
        await house.greeted(f"?ticket={ticket}", key=None),
        await house.greeted(key=None, headers={"Authorization": f"Bearer {token}"}),
    ]
    house.authority.take_keys(ring_without(READER_KEY))
    for client in clients:
        assert await client.closed() == 1008
    assert await refusal_of(house, f"?ticket={unused}", key=None) == 401
    assert await refusal_of(house, key=None, headers={"Authorization": f"Bearer {token}"}) == 401


async def test_an_ended_session_closes_its_connections_and_leaves_the_keys_alone(house: House) -> None:
    token = await token_of(house)
    header = {"Authorization": f"Bearer {token}"}
    by_session, by_key = await house.greeted(key=None, headers=header), await house.greeted()
    session = await house.authority.admit(
        Request(address="192.0.2.1", query=Query.of(""), authorization=[header["Authorization"]])
    )
    await house.authority.end_session(session)
    assert await by_session.closed() == 1008
    assert (await by_key.ask(type="ping"))["type"] == "pong"


async def test_a_new_token_renews_the_connection_in_place(start_house: StartHouse) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False)
    client = await house.greeted(key=None, headers={"Authorization": f"Bearer {await token_of(house)}"})
    clock.advance(3550)
    house.server.look_after()
    await client.first("auth.expiring")
    answer = await client.ask(type="authenticate", token=await token_of(house))
    assert answer["type"] == "authenticated" and answer["principal"] == "owner"
    clock.advance(100)  # behind the first token's end
    house.server.look_after()
    assert (await client.ask(type="ping"))["type"] == "pong"
    clock.advance(3450)
    house.server.look_after()
    await client.first("auth.expiring")  # announced again, for the new end
    clock.advance(60)
    house.server.look_after()
    assert (await client.first("error"))["error"]["code"] == "auth_failed"
    assert await client.closed() == 1008


async def test_a_wrong_token_changes_nothing(house: House) -> None:
    client = await house.greeted()
    foreign = await token_of(house, READER_KEY)
    own = await token_of(house)
    for token in ("x", "a.b.c", own[:-3], own.rpartition(".")[0] + ".", KEY, foreign):
        answer = await client.ask(type="authenticate", token=token)
        assert answer["error"]["code"] in ("auth_failed", "rate_limited")
        assert token not in answer["error"]["message"] or len(token) < 4
    assert "result" in await client.command("printer.home")


async def test_guessing_is_slowed_down_at_the_door_and_open_connections_are_not(start_house: StartHouse) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False)
    client = await house.greeted()
    statuses = [await refusal_of(house, key=f"guess-{number:04}-key") for number in range(20)]
    assert statuses == [401] * 6 + [429] * 14
    with pytest.raises(InvalidStatus) as caught:
        await house.client()
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "1"
    assert (await client.ask(type="ping"))["type"] == "pong"
    clock.advance(1)
    await house.greeted()  # the right key: all is forgiven
    assert await refusal_of(house, key="guess-again-key") == 401
    await house.greeted()


async def test_who_shows_nothing_has_guessed_nothing(house: House) -> None:
    assert [await refusal_of(house, key=None) for _ in range(10)] == [401] * 10
    await house.greeted()


async def test_no_ticket_and_no_token_reaches_the_log(house: House) -> None:
    ticket = house.authority.ticket_for(await grant_of(house), origin=None).text
    token = await token_of(house)
    client = await house.greeted(f"?ticket={ticket}", key=None)
    await client.ask(type="authenticate", token=token)
    await client.ask(type="authenticate", token=token[:-4])
    await refusal_of(house, f"?ticket={ticket}", key=None)
    await refusal_of(house, key=None, headers={"Authorization": f"Bearer {token[:-4]}"})
    told = repr(house.log.entries)
    assert house.log.entries
    for secret in (ticket, token, token[:-4], token.rpartition(".")[2]):
        assert secret not in told


# ------------------------------------------------------------------------------------------------- behind a proxy


async def test_a_proxys_word_counts_for_the_throttle_the_limits_and_the_log(start_house: StartHouse) -> None:
    house = await start_house(proxies=TrustedProxies(["127.0.0.1"]), clock=ManualClock(), is_running=False)
    guesser, other = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.10"}
    statuses = [await refusal_of(house, key="guess-0000-key", headers=guesser) for _ in range(7)]
    assert statuses == [401] * 6 + [429]
    await house.greeted(headers=other)
    assert any(entry.fields.get("address") == "203.0.113.10" for entry in house.log.entries)


async def test_without_proxies_nobody_is_believed(start_house: StartHouse) -> None:
    house = await start_house(clock=ManualClock(), is_running=False)
    statuses = [
        await refusal_of(house, key="guess-0000-key", headers={"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(7)
    ]
    assert statuses == [401] * 6 + [429]
