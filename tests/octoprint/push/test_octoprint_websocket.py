"""Push over WebSockets, against the running port: the order of a client's life, what it hears, what it costs the others."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage

from hydrogen.model.events import (
    JobFinished,
    PrinterStateChanged,
    TemperatureMeasured,
    TerminalLineReported,
)
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import PrinterStatus
from tests.octoprint.push.push_peer import push_peer, session_of
from tests.support.waiting import wait_until
from tests.web.conftest import BLIND_KEY, KEY, Web

FRAMED = "/sockjs/123/abcdefgh/websocket"


def measured(celsius: float) -> TemperatureMeasured:
    return TemperatureMeasured(
        at=1_700_000_000.0, printer="ender3", heater="tool0", actual_celsius=celsius, target_celsius=210.0
    )


@pytest.mark.parametrize(("path", "is_framed"), [("/sockjs/websocket", False), (FRAMED, True)])
async def test_a_client_is_greeted_logs_in_gets_the_history_and_then_what_changes(
    web: Web, path: str, is_framed: bool
) -> None:
    async with push_peer(web, path, is_framed=is_framed) as peer:
        connected = (await peer.next())["connected"]
        assert (
            connected["version"] == "1.11.8"
            and "1.2.3" in connected["display_version"]
            and connected["permissions"][0]["key"] == "ADMIN"
        )
        history = await peer.log_in(web)
        assert history["state"]["text"] == "Printing" and history["state"]["flags"]["printing"] is True
        assert history["job"]["file"]["path"] == "cube.gcode" and history["progress"]["completion"] == 25.0
        web.context.publish(measured(204.5))
        current = await peer.until("current")
        assert set(current) == set(history) and len(json.dumps(current)) < 4000
        assert current["temps"][-1]["tool0"] == {"actual": 204.5, "target": 210.0}
        assert current["logs"] == [] == current["messages"]


async def test_a_stranger_hears_of_nothing_and_a_wrong_session_is_told_so(web: Web) -> None:
    async with push_peer(web) as peer:
        assert "connected" in await peer.next()
        web.context.publish(measured(20.0))
        for auth in ("owner:guess", "", "owner", 7, None, f"other:{(await session_of(web)).partition(':')[2]}"):
            await peer.send(auth=auth)
            assert await peer.next() == {"reauthRequired": {"reason": "stale"}}
        await peer.send(auth=await session_of(web, BLIND_KEY))
        assert await peer.next() == {"reauthRequired": {"reason": "stale"}}


async def test_events_come_in_octoprints_words(web: Web) -> None:
    async with push_peer(web) as peer:
        await peer.log_in(web)
        web.context.publish(PrinterStateChanged(at=1.0, printer="ender3", status=PrinterStatus.IDLE))
        assert await peer.event("PrinterStateChanged") == {"state_id": "OPERATIONAL", "state_string": "Operational"}
        done = JobFinished(
            at=2.0,
            printer="ender3",
            job="j1",
            file="a/cube.gcode",
            outcome=JobOutcome.COMPLETED,
            reason="",
            actor="owner",
            elapsed_seconds=61.0,
        )
        web.context.publish(done)
        told = await peer.event("PrintDone")
        assert (told["name"], told["path"], told["origin"], told["time"]) == (
            "cube.gcode",
            "a/cube.gcode",
            "local",
            61.0,
        )


async def test_lines_ride_along_only_when_they_are_subscribed_and_are_traced_only_then(web: Web) -> None:
    lines = TerminalLineReported(at=1.0, printer="ender3", lines=("> N1 G28*18", "< ok", "< T:21"))
    async with push_peer(web) as peer:
        await peer.log_in(web)
        assert web.terminal.wanted == {"octoprint push": frozenset()}
        await peer.send(subscribe={"state": {"logs": "^Recv: ", "messages": True}, "events": True, "plugins": True})
        await wait_until(lambda: web.terminal.wanted["octoprint push"] == {"ender3"})
        web.context.publish(lines)
        current = await peer.until("current")
        assert current["logs"] == ["Recv: ok", "Recv: T:21"]
        assert current["messages"] == ["ok", "T:21"]
    await wait_until(lambda: web.terminal.wanted["octoprint push"] == frozenset())


async def test_a_client_that_wants_no_state_or_other_events_hears_neither(web: Web) -> None:
    async with push_peer(web) as peer, push_peer(web) as other:
        await peer.log_in(web)
        await other.log_in(web)
        await peer.send(subscribe={"state": False, "events": ["PrintDone"], "plugins": False})
        await peer.send(auth="x:x")  # what was sent before it has been heard when it is answered
        await peer.until("reauthRequired")
        await peer.log_in(web)
        web.context.publish(PrinterStateChanged(at=1.0, printer="ender3", status=PrinterStatus.PAUSED))
        await other.until("current")
        web.context.publish(
            JobFinished(
                at=2.0,
                printer="ender3",
                job="j1",
                file="x.gcode",
                outcome=JobOutcome.COMPLETED,
                reason="",
                actor="",
            )
        )
        assert (await peer.next())["event"]["type"] == "PrintDone"


async def test_a_throttled_client_gets_fewer_messages_with_all_temperatures(web: Web) -> None:
    async with push_peer(web) as quick, push_peer(web) as slow:
        await quick.log_in(web)
        await slow.log_in(web)
        await slow.send(throttle=3)
        counts, temperatures = 0, 0
        for number in range(5):
            web.context.publish(measured(200.0 + number))
            await quick.until("current")
            counts += 1
        while True:
            current = await slow.until("current")
            temperatures += len(current["temps"])
            if current["temps"][-1]["tool0"]["actual"] == 204.0:
                break
        assert counts == 5 == temperatures


async def test_a_revoked_key_is_heard_of_at_once(web: Web) -> None:
    async with push_peer(web) as peer:
        await peer.log_in(web)
        web.authority.take_keys(type(web.authority._ring)())
        assert (await peer.until("reauthRequired"))["reason"] == "stale"
        web.context.publish(measured(20.0))
        await peer.send(auth="x:x")
        assert "reauthRequired" in await peer.next()


async def test_garbage_is_passed_over_and_a_flood_is_cut(web: Web) -> None:
    async with push_peer(web) as peer:
        for text in ("", "x", "[]", "{}", '{"unknown": 1}', "\x00"):
            await peer.socket.send(text)
        await peer.socket.send(b"\x00\x01")
        await peer.log_in(web)
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(200):
                await peer.socket.send("{}")
            while True:
                await peer.next()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008


async def test_a_message_that_is_too_long_ends_the_connection(web: Web) -> None:
    async with push_peer(web) as peer:
        with pytest.raises(ConnectionClosed) as closed:
            await peer.socket.send("x" * 70_000)
            while True:
                await peer.next()
        assert closed.value.rcvd is None or closed.value.rcvd.code == 1009


async def test_the_end_of_the_service_is_told_with_1001(web: Web) -> None:
    async with push_peer(web) as peer:
        await peer.log_in(web)
        await web.server.close_clients()
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                await peer.next()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001


async def test_a_connection_lives_longer_than_the_head_of_a_request_may_take(start_web: Any) -> None:
    web = await start_web(head_seconds=0.1, idle_seconds=1)
    async with push_peer(web) as peer:
        assert "connected" in await peer.next()
        end = asyncio.get_running_loop().time() + 0.3
        await wait_until(lambda: asyncio.get_running_loop().time() > end)
        await peer.log_in(web)


async def test_sockets_count_among_the_connections_of_an_address(start_web: Any) -> None:
    web = await start_web(max_connections_per_address=2)
    async with push_peer(web) as first, push_peer(web):
        with pytest.raises((InvalidMessage, OSError)):
            async with push_peer(web):
                pass
        await first.socket.close()


async def test_a_printer_has_its_own_push_and_an_unknown_one_none(web: Web) -> None:
    async with push_peer(web, "/printers/ender3/sockjs/websocket") as peer:
        assert (await peer.log_in(web))["state"]["text"] == "Printing"
    async with push_peer(web, "/printers/nobody/sockjs/websocket") as peer:
        await peer.send(auth=await session_of(web, KEY))
        assert (await peer.until("reauthRequired"))["reason"] == "removed"
