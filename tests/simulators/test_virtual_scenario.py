"""Scenarios: read, checked, and followed step by step."""

from __future__ import annotations

import tomllib

import pytest

from hydrogen_simulators.__main__ import main
from hydrogen_simulators.scenario import (
    ScenarioPlayer,
    ScenarioRefused,
    load_scenario,
    scenario_from_record,
    scenario_names,
)


def read(text):
    return scenario_from_record("test", tomllib.loads('title = "A test"\n' + text))


@pytest.mark.parametrize("name", scenario_names())
def test_shipped_scenarios_tell_story_source_and_good_end(name):
    scenario = load_scenario(name)
    assert scenario.title
    assert scenario.good
    assert "#" in scenario.story


def test_there_are_twenty_of_them_at_least():
    assert len(scenario_names()) >= 20


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("colour = 1", "unknown key 'colour'"),
        ("step = 3", r"steps are written as \[\[step\]\]"),
        ("[[step]]\ndo = 'reset'", "step 1: 'when' has exactly one of move, "),
        ("[[step]]\nwhen = {move = 1, seconds = 2}\ndo = 'reset'", "exactly one of"),
        ("[[step]]\nwhen.moon = 1\ndo = 'reset'", "exactly one of"),
        ("[[step]]\nwhen.move = 'ten'\ndo = 'reset'", "when.move has a wrong type: 'ten'"),
        ("[[step]]\nwhen.move = true\ndo = 'reset'", "when.move has a wrong type"),
        ("[[step]]\nwhen.move = 1\ndo = 'resett'", "step 1: no action 'resett'"),
        ("[printer]\npersona = 'nobody'", "no persona 'nobody'"),
        ("[printer]\nspeed = 0", "speed must be a number greater than 0"),
        ("[printer]\nwheels = 4", r"\[printer\] has no 'wheels'"),
        ("[printer]\nring_size = 'small'", "ring_size must be of type int"),
        ("[printer]\nfaults = {drop_oks = 1}", "unknown field 'drop_oks'"),
        ("[printer]\nfaults = 3", "expected an object"),
        ("printer = 1", "printer must be a table"),
    ],
)
def test_a_slip_is_told_with_its_place(text, complaint):
    with pytest.raises((ValueError, TypeError), match=complaint):
        read(text)


def test_unknown_and_broken_files_are_refused(tmp_path):
    with pytest.raises(ScenarioRefused, match="no scenario 'nothing': give a file, or one of "):
        load_scenario("nothing")
    (tmp_path / "a.toml").write_text("title = ")
    with pytest.raises(ScenarioRefused, match=r"a\.toml: "):
        load_scenario(str(tmp_path / "a.toml"))
    with pytest.raises(ValueError, match="needs a title"):
        scenario_from_record("x", {})


STORY = """
[printer]
instant_motion = true
faults = "clean"
speed = 100
[printer.card]
"A.GCO" = "G1 X1"

[[step]]
when.move = 2
do = "say"
text = "two moves"

[[step]]
when.moves = 1
do = "say"
text = "one more"

[[step]]
when.command = "M105"
do = "say"
text = "asked"

[[step]]
when.begins = "G4"
do = "say"
text = "dwelling"

[[step]]
when.seconds = 5
do = "set_temperature"
celsius = 190

[[step]]
when.hotend = 180
do = "say"
text = "hot"

[[step]]
when.cools_to = 170
do = "say"
text = "cooler"

[[step]]
when.bed = 500
do = "set_target"
heater = "nose"
celsius = 1
"""


def test_steps_follow_one_another(start_virtual_printer, open_host):
    printer = start_virtual_printer(scenario=read(STORY), speed=None, advanced_ok=False)
    host = open_host(printer.link)
    assert host.ask("G1 X1") == "ok\n"
    assert host.ask("G1 X2", "\nok") == "two moves\nok\n"
    assert host.ask("G1 X3", "\nok") == "one more\nok\n"
    assert host.ask("M105", "ok").startswith("asked\nok T:21.00")
    host.write("G4 S120\n")
    said = host.read_until("ok\n")
    assert said.startswith("dwelling\n//action:notification Sleep...\r\n")
    assert 0 < said.index("hot\n") < said.index("cooler\n")
    story = printer.story
    assert (story.done, story.is_over) == (7, False)


def test_what_a_step_could_not_do_is_kept(start_virtual_printer, open_host):
    scenario = read('[[step]]\nwhen.open = true\ndo = "set_target"\nheater = "nose"\ncelsius = 1\n')
    printer = start_virtual_printer(scenario=scenario)
    host = open_host(printer.link)
    host.ask("G90")
    printer.wait_until(lambda: printer.story.is_over)
    assert "no heater 'nose'" in printer.story.complaint


def test_real_time_is_a_trigger_too(start_virtual_printer):
    clock = [0.0]
    printer = start_virtual_printer()
    scenario = read('[[step]]\nwhen.real_seconds = 3\ndo = "mute"\n')
    player = ScenarioPlayer(scenario, printer.endpoint, lambda: clock[0])
    player.look(0.0)
    assert not player.is_over
    clock[0] = 3.0
    player.look(0.0)
    assert player.is_over
    assert player.next_deadline() is None


def test_the_command_line_lists_and_shows_them(capsys):
    assert main(["scenarios"]) == 0
    shown = capsys.readouterr().out
    assert "cable-comes-off " in shown
    assert "a good host: " in shown
    assert main(["scenarios", "cable-comes-off"]) == 0
    assert 'do = "pull_cable"' in capsys.readouterr().out
    assert main(["scenarios", "nothing"]) == 2
