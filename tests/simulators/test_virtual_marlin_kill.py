"""Stop and kill, against ``facts/marlin.md``."""

from __future__ import annotations

from hydrogen_simulators.firmware.marlin import HeaterFailure

OK = "ok P15 B3\n"
KILLED = "Error:Printer halted. kill() called!\n//action:poweroff\n"


def test_m112_kills_at_once_with_a_full_queue_and_ring(talk):
    printer = talk()
    printer.send("G4 P9000", *["G90"] * 3, *["G91"] * 31)
    assert printer.send("\nM112") == "echo:M112 Shutdown\n" + KILLED
    assert printer.printer.is_halted
    assert printer.send("M999", "M115") == ""
    assert printer.wait(60) == ""


def test_halt_turns_the_heaters_off(talk):
    printer = talk()
    printer.send("M104 S200")
    printer.printer.halt("Homing Failed", 1.0)
    assert printer.heard() == "echo:Homing Failed\n" + KILLED
    assert printer.printer.temperatures["E0"].target_celsius == 0


def test_numbered_m112_waits_its_turn_without_emergency_parser(talk, line):
    printer = talk(emergency_parser=False)
    printer.send(line(1, "G4 P2000"))
    assert printer.send(line(2, "M112")) == ""
    assert printer.wait(2.5).endswith("echo:M112 Shutdown\n" + KILLED)


def test_unnumbered_m112_acts_when_read_without_emergency_parser(talk):
    printer = talk(emergency_parser=False)
    printer.send("G4 P2000")
    assert printer.send("M112") == "echo:M112 Shutdown\n" + KILLED


def test_m112_behind_a_partial_line_is_hidden_until_a_newline_comes_first(talk):
    printer = talk()
    printer.send_bytes(b"G1 X1")
    printer.send("M112")
    assert not printer.printer.is_halted
    printer.send_bytes(b"G1 X1")
    printer.send_bytes(b"\nM112\n")
    assert printer.printer.is_halted


def test_m410_stops_the_motion_where_it_is(talk):
    printer = talk()
    printer.send("G1 X50 F600", "G1 X100", "G1 X150")
    printer.wait(2)
    assert printer.send("M410") == OK
    assert 15 < printer.printer.position.x < 25
    assert printer.send("M400") == OK


def test_m410_leaves_a_dwell_and_the_queue_alone(talk):
    printer = talk()
    printer.send("G4 P4000", "G90", "G91")
    printer.wait(1)
    assert printer.send("M410") == ""
    assert printer.wait(4).count("ok") == 4


def test_cold_heater_kills_the_board_after_forty_seconds(talk):
    printer = talk()
    printer.printer.fail_heater("E0", HeaterFailure.COLD, 0.0)
    printer.send("M104 S200")
    assert printer.wait(39) == ""
    assert printer.wait(2) == (
        "Error:Heating failed, system stopped! Heater_ID: E0\necho:Home XYZ First\r\n"
        "//action:notification Home XYZ First\r\necho:Heating Failed\n" + KILLED
    )


def test_runaway_and_overheating_are_noticed(talk):
    printer = talk()
    printer.home()
    printer.send("M109 S200")
    printer.wait(200)
    printer.printer.fail_heater("E0", HeaterFailure.COLD, printer.now)
    assert "Error:Thermal Runaway, system stopped! Heater_ID: E0\necho:Thermal Runaway\n" in printer.wait(90)
    printer.printer.reset(printer.now)
    printer.printer.fail_heater("bed", HeaterFailure.STUCK_ON, printer.now)
    assert "Error:MAXTEMP triggered, system stopped! Heater_ID: bed\n" in printer.wait(600)
