"""The in-process twin keeps the promises of the socket."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.errors import Conflict, SpoolerLost
from hydrogen.model.events import JobFinished, PrinterConnected
from hydrogen.model.printer import PrinterStatus
from hydrogen.spooler.local import LocalSpooler
from hydrogen.spooler.port import SpoolerPort
from hydrogen.spooler.request import ConnectPrinter, EmergencyStop, PauseJob, SendGcode, StartJob
from tests.spooler.bench import Bench, RecordingListener
from tests.support.waiting import wait_until


async def test_it_attaches_asks_and_hears(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        port: SpoolerPort = LocalSpooler(bench.spooler)
        listener = RecordingListener()
        await port.attach(listener)
        assert port.printer == "bench"
        await port.request(ConnectPrinter())
        assert listener.all(PrinterConnected)
        with pytest.raises(Conflict):
            await port.request(PauseJob())
        path = bench.file(50)
        result = await port.request(StartJob(job="j1", path=str(path), file="part.gcode"))
        assert result["lines_total"] == 50
        await wait_until(lambda: listener.all(JobFinished))
        for fact_id, _ in listener.facts:
            port.acknowledge(fact_id)
        assert len(bench.outbox) == 0
        assert await port.request(SendGcode(lines=("M105",))) == {"replies": ["ok"]}
        await port.request(EmergencyStop(actor="bo"))
        assert bench.spooler.state.status is PrinterStatus.HALTED
        await port.detach()
        await port.detach()
        with pytest.raises(SpoolerLost):
            await port.request(ConnectPrinter())
        assert listener.detached == []


async def test_facts_that_were_kept_follow_the_state_and_the_state_follows_them(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.print(bench.file(5))
        await bench.until_finished()
        port, listener = LocalSpooler(bench.spooler), RecordingListener()
        await port.attach(listener)
        assert listener.told == ["attached", "job.started", "job.finished", "printer.attached"]
        assert [fact_id for fact_id, _ in listener.facts] == ["i1.1", "i1.2"]


async def test_spooler_that_is_being_stopped_cannot_be_attached(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.spooler.shut_down()
        with pytest.raises(SpoolerLost):
            await LocalSpooler(bench.spooler).attach(RecordingListener())
