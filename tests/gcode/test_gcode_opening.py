"""How a link begins."""

from __future__ import annotations

import pytest

from hydrogen.errors import DeviceError, PrinterGarbled, PrinterHalted, PrinterSilent
from hydrogen.gcode.link import GcodeLink
from hydrogen.gcode.link_events import LinkClosed, LinkOpened
from hydrogen.gcode.link_limits import LinkLimits
from hydrogen.gcode.link_state import LinkPhase
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.support.link_bench import BASE, LinkBench, moves


def opened_with(settings: MarlinSettings, plan: FaultPlan | None = None, seed: int = 1) -> LinkBench:
    return LinkBench(settings, plan, seed=seed).open()


@pytest.mark.parametrize("greets", [True, False], ids=["board that greets", "port that was open before"])
def test_link_opens_without_waiting_for_start(greets: bool) -> None:
    bench = opened_with(MarlinSettings(greets_on_power=greets))
    assert bench.has(LinkOpened)
    assert bench.printer.last_line_number == BASE
    assert bench.now - 100 < 3


def test_link_opens_behind_a_dwell_that_a_former_owner_left_and_no_late_m110_sets_the_number_back() -> None:
    bench = LinkBench(MarlinSettings(greets_on_power=False, instant_motion=True))
    bench.printer.receive(b"G4 S9\n", bench.now)
    bench.open()
    bench.print_lines(moves(30))
    assert bench.executed() == moves(30)
    assert bench.link.statistics.resends == 0


def test_line_that_a_former_owner_left_half_sent_is_ended_first() -> None:
    bench = LinkBench(MarlinSettings(greets_on_power=False))
    bench.printer.receive(b"N17 G1 X1", bench.now)
    bench.open()
    assert bench.has(LinkOpened)


@pytest.mark.parametrize("seed", range(10))
def test_link_opens_in_bad_weather(seed: int) -> None:
    plan = FaultPlan(
        byte_corruption_rate=0.005,
        ok_loss_rate=0.1,
        line_loss_rate=0.1,
        ok_duplication_rate=0.1,
        reply_corruption_rate=0.003,
    )
    bench = opened_with(MarlinSettings(greets_on_power=False, advanced_ok=seed % 2 == 0), plan, seed)
    assert bench.has(LinkOpened), bench.describe()
    assert bench.printer.last_line_number == BASE


def ending(feed: bytes, every: float = 0.5) -> DeviceError:
    link = GcodeLink(number_base=BASE, limits=LinkLimits(opening_patience=5.0))
    link.open(0.0)
    now = 0.0
    while link.phase is not LinkPhase.CLOSED:
        while link.data_to_send(now):
            pass
        now += every
        assert now < 120, "never gives up"
        if feed:
            link.receive_data(feed, now)
        link.handle_deadline(now)
    (closed,) = (event for event in link.events() if isinstance(event, LinkClosed))
    return closed.error


def test_silence_is_told_from_garbage() -> None:
    silent = ending(b"")
    assert isinstance(silent, PrinterSilent)
    assert "no byte" in str(silent)
    garbled = ending(b"\xf8\x00\xff\x1c\x80\n\xe0\xe0")
    assert isinstance(garbled, PrinterGarbled)
    assert "baud" in str(garbled)


def test_printer_that_has_halted_is_named() -> None:
    error = ending(b"Error:Printer halted. kill() called!\n")
    assert isinstance(error, PrinterHalted)
    assert "reset" in str(error)


def test_busy_printer_is_waited_for() -> None:
    link = GcodeLink(number_base=BASE, limits=LinkLimits(opening_patience=5.0))
    link.open(0.0)
    now = 0.0
    for _ in range(30):
        now += 2.0
        link.receive_data(b"echo:busy: processing\n", now)
        link.handle_deadline(now)
    assert link.phase is LinkPhase.OPENING
