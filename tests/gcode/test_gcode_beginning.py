"""From the first byte to a link that takes lines."""

from __future__ import annotations

from hydrogen.gcode.link_events import LinkClosed, LinkOpened, NumberingBegun
from hydrogen.gcode.link_limits import LinkLimits
from hydrogen.gcode.link_state import LinkPhase
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.support.link_bench import BASE, LinkBench, moves

MEASURING = LinkLimits(measures_receive_buffer=True)


def board(**changes: object) -> MarlinSettings:
    values: dict[str, object] = {"instant_motion": True, "greets_on_power": False, **changes}
    return MarlinSettings(**values)  # type: ignore[arg-type]


def test_without_measurement_it_takes_a_fraction_of_a_second() -> None:
    bench = LinkBench(board()).open()
    assert bench.has(LinkOpened)
    assert bench.now - 100.0 < 0.3
    assert not any(line.startswith("G4") for line in bench.printer.ledger.lines)


def test_measurement_is_made_once_before_the_numbers_that_count() -> None:
    bench = LinkBench(board(ring_size=128), limits=MEASURING).open()
    assert bench.now - 100.0 < 1.2
    assert bench.printer.last_line_number == BASE
    assert len(bench.all(NumberingBegun)) == 1
    bench.print_lines(moves(300))
    assert bench.executed() == moves(300)
    assert bench.link.is_window_open


def test_beginning_anew_measures_nothing() -> None:
    limits = LinkLimits(measures_receive_buffer=True, renumber_above=BASE + 50)
    bench = LinkBench(board(ring_size=128), limits=limits).open()
    bench.print_lines(moves(60))
    dwells = [line for line in bench.printer.ledger.lines if line.startswith("G4")]
    bench.link.detach()
    bench.run(lambda: len(bench.all(NumberingBegun)) == 2, 10)
    assert [line for line in bench.printer.ledger.lines if line.startswith("G4")] == dwells
    bench.print_lines(moves(20, first=60))
    assert bench.executed() == moves(80)


def test_board_that_resets_in_the_measurement_is_met_again_or_given_up_with_a_reason() -> None:
    bench = LinkBench(board(ring_size=128), limits=MEASURING)
    bench.link.open(bench.now)
    bench.run(lambda: bench.link.phase is LinkPhase.MEASURING, 10)
    bench.printer.reset(bench.now)
    bench.run(lambda: bench.has(LinkOpened) or bench.has(LinkClosed), 60)
    assert bench.has(LinkOpened)
    bench.print_lines(moves(10))
    assert bench.executed() == moves(10)
    assert not bench.link.is_window_open
