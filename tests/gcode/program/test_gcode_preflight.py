"""Is a file right for a printer? Each finding, and each silence that is told of."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from hydrogen.gcode.program.analysis import (
    CommandUse,
    DensePlace,
    FileAnalysis,
    HeatTarget,
    LineDemand,
    Reach,
    SlicerNotes,
    ToolUse,
    Unsendable,
)
from hydrogen.gcode.program.preflight import MachineProfile, bytes_per_second, judge

REACH = Reach(low_mm=(5.0, 5.0, 0.2), high_mm=(100.0, 100.0, 50.0), low_lines=(11, 12, 13), high_lines=(21, 22, 23))
GOOD = FileAnalysis(
    seconds=1000.0,
    slicer=SlicerNotes(printer="MK3S", bed_mm=(210.0, 210.0)),
    laid=REACH,
    travelled=REACH,
    tools=(ToolUse(tool=0, filament_mm=500.0, seconds=1000.0),),
    targets=MappingProxyType({"nozzle": HeatTarget(celsius=215.0, line=3), "bed": HeatTarget(celsius=60.0, line=2)}),
    commands=(CommandUse(command="G1", count=5000, line=9), CommandUse(command="G2", count=50, line=99)),
    demand=LineDemand(
        densest_bytes=DensePlace(line=77, layer=41, seconds=0.1, lines=32, bytes=1200),
        histogram=(0.0,) * 26 + (900.0, 100.0),
    ),
    first_home=1,
    first_heat=3,
    first_laid=10,
)
PRINTER = MachineProfile(
    name="mk3",
    low_mm=(0.0, 0.0, 0.0),
    high_mm=(210.0, 210.0, 200.0),
    celsius=MappingProxyType({"nozzle": 260.0, "bed": 100.0}),
    models=("MK3*",),
    extruders=1,
    dialect="marlin",
    capabilities=MappingProxyType({"ARCS": True}),
    baud=250000,
    carries_window=True,
)


def codes(analysis: FileAnalysis, machine: MachineProfile = PRINTER) -> list[tuple[str, str, int | None]]:
    return [(finding.code, finding.severity, finding.line) for finding in judge(analysis, machine).findings]


def test_a_file_that_fits_is_not_complained_of_and_all_of_it_is_judged() -> None:
    verdict = judge(GOOD, PRINTER)
    assert (verdict.printer, verdict.findings, verdict.not_judged) == ("mk3", (), ())


def test_of_an_unknown_printer_nothing_is_said_but_what_would_have_to_be_known() -> None:
    verdict = judge(GOOD, MachineProfile())
    assert verdict.findings == ()
    assert len(verdict.not_judged) == 5


def test_plastic_beyond_an_edge_is_an_error_with_its_line() -> None:
    wide = replace(REACH, high_mm=(210.3, 100.0, 50.0))
    assert codes(replace(GOOD, laid=wide, travelled=wide)) == [("laid_outside", "error", 21)]
    assert codes(replace(GOOD, laid=replace(REACH, low_mm=(-1.0, 5.0, 0.2)))) == [("laid_outside", "error", 11)]


def test_travel_beyond_an_edge_is_cut_short_by_marlin_and_ends_a_print_by_klipper() -> None:
    wide = replace(GOOD, travelled=replace(REACH, high_mm=(100.0, 215.0, 50.0)))
    assert codes(wide) == [("travel_outside", "warning", 22)]
    assert codes(wide, replace(PRINTER, dialect="klipper")) == [("travel_outside", "error", 22)]


def test_an_edge_is_not_passed_by_rounding() -> None:
    assert codes(replace(GOOD, laid=replace(REACH, high_mm=(210.04, 210.0, 200.0)))) == []


def test_too_much_heat_is_an_error() -> None:
    hot = {**GOOD.targets, "nozzle": HeatTarget(celsius=280.0, line=7)}
    assert codes(replace(GOOD, targets=hot)) == [("too_hot", "error", 7)]


def test_plastic_before_heat_and_homing_is_told_unless_a_macro_may_have_seen_to_it() -> None:
    bare = replace(GOOD, first_home=None, first_heat=50)
    assert codes(bare) == [("cold", "warning", 10), ("unhomed", "warning", 10)]
    macro = replace(bare, commands=(*bare.commands, CommandUse(command="START_PRINT", count=1, line=4)))
    assert ("cold", "warning", 10) not in codes(macro)


@pytest.mark.parametrize(
    ("command", "is_known"), [("M486", True), ("M862", True), ("G5", True), ("M7777", False), ("START_PRINT", False)]
)
def test_commands_are_judged_by_what_some_marlin_knows(command: str, is_known: bool) -> None:
    file = replace(GOOD, commands=(CommandUse(command=command, count=3, line=12),))
    assert codes(file) == ([] if is_known else [("unknown_command", "warning", 12)])
    assert codes(file, replace(PRINTER, dialect="klipper")) == []


def test_a_capability_that_the_firmware_denies_is_missed() -> None:
    without = replace(PRINTER, capabilities=MappingProxyType({"ARCS": False}))
    assert codes(GOOD, without) == [("lacks_capability", "warning", 99)]
    assert codes(GOOD, replace(PRINTER, capabilities=MappingProxyType({}))) == []


def test_another_printer_another_bed_and_more_tools_are_told() -> None:
    other = replace(GOOD, slicer=SlicerNotes(printer="Ender-3", bed_mm=(235.0, 235.0)))
    assert codes(other) == [("wrong_printer", "warning", None), ("wrong_bed", "warning", None)]
    tools = (*GOOD.tools, ToolUse(tool=1, filament_mm=5.0, seconds=1.0))
    file = replace(GOOD, tools=tools, commands=(CommandUse(command="T1", count=1, line=88),))
    assert codes(file) == [("too_many_tools", "error", 88)]


def test_lines_that_come_too_slowly_are_told_with_both_rates() -> None:
    slow = replace(PRINTER, baud=115200)
    (finding,) = judge(GOOD, slow).findings
    assert (finding.code, finding.line) == ("line_rate", 77)
    assert finding.message.startswith("needs 320 lines/s at layer 41, the link carries 304: ")
    assert "10.0% of the print" in finding.message


@pytest.mark.parametrize(("baud", "share"), [(250000, 0.83), (115200, 0.88)])
def test_one_line_in_flight_carries_what_was_measured(baud: int, share: float) -> None:
    one = replace(PRINTER, baud=baud, carries_window=False)
    carried = bytes_per_second(one, 35.0)
    assert carried is not None
    assert carried / (baud / 10.0) == pytest.approx(share, abs=0.01)
    assert bytes_per_second(replace(one, baud=None), 35.0) is None


def test_a_line_that_cannot_be_sent_comes_first() -> None:
    problem = Unsendable(line=4, reason="too_long", message="line 4: the line cannot be sent")
    wide = replace(GOOD, problem=problem, slicer=SlicerNotes(printer="X"))
    assert codes(wide)[0] == ("unsendable", "error", 4)


def test_a_file_that_lays_nothing_is_mentioned() -> None:
    assert codes(replace(GOOD, first_laid=None, laid=None)) == [("lays_nothing", "info", None)]
