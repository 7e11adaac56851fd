"""What really held of fans, speed and flow, and where it gives way to the file."""

from __future__ import annotations

import pytest

from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.model.printer import Tuning
from hydrogen.spooler.recovery.held_tuning import FILES, HELD, keys_set_by, turned_fans, turned_flow, turned_speed

MACHINE = MachineState(speed_percent=90.0, flow_percent={"tool1": 95.0}, fans={"0": 102.0})
HELD_THEN = Tuning(
    speed_percent=120.0, flow_percent={"tool0": 103.0, "tool1": 95.0}, fans_percent={"0": 55.0, "1": 100.0}
)
NOTHING: frozenset[str] = frozenset()


def test_what_held_counts_where_the_file_set_nothing_of_it() -> None:
    speed = turned_speed(MACHINE, HELD_THEN, NOTHING)
    assert (speed.value, speed.why) == (120.0, HELD)
    flow = turned_flow(MACHINE, HELD_THEN, NOTHING)
    assert {tool: (one.value, one.why) for tool, one in flow.items()} == {
        "tool0": (103.0, HELD),
        "tool1": (95.0, FILES),
    }
    fans = turned_fans(MACHINE, HELD_THEN, NOTHING)
    assert {index: (one.value, one.why) for index, one in fans.items()} == {"0": (140.0, HELD), "1": (255.0, HELD)}


def test_what_the_file_sets_on_the_way_is_the_files() -> None:
    keys = keys_set_by([b"M220 S90", b"T1", b"M221 S95", b"M106 P1 S0", b"M106 S102", b"G1 X1", b"M106 T2"], 0)
    assert keys == {"speed", "flow of tool1", "fan 0", "fan 1"}
    speed = turned_speed(MACHINE, HELD_THEN, keys)
    assert (speed.value, speed.why, speed.was) == (90.0, FILES, 120.0)
    assert turned_flow(MACHINE, HELD_THEN, keys)["tool0"].value == 103.0
    assert {index: one.value for index, one in turned_fans(MACHINE, HELD_THEN, keys).items()} == {"0": 102.0, "1": 0.0}


def test_what_nobody_knows_is_the_files() -> None:
    speed = turned_speed(MACHINE, Tuning(), NOTHING)
    assert (speed.value, speed.why, speed.was) == (90.0, FILES, None)
    assert {index: one.value for index, one in turned_fans(MACHINE, Tuning(), NOTHING).items()} == {"0": 102.0}


@pytest.mark.parametrize("steps", [0, 1, 2, 77, 102, 127.5, 128, 254, 255])
def test_a_fan_that_is_as_the_file_has_it_stays_so_to_the_last_step(steps: float) -> None:
    held = Tuning(fans_percent={"0": round(steps / 255 * 100, 1)})
    fan = turned_fans(MachineState(fans={"0": steps}), held, NOTHING)["0"]
    assert (fan.value, fan.is_files) == (steps, True)


@pytest.mark.parametrize(
    ("files", "held", "is_told"),
    [(100.0, None, False), (100.0, 100.0, False), (100.0, 130.0, True), (80.0, 100.0, False), (80.0, None, True)],
)
def test_a_board_is_told_what_it_may_not_have(files: float, held: float | None, is_told: bool) -> None:
    machine, tuning = MachineState(speed_percent=files), Tuning(speed_percent=held)
    assert turned_speed(machine, tuning, NOTHING).differs(100.0) == is_told
    if held == 130.0:
        assert turned_speed(machine, tuning, frozenset({"speed"})).differs(100.0), "it was not reset perhaps"


@pytest.mark.parametrize(("files", "percent"), [(0.5, 50.0), (1.0, 100.0), (128.0, 50.2)])
def test_a_fraction_that_the_file_has_stays_a_fraction(files: float, percent: float) -> None:
    machine, held = MachineState(fans={"0": files}), Tuning(fans_percent={"0": percent})
    fan = turned_fans(machine, held, NOTHING, by_fraction=True)["0"]
    assert (fan.value, fan.why) == (files, FILES)


@pytest.mark.parametrize(("percent", "word"), [(0.0, 0.0), (0.4, 2.0), (0.8, 2.0), (50.2, 128.0), (100.0, 255.0)])
def test_what_held_is_told_in_a_word_that_no_firmware_takes_for_full_speed(percent: float, word: float) -> None:
    held = Tuning(fans_percent={"0": percent})
    assert turned_fans(MachineState(fans={"0": 77.0}), held, NOTHING)["0"].value == word
