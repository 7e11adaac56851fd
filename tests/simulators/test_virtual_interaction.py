"""People: pauses, prompts, messages, against ``facts/marlin.md`` "User waits and prompts"."""

from __future__ import annotations

import pytest

OK = "ok P15 B3\n"
PROMPT = "//action:prompt_end\n//action:prompt_begin {}\n//action:prompt_button Continue\n//action:prompt_show\n"


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ("T0", OK),
        ("T1", OK),
        ("M73 P12 R34", "echo: M73 Progress: 12%; Time left: 34m;\n" + OK),
        ("M31", "//action:notification 0s\r\necho:Print time: 0s\n" + OK),
        ("M76", "//action:pause\n" + OK),
        ("M118 hello", "hello\r\n" + OK),
        ("M118 E1 hello", "echo:hello\r\n" + OK),
        ("M118 A1 action:test", "//action:test\r\n" + OK),
        ("M118 //action:pause", "//action:pause\r\n" + OK),
        ("M117 text", OK),
        ("M16 Wrong Name", "echo:INCORRECT PRINTER\nError:Printer halted. kill() called!\n//action:poweroff\n"),
        ("M17", OK),
        ("M108", OK),
        ("M876", OK),
        ("M907", OK),
    ],
)
def test_command_is_answered_as_marlin_does(talk, sent, reply):
    assert talk().send(sent) == reply


def test_m0_asks_and_m108_answers_with_two_oks(talk):
    printer = talk()
    assert printer.send("M0 Click please") == "echo:Click please\r\n" + PROMPT.format("Click please")
    assert printer.wait(4.5) == "echo:busy: paused for user\n" * 2
    assert printer.send("M108") == OK + OK


def test_busy_lines_do_not_flood_in_fast_time_and_come_as_usual_when_it_is_over(talk):
    printer = talk()
    printer.send("M0")
    printer.printer.pace_reports(1000.0)
    assert printer.wait(8 * 3600.0).count("busy: paused for user") == pytest.approx(29, abs=1)
    printer.printer.pace_reports(0.05)
    assert printer.wait(8.5).count("busy: paused for user") == 4


def test_reports_that_fast_time_has_put_off_come_when_it_is_over(talk):
    printer = talk()
    printer.send("M155 S1")
    printer.printer.pace_reports(1000.0)
    assert printer.wait(3001.5).count(" T:") == 4  # the first was due before
    printer.printer.pace_reports(0.05)
    assert printer.wait(4.5).count(" T:") == 4


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
