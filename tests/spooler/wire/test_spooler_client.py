"""The service's end of the socket."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from hydrogen.errors import Conflict, FileRejected, PortMissing, ProtocolMismatch, SpoolerLost
from hydrogen.model.events import JobProgressed, JobReceiptIssued, PrinterAttached, PrinterConnected
from hydrogen.model.printer import PrinterStatus
from hydrogen.spooler.request import (
    ConnectPrinter,
    DisconnectPrinter,
    EmergencyStop,
    PauseJob,
    SendGcode,
    StartJob,
)
from hydrogen.spooler.wire.client import deadline_of
from hydrogen.spooler.wire.heart import HeartLimits
from hydrogen.spooler.wire.server import SpoolerServer
from tests.spooler.bench import RecordingListener
from tests.spooler.socket_bench import SocketBench
from tests.support.waiting import wait_until


async def test_client_attaches_asks_and_hears(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        client, listener = bench.client(), RecordingListener()
        await client.attach(listener)
        assert listener.states[0].status is PrinterStatus.OFFLINE
        assert await client.request(ConnectPrinter()) == {}
        assert listener.all(PrinterConnected)[0].printer == "bench"
        path = bench.file(500)
        result = await client.request(StartJob(job="j1", path=str(path), file="part.gcode", actor="ada"))
        assert result["lines_total"] == 500
        await wait_until(lambda: listener.all(JobReceiptIssued))
        assert listener.all(JobProgressed)[-1].fraction == 1.0
        for fact_id, _ in listener.facts:
            client.acknowledge(fact_id)
        await wait_until(lambda: len(bench.outbox) == 0)
        await client.detach()
        await client.detach()
        assert listener.detached == []
        with pytest.raises(SpoolerLost):
            await client.request(ConnectPrinter())
        client.acknowledge("i1.1")


async def test_errors_cross_the_socket_with_their_class_code_and_details(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        client = bench.client()
        await client.attach(RecordingListener())
        bench.driver.failure = PortMissing("no port", port="/dev/scripted")
        with pytest.raises(PortMissing) as missing:
            await client.request(ConnectPrinter())
        assert missing.value.details == {"port": "/dev/scripted"}
        bench.driver.failure = None
        await client.request(ConnectPrinter())
        with pytest.raises(FileRejected) as refused:
            path = bench.file(["G28", "é" * 3])
            await client.request(StartJob(job="j1", path=str(path), file="part.gcode"))
        assert refused.value.details["line"] == 2
        with pytest.raises(Conflict):
            await client.request(PauseJob())


async def test_attaching_where_nobody_is_says_so(tmp_path: Path) -> None:
    bench = SocketBench(tmp_path)
    with pytest.raises(SpoolerLost, match="no spooler runs for bench"):
        await bench.client().attach(RecordingListener())
    await bench.spooler.shut_down()


async def test_service_that_was_replaced_is_told_why(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        first, second = RecordingListener(), RecordingListener()
        await bench.client().attach(first)
        await bench.client().attach(second)
        await wait_until(lambda: first.detached)
        assert first.detached == ["another service took the spooler over"]


async def test_requests_in_flight_fail_when_the_spooler_goes(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        client, listener = bench.client(), RecordingListener()
        await client.attach(listener)
        await client.request(ConnectPrinter())
        bench.driver.connection.gate.clear()
        asking = asyncio.create_task(client.request(SendGcode(lines=("M105",))))
        await wait_until(lambda: bench.driver.executed)
        await bench.server.close()
        with pytest.raises(SpoolerLost):
            await asking
        await wait_until(lambda: listener.detached)
        with pytest.raises(SpoolerLost):
            await client.request(EmergencyStop())


async def test_same_client_attaches_again_and_gets_what_it_did_not_store(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        client, first, second = bench.client(), RecordingListener(), RecordingListener()
        await client.attach(first)
        await client.request(ConnectPrinter())
        await bench.print(bench.file(20))
        await wait_until(lambda: first.all(JobReceiptIssued))
        await client.attach(second)
        await wait_until(lambda: second.all(PrinterAttached))
        told = ["job.started", "job.finished", "job.receipt_issued"]
        assert [event.wire_type for _, event in second.facts] == told
        assert second.told[0] == "attached"
        assert first.detached == []


async def test_spooler_of_a_newer_major_is_a_mismatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.attachment.PROTOCOL", "2.0")
    monkeypatch.setattr("hydrogen.spooler.wire.client.PROTOCOL", "2.0")
    async with SocketBench(tmp_path) as bench:
        with pytest.raises(ProtocolMismatch):
            await bench.client().attach(RecordingListener())


BRISK = HeartLimits(look_seconds=0.01, late_seconds=0.1, gone_seconds=0.3)


async def test_heart_that_stops_is_told_and_then_counts_as_gone(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        listener = RecordingListener()
        assert bench.server._heart is not None
        bench.server._heart.cancel()
        await bench.client(heart=BRISK).attach(listener)
        await wait_until(lambda: listener.detached)
        assert "sign of life" in listener.detached[0]
        assert len(listener.late) == 1


async def test_spooler_that_accepts_and_says_nothing_is_given_up(tmp_path: Path) -> None:
    bench = SocketBench(tmp_path)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(bench.files.socket))
        silent.listen()
        listener = RecordingListener()
        with pytest.raises(SpoolerLost, match="sign of life"):
            await bench.client(heart=BRISK).attach(listener)
        assert len(listener.late) == 1
    await bench.spooler.shut_down()


async def test_request_without_an_answer_ends_at_its_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.client.CONNECT_SECONDS", 0.05)
    async with SocketBench(tmp_path) as bench:
        bench.driver.gate = asyncio.Event()
        client = bench.client()
        await client.attach(RecordingListener())
        with pytest.raises(SpoolerLost, match="did not answer 'connect'"):
            await client.request(ConnectPrinter())
        bench.driver.gate.set()
        assert deadline_of(SendGcode(lines=("M109 S200",))) > deadline_of(PauseJob())
        assert deadline_of(DisconnectPrinter()) == 0.05


class StandInLauncher:
    """Starts a spooler of some version in this process."""

    def __init__(self, bench: SocketBench, version: str = "1") -> None:
        self.bench = bench
        self.version = version
        self.launched: list[str] = []
        self.server: SpoolerServer | None = None

    async def rouse(self, name: str) -> None:
        pass

    async def launch(self, name: str) -> None:
        self.launched.append(name)
        bench = self.bench
        self.server = SpoolerServer(
            bench.spooler, bench.files.socket, instance="i2", version=self.version, clock=bench.clock, log=bench.log
        )
        await self.server.start()


@pytest.mark.parametrize("next_version", ["1", "0.8"])
async def test_idle_spooler_of_another_version_is_retired_and_replaced_once(tmp_path: Path, next_version: str) -> None:
    async with SocketBench(tmp_path, version="0.9") as bench:
        launcher, listener = StandInLauncher(bench, next_version), RecordingListener()

        async def end_when_asked() -> None:
            await bench.spooler.stop_wanted.wait()
            await bench.server.close()

        ending = asyncio.create_task(end_when_asked())
        await bench.client(launcher=launcher).attach(listener)
        await ending
        assert launcher.launched == ["bench"]
        assert len(listener.states) == 1
        assert listener.detached == []
        assert launcher.server is not None
        await launcher.server.close()


async def test_printing_spooler_of_another_version_is_left_alone(tmp_path: Path) -> None:
    async with SocketBench(tmp_path, version="0.9") as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        await bench.print(bench.file(50))
        launcher, listener = StandInLauncher(bench), RecordingListener()
        await bench.client(launcher=launcher).attach(listener)
        assert launcher.launched == []
        assert listener.states[0].job is not None


async def test_spooler_is_launched_when_nobody_answers(tmp_path: Path) -> None:
    async with SocketBench(tmp_path) as bench:
        await bench.server.close()
        launcher = StandInLauncher(bench)
        await bench.client(launcher=launcher).attach(RecordingListener())
        assert launcher.launched == ["bench"]
        assert launcher.server is not None
        await launcher.server.close()
