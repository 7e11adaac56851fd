"""Tracing is on exactly while somebody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from hydrogen.auth.grant import Grant
from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.principal import Principal
from hydrogen.errors import Unavailable
from hydrogen.model.events import PrinterAttached, TerminalLineReported
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.request import Request, TraceTerminal
from tests.support.waiting import wait_until
from tests.websocket.conftest import StartHouse
from tests.websocket.house import BENCH_KEY, KEY, House, ObedientFleet


def switched(fleet: ObedientFleet) -> list[tuple[str, bool]]:
    return [(printer, request.on) for printer, request in fleet.requests if isinstance(request, TraceTerminal)]


async def test_first_listener_turns_tracing_on_and_the_last_one_off(house: House) -> None:
    first, second = await house.greeted(), await house.greeted()
    await first.ask(type="subscribe", topics=["terminal"], printers=["ender3"])
    await second.ask(type="subscribe", topics=["terminal"], printers=["ender3"])
    await wait_until(lambda: switched(house.fleet) == [("ender3", True)])
    await first.ask(type="subscribe")
    await second.socket.close()
    await wait_until(lambda: switched(house.fleet) == [("ender3", True), ("ender3", False)])


async def test_another_surface_may_want_the_same_or_another_conversation(house: House) -> None:
    client = await house.greeted()
    await client.ask(type="subscribe", topics=["terminal"], printers=["ender3"])
    await wait_until(lambda: switched(house.fleet) == [("ender3", True)])
    terminal = house.server.terminal
    terminal.want(frozenset({"ender3", "voron"}), by="push")
    await wait_until(lambda: switched(house.fleet)[1:] == [("voron", True)])
    await client.ask(type="subscribe")
    terminal.want(frozenset({"ender3"}), by="push")
    await wait_until(lambda: switched(house.fleet)[2:] == [("voron", False)])
    terminal.want(frozenset(), by="push")
    await wait_until(lambda: switched(house.fleet)[3:] == [("ender3", False)])


async def test_listener_of_all_printers_hears_those_it_may_see(house: House) -> None:
    guest = await house.greeted(key=BENCH_KEY)
    await guest.ask(type="subscribe", topics=["terminal"])
    await wait_until(lambda: switched(house.fleet) == [("voron", True)])
    owner = await house.greeted()
    await owner.ask(type="subscribe", topics=["terminal"])
    await wait_until(lambda: switched(house.fleet) == [("voron", True), ("ender3", True)])


async def test_tracing_ends_with_the_right_to_hear_it(house: House) -> None:
    client = await house.greeted()
    await client.ask(type="subscribe", topics=["terminal", "temperature"])
    both = [("ender3", True), ("voron", True)]
    await wait_until(lambda: switched(house.fleet) == both)
    house.authority.take_keys(ring_of(printers=frozenset({"voron"})))
    await wait_until(lambda: switched(house.fleet) == [*both, ("ender3", False)])
    house.authority.take_keys(ring_of(scopes=frozenset({"read"})))
    await wait_until(lambda: switched(house.fleet) == [*both, ("ender3", False), ("voron", False)])
    house.authority.take_keys(ring_of())
    await wait_until(lambda: sorted(switched(house.fleet)[4:]) == both)
    house.authority.take_keys(ring_of(scopes=frozenset({"read"})))
    await client.socket.close()
    await wait_until(lambda: sorted(switched(house.fleet)[6:]) == [("ender3", False), ("voron", False)])


async def test_tracing_ends_with_a_token_that_allows_less(start_house: StartHouse) -> None:
    house = await start_house()
    session = await token_of(house, {"read", "control"})
    client = await house.greeted(key=None, headers={"Authorization": f"Bearer {session}"})
    await client.ask(type="subscribe", topics=["terminal"], printers=["ender3"])
    await wait_until(lambda: switched(house.fleet) == [("ender3", True)])
    assert (await client.ask(type="authenticate", token=await token_of(house, {"read"})))["type"] == "authenticated"
    await wait_until(lambda: switched(house.fleet) == [("ender3", True), ("ender3", False)])


def ring_of(**rights: Any) -> KeyRing:
    return KeyRing([ApiKey(key=KEY, principal=Principal(name="owner", **rights))])


async def token_of(house: House, scopes: set[str]) -> str:
    """A session of a provider's person with these scopes."""
    grant = Grant(principal=Principal(name="anna", scopes=frozenset(scopes)), expires_at=4e9, via="oidc")
    return (await house.authority.session_for(grant)).token


async def test_new_spooler_is_told_again(house: House) -> None:
    client = await house.greeted()
    await client.ask(type="subscribe", topics=["terminal"], printers=["ender3"])
    await wait_until(lambda: len(switched(house.fleet)) == 1)
    house.publish(PrinterAttached(at=1.0, printer="ender3", state=PrinterState()))
    house.publish(PrinterAttached(at=1.0, printer="voron", state=PrinterState()))
    await wait_until(lambda: switched(house.fleet) == [("ender3", True)] * 2)


async def test_spooler_that_cannot_be_asked_is_asked_when_it_is_back(start_house: StartHouse) -> None:
    fleet = ObedientFleet()
    asked = asyncio.Event()

    async def behave(_printer: str, _request: Request) -> Mapping[str, Any]:
        asked.set()
        raise Unavailable("no spooler")

    fleet.behave = behave
    house = await start_house(fleet=fleet)
    client = await house.greeted()
    await client.ask(type="subscribe", topics=["terminal"], printers=["ender3"])
    await asked.wait()
    fleet.behave = None
    house.publish(PrinterAttached(at=1.0, printer="ender3", state=PrinterState()))
    await wait_until(lambda: switched(fleet) == [("ender3", True)] * 2)


async def test_spooler_that_still_traces_for_a_former_service_is_stopped(house: House) -> None:
    await house.greeted()
    house.publish(TerminalLineReported(at=1.0, printer="voron", lines=("< ok",)))
    await wait_until(lambda: switched(house.fleet) == [("voron", False)])
