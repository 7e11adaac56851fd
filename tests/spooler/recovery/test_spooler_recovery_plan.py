"""What a plan would send, why, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hydrogen.errors import Conflict
from hydrogen.gcode.line import prepare
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.spooler.recovery.recovery_plan import (
    Doubt,
    PlanBasis,
    RecoveryChoice,
    RecoveryPlan,
    StartAt,
    StartPlace,
    make_plan,
)

BASIS = PlanBasis(
    job="j1",
    file="part.gcode",
    sha256="ab",
    record_sequence=7,
    firmware="Marlin 2.1",
    guarantee="exactly_once",
    targets_celsius={"tool0": 215.0, "bed": 0.0},
    standing_z_mm=4.2,
    highest_z_mm=4.2,
    doubt=Doubt(first_line=100, last_line=140, lowest_z_mm=4.2, highest_z_mm=4.2),
    lines_total=1000,
)

MACHINE = MachineState(
    x_mm=10.5,
    y_mm=20.25,
    z_mm=4.2,
    e_mm=123.4,
    shift_mm={"x": 0.0, "y": 0.0, "z": 0.0},
    homed="xyz",
    feedrate_mm_per_minute=1800.0,
    fans={"0": 128.0, "1": 0.0},
    targets_celsius={"tool0": 210.0, "bed": 60.0},
    highest_z_mm=4.2,
)


def plan(
    machine: MachineState = MACHINE,
    basis: PlanBasis = BASIS,
    choice: RecoveryChoice | None = None,
    cold_seconds: float = 0.0,
) -> RecoveryPlan:
    place = StartPlace(offset=5000, line=120, layer=21, machine=machine)
    return make_plan(basis, choice or RecoveryChoice(), place, (), cold_seconds=cold_seconds)


def test_every_command_in_its_order() -> None:
    assert list(plan().opening) == [
        "M140 S60",
        "M190 S60",
        "M109 S215",
        "G21",
        "G90",
        "M83",
        "G92 Z4.2",
        "G1 Z9.2 F600",
        "G28 X Y",
        "G1 E10 F150",
        "G1 E-1 F1800",
        "G1 Z9.2 F600",
        "G1 X10.5 Y20.25 F3000",
        "M106 S128",
        "G1 Z4.2 F600",
        "G1 E1 F1800",
        "G92 E123.4",
        "G1 F1800",
        "M82",
    ]
    assert all(step.why for step in plan().steps)


def test_nothing_moves_before_the_nozzle_is_hot_and_z_is_never_homed() -> None:
    commands = plan().opening
    hot = commands.index("M109 S215")
    assert not any(line.startswith(("G0", "G1", "G2")) for line in commands[:hot])
    homing = [line for line in commands if line.startswith("G28")]
    assert homing == ["G28 X Y"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"is_extruder_relative": True}, ["M83"]),
        ({"is_relative": True}, ["G91", "M82"]),
        ({"is_inches": True}, ["M82", "G20"]),
        ({"retracted_mm": 2.0}, ["G1 E-2 F1800"]),
        ({"is_firmware_retracted": True}, ["G10"]),
        ({"is_levelled": True}, ["M420 S1"]),
        ({"tool": 1, "targets_celsius": {"tool0": 150.0, "tool1": 210.0}}, ["M104 T0 S215", "M109 T1 S210", "T1"]),
        ({"shift_mm": {"x": -5.0, "y": 2.0}}, ["G1 X15.5 Y18.25 F3000", "G92 X10.5 Y20.25"]),
        ({"speed_percent": 80.0, "flow_percent": {"tool0": 95.0}}, ["M220 S80", "M221 T0 S95"]),
        ({"settings": ("M204 P500", "M900 K0.05")}, ["M204 P500", "M900 K0.05"]),
        ({"targets_celsius": {"tool0": 210.0, "chamber": 40.0}}, ["M141 S40"]),
        ({"fans": {"1": 10.0}}, ["M106 P1 S10"]),
        ({"z_mm": 4.6, "highest_z_mm": 4.2}, ["G1 Z9.6 F600", "G1 Z4.6 F600"]),
        ({"e_mm": None, "feedrate_mm_per_minute": None}, []),
        ({"x_mm": 1e-7, "y_mm": -1e-9}, ["G1 X0 Y0 F3000"]),
    ],
)
def test_what_the_file_had_set_is_restored(changes: dict[str, Any], expected: list[str]) -> None:
    commands = list(plan(replace(MACHINE, **changes)).opening)
    assert list(dict.fromkeys(line for line in commands if line in expected)) == expected


def test_objects_that_were_left_out_stay_out_and_hold_no_move_of_ours_up() -> None:
    basis = replace(BASIS, excluded=("M486 P1", "M486 P3"))
    opening = plan(replace(MACHINE, object_mark="M486 S3"), basis).opening
    assert opening[-3:] == ("M486 P1", "M486 P3", "M486 S3"), "behind the last move of ours"
    assert opening.index("M486 S-1") < opening.index("G1 Z9.2 F600")
    named = replace(BASIS, excluded=("EXCLUDE_OBJECT NAME=CUBE",))
    assert "EXCLUDE_OBJECT_END" in plan(basis=named).opening
    assert plan(basis=named).digest != plan().digest, "an approval is for what is left out, too"
    assert plan(replace(MACHINE, object_mark="M486 S3")).opening[-1] == "M486 S3", "it may be left out later"


def test_filament_comes_forward_as_far_as_it_was_drawn_back() -> None:
    assert "G1 E1 F1800" not in plan(replace(MACHINE, retracted_mm=2.0)).opening
    assert "G1 E1 F1800" not in plan(replace(MACHINE, is_firmware_retracted=True)).opening


def test_every_command_can_be_sent() -> None:
    long = tuple(f"M205 X{n}.123 Y{n}.123 Z{n}.123 E{n}.123" for n in range(10))
    for line in plan(replace(MACHINE, settings=long, is_levelled=True)).opening:
        assert prepare(line.encode()) == line.encode()


def test_measured_height_is_told_to_the_printer() -> None:
    commands = plan(choice=RecoveryChoice(z_mm=3.95)).opening
    assert commands[commands.index("G92 Z3.95") + 1] == "G1 Z9.2 F600"
    low = replace(BASIS, standing_z_mm=0.4, highest_z_mm=30.0)
    assert "G1 Z35 F600" in plan(basis=low).opening, "over the taller part beside it"


@pytest.mark.parametrize(
    ("machine", "basis", "reason"),
    [
        (replace(MACHINE, x_mm=None), BASIS, "unknown_position"),
        (replace(MACHINE, z_mm=None), BASIS, "unknown_position"),
        (replace(MACHINE, shift_mm={"x": 0.0}), BASIS, "unknown_position"),
        (MACHINE, replace(BASIS, standing_z_mm=None), "unknown_z"),
        (replace(MACHINE, targets_celsius={}), replace(BASIS, targets_celsius={}), "unknown_temperature"),
        (replace(MACHINE, tool=1), BASIS, "unknown_temperature"),
    ],
)
def test_what_nobody_knows_is_refused(machine: MachineState, basis: PlanBasis, reason: str) -> None:
    with pytest.raises(Conflict) as refused:
        plan(machine, basis)
    assert refused.value.details["reason"] == reason


def test_digest_is_over_all_it_rests_on_and_not_over_the_hour() -> None:
    assert plan().digest == plan(cold_seconds=7200.0).digest
    others = [
        plan(replace(MACHINE, x_mm=11.0)),
        plan(basis=replace(BASIS, firmware="Marlin 2.0")),
        plan(basis=replace(BASIS, record_sequence=8)),
        plan(basis=replace(BASIS, sha256="cd")),
        plan(basis=replace(BASIS, doubt=replace(BASIS.doubt, last_line=141))),
        plan(choice=RecoveryChoice(start=StartAt.LINE, line=120)),
        plan(choice=RecoveryChoice(z_mm=4.2)),
    ]
    assert len({plan().digest, *(other.digest for other in others)}) == len(others) + 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "between line 100 and line 140"),
        ({}, "Z 4.2 mm, where it was recorded"),
        ({"cold_seconds": 600.0}, "cooling for 10 minutes"),
        ({"machine": replace(MACHINE, is_levelled=True)}, "mesh"),
        ({"machine": replace(MACHINE, homed="z")}, "not homed X and Y"),
        ({"basis": replace(BASIS, guarantee="at_most_once")}, "checks no line numbers"),
        ({"basis": replace(BASIS, doubt=replace(BASIS.doubt, highest_z_mm=4.4))}, "between Z 4.2 and Z 4.4"),
    ],
)
def test_person_is_warned(change: dict[str, Any], words: str) -> None:
    assert any(words in warning for warning in plan(**change).warnings)


def test_measured_height_needs_no_warning() -> None:
    assert not any("recorded" in warning for warning in plan(choice=RecoveryChoice(z_mm=4.0)).warnings)
