from __future__ import annotations

import pytest

from hydrogen.gcode.program.execution_front import UNACKNOWLEDGED_LINES, FrontWalk, moves_back
from hydrogen.gcode.program.machine_state import Machine

FREE = b"M105\n" * UNACKNOWLEDGED_LINES


def walked(text: bytes, seconds: float, *before: bytes) -> int:
    """Bytes behind the lines that are free."""
    machine = Machine()
    for line in before:
        machine.obey(line)
    walk = FrontWalk(machine, seconds)
    assert walk.walk(FREE) == len(FREE)
    return walk.walk(text)


def test_moves_back_counts_moves_and_takes_what_lies_between_along() -> None:
    data = b"G28\nG1 X1\nM117 hello\nG0 X2\n; note\nG1 X3\n"
    assert data[-moves_back(data, 2) :] == b"G0 X2\n; note\nG1 X3\n"
    assert moves_back(data, 3) == len(data) - len(b"G28\n")
    assert moves_back(data, 9) == len(data)
    assert moves_back(b"") == 0


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        (b"G1 X10 F600", 1.0),
        (b"G1 X6 Y8 F600", 1.0),
        (b"G1 E5 F300", 1.0),
        (b"G2 X10 I5 F600", 1.0),
        (b"G4 P1500", 1.5),
        (b"G4 S2 P1", 2.0),
        (b"M109 S200", 0.0),
        (b"M400", 0.0),
        (b"; nothing", 0.0),
    ],
)
def test_line_takes_at_least_its_length_over_its_feedrate(line: bytes, seconds: float) -> None:
    before = (b"G1 X0 Y0 Z0 E0", b"G92 E0")
    text = line + b"\nG1 X1000 F1\n"
    assert walked(text, seconds + 0.01, *before) == len(line) + 1
    if seconds:
        assert walked(text, seconds - 0.01, *before) == 0


def test_speed_that_the_file_sets_counts_and_an_unknown_feedrate_takes_no_time() -> None:
    assert walked(b"G1 X10 F600\n", 0.51, b"M220 S200", b"G1 X0") == 12
    assert walked(b"G1 X10 F600\n", 0.49, b"M220 S200", b"G1 X0") == 0
    assert walked(b"G1 X10\n", 0.001, b"G1 X0") == 7
    assert walked(b"G28\nG1 X10 F1\n", 0.001, b"G1 X0 F600") == 14, "from where homing ends, nobody knows how far it is"


def test_heights_on_the_way_are_told() -> None:
    machine = Machine()
    machine.obey(b"G1 Z2 F600")
    walk = FrontWalk(machine, 5.0)
    walk.walk(FREE + b"G1 Z2.2\nG1 Z1.8\nG1 Z900\nG1 Z1000\n")
    assert walk.is_over
    assert (walk.lowest_z_mm, walk.highest_z_mm) == (1.8, 900)
