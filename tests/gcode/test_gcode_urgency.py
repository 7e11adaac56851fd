from __future__ import annotations

import pytest

from hydrogen.gcode.urgency import Patience, is_heat_wait, patience_of, replies_with_temperatures


@pytest.mark.parametrize(
    ("body", "patience"),
    [
        (b"G28", Patience.LONG),
        (b"G28 X Y", Patience.LONG),
        (b"G28.1", Patience.LONG),
        (b"M109 S210", Patience.LONG),
        (b"M190S60", Patience.LONG),
        (b"M400", Patience.LONG),
        (b"M0 Click please", Patience.LONG),
        (b"G4 P3000", Patience.LONG),
        (b"M600", Patience.LONG),
        (b"T1", Patience.LONG),
        (b"G4 P0", Patience.MOVE),
        (b"G1 X10", Patience.MOVE),
        (b"G01X10", Patience.MOVE),
        (b"M84", Patience.MOVE),
        (b"M105", Patience.QUICK),
        (b"M104 S200", Patience.QUICK),
        (b"G90", Patience.QUICK),
        (b"M117 G28", Patience.QUICK),
        (b"M1009", Patience.QUICK),
        (b"", Patience.QUICK),
    ],
)
def test_patience_is_as_long_as_the_command_may_take(body: bytes, patience: Patience) -> None:
    assert patience_of(body) is patience


def test_blocking_heat_ups_are_known() -> None:
    assert [is_heat_wait(body) for body in (b"M109 S200", b"M190 R60", b"M191 S40", b"M116", b"M104 S200")] == [
        True,
        True,
        True,
        True,
        False,
    ]


def test_only_m105_answers_its_ok_with_temperatures() -> None:
    assert replies_with_temperatures(b"M105")
    assert not replies_with_temperatures(b"M155 S1")
