"""Commands between moves: modes, tools, heat, standing."""

from __future__ import annotations

import pytest

from hydrogen.gcode.analysis.modal import Heard, Modal
from hydrogen.gcode.analysis.page import read_page
from hydrogen.gcode.program.motion import MotionModes


def heard_of(*lines: str, modal: Modal | None = None) -> tuple[Modal, Heard]:
    modal = modal or Modal(MotionModes())
    return modal, modal.hear(read_page(("\n" + "\n".join(lines) + "\n").encode()), 101)


def test_modes_hold_from_their_row_on() -> None:
    _, heard = heard_of("G1 X1", "G91", "G1 X1", "M82", "G1 X1", "G20", "G1 X2")
    index = heard.index(7)
    assert index is not None
    assert list(heard.column(index, lambda modes: modes.is_relative)) == [0, 1, 1, 1, 1, 1, 1]
    assert list(heard.column(index, lambda modes: modes.is_relative_e)) == [0, 1, 1, 0, 0, 0, 0]
    assert list(heard.column(index, lambda modes: modes.unit)) == [1, 1, 1, 1, 1, 25.4, 25.4]


def test_without_a_change_one_record_holds() -> None:
    _, heard = heard_of("G1 X1", "G1 X2")
    assert heard.index(2) is None
    assert list(heard.column(None, lambda modes: modes.factor)) == [1.0]


def test_what_one_page_sets_holds_in_the_next() -> None:
    modal, _ = heard_of("M83", "T2")
    _, heard = heard_of("G1 E1", modal=modal)
    assert heard.modes[0].is_relative_e
    assert heard.tools == [2]


def test_places_and_homing_are_told_by_row_and_axis() -> None:
    _, heard = heard_of("G92 X5 E0", "G28", "G28 X Z")
    assert heard.places == [(0, 0, 5.0), (0, 3, 0.0)]
    assert heard.homed == [(1, 0), (1, 1), (1, 2), (2, 0), (2, 2)]


def test_standing_takes_its_time() -> None:
    modal, heard = heard_of("G4 P500", "G4 S2", "G10", "G11", "G10 L2 P1 X5", "M400")
    assert [seconds for _, seconds in heard.seconds] == pytest.approx([0.5, 2.0, 3 / 45, 3 / 45])
    assert heard.stops == [0, 1, 5]
    assert modal.dwell_seconds == 2.5


def test_heat_is_noted_and_not_counted() -> None:
    modal, heard = heard_of("M140 S60", "M190 R65", "M104 S0", "M109 S210", "M104 S230", "M191 S40")
    assert {name: (t.celsius, t.line) for name, t in modal.targets.items()} == {
        "bed": (65.0, 102),
        "nozzle": (230.0, 105),
        "chamber": (40.0, 106),
    }
    assert (modal.heat_waits, modal.first_heat, heard.seconds) == (3, 104, [])
