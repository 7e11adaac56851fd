"""A Marlin connection over a real pty to a virtual printer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from hydrogen.errors import InvalidMessage, LineRefused, LinkLost, NotFound, PrinterHalted
from hydrogen.model.events import ErrorRaised, PrinterPositionReported
from hydrogen.model.printer import Tuning
from hydrogen_drivers.marlin import connection as connection_module
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.driver import MarlinDriver
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.support.connection_listener import RememberingJournal, RememberingListener
from tests.support.link_bench import ListSource, moves
from tests.support.waiting import wait_until

FAST = {"speed": 200, "instant_motion": True}


class Rig:
    def __init__(self, printer: VirtualPrinter) -> None:
        self.printer = printer
        self.listener = RememberingListener()
        self.journal = RememberingJournal()
        self.connection: MarlinConnection

    async def connect(self) -> Rig:
        settings = {
            "port": str(self.printer.link),
            "baud": 115200,
            "connect_timeout_seconds": 2.0,
            "temperature_interval_seconds": 1,
        }
        self.connection = await MarlinDriver(settings).connect(self.listener, self.journal)
        return self

    def executed(self) -> list[str]:
        return list(self.printer.ledger.lines)


StartPrinter = Callable[..., VirtualPrinter]


async def test_handshake_names_the_firmware_and_lets_it_report_temperatures(
    start_virtual_printer: StartPrinter,
) -> None:
    rig = await Rig(start_virtual_printer(**FAST)).connect()
    assert rig.connection.firmware.name.startswith("Marlin")
    assert rig.connection.firmware.capabilities["EMERGENCY_PARSER"] is True
    assert len(rig.journal.bases) == 1
    assert 1000 <= rig.journal.bases[0] < 9000
    await wait_until(lambda: len(rig.listener.temperatures("tool0")) >= 3 and rig.listener.temperatures("bed"))
    assert "M155 S1" in rig.executed()
    await rig.connection.close()
    await rig.connection.close()
    assert rig.listener.losses == []


async def test_firmware_that_does_not_report_is_asked_and_questions_do_not_pile_up(
    start_virtual_printer: StartPrinter,
) -> None:
    rig = await Rig(start_virtual_printer(auto_report=False, **FAST)).connect()
    await wait_until(lambda: rig.listener.temperatures("tool0"))
    asked = rig.executed().count("M105")
    assert "M155 S1" not in rig.executed()
    dwell = asyncio.ensure_future(rig.connection.send_gcode(["G4 S300"]))
    await wait_until(lambda: rig.executed().count("M105") >= asked)
    await dwell
    assert rig.executed().count("M105") <= asked + 3
    await rig.connection.close()


async def test_job_is_pulled_journalled_before_it_is_written_and_proven_at_the_end(
    start_virtual_printer: StartPrinter,
) -> None:
    rig = await Rig(start_virtual_printer(faults=FaultPlan(corrupt_every=37, drop_ok_every=61), **FAST)).connect()
    lines = moves(150)
    source = ListSource(lines)
    rig.connection.stream(source)
    place = next(offset for _, offset, _ in rig.journal.records if offset >= 0)
    assert place == 0  # an offset recorded before this one is another stream's
    await wait_until(lambda: source.is_exhausted, within_seconds=30)
    await rig.connection.finish()
    assert [line.encode() for line in rig.printer.ledger.moves] == lines
    assert rig.connection.stream_progress.lines == len(lines)
    assert rig.connection.stream_progress.offset == sum(len(line) + 1 for line in lines)
    offsets = [offset for _, offset, _ in rig.journal.records if offset > 0]
    assert sorted(set(offsets)) == sorted({sum(len(x) + 1 for x in lines[: i + 1]) for i in range(len(lines))})
    assert all(acknowledged < number for number, offset, acknowledged in rig.journal.records if offset != place)
    await rig.connection.close()


async def test_answers_belong_to_their_commands(start_virtual_printer: StartPrinter) -> None:
    rig = await Rig(start_virtual_printer(**FAST)).connect()
    position, firmware, nothing = await asyncio.gather(
        rig.connection.send_gcode(["M114"]),
        rig.connection.send_gcode(["M115"]),
        rig.connection.send_gcode(["; nothing", ""]),
    )
    assert position[0].startswith("X:")
    assert firmware[0].startswith("FIRMWARE_NAME")
    assert nothing == ()
    assert any(isinstance(event, PrinterPositionReported) for event in rig.listener.events)
    await rig.connection.close()


async def test_dangerous_line_is_refused_before_any_of_its_batch_is_sent(start_virtual_printer: StartPrinter) -> None:
    rig = await Rig(start_virtual_printer(**FAST)).connect()
    with pytest.raises(LineRefused, match="line 2"):
        await rig.connection.send_gcode(["M106 S1", "G1 X" + "1" * 200])
    assert "M106 S1" not in rig.executed()
    await rig.connection.close()


async def test_wishes_become_gcode_and_modes_are_restored(start_virtual_printer: StartPrinter) -> None:
    rig = await Rig(start_virtual_printer(instant_heating=True, **FAST)).connect()
    await rig.connection.set_temperature("bed", 60)
    await rig.connection.set_temperature("tool0", 200)
    await rig.connection.home("xy")
    await rig.connection.jog(x_mm=5, z_mm=-0.5, feedrate_mm_per_minute=3000)
    await rig.connection.send_gcode(["G91", "M83"])
    await rig.connection.jog(y_mm=1, feedrate_mm_per_minute=600)
    await rig.connection.extrude(length_mm=-2, feedrate_mm_per_minute=120)
    await rig.connection.cool_down()
    told = rig.executed()[-12:]
    assert told == [
        "M140 S60",
        "M104 S200",
        "G28 X Y",
        "G91",
        "G1 X5 Z-0.5 F3000",
        "G90",
        "G91",
        "M83",
        "G1 Y1 F600",
        "G1 E-2 F120",
        "M104 S0",
        "M140 S0",
    ]
    with pytest.raises(NotFound):
        await rig.connection.set_temperature("tool3", 200)
    with pytest.raises(InvalidMessage):
        await rig.connection.jog(feedrate_mm_per_minute=100)
    await rig.connection.close()


async def test_cool_down_cuts_a_heat_up_short(start_virtual_printer: StartPrinter) -> None:
    rig = await Rig(start_virtual_printer(speed=1, instant_motion=True)).connect()
    heating = asyncio.ensure_future(rig.connection.send_gcode(["M109 S220"]))
    await wait_until(lambda: rig.connection.is_waiting_for_heat)
    async with asyncio.timeout(10):
        await rig.connection.cool_down()
        await heating
    assert rig.executed()[-2:] == ["M104 S0", "M140 S0"]
    await rig.connection.close()


async def test_settle_returns_when_nothing_is_in_flight(start_virtual_printer: StartPrinter) -> None:
    rig = await Rig(start_virtual_printer(**FAST)).connect()
    source = ListSource(moves(30))
    rig.connection.stream(source)
    source.is_paused = True
    await rig.connection.settle()
    done = rig.connection.stream_progress.lines
    assert rig.printer.ledger.move_count == done
    source.is_paused = False
    rig.connection.wake()
    await wait_until(lambda: source.is_exhausted)
    await rig.connection.settle()
    assert rig.connection.stream_progress.lines == 30
    await rig.connection.close()


async def test_emergency_stop_is_confirmed_by_the_printer_and_ends_the_connection(
    start_virtual_printer: StartPrinter,
) -> None:
    rig = await Rig(start_virtual_printer(speed=1, instant_motion=True)).connect()
    heating = asyncio.ensure_future(rig.connection.send_gcode(["M109 S220"]))
    await wait_until(lambda: rig.connection.is_waiting_for_heat)
    rig.connection.emergency_stop()
    with pytest.raises(PrinterHalted):
        await heating
    await wait_until(lambda: rig.listener.losses)
    assert rig.listener.losses[0].details["is_confirmed"] is True
    assert rig.printer.printer.is_halted
    rig.connection.emergency_stop()
    await rig.connection.close()


async def test_pulled_cable_fails_what_waits_and_is_told_once(start_virtual_printer: StartPrinter) -> None:
    rig = await Rig(start_virtual_printer(speed=1, instant_motion=True)).connect()
    waiting = [
        asyncio.ensure_future(rig.connection.send_gcode(["G4 S100"])),
        asyncio.ensure_future(rig.connection.settle()),
        asyncio.ensure_future(rig.connection.finish()),
    ]
    await wait_until(lambda: rig.connection.statistics.lines_sent > rig.connection.statistics.lines_acknowledged)
    rig.printer.pull_cable()
    for future in waiting:
        with pytest.raises(LinkLost):
            await future
    await wait_until(lambda: rig.listener.losses)
    assert len(rig.listener.losses) == 1
    with pytest.raises(LinkLost):
        await rig.connection.send_gcode(["M105"])
    await rig.connection.close()


async def test_actions_and_traffic_are_passed_on(start_virtual_printer: StartPrinter) -> None:
    rig = await Rig(start_virtual_printer(**FAST)).connect()
    rig.connection.trace(True)
    await rig.connection.send_gcode(["M118 //action:pause"])
    assert ("pause", "") in rig.listener.actions
    assert any(line.startswith("> N") and "M118" in line for line in rig.listener.traffic)
    assert "< //action:pause" in rig.listener.traffic
    rig.connection.trace(False)
    await rig.connection.close()


async def test_failed_handshake_leaves_the_port_free(start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(**FAST)
    printer.halt("Error:Printer halted. kill() called!")
    rig = Rig(printer)
    with pytest.raises(Exception, match="printer"):
        await rig.connect()
    printer.wait_until_closed()
    assert rig.listener.losses == []


async def test_same_complaint_is_told_once_however_many_lines_earn_it(start_virtual_printer: StartPrinter) -> None:
    rig = await Rig(start_virtual_printer(**FAST)).connect()
    await rig.connection.send_gcode([f"G1 X{i} E{i}" for i in range(1, 20)])
    told = [event for event in rig.listener.events if isinstance(event, ErrorRaised)]
    assert [event.error.code for event in told] == ["cold_extrusion"]
    assert rig.connection.statistics.lines_acknowledged > 19
    await rig.connection.close()


async def test_heat_up_is_broken_although_the_first_word_is_lost(
    start_virtual_printer: StartPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "BREAK_AGAIN_SECONDS", 0.05)
    rig = await Rig(start_virtual_printer(speed=1, instant_motion=True)).connect()
    await rig.connection.settle()
    heating = asyncio.ensure_future(rig.connection.send_gcode(["M109 S220"]))
    await wait_until(lambda: rig.connection.is_waiting_for_heat)
    submit, lost = rig.connection._link.submit_unnumbered, []

    def lose_the_first(body: bytes) -> None:
        if lost:
            submit(body)
        else:
            lost.append(body)

    monkeypatch.setattr(rig.connection._link, "submit_unnumbered", lose_the_first)
    assert rig.connection.break_waiting()
    async with asyncio.timeout(10):
        await heating
    assert lost == [b"M108"]
    await rig.connection.close()


async def test_fans_speed_and_flow_are_what_acknowledged_lines_and_the_board_say(
    start_virtual_printer: StartPrinter,
) -> None:
    rig = await Rig(start_virtual_printer(**FAST)).connect()
    tuning = rig.connection.tuning
    assert tuning.value == Tuning(speed_percent=100.0, flow_percent={"tool0": 100.0}), "it was asked"
    source = ListSource([b"M106 P1 S255", b"M220 S80", b"G4 P1", b"M221 S95"])
    rig.connection.stream(source)
    await wait_until(lambda: source.is_exhausted)
    await rig.connection.finish()
    assert tuning.value == Tuning(fans_percent={"1": 100.0}, speed_percent=80.0, flow_percent={"tool0": 95.0})
    await rig.connection.send_gcode(["M107 P1", "M220 S120"])
    assert tuning.value == Tuning(fans_percent={"1": 0.0}, speed_percent=120.0, flow_percent={"tool0": 95.0})
    rig.printer.do(lambda printer, now: printer.choose_at_panel("M106 S51", now))
    await wait_until(lambda: tuning.value.fans_percent == {"0": 20.0, "1": 0.0}, what="what somebody turned")
    await rig.connection.close()
