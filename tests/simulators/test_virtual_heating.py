"""Heat, against ``facts/marlin.md`` "Temperatures and waiting"."""

from __future__ import annotations

import re

import pytest

OK = "ok P15 B3\n"


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ("M302", "echo:Cold extrudes are disabled (min temp 170C)\n" + OK),
        ("M106 S128", "M106 P0 S128\n" + OK),
        ("M107", "M106 P0 S0\n" + OK),
        ("M104 S200", OK),
        ("M140 S30", "//action:notification Bed Heating...\r\n" + OK),
        ("M109", OK),
    ],
)
def test_heating_command_is_answered_as_marlin_does(talk, sent, reply):
    assert talk().send(sent) == reply


def test_auto_report_comes_each_second_with_a_leading_blank(talk):
    printer = talk()
    assert printer.send("M155 S1") == OK
    assert printer.wait(3.5) == " T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0\n" * 3
    printer.send("M155 S0")
    assert printer.wait(5) == ""


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


def test_cold_extrusion_is_prevented_but_the_move_runs(talk):
    printer = talk()
    printer.home()
    assert printer.send("G1 X10 E5") == "echo: cold extrusion prevented\nok P14 B3\n"
    assert printer.printer.position[:4] == (10, 0, 5, 5)
    printer.send("M302 P1")
    assert "cold" not in printer.send("G1 X20 E6")
