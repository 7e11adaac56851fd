"""The spooler's socket: who may come in, who leads, and that nobody can slow the printer."""

from __future__ import annotations

import asyncio
import os
import stat
from pathlib import Path

import pytest

from hydrogen.model.events import JobReceiptIssued
from hydrogen.spooler.wire.server import is_trusted
from tests.spooler.socket_bench import SocketBench
from tests.support.waiting import wait_until


async def test_peer_is_told_who_we_are_then_the_state(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        hello = await peer.frame()
        assert hello == {
            "kind": "hello",
            "protocol": "1.0",
            "version": "1",
            "instance": "i1",
            "printer": "bench",
            "pid": os.getpid(),
        }
        peer.hello()
        attached = await peer.frame()
        assert attached["kind"] == "attached"
        assert attached["state"]["status"] == "offline"
        peer.send("request", id=1, request="connect", params={})
        events = [(await peer.frame()) for _ in range(4)]
        assert [frame["event"]["type"] for frame in events] == [
            "printer.state_changed",
            "printer.connected",
            "printer.firmware_identified",
            "printer.state_changed",
        ]
        assert await peer.frame() == {"kind": "reply", "id": 1, "result": {}}


async def test_socket_is_for_the_owner_and_the_group(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        assert stat.S_IMODE(bench.files.socket.stat().st_mode) == 0o660
    assert not bench.files.socket.exists()


def test_strangers_are_not_trusted() -> None:
    me, mine = os.geteuid(), os.getegid()
    assert is_trusted(me, 54321)
    assert is_trusted(0, 54321)
    assert is_trusted(54321, mine)
    assert not is_trusted(54321, 54321)


async def test_stranger_is_closed_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.server.is_trusted", lambda user, group: False)
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        assert await peer.rest() == []
        assert "socket peer refused" in bench.log.events("warning")


async def test_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "bench.sock").touch()
    async with SocketBench(tmp_path) as bench:
        assert (await (await bench.peer()).frame())["kind"] == "hello"


async def test_socket_works_under_a_path_longer_than_an_address_holds(tmp_path: Path) -> None:
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    async with SocketBench(folder) as bench:
        assert (await (await bench.peer()).frame())["kind"] == "hello"


async def test_newer_controller_replaces_the_older(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        old, new = await bench.peer(), await bench.peer()
        old.hello()
        await old.until("attached")
        assert bench.server.has_service
        new.hello()
        await new.until("attached")
        assert [frame["kind"] for frame in await old.rest()] == ["replaced"]
        new.send("request", id=1, request="connect", params={})
        assert (await new.until("reply"))["result"] == {}
        await new.close()
        await wait_until(lambda: not bench.server.has_service)


async def test_observer_sees_and_may_not_ask(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        observer, controller = await bench.peer(), await bench.peer()
        controller.hello()
        await controller.until("attached")
        observer.hello(role="observer")
        await observer.until("attached")
        observer.send("request", id=1, request="emergency_stop", params={})
        assert (await observer.until("reply"))["error"]["code"] == "forbidden"
        observer.send("acknowledge", fact="i1.1")
        controller.send("request", id=2, request="connect", params={})
        assert (await observer.until("event"))["event"]["type"] == "printer.state_changed"
        assert (await controller.until("reply"))["result"] == {}


@pytest.mark.parametrize(
    ("protocol", "is_taken"),
    [("1.0", True), ("1.9", True), ("2.0", True), ("3.0", False), ("0.9", False), ("x", False)],
)
async def test_hello_of_another_version_is_judged_by_its_major(tmp_path: Path, protocol: str, is_taken: bool) -> None:
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        peer.hello(protocol=protocol)
        await peer.frame()
        frame = await peer.frame()
        assert frame["kind"] == ("attached" if is_taken else "refused")
        if not is_taken:
            assert frame["error"]["code"] == "protocol_mismatch"
            assert await peer.frame() == {}


async def test_unknown_kinds_and_fields_are_ignored(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        peer.send("hello", protocol="1.4", version="9", instance="t", role="controller", colour="red")
        peer.send("dance", steps=3)
        peer.send("request", id=1, request="trace", params={"on": True, "colour": "red"})
        assert (await peer.until("reply"))["result"] == {}


async def test_nonsense_is_refused_and_closed_and_requests_that_are_wrong_are_answered(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        peer.send("request", id=1, request="connect", params={})
        assert (await peer.until("refused"))["error"]["code"] == "invalid_message"
        peer = await bench.peer()
        peer.hello()
        for number, (name, params) in enumerate(
            [("dance", {}), ("connect", 7), ("trace", {}), ("trace", {"on": 1}), ("send_gcode", {"lines": "G28"})]
        ):
            peer.send("request", id=number, request=name, params=params)
            reply = await peer.until("reply")
            assert (reply["id"], reply["error"]["code"]) == (number, "invalid_message")
        peer.writer.write(b"x" * 70_000)
        assert (await peer.until("refused"))["error"]["code"] == "invalid_message"
        assert await peer.frame() == {}


async def test_peer_that_does_not_say_hello_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.attachment.HELLO_SECONDS", 0.02)
    async with SocketBench(tmp_path) as bench:
        assert [frame["kind"] for frame in await (await bench.peer()).rest()] == ["hello"]


async def test_peers_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.server.MAX_PEERS", 2)
    async with SocketBench(tmp_path) as bench:
        first, second = await bench.peer(), await bench.peer()
        assert (await first.frame())["kind"] == (await second.frame())["kind"] == "hello"
        assert await (await bench.peer()).rest() == []


async def test_heartbeat_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.server.HEARTBEAT_SECONDS", 0.01)
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        async with asyncio.timeout(20):
            while b"heartbeat" not in await peer.reader.readline():
                pass


async def test_facts_of_the_outbox_come_after_the_state_and_then_the_state_again(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        await bench.print(bench.file(5))
        await wait_until(lambda: bench.all(JobReceiptIssued))
        peer = await bench.peer()
        peer.hello()
        await peer.until("attached")
        frames = [await peer.frame() for _ in range(4)]
        told = ["job.started", "job.finished", "job.receipt_issued", "printer.attached"]
        assert [frame["event"]["type"] for frame in frames] == told
        assert [frame["fact"] for frame in frames] == ["i1.1", "i1.2", "i1.3", None]
        assert frames[3]["event"]["state"]["job"] is None
        for fact_id in ("i1.1", "i1.2", "i1.3"):
            peer.send("acknowledge", fact=fact_id)
        await wait_until(lambda: len(bench.outbox) == 0)


async def test_fact_that_was_not_acknowledged_comes_again(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        first = await bench.peer()
        first.hello()
        await first.until("attached")
        await bench.print(bench.file(5))
        await bench.until_finished()
        await first.close()
        second = await bench.peer()
        second.hello()
        await second.until("attached")
        assert [(await second.frame())["fact"] for _ in range(2)] == ["i1.1", "i1.2"]


async def test_client_that_does_not_read_slows_nothing_and_gets_what_matters_later(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer(limit=1 << 20)
        peer.hello()
        await peer.until("attached")
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await bench.connect()
        flood = "x" * 150
        for number in range(20_000):
            bench.driver.connection.measure("tool0", float(number))
            if number % 100 == 0:
                bench.driver.connection.listener.on_traffic(flood)
        await bench.print(bench.file(3000))
        finished = await bench.until_finished()
        assert finished.outcome.value == "completed"
        transport = next(iter(bench.server._peers))._transport
        assert transport is not None
        assert transport.get_write_buffer_size() < 300_000
        peer.writer.transport.resume_reading()  # type: ignore[attr-defined]
        seen = []
        while not seen or seen[-1]["type"] != "printer.attached":
            seen.append((await peer.until("event"))["event"])
        assert [
            event["type"] for event in seen if event["type"].startswith("job.") and "progressed" not in event["type"]
        ] == [
            "job.started",
            "job.finished",
        ]
        assert seen[-1]["state"]["heaters"]["tool0"]["actual_celsius"] == 19_999.0
        bench.driver.connection.measure("bed", 60.0)
        assert (await peer.until("event"))["event"]["heater"] == "bed"


async def test_emergency_stop_of_a_client_that_does_not_read_comes_through(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        peer.hello()
        await peer.until("attached")
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await bench.connect()
        for number in range(20_000):
            bench.driver.connection.measure("tool0", float(number))
        peer.send("request", id=1, request="emergency_stop", params={"actor": "bo"})
        await wait_until(lambda: bench.driver.executed == ["M112"])


async def test_client_that_never_reads_again_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.server.HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr("hydrogen.spooler.wire.attachment.FULL_SECONDS", 0.05)
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        peer.hello()
        await peer.until("attached")
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await bench.connect()
        for number in range(20_000):
            bench.driver.connection.measure("tool0", float(number))
        await wait_until(lambda: not bench.server.has_service)
        assert "socket peer cut off" in bench.log.events("warning")


async def test_requests_in_flight_are_bounded_but_emergency_is_not(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        peer = await bench.peer()
        peer.hello()
        await peer.until("attached")
        for number in range(65):
            peer.send("request", id=number, request="send_gcode", params={"lines": ["M105"]})
        reply = await peer.until("reply")
        assert (reply["id"], reply["error"]["code"]) == (64, "unavailable")
        peer.send("request", id=99, request="emergency_stop", params={})
        assert (await peer.until("reply"))["id"] == 99


async def test_answer_too_long_for_a_frame_is_cut_and_says_so(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        await bench.connect()

        async def talkative(lines: object) -> tuple[str, ...]:
            return ("\x01" * 200,) * 1000

        bench.driver.connection.send_gcode = talkative  # type: ignore[method-assign]
        peer = await bench.peer()
        peer.hello()
        peer.send("request", id=1, request="send_gcode", params={"lines": ["M503"]})
        result = (await peer.until("reply"))["result"]
        assert result["truncated"] is True
        assert 10 < len(result["replies"]) < 1000


async def test_defect_in_a_request_is_answered_with_an_incident(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        await bench.connect()

        async def broken(lines: object) -> tuple[str, ...]:
            raise ZeroDivisionError("a defect")

        bench.driver.connection.send_gcode = broken  # type: ignore[method-assign]
        peer = await bench.peer()
        peer.hello()
        peer.send("request", id=1, request="send_gcode", params={"lines": ["M503"]})
        error = (await peer.until("reply"))["error"]
        assert error["code"] == "server_error"
        assert "incident" in error["message"]
        assert "request failed" in bench.log.events("error")


async def test_trace_ends_with_the_service_that_asked_for_it(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        await bench.connect()
        peer = await bench.peer()
        peer.hello()
        peer.send("request", id=1, request="trace", params={"on": True})
        await peer.until("reply")
        assert bench.driver.connection.is_traced
        await peer.close()
        await wait_until(lambda: not bench.driver.connection.is_traced)


async def test_last_events_reach_the_service_when_the_spooler_stops(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.001
        peer = await bench.peer()
        peer.hello()
        await peer.until("attached")
        await bench.print(bench.file(1000))
        await bench.spooler.shut_down()
        await bench.server.close()
        kinds = [frame["event"]["type"] for frame in await peer.rest() if frame["kind"] == "event"]
        assert {"job.finished", "job.receipt_issued"} <= set(kinds)
        assert len(bench.outbox) == 3
