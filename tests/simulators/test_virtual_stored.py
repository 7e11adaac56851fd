"""Settings in the EEPROM."""

from __future__ import annotations

import pytest

OK = "ok P15 B3\n"


def test_m503_lists_with_headings_and_s0_without(talk):
    printer = talk()
    assert printer.send("M503").startswith("echo:; Steps per unit:\necho:  M92 X80.00 Y80.00 Z400.00 E500.00\n")
    assert printer.send("M503 S0").startswith("  M92 X80.00")


def test_one_setting_is_listed_when_no_word_is_given(talk):
    assert talk().send("M204") == (
        "echo:; Acceleration (units/s2) (P<print-accel> R<retract> T<travel>):\n"
        "echo:  M204 P3000.00 R3000.00 T3000.00\nok P15 B3\n"
    )


def test_set_limits_are_listed_until_the_defaults_come_back(talk):
    printer = talk()
    printer.send("M203 X50", "M204 P500")
    assert "M203 X50.00 Y300.00" in printer.send("M503 S0")
    assert "Hardcoded Default Settings Loaded" in printer.send("M502")
    assert "M203 X300.00 Y300.00" in printer.send("M503 S0")


def test_limits_of_acceleration_and_corners_are_taken_and_listed(talk):
    printer = talk()
    printer.send("M201 X500", "M204 P600 T700 R800", "M205 X8 E4 J0.05")
    listed = printer.send("M503 S0")
    assert "M201 X500.00 Y3000.00 Z100.00 E10000.00" in listed
    assert "M204 P600.00 R800.00 T700.00" in listed
    assert listed.splitlines()[4].endswith(" J0.05")
    printer.send("M204 S900", "M205 J0")
    listed = printer.send("M503 S0")
    assert "M204 P900.00 R800.00 T900.00" in listed
    assert listed.splitlines()[4].endswith(" X8.00 Y10.00 Z0.30 E4.00")


def test_flow_is_told_and_set(talk):
    printer = talk()
    assert printer.send("M221") == "echo:E0 Flow: 100%\nok P15 B3\n"
    printer.send("M221 S90")
    assert printer.send("M221").startswith("echo:E0 Flow: 90%\n")


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        (
            "M500",
            "echo:Settings Stored (606 bytes; crc 30909)\n//action:notification Settings Stored\r\n"
            "//action:notification Settings Stored\n" + OK,
        ),
    ],
)
def test_storing_is_told(talk, sent, reply):
    assert talk().send(sent) == reply


def test_stored_settings_outlive_a_reset_and_what_was_only_set_does_not(talk):
    printer = talk()
    printer.send("M203 X50", "M204 P500")
    printer.send("M500")
    printer.send("M203 X60", "M201 X700")
    printer.printer.reset(printer.now)
    assert "stored settings retrieved" in printer.heard()
    listed = printer.send("M503 S0")
    assert "M203 X50.00 Y300.00" in listed
    assert "M204 P500.00" in listed
    assert "M201 X3000.00" in listed


def test_m501_brings_back_what_was_stored_last(talk):
    printer = talk()
    printer.send("M204 P500", "M500", "M204 P900")
    assert "stored settings retrieved" in printer.send("M501")
    assert "M204 P500.00" in printer.send("M503 S0")
    printer.send("M204 P700", "M501")
    assert "M204 P500.00" in printer.send("M503 S0")


def test_defaults_are_in_force_at_once_and_stored_only_when_told(talk):
    printer = talk()
    printer.send("M204 P500", "M500", "M502")
    assert "M204 P3000.00" in printer.send("M503 S0")
    printer.send("M501")
    assert "M204 P500.00" in printer.send("M503 S0")
    printer.send("M502", "M500", "M204 P900", "M501")
    assert "M204 P3000.00" in printer.send("M503 S0")


def test_stored_limits_bound_the_moves_after_a_reset(talk):
    """Not only listed: 10 mm at 5 mm/s are two seconds and more."""
    printer = talk(first_block_seconds=0.0)
    printer.send("M203 X5", "M500")
    printer.printer.reset(printer.now)
    printer.heard()
    printer.send("G1 X10 F6000", "M400")
    assert printer.printer.machine.motion.ends_at >= 2.0


def test_steps_are_set_listed_and_counted_in(talk):
    printer = talk(instant_motion=True)
    printer.send("M92 X100", "G1 X10")
    assert "M92 X100.00 Y80.00" in printer.send("M503 S0")
    assert "Count X:1000 Y:0" in printer.send("M114")


def test_a_home_offset_shifts_the_coordinates_at_once_and_moves_nothing(talk):
    """Marlin ``M206.cpp``; ``set_home_offset`` of ``motion.cpp``."""
    printer = talk(instant_motion=True)
    printer.home()
    assert printer.send("M206 X5 Z-0.5") == "X:5.00 Y:0.00 Z:4.50 E:0.00 Count X:0 Y:0 Z:2000\n" + OK
    assert printer.send("M206") == "echo:; Home offset:\necho:  M206 X5.00 Y0.00 Z-0.50\n" + OK
    printer.send("G1 X15 Y2 Z1.5")
    assert printer.printer.machine.motion.position[:3] == [10.0, 2.0, 2.0]
    assert printer.send("M206 X2").startswith("X:12.00 Y:2.00 Z:1.50 ")
    printer.send("G20", "M206 Y1", "G21")
    assert printer.send("M114").startswith("X:12.00 Y:27.40 Z:1.50 ")


def test_homing_undoes_a_shift_and_keeps_the_home_offset(talk):
    printer = talk(instant_motion=True)
    printer.home()
    printer.send("M206 X5")
    assert printer.send("G92 X100").startswith("X:100.00 Y:0.00 Z:5.00 ")
    assert printer.send("M206 X7").startswith("X:102.00 "), "both shift"
    assert printer.send("G28 X").startswith("X:7.00 ")
    printer.send("G1 X0 F6000")
    assert printer.send("M114").startswith("X:7.00 "), "the end stop is at 7: there is nothing below"


def test_a_home_offset_is_stored_and_brought_back_and_reset(talk):
    printer = talk(instant_motion=True)
    printer.send("M206 X5 Y6", "M500", "M206 X9")
    assert "M206 X9.00 Y6.00 Z0.00" in printer.send("M503 S0")
    printer.send("M501")
    assert printer.send("M114").startswith("X:5.00 Y:6.00 Z:0.00 ")
    assert "M206 X5.00 Y6.00 Z0.00" in printer.send("M503 S0")
    printer.send("M502")
    assert printer.send("M114").startswith("X:0.00 Y:0.00 Z:0.00 ")
    printer.printer.reset(printer.now)
    printer.heard()
    assert printer.send("M114").startswith("X:5.00 Y:6.00 Z:0.00 "), "a board begins with what is stored"
    assert printer.send("G28").startswith("X:5.00 Y:6.00 Z:5.00 ")


def test_what_repetier_writes_into_its_eeprom_is_no_home_offset(talk):
    printer = talk()
    assert printer.send("M206 T3 P145 X0.5") == OK
    assert printer.printer.machine.motion.limits.home_offset == [0.0, 0.0, 0.0]
