"""What a line without an `ok` waits for."""

from __future__ import annotations

import pytest

from hydrogen.gcode.link.awaited import heater_awaited, person_awaited


@pytest.mark.parametrize(
    ("body", "heater"),
    [
        (b"M109 S200", "tool2"),
        (b"M109 T1 S200", "tool1"),
        (b"M190S60", "bed"),
        (b"M191 R40", "chamber"),
        (b"M104 S200", None),
        (b"G28", None),
    ],
)
def test_heater_is_the_one_that_the_line_waits_for(body: bytes, heater: str | None) -> None:
    assert heater_awaited(body, tool=2) == heater


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"M0 Click please", "Click please"),
        (b"M0", "M0 Stop"),
        (b"M1 S10", "M1 Stop"),
        (b"M00 P500", "M0 Stop"),
        (b"M0 Swap the plate", "Swap the plate"),
        (b"M600", "M600 waits for a person at the printer"),
        (b"M601", "M601 waits for a person at the printer"),
        (b"M100", None),
        (b"M117 M0", None),
        (b"G1 X1", None),
    ],
)
def test_person_is_told_what_the_line_says(body: bytes, message: str | None) -> None:
    assert person_awaited(body) == message
