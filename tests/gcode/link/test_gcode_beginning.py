"""From the first byte to a link that takes lines."""

from __future__ import annotations

from hydrogen.gcode.link.link_events import LinkClosed, LinkOpened, NumberingBegun
from hydrogen.gcode.link.link_limits import PROBE, LinkLimits
from hydrogen.gcode.link.link_state import LinkPhase
from hydrogen.gcode.link.window import CLEAN_LINES
from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.personas import persona_named
from tests.support.link_bench import BASE, LinkBench, moves


def board(**changes: object) -> MarlinSettings:
    values: dict[str, object] = {"instant_motion": True, "greets_on_power": False, **changes}
    return MarlinSettings(**values)  # type: ignore[arg-type]


def test_without_measurement_it_takes_a_fraction_of_a_second() -> None:
    bench = LinkBench(board()).open()
    assert bench.has(LinkOpened)
    assert bench.now - 100.0 < 0.3
    assert not any(line.startswith("G4") for line in bench.printer.ledger.lines)


def measured(bench: LinkBench) -> LinkBench:
    """Opened, and the receive buffer measured."""
    bench.open().link.measure_receive_buffer()
    bench.run(lambda: bench.link.phase is LinkPhase.MEASURING, 1)
    bench.run(lambda: len(bench.all(NumberingBegun)) == 2 or bench.has(LinkClosed), 60)
    return bench


def dwells(bench: LinkBench) -> list[str]:
    return [line for line in bench.printer.ledger.lines if line.startswith("G4")]


def test_measurement_is_made_once_and_the_numbers_begin_anew() -> None:
    bench = measured(LinkBench(board(ring_size=128)))
    assert bench.now - 100.0 < 1.2
    assert len(bench.all(LinkOpened)) == 1
    assert len(bench.all(NumberingBegun)) == 2
    assert dwells(bench)
    bench.print_lines(moves(60))
    assert bench.executed() == moves(60)
    assert bench.printer.last_line_number > BASE


def test_idle_link_tries_out_the_wire_so_that_the_job_need_not() -> None:
    bench = measured(LinkBench(board(ring_size=128)))
    bench.run(lambda: bench.link.statistics.lines_acknowledged == CLEAN_LINES, 5)
    assert bench.printer.ledger.lines[-CLEAN_LINES:] == ["G4 P0"] * CLEAN_LINES
    bench.run(lambda: bench.link.is_settled, 1)
    bench.print_lines(moves(40))
    assert bench.link.is_window_open


def test_trial_gives_way_to_whatever_comes() -> None:
    bench = measured(LinkBench(board(ring_size=128)))
    bench.run(lambda: bench.link.statistics.lines_acknowledged >= 20, 5)
    bench.print_lines(moves(300))
    assert bench.link.is_window_open
    tried = dwells(bench).count("G4 P0")
    assert tried < CLEAN_LINES
    assert bench.executed() == moves(300)


def test_measurement_waits_until_nothing_is_to_be_done() -> None:
    bench = LinkBench(board(ring_size=128)).open()
    bench.link.measure_receive_buffer()
    bench.print_lines(moves(50))
    assert bench.executed() == moves(50)
    assert not dwells(bench)
    bench.link.detach()
    bench.run(lambda: len(bench.all(NumberingBegun)) == 2, 10)
    assert dwells(bench)


def test_commands_that_come_during_the_measurement_run_after_it() -> None:
    bench = LinkBench(board(ring_size=128)).open()
    bench.link.measure_receive_buffer()
    bench.run(lambda: bench.link.phase is LinkPhase.MEASURING, 1)
    ticket = bench.link.submit("G1 X5")
    assert ticket is not None
    bench.run(lambda: ticket.is_done, 10)
    assert bench.executed() == [b"G1 X5"]


def test_beginning_anew_measures_nothing() -> None:
    bench = LinkBench(board(ring_size=128), limits=LinkLimits(renumber_above=BASE + 50)).open()
    bench.print_lines(moves(60))
    bench.link.detach()
    bench.run(lambda: len(bench.all(NumberingBegun)) == 2, 10)
    assert not dwells(bench)
    bench.print_lines(moves(20, first=60))
    assert bench.executed() == moves(80)


def test_firmware_that_checks_no_numbers_is_not_measured() -> None:
    bench = LinkBench(persona_named("klipper").settings).open()
    assert not bench.link.numbers_checked
    bench.link.measure_receive_buffer()
    bench.print_lines(moves(5))
    bench.link.detach()
    assert bench.link.phase is LinkPhase.READY
    assert not dwells(bench)


def test_board_that_resets_in_the_measurement_ends_the_link() -> None:
    bench = LinkBench(board(ring_size=128)).open()
    bench.link.measure_receive_buffer()
    bench.run(lambda: bench.link.phase is LinkPhase.MEASURING, 10)
    bench.printer.reset(bench.now)
    bench.run(lambda: bench.has(LinkClosed), 60)
    (closed,) = bench.all(LinkClosed)
    assert isinstance(closed, LinkClosed)
    assert closed.error.code == "printer_reset"


def test_greeting_is_kept() -> None:
    bench = LinkBench(board(greets_on_power=True)).open()
    assert any("Marlin" in line for line in bench.link.greeting)


def test_measurement_begins_with_the_fetch_that_finds_nothing_to_do() -> None:
    bench = LinkBench(board()).open()
    bench.link.measure_receive_buffer()
    assert bench.link.data_to_send(bench.now) == PROBE  # does it still count as we do?
    bench.run(lambda: bool(dwells(bench)), 1)
