"""The spooler as a whole, on a scripted printer: what may be asked when, and what comes of it."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from hydrogen.errors import (
    Conflict,
    FileRejected,
    FileUnreadable,
    InvalidMessage,
    NotFound,
    PortMissing,
    PrinterGarbled,
)
from hydrogen.model.events import (
    ErrorRaised,
    JobFinished,
    JobProgressed,
    JobStarted,
    LinkMeasured,
    PrinterConnected,
    PrinterDisconnected,
    TemperatureMeasured,
    TerminalLineReported,
)
from hydrogen.model.printer import PrinterStatus
from hydrogen.spooler.job.preflight import Preflight
from hydrogen.spooler.request import (
    CancelJob,
    ConnectPrinter,
    CoolDown,
    DisconnectPrinter,
    EmergencyStop,
    Extrude,
    Home,
    Jog,
    PauseJob,
    SendGcode,
    SetTemperature,
    StartJob,
    StopSpooler,
    TraceTerminal,
)
from tests.spooler.bench import Bench
from tests.spooler.scripted_printer import ScriptedDriver
from tests.support.waiting import wait_until


async def test_printer_is_connected_and_then_idle(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        state = bench.spooler.state
        assert state.status is PrinterStatus.IDLE
        assert (state.port, state.baud, state.driver) == ("/dev/scripted", 115200, "scripted")
        assert state.firmware is not None
        assert bench.statuses == ["connecting", "idle"]
        assert len(bench.all(PrinterConnected)) == 1


async def test_concurrent_connects_are_one_handshake(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    driver.gate = asyncio.Event()
    async with Bench(tmp_path, driver) as bench:
        three = [asyncio.create_task(bench.connect()) for _ in range(3)]
        await wait_until(lambda: driver.attempts)
        driver.gate.set()
        await asyncio.gather(*three)
        await bench.connect()
        assert driver.attempts == 1


async def test_caller_who_gives_up_does_not_break_the_handshake_of_the_others(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    driver.gate = asyncio.Event()
    async with Bench(tmp_path, driver) as bench:
        first = asyncio.create_task(bench.connect())
        second = asyncio.create_task(bench.connect())
        await wait_until(lambda: driver.attempts)
        first.cancel()
        driver.gate.set()
        await second
        assert bench.spooler.state.status is PrinterStatus.IDLE


async def test_disconnect_breaks_a_handshake_off(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    driver.gate = asyncio.Event()
    async with Bench(tmp_path, driver) as bench:
        connecting = asyncio.create_task(bench.connect())
        await wait_until(lambda: driver.attempts)
        await bench.spooler.perform(DisconnectPrinter())
        with pytest.raises(Conflict, match="broken off"):
            await connecting
        assert bench.spooler.state.status is PrinterStatus.OFFLINE


@pytest.mark.parametrize(
    ("failure", "status"),
    [(PortMissing("no /dev/scripted"), "offline"), (PrinterGarbled("only garbage: wrong baud?"), "error")],
)
async def test_failed_connect_raises_and_tells_its_code(tmp_path: Path, failure: Exception, status: str) -> None:
    driver = ScriptedDriver()
    driver.failure = failure
    async with Bench(tmp_path, driver) as bench:
        with pytest.raises(type(failure)):
            await bench.connect()
        assert bench.spooler.state.status.value == status
        assert bench.spooler.state.error is not None
        assert [event.error.code for event in bench.all(ErrorRaised)] == [failure.code]  # type: ignore[attr-defined]
        driver.failure = None
        await bench.connect()
        assert bench.spooler.state.error is None


async def test_driver_with_a_defect_leaves_no_printer_in_connecting(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    driver.failure = ZeroDivisionError("a defect")
    async with Bench(tmp_path, driver) as bench:
        with pytest.raises(ZeroDivisionError):
            await bench.connect()
        assert bench.spooler.state.status is PrinterStatus.OFFLINE
        assert "server_error" in [event.error.code for event in bench.all(ErrorRaised)]


async def test_job_is_printed_line_for_line(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        result = await bench.print(
            bench.file(["G28", "; a comment", "", *(f"G1 X{n}" for n in range(2000)), "; the end"])
        )
        assert result == {"job": "j1", "lines_total": 2001, "bytes_total": 16_917, "layers_total": None}
        finished = await bench.until_finished()
        assert bench.driver.executed[:-1] == ["G28", *(f"G1 X{n}" for n in range(2000))]
        assert bench.driver.executed[-1] == "M400"
        assert (finished.outcome.value, finished.reason, finished.actor) == ("completed", "", "ada")
        assert (finished.lines_done, finished.lines_total) == (2001, 2001)
        assert bench.all(JobStarted)[0].file == "part.gcode"
        assert bench.last(JobProgressed).fraction == 1.0
        assert bench.spooler.state.status is PrinterStatus.IDLE
        assert bench.spooler.state.job is None
        await wait_until(lambda: not list((tmp_path / "spool").iterdir()), what="an empty spool folder")
        assert bench.statuses == ["connecting", "idle", "printing", "finishing", "idle"]


async def test_second_job_starts_after_the_first(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        path = bench.file(10)
        await bench.print(path)
        await bench.until_finished()
        await bench.print(path, job="j2")
        await bench.until_finished("j2")
        assert len(bench.driver.moves) == 20
        assert len(bench.all(JobFinished)) == 2


async def test_job_is_refused_while_another_runs_and_while_offline(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        path = bench.file(10)
        with pytest.raises(Conflict, match="connect first"):
            await bench.spooler.perform(StartJob(job="j0", path=str(path), file="part.gcode"))
        await bench.connect()
        bench.driver.connection.gate.clear()
        await bench.print(path)
        with pytest.raises(Conflict):
            await bench.print(path, job="j2")
        with pytest.raises(Conflict):
            await bench.spooler.perform(DisconnectPrinter())


async def test_bad_files_are_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        with pytest.raises(FileRejected):
            await bench.print(bench.file([]))
        with pytest.raises(FileRejected) as refused:
            await bench.print(bench.file(["G28", "G1 X" + "1" * 10_000]))
        assert refused.value.details["line"] == 2
        (tmp_path / "binary.gcode").write_bytes(b"\x7fELF\x00\x00" * 100)
        with pytest.raises(FileRejected):
            await bench.print(tmp_path / "binary.gcode")
        with pytest.raises(FileUnreadable):
            await bench.print(tmp_path / "missing.gcode")
        with pytest.raises(FileUnreadable):
            await bench.print(tmp_path)
        with pytest.raises(InvalidMessage):
            await bench.print(bench.file(3), job="../evil")
        assert bench.driver.executed == []
        assert bench.spooler.state.status is PrinterStatus.IDLE
        assert not bench.spooler.has_job


async def test_emergency_stop_ends_the_job_and_halts(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        await bench.print(bench.file(50))
        await wait_until(lambda: bench.driver.moves)
        await bench.spooler.perform(EmergencyStop(actor="bo"))
        assert bench.driver.executed[-1] == "M112"
        finished = await bench.until_finished()
        assert (finished.error_code, finished.actor) == ("printer_halted", "bo")
        await wait_until(lambda: bench.all(PrinterDisconnected))
        assert bench.spooler.state.status is PrinterStatus.HALTED
        assert len(bench.all(JobFinished)) == 1


async def test_emergency_stop_that_nobody_confirms_closes_the_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydrogen.spooler.spooler.CONFIRM_SECONDS", 0.01)
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.confirms_emergency = False
        await bench.spooler.perform(EmergencyStop())
        assert bench.spooler.state.status is PrinterStatus.HALTED
        with pytest.raises(Conflict):
            await bench.spooler.perform(CoolDown())
        await wait_until(lambda: bench.all(PrinterDisconnected))
        assert "did not confirm" in bench.all(ErrorRaised)[-1].error.message
        assert bench.spooler.state.status is PrinterStatus.HALTED
        await bench.connect()
        assert bench.spooler.state.status is PrinterStatus.IDLE


async def test_emergency_stop_overtakes_a_start_that_is_being_checked(tmp_path: Path) -> None:
    may_link = threading.Event()

    def slow_link(path: Path, spool_file: Path) -> None:
        may_link.wait(5.0)
        os.link(path, spool_file)

    async with Bench(tmp_path, preflight=Preflight(tmp_path / "spool", link=slow_link)) as bench:
        await bench.connect()
        starting = asyncio.create_task(bench.print(bench.file(20)))
        await wait_until(lambda: bench.spooler.has_job)
        bench.spooler.emergency_stop("bo")
        may_link.set()
        with pytest.raises(Conflict):
            await starting
        assert bench.driver.executed == ["M112"]
        assert not bench.all(JobStarted)
        await wait_until(lambda: not list((tmp_path / "spool").iterdir()), what="an empty spool folder")


async def test_emergency_stop_without_a_port_says_so(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        with pytest.raises(Conflict, match="power"):
            await bench.spooler.perform(EmergencyStop())


async def test_m112_typed_by_hand_is_an_emergency_stop(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        await bench.spooler.perform(SendGcode(lines=("G28", " m112 ")))
        assert bench.driver.executed == ["M112"]
        assert bench.spooler.state.status is PrinterStatus.HALTED


async def test_check_of_a_file_can_be_cancelled(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        path = tmp_path / "huge.gcode"
        path.write_bytes(b"G1 X100.123 Y100.456 E0.05\n" * 800_000)
        starting = asyncio.create_task(bench.print(path))
        await wait_until(lambda: bench.spooler.has_job)
        await bench.spooler.perform(CancelJob())
        with pytest.raises(Conflict, match="cancelled"):
            await starting
        assert not bench.all(JobStarted)
        await wait_until(lambda: not list((tmp_path / "spool").iterdir()), what="an empty spool folder")


async def test_gcode_goes_between_the_lines_of_a_job_but_moves_by_button_do_not(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        gate = bench.driver.connection.gate
        gate.clear()
        await bench.print(bench.file(50))
        sending = asyncio.create_task(bench.spooler.perform(SendGcode(lines=("M105", "M114"))))
        for wish in (Home(), Jog(x_mm=1.0), Extrude(length_mm=1.0)):
            with pytest.raises(Conflict):
                await bench.spooler.perform(wish)
        gate.set()
        assert await sending == {"replies": ["ok", "ok"]}
        await bench.until_finished()
        assert len(bench.driver.moves) == 50


async def test_moves_by_button_are_allowed_in_a_paused_job(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(50))
        await bench.spooler.perform(PauseJob(actor="ada"))
        await bench.until_status("paused")
        await bench.spooler.perform(Jog(z_mm=10.0))
        await bench.spooler.perform(Extrude(length_mm=5.0))
        assert any(line.startswith("JOG") for line in bench.driver.executed)


async def test_temperature_requests_reach_the_printer(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        await bench.spooler.perform(SetTemperature(heater="tool0", target_celsius=205.0))
        with pytest.raises(NotFound):
            await bench.spooler.perform(SetTemperature(heater="tool7", target_celsius=205.0))
        await bench.spooler.perform(CoolDown())
        assert bench.driver.executed == ["M104 S205", "M104 S0", "M140 S0"]


async def test_measurements_enter_the_state_under_the_printers_name(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.measure("tool0", 20.5)
        assert bench.last(TemperatureMeasured).printer == "bench"
        assert bench.spooler.state.heaters["tool0"].actual_celsius == 20.5


async def test_link_figures_come_once_a_second_when_they_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydrogen.spooler.spooler.PULSE_SECONDS", 0.002)
    monkeypatch.setattr("hydrogen.spooler.spooler.IDLE_PULSE_SECONDS", 0.002)
    async with Bench(tmp_path) as bench:
        await bench.connect()
        await bench.spooler.perform(SendGcode(lines=("M105",)))
        await wait_until(lambda: bench.all(LinkMeasured) and bench.last(LinkMeasured).statistics.lines_sent == 1)
        count = len(bench.all(LinkMeasured))
        await asyncio.sleep(0.03)
        assert len(bench.all(LinkMeasured)) == count


async def test_terminal_lines_come_in_batches_while_traced(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        await bench.spooler.perform(SendGcode(lines=("M105",)))
        await bench.spooler.perform(TraceTerminal(on=True))
        await bench.spooler.perform(SendGcode(lines=("M114", "M115")))
        await wait_until(lambda: bench.all(TerminalLineReported))
        assert bench.last(TerminalLineReported).lines == ("> M114", "> M115")


async def test_no_job_starts_on_a_port_that_is_being_closed(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        leaving = asyncio.create_task(bench.spooler.perform(DisconnectPrinter()))
        await asyncio.sleep(0)
        with pytest.raises(Conflict, match="went away"):
            await bench.print(bench.file(5))
        bench.driver.connection.gate.set()
        await leaving
        assert bench.spooler.state.status.value == "offline"
        assert not bench.spooler.has_job
        assert bench.driver.moves == []


async def test_disconnect_turns_the_heaters_off_first(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        await bench.spooler.perform(DisconnectPrinter(actor="ada"))
        assert bench.driver.executed == ["M104 S0", "M140 S0"]
        assert bench.driver.connection.is_closed
        assert bench.spooler.state.status is PrinterStatus.OFFLINE
        with pytest.raises(Conflict):
            await bench.spooler.perform(Home())


async def test_gcode_bounds_are_kept(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        for lines in ((), ("M105",) * 101):
            with pytest.raises(InvalidMessage):
                await bench.spooler.perform(SendGcode(lines=lines))


async def test_stop_with_a_job_ends_at_a_line_with_heaters_off(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(5000))
        await bench.until_executed(10)
        await bench.spooler.shut_down()
        finished = await bench.until_finished()
        assert (finished.outcome.value, finished.error_code) == ("failed", "interrupted")
        moves = len(bench.driver.moves)
        assert finished.lines_done == moves
        assert bench.driver.executed[-2:] == ["M104 S0", "M140 S0"]
        assert bench.driver.connection.is_closed
        assert '"outcome": "interrupted"' in bench.files.job.read_text()
        assert len(bench.all(JobFinished)) == 1


async def test_stop_breaks_a_heat_up_off_so_that_heaters_off_gets_through(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.print(bench.file(["M109 S200", "G1 X1"]))
        await wait_until(lambda: bench.driver.connection.is_waiting_for_heat)
        await bench.spooler.shut_down()
        assert bench.driver.executed == ["M109 S200", "M104 S0", "M140 S0"]


async def test_only_if_idle_spares_a_spooler_with_a_job(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        await bench.print(bench.file(50))
        with pytest.raises(Conflict):
            await bench.spooler.perform(StopSpooler(only_if_idle=True))
        assert not bench.spooler.stop_wanted.is_set()
        await bench.spooler.perform(StopSpooler())
        assert bench.spooler.stop_wanted.is_set()


async def test_connect_during_an_emergency_waits_for_its_end(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.confirms_emergency = False
        bench.spooler.emergency_stop("")
        with pytest.raises(Conflict, match="under way"):
            await bench.spooler.perform(ConnectPrinter())
