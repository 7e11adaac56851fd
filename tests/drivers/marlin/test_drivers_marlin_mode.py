"""Positioning modes are followed through commands and job alike."""

from __future__ import annotations

import pytest

from hydrogen.devices.driver import TargetAsked
from hydrogen.gcode.program.machine_scanner import MachineScanner
from hydrogen_drivers.marlin.mode import TARGETS_KEPT, ModeTracker
from tests.support.link_bench import ListSource


def test_modes_follow_what_is_sent() -> None:
    mode = ModeTracker()
    source = mode.follow(ListSource([b"G91", b"G1 X1", b"M82", b"G92 E0", b"G90", b"M83", b"M84"]))
    seen = []
    while source.take() is not None:
        seen.append((mode.is_relative, mode.is_extruder_relative))
    assert seen == [
        (True, True),
        (True, True),
        (True, False),
        (True, False),
        (False, False),
        (False, True),
        (False, True),
    ]


def test_tracker_without_a_source_has_nothing_to_give() -> None:
    assert ModeTracker().take() is None


def followed(*lines: bytes) -> ModeTracker:
    mode = ModeTracker()
    source = mode.follow(ListSource(list(lines)))
    while source.take() is not None:
        pass
    return mode


def test_feedrate_is_that_of_the_last_move_that_names_one() -> None:
    assert followed(b"G1 X1 F1500", b"G1 X2", b"G0 X3F6000.5", b"G1 X4").feedrate_mm_per_minute == 6000.5
    assert followed(b"G1 X1", b"M220 S50", b"G29 F9").feedrate_mm_per_minute is None


def test_feedrate_of_a_command_between_the_lines_of_a_job_counts_too() -> None:
    mode = followed(b"G1 X1 F1500")
    mode.note(b"G1 X5 F900")
    assert mode.feedrate_mm_per_minute == 900.0


def test_targets_are_those_that_were_asked_for_last() -> None:
    mode = followed(b"M104 S200", b"M190 R60", b"M141 S40", b"M109 S215", b"M104 T1 S180", b"M109")
    assert mode.targets_celsius == {"tool0": 215.0, "bed": 60.0, "chamber": 40.0, "tool1": 180.0}


def test_target_without_a_tool_is_the_selected_tools() -> None:
    assert followed(b"T1", b"M104S190").targets_celsius == {"tool1": 190.0}


def test_temperature_words_of_other_commands_are_no_targets() -> None:
    assert followed(b"M106 S128", b"M117 S200", b"G4 S5", b"M302 S0").targets_celsius == {}


def test_homed_is_what_was_homed_and_not_let_go() -> None:
    assert followed(b"G28").is_homed
    assert followed(b"G28 O").is_homed
    assert followed(b"G28 X Y", b"G28 Z").is_homed
    assert not followed(b"G28 X Y").is_homed
    assert not followed(b"G1 X1", b"G29").is_homed


def test_released_motors_are_not_homed_any_more() -> None:
    assert not followed(b"G28", b"M84").is_homed
    assert followed(b"G28", b"M84 S300", b"M84 E").is_homed
    assert followed(b"G28", b"M18 X").homed == {b"Y", b"Z"}


def test_shifted_coordinates_are_not_the_machines_own() -> None:
    assert followed(b"G28", b"G92 E0").is_homed
    assert followed(b"G28", b"G92 X0 E0").homed == {b"Y", b"Z"}
    assert followed(b"G28", b"G92 X0", b"G28 X").is_homed


def test_unit_and_tool_are_followed() -> None:
    mode = followed(b"G20", b"T1")
    assert (mode.is_inch, mode.tool) == (True, 1)
    mode.note(b"G21")
    assert not mode.is_inch


def test_height_is_the_highest_of_absolute_moves_of_this_job() -> None:
    mode = followed(b"G1 Z0.3", b"G1 X1 Z12.5", b"G91", b"G1 Z50", b"G90", b"G1 Z3")
    assert mode.highest_mm == 12.5
    mode.follow(ListSource([]))
    assert mode.highest_mm == 0.0


def test_modes_of_a_connection_before_are_taken_over() -> None:
    lines = b"G28\nG91\nM82\nT1\nM104 S200\nG20\nG1 X1 F60\n"
    scanner = MachineScanner()
    scanner.feed(lines)
    mode, same = ModeTracker(), followed(*lines.splitlines())
    mode.adopt(scanner.state)
    for name in ("is_relative", "is_extruder_relative", "is_inch", "tool", "homed", "targets_celsius"):
        assert getattr(mode, name) == getattr(same, name), name
    assert mode.feedrate_mm_per_minute == pytest.approx(same.feedrate_mm_per_minute)


def test_part_of_a_stream_keeps_the_height_that_was_adopted() -> None:
    mode = ModeTracker()
    mode.highest_mm = 12.0
    assert mode.follow(ListSource([]), is_part=True).highest_mm == 12.0
    assert mode.follow(ListSource([])).highest_mm == 0.0


def test_what_was_asked_of_the_heaters_is_told_once_and_in_order() -> None:
    mode = followed(b"M104 S200", b"G1 X1", b"M140 S60", b"M109 R180")
    assert list(mode.take_heat_lines()) == [
        TargetAsked("tool0", 200.0),
        TargetAsked("bed", 60.0),
        TargetAsked("tool0", 180.0),
    ]
    assert list(mode.take_heat_lines()) == []


def test_lines_that_may_heat_by_themselves_are_told_without_a_heater() -> None:
    macros = (b"START_PRINT BED=60", b"G29", b"G10 P0 S200", b"M303 E0 S200", b"T1", b"M600", b"M98 P0")
    assert list(followed(*macros).take_heat_lines()) == [TargetAsked(None)] * len(macros)
    ordinary = (b"G1 X1 F900", b"G28", b"G92 E0", b"M106 S255", b"M400", b"M117 M303", b"G2 X1", b"G92.1", b"")
    assert list(followed(*ordinary).take_heat_lines()) == []


def test_targets_that_the_firmware_chooses_within_a_line_are_asked_for_too() -> None:
    assert list(followed(b"M109 S200 B240 F1").take_heat_lines()) == [
        TargetAsked("tool0", 200.0),
        TargetAsked("tool0", 240.0),
    ]
    assert list(followed(b"M104 I1", b"M109").take_heat_lines()) == [TargetAsked(None)]


def test_heat_lines_that_nobody_looks_at_are_bounded() -> None:
    mode = ModeTracker()
    for celsius in range(10 * TARGETS_KEPT):
        mode.note(b"M104 S%d" % celsius)
    assert len(mode.take_heat_lines()) == TARGETS_KEPT


def test_every_homing_is_told_with_its_axes() -> None:
    told: list[str] = []
    tracker = ModeTracker(told.append)
    for line in (b"G28", b"G28 X Y", b"G280", b"G28 W"):
        tracker.note(line)
    assert told == ["xyz", "xy", "xyz"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"M117 Layer 3", "Layer 3"),
        (b"M117", ""),
        (b"M117 <b>" + b"x" * 200, "<b>" + "x" * 117),
        (b"M117 \xff\x07 \xc3\xa4", "\ufffd\ufffd \xe4"),
    ],
)
def test_the_text_on_the_printers_display_is_known_as_text(line: bytes, shown: str) -> None:
    assert followed(b"M117 before", line).message == shown
