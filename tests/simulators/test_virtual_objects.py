"""M486: the moves of an object that is left out are counted, not executed. Source: Marlin ``cancel_object.cpp``."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.objects import MOST_OBJECTS, PrintedObjects

OK = "ok P15 B3\n"


def test_an_object_is_left_out_from_the_line_that_says_so_until_another_begins(talk):
    printer = talk()
    printer.home()
    for line in ("M486 T2", "M486 S0", "G1 X1 F6000", "M486 P0", "G1 X2", "G0 Y3", "M486 S1", "G1 X4"):
        printer.send(line)
    for line in ("M486 S0", "G1 X5", "M486 S-1", "G1 X6"):
        printer.send(line)
    assert printer.printer.ledger.moves == ["G1 X1 F6000", "G1 X4", "G1 X6"]
    assert printer.printer.ledger.counts["skipped_moves"] == 3


@pytest.mark.parametrize(
    ("lines", "is_executed"),
    [
        (["M486 S3", "M486 C"], False),
        (["M486 P3", "M486 S3"], False),
        (["M486 P3", "M486 S3", "M486 U3"], True),
        (["M486 P3", "M486 T4", "M486 S3"], True),
        (["M486 P3", 'M486 A"a Tea Set"', "M486 S3"], False),
        (["M486 P3", "M75", "M486 S3"], True),
        (["M486 S-1", "M486 P-1"], True),
        ([f"M486 P{MOST_OBJECTS}", f"M486 S{MOST_OBJECTS}"], True),
    ],
)
def test_which_words_leave_out_what(talk, lines, is_executed):
    printer = talk()
    for line in lines:
        assert printer.send(line) == OK
    printer.send("G1 X9")
    assert printer.printer.ledger.moves == (["G1 X9"] if is_executed else [])


def test_a_move_that_is_left_out_sets_feedrate_and_filament_and_nothing_else(talk):
    printer = talk(prevent_cold_extrusion=False)
    printer.home()
    for line in ("M486 S0", "M486 P0", "G1 X5 Y6 Z7 E8 F1200", "M83", "G1 E2"):
        printer.send(line)
    assert "X:0.00 Y:0.00 Z:5.00 E:10.00" in printer.send("M114")
    assert printer.printer.machine.motion.feedrate == 20.0


def test_a_board_that_was_reset_leaves_nothing_out(talk):
    printer = talk()
    printer.send("M486 P0")
    printer.printer.reset(printer.now)
    printer.wait(60)
    printer.send("M486 S0", "G1 X9")
    assert printer.printer.ledger.moves == ["G1 X9"]


def test_what_is_left_out_is_skipped_only_while_it_is_the_one_that_comes():
    objects = PrintedObjects()
    objects.cancel(1)
    assert not objects.is_skipping
    objects.begin(1)
    assert objects.is_skipping
    objects.restore(1)
    assert not objects.is_skipping


@pytest.mark.parametrize(
    ("wait", "forgets"), [("M109 S50", True), ("M190 S30", True), ("M109", False), ("M109 R0", False)]
)
def test_a_board_that_waits_for_heat_begins_a_print_and_leaves_nothing_out(talk, wait, forgets):
    printer = talk(instant_heating=True, residency_seconds=0.0)
    printer.send("M486 P1", "M486 S1", wait)
    printer.wait(5)
    assert printer.printer.machine.objects.cancelled == (set() if forgets else {1})
    assert printer.printer.machine.objects.active == (-1 if forgets else 1)
