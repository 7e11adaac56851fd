"""What each command does to what a printer is in; the rules are Marlin's (facts/marlin.md)."""

from __future__ import annotations

from typing import Any

import pytest

from hydrogen.gcode.program.machine_state import Machine, MachineState


def after(*lines: str) -> MachineState:
    machine = Machine()
    for line in lines:
        machine.obey(line.encode())
    return machine.snapshot()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["G1 X1 Y-2.5 Z.3 F1800"], {"x_mm": 1, "y_mm": -2.5, "z_mm": 0.3, "feedrate_mm_per_minute": 1800}),
        (["G0X5", "G1 X 7"], {"x_mm": 7, "y_mm": None}),
        (["G1 F1200", "G1 X1 F0"], {"feedrate_mm_per_minute": 1200}),
        (["G91", "G1 X5"], {"x_mm": None, "is_relative": True, "is_extruder_relative": True}),
        (["G1 X5", "G91", "G1 X5", "G90"], {"x_mm": 10, "is_relative": False, "is_extruder_relative": False}),
        (["G91", "M82", "G1 E5", "G1 E7"], {"e_mm": 7, "is_extruder_relative": False}),
        (["M83", "G92 E0", "G1 E5", "G1 E-2"], {"e_mm": 3, "retracted_mm": 2}),
        (["G92 E0", "G1 E5", "G1 E4.2", "G92 E0"], {"e_mm": 0, "retracted_mm": 0.8}),
        (["G20", "G1 X1 F10"], {"x_mm": 25.4, "feedrate_mm_per_minute": 254, "is_inches": True}),
        (["G20", "G21"], {"is_inches": False}),
        (["G2 X5 Y6 I1 J1", "G3 X7 R3"], {"x_mm": 7, "y_mm": 6}),
        (["G1 X1 Y1 Z1", "G28"], {"x_mm": None, "y_mm": None, "z_mm": None, "homed": "xyz"}),
        (["G1 X1 Y1 Z1", "G28 X0"], {"x_mm": None, "y_mm": 1, "z_mm": None, "homed": "x"}),
        (["G28", "M84"], {"homed": ""}),
        (["G28", "M84 S60"], {"homed": "xyz"}),
        (["G28", "M18 X Y"], {"homed": "z"}),
        (["G28", "G1 X10", "G92 X0"], {"x_mm": 0, "shift_mm": {"x": -10, "y": 0, "z": 0}}),
        (["G28", "G92 X5"], {"x_mm": 5, "shift_mm": {"y": 0, "z": 0}}),
        (["G28", "G92 X5", "G28 X"], {"x_mm": None, "shift_mm": {"x": 0, "y": 0, "z": 0}}),
        (["G92.1"], {"shift_mm": {}}),
        (["G1 X1", "G55"], {"x_mm": None, "shift_mm": {}}),
        (["G1 X1 Z1", "G29"], {"x_mm": None, "z_mm": None, "is_levelled": True}),
        (["G29", "M420 S0"], {"is_levelled": False}),
        (["M420 Z10"], {"is_levelled": None}),
        (["G1 X1", "G12"], {"x_mm": None}),
        (["T1", "M104 S200", "M109 R210 T0"], {"tool": 1, "targets_celsius": {"tool1": 200, "tool0": 210}}),
        (["M140 S60", "M190", "M141 S40"], {"targets_celsius": {"bed": 60, "chamber": 40}}),
        (["M106"], {"fans": {"0": 255}}),
        (["M106 S90", "M106 P1 S300", "M107"], {"fans": {"0": 0, "1": 255}}),
        (["M220 S150", "M220 B", "M221 S95", "M221 S0"], {"speed_percent": 150, "flow_percent": {"tool0": 95}}),
        (["G10"], {"is_firmware_retracted": True}),
        (["G10", "G11"], {"is_firmware_retracted": False}),
        (["G10 P0 S200"], {"is_firmware_retracted": False}),
        (["M204 P500 T900", "M204 P800"], {"settings": ("M204 P800 T900",)}),
        (["M204 P500", "M204 S700", "M900 K.05"], {"settings": ("M204 S700", "M900 K0.05")}),
        (["M486 T3", "M486 S2", 'M486 A"S7 cube"'], {"object_mark": "M486 S2"}),
        (["M486 S2", "M486 S-1"], {"object_mark": ""}),
        (["M486 S2", "M486 P1", "M486 T3"], {"object_mark": "M486 S2"}),
        (["EXCLUDE_OBJECT_START NAME=CUBE_ID_0"], {"object_mark": "EXCLUDE_OBJECT_START NAME=CUBE_ID_0"}),
        (["EXCLUDE_OBJECT_START NAME=CUBE", "EXCLUDE_OBJECT_END NAME=CUBE"], {"object_mark": ""}),
    ],
)
def test_command_changes_what_it_should(lines: list[str], expected: dict[str, Any]) -> None:
    state = after(*lines)
    for name, value in expected.items():
        assert getattr(state, name) == (value if name in ("settings", "object_mark") else pytest.approx(value)), name


@pytest.mark.parametrize(
    "line",
    [
        "M486 T1",
        "EXCLUDE_OBJECT_DEFINE NAME=A",
        "M73 P5 R10",
        "M117 X5 Z9",
        "M600",
        "T?",
        "g1 x5",
        "M105",
        "M190",
        "M84 S60",
    ],
)
def test_other_lines_change_nothing(line: str) -> None:
    assert after(line) == MachineState(shift_mm={"x": 0, "y": 0, "z": 0})


def test_layer_is_where_plastic_was_laid_and_not_where_the_head_was_lifted() -> None:
    state = after(
        "M83", "G92 E0", "G1 Z.2", "G1 X1 E1", "G1 Z.6", "G1 X9", "G1 Z.4", "G1 E2", "G1 X2 E1", "G1 Z5", "G1 X0"
    )
    assert (state.layer_z_mm, state.highest_z_mm, state.z_mm) == (0.4, 0.4, 5)
    second_part = after("M83", "G92 E0", "G1 Z9", "G1 X1 E1", "G1 Z.2", "G1 X1 E1")
    assert (second_part.layer_z_mm, second_part.highest_z_mm) == (0.2, 9)
