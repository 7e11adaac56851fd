"""Open connections: revoked and expired credentials close them, rights follow the moment, the end is announced."""

from __future__ import annotations

from hydrogen.auth.keys import ApiKey, KeyEntry, KeyRing, digest_of_key
from hydrogen.auth.principal import Principal
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
