"""The virtual Marlin against ``facts/marlin.md``: temperatures, waiting, users, stop and kill."""

from __future__ import annotations

import re

import pytest

from hydrogen_simulators.firmware.marlin import HeaterFailure

OK = "ok P15 B3\n"
BUSY = "echo:busy: processing\n"
KILLED = "Error:Printer halted. kill() called!\n//action:poweroff\n"
PROMPT = "//action:prompt_end\n//action:prompt_begin {}\n//action:prompt_button Continue\n//action:prompt_show\n"


def test_auto_report_comes_each_second_with_a_leading_blank(talk):
    printer = talk()
    assert printer.send("M155 S1") == OK
    assert printer.wait(3.5) == " T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0\n" * 3
    printer.send("M155 S0")
    assert printer.wait(5) == ""


def test_position_report_comes_each_second(talk):
    printer = talk()
    printer.send("M154 S1")
    assert printer.wait(2) == "X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0\n" * 2


def test_m109_reports_each_second_is_busy_each_two_and_counts_down(talk):
    printer = talk()
    printer.send("M109 S210")
    lines = printer.wait(200).splitlines()
    waits = [text.rpartition("W:")[2] for text in lines if "W:" in text]
    assert lines[-1] == "ok P15 B3"
    assert waits[0] == "?"
    assert waits[-10:] == [str(n) for n in range(9, -1, -1)]
    assert all(re.fullmatch(r" T:[\d.]+ /210\.00 B:19\.38 /0\.00 @:\d+ B@:0 W:(\?|\d)", t) for t in lines if "W:" in t)
    assert lines.count("echo:busy: processing") == pytest.approx(len(waits) / 2, abs=2)
    assert printer.printer.temperatures["E0"].actual_celsius == pytest.approx(210, abs=1)


def test_m109_below_the_present_temperature_does_not_wait(talk):
    printer = talk()
    printer.send("M109 S200")
    printer.wait(200)
    assert printer.send("M109 S170") == OK


def test_m109_r_waits_for_cooling(talk):
    printer = talk()
    printer.send("M109 S200")
    printer.wait(200)
    assert "W:?" in printer.send("M109 R170")
    assert printer.wait(200).endswith(OK)
    assert printer.printer.temperatures["E0"].actual_celsius == pytest.approx(170, abs=3)


def test_targets_are_clamped_in_silence(talk):
    printer = talk()
    assert printer.send("M104 S300") == OK
    printer.send("M140 S200")
    assert "/260.00 B:" in printer.send("M105")
    assert printer.printer.temperatures["bed"].target_celsius == 140


def test_auto_report_is_silent_during_a_heat_wait_and_resumes_after(talk):
    printer = talk()
    printer.send("M155 S1", "M190 S40")
    waiting = printer.wait(120)
    lines = waiting[: waiting.index("ok P15")].splitlines()
    assert all("W:" in text for text in lines if text.startswith(" T:"))
    assert " T:" in waiting[waiting.index("ok P15") :]


def test_m108_breaks_a_heat_wait_and_gives_two_oks(talk):
    printer = talk()
    printer.send("M109 S210")
    printer.wait(5)
    assert printer.send("M108") == "ok P15 B2\nok P15 B3\n"
    assert printer.printer.temperatures["E0"].target_celsius == 210


def test_m105_waits_in_the_queue_while_heating(talk):
    printer = talk()
    printer.send("M109 S210")
    assert printer.send("M105") == ""


def test_dwell_says_busy_at_two_and_four_seconds(talk):
    printer = talk()
    assert printer.send("G4 P5000") == "//action:notification Sleep...\r\n"
    assert printer.wait(3.9) == BUSY
    assert printer.wait(0.2) == BUSY
    assert printer.wait(1) == OK


def test_m113_changes_the_spacing_of_busy_lines(talk):
    printer = talk()
    printer.send("M113 S1", "G4 P3500")
    assert printer.wait(4) == BUSY * 3 + OK
    printer.send("M113 S0", "G4 P3500")
    assert printer.wait(4) == OK


def test_homing_takes_its_time_and_reports_the_position(talk):
    printer = talk()
    assert printer.send("G28") == ""
    assert printer.wait(20) == BUSY * 9 + "X:0.00 Y:0.00 Z:5.00 E:0.00 Count X:0 Y:0 Z:2000\n" + OK


def test_m400_waits_for_three_seconds_of_motion(talk):
    printer = talk()
    printer.send("G1 X150 F3000")
    assert printer.send("M400") == ""
    assert printer.wait(5) == BUSY + OK


def test_m0_asks_and_m108_answers_with_two_oks(talk):
    printer = talk()
    assert printer.send("M0 Click please") == "echo:Click please\r\n" + PROMPT.format("Click please")
    assert printer.wait(4.5) == "echo:busy: paused for user\n" * 2
    assert printer.send("M108") == OK + OK


@pytest.mark.parametrize(("sent", "title"), [("M0", "M0 Stop"), ("M1", "M1 Stop"), ("M1 S2", "M1 Stop")])
def test_prompt_without_text_has_a_title(talk, sent, title):
    assert talk().send(sent) == PROMPT.format(title)


def test_m876_answers_m0(talk):
    printer = talk()
    printer.send("M0")
    assert printer.send("M876 S0") == OK + OK


def test_m1_with_seconds_goes_on_alone(talk):
    printer = talk()
    printer.send("M1 S2.5")
    assert printer.wait(3) == "echo:busy: paused for user\n" + OK


def test_lines_behind_m0_are_answered_in_turn(talk):
    printer = talk()
    printer.send("M0")
    assert printer.send(*["M105"] * 5) == ""
    replies = printer.send("M108").splitlines()
    assert [reply[:5] for reply in replies] == ["ok P1"] + ["ok T:"] * 5 + ["ok P1"]
    assert (replies[0], replies[-1]) == ("ok P15 B0", "ok P15 B3")


def test_filament_change_goes_through_its_stages(talk):
    printer = talk()
    printer.home()
    assert printer.send("M600").startswith("//action:paused\n//action:prompt_end\n//action:prompt_begin Pause\n")
    parked = printer.wait(30)
    assert "echo:Insert filament and send M108\n" in parked
    assert "//action:prompt_begin Nozzle Parked\n" in parked
    printer.send("M108")
    assert "//action:prompt_begin Paused\n//action:prompt_button PurgeMore\n" in printer.wait(30)
    assert printer.send("M108") == ""
    done = printer.send("M876 S1")
    assert done.startswith("//action:prompt_end\n//action:resumed\n")
    assert done.count("ok P") == 4


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


def test_cold_extrusion_is_prevented_but_the_move_runs(talk):
    printer = talk()
    printer.home()
    assert printer.send("G1 X10 E5") == "echo: cold extrusion prevented\nok P14 B3\n"
    assert printer.printer.position[:4] == (10, 0, 5, 5)
    printer.send("M302 P1")
    assert "cold" not in printer.send("G1 X20 E6")
