"""What can be done to a printer by hand, as records."""

from __future__ import annotations

import pytest

from hydrogen_simulators.action import ACTIONS, ActionRefused, read_action


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ({}, "no action None: 'do' is one of state, "),
        ({"do": "explode"}, "no action 'explode'"),
        ({"do": "say"}, "say needs the field 'text'"),
        ({"do": "say", "text": 7}, "say: text must be str, found 7"),
        ({"do": "reset", "now": True}, "reset has no field 'now'; its fields: none"),
        ({"do": "filament", "present": "no"}, "filament: present must be bool"),
        ({"do": "set_temperature", "celsius": True}, "celsius must be int or float"),
        ({"do": "fail_heater", "how": "melts"}, "how must be 'cold' or 'stuck on'"),
        ({"do": "speed", "speed": 0}, "must be a number greater than 0, or 'max'"),
        ({"do": "speed", "speed": "fast"}, "must be a number greater than 0, or 'max'"),
        ({"do": "weather", "faults": "sunny"}, "no fault plan 'sunny'"),
    ],
)
def test_a_wrong_record_is_told_before_anything_happens(record, complaint):
    with pytest.raises(ValueError, match=complaint):
        read_action(record)


def test_every_action_says_what_it_does():
    assert all(kind.sentence and kind.sentence[0].islower() for kind in ACTIONS.values())


@pytest.mark.virtual_printer(instant_motion=True)
def test_hands_at_the_machine(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    virtual_printer.perform({"do": "set_temperature", "celsius": 180})
    assert host.ask("M105").startswith("ok T:180.00 /0.00")
    virtual_printer.perform({"do": "set_target", "heater": "bed", "celsius": 55})
    assert " /55.00 @:" in host.ask("M105")
    virtual_printer.perform({"do": "filament", "present": False})
    assert "filament: open\n" in host.ask("M119", "\nok")
    virtual_printer.perform({"do": "panel", "command": "M118 from the panel"})
    assert host.read_until("panel\r\n") == "from the panel\r\n"
    host.write("M0\n")
    host.read_until("prompt_show\n")
    virtual_printer.perform({"do": "knob"})
    assert host.read_until("ok") == "ok"
    state = virtual_printer.perform({"do": "state"})
    assert (state["heaters"]["bed"]["target"], state["has_filament"], state["is_open"]) == (55.0, False, True)
    assert virtual_printer.perform({"do": "ledger"})["all_lines"] == 4
    virtual_printer.perform({"do": "break_end_stop"})
    host.write("G28\n")
    assert "Homing Failed" in host.read_until("poweroff")


def test_what_cannot_be_done_says_why(virtual_printer):
    with pytest.raises(ActionRefused, match="no heater 'E9': there are E0, bed"):
        virtual_printer.perform({"do": "set_target", "heater": "E9", "celsius": 1})
    with pytest.raises(ActionRefused, match="no file 'a' on the card"):
        virtual_printer.perform({"do": "print_card", "file": "a"})


def test_the_end_of_the_filament_pauses_a_print_and_nothing_else(talk):
    printer = talk(instant_motion=True, instant_heating=True)
    printer.printer.put_filament(False, 0.0)
    assert printer.heard() == ""
    printer.printer.put_filament(True, 0.0)
    printer.send("M109 S200", "G28", "G1 X1")
    printer.wait(1)
    printer.printer.put_filament(False, printer.now)
    said = printer.heard()
    assert said.startswith("//action:paused filament_runout T0\n//action:paused\n//action:prompt_end\n")
    assert printer.send("G1 X2") == ""
    said = printer.wait(30)
    assert "Insert filament" in said
    printer.printer.press_knob(printer.now)
    printer.wait(30)
    printer.printer.press_knob(printer.now)
    assert printer.wait(60).endswith("ok P15 B3\n")
    assert printer.printer.ledger.moves == ["G1 X1", "G1 X2"]
