"""What is particular to one peer; the rest is tested through the server (test_spooler_server.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.errors import PrinterSilent
from hydrogen.model.events import ErrorRaised, TemperatureMeasured
from hydrogen.model.printer import ErrorReport
from hydrogen.spooler.wire.attachment import BUFFER_BYTES, GATHERED_BYTES
from tests.spooler.socket_bench import SocketBench
from tests.support.waiting import wait_until


async def test_outbox_larger_than_the_buffer_comes_whole_and_in_order(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        for number in range(400):
            report = ErrorReport(code="firmware_error", message=f"{number} " + "x" * 900)
            bench.spooler._announcer.publish(ErrorRaised(at=1.0, error=report))
        peer = await bench.peer(limit=1 << 20)
        peer.hello()
        await peer.until("attached")
        transport = next(iter(bench.server._peers))._transport
        assert transport is not None
        assert transport.get_write_buffer_size() < BUFFER_BYTES + 70_000
        numbers = [int((await peer.frame())["event"]["error"]["message"].split()[0]) for _ in range(400)]
        assert numbers == list(range(400))
        assert (await peer.frame())["event"]["type"] == "printer.attached"


async def test_second_hello_changes_nothing(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        peer.hello()
        peer.hello(role="observer")
        peer.send("request", id=1, request="trace", params={"on": False})
        kinds = [(await peer.frame())["kind"] for _ in range(3)]
        assert kinds == ["hello", "attached", "reply"]


async def test_replies_that_nobody_reads_end_the_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.attachment.ABORT_BYTES", 300_000)
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        peer.hello()
        await peer.until("attached")
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for number in range(20_000):
            peer.send("request", id=number, request="nonsense" * 5, params={})
        await wait_until(lambda: not bench.server.has_service)
        assert "socket peer cut off" in bench.log.events("warning")


async def test_samples_of_one_moment_go_in_one_write_and_before_what_comes_behind_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        peer.hello()
        await peer.until("attached")
        attachment = next(iter(bench.server._peers))
        transport = attachment._transport
        assert transport is not None
        writes: list[bytes] = []
        write = transport.write
        monkeypatch.setattr(transport, "write", lambda data: (writes.append(bytes(data)), write(data)))

        def measure(heater: str) -> None:
            bench.spooler._announcer.publish(
                TemperatureMeasured(at=1.0, heater=heater, actual_celsius=20.0, target_celsius=0.0)
            )

        measure("tool0")
        measure("bed")
        assert not writes
        await wait_until(lambda: bool(writes))
        assert [data.count(b"\n") for data in writes] == [2]
        measure("tool0")
        bench.spooler._announcer.raise_error(PrinterSilent("nothing"))
        assert [data.count(b"\n") for data in writes] == [2, 2]
        kinds = [(await peer.frame())["event"]["type"] for _ in range(4)]
        assert kinds == ["temperature.measured"] * 3 + ["error.raised"]
        for _ in range(GATHERED_BYTES // 100):
            measure("tool0")
        assert len(writes) > 2  # not without a bound


async def test_heart_beats_only_where_nothing_else_was_said_since_its_last_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with SocketBench(tmp_path) as bench:
        peer = await bench.peer()
        peer.hello()
        await peer.until("attached")
        attachment = next(iter(bench.server._peers))
        transport = attachment._transport
        assert transport is not None
        writes: list[bytes] = []
        monkeypatch.setattr(transport, "write", lambda data: writes.append(bytes(data)))
        attachment.beat(b"beat")
        writes.clear()
        attachment.beat(b"beat")
        attachment.beat(b"beat")
        assert writes == [b"beat", b"beat"]
        bench.spooler._announcer.raise_error(PrinterSilent("nothing"))
        attachment.beat(b"beat")
        assert len(writes) == 3
        attachment.beat(b"beat")
        assert writes[3:] == [b"beat"]


async def test_log_lines_go_to_the_controller(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        bench.server.send_log("info", "nobody there", {})
        peer = await bench.peer()
        peer.hello()
        await peer.until("attached")
        bench.server.send_log("warning", "printer was slow", {"waited_seconds": 3})
        assert await peer.frame() == {
            "kind": "log",
            "level": "warning",
            "event": "printer was slow",
            "fields": {"waited_seconds": 3},
        }
