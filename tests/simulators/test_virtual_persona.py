"""What every persona must have and do."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.marlin import HeaterFailure, VirtualMarlin
from hydrogen_simulators.personas import PERSONAS

MOVES = [f"G1 X{n} Y{n}" for n in range(1, 60)]


@pytest.mark.parametrize("name", PERSONAS)
def test_persona_has_title_sources_and_its_own_name(name):
    persona = PERSONAS[name]
    assert persona.name == name
    assert len(persona.title) > 10
    assert persona.sources
    assert all(len(source) > 10 for source in persona.sources)


@pytest.mark.parametrize("name", PERSONAS)
def test_persona_executes_a_job_line_by_line(name, talk_to, line):
    printer = talk_to(name, instant_motion=True)
    printer.send("G28")
    printer.wait(1)
    printer.send(line(0, "M110 N0"))
    first = len(printer.printer.ledger.moves)
    for number, move in enumerate(MOVES, 1):
        said = printer.send(line(number, move))
        assert said.startswith("ok"), f"line {number}: {said!r}"
    assert printer.printer.ledger.moves[first:] == MOVES


@pytest.mark.parametrize("name", PERSONAS)
def test_persona_heats_and_waits(name, talk_to):
    printer = talk_to(name)
    printer.send("M109 S60")
    heard = printer.wait(120)
    assert "60" in heard
    assert "ok" in printer.send("M105")
    assert printer.printer.temperatures["E0"].actual_celsius == pytest.approx(60, abs=4)


@pytest.mark.parametrize("name", PERSONAS)
def test_reset_brings_every_persona_back(name, talk_to):
    printer = talk_to(name)
    printer.send("M112")
    printer.printer.reset(printer.now)
    printer.heard()
    assert not printer.printer.is_halted
    assert "ok" in printer.send("M105")


@pytest.mark.parametrize("name", PERSONAS)
def test_no_persona_chokes_on_any_byte(name):
    printer = VirtualMarlin(PERSONAS[name].settings)
    for seed in range(40):
        data = bytes((seed * 37 + i * i * 11) % 256 for i in range(60)) + b"\nN1 G1 X1*7\nM105\n"
        printer.receive(data, float(seed))
        printer.handle_deadline(seed + 0.9)
    assert len(printer.data_to_send()) < 100_000


@pytest.mark.parametrize("name", PERSONAS)
def test_heater_fault_ends_in_a_halt_and_time_goes_on(name, talk_to):
    printer = talk_to(name)
    printer.printer.fail_heater("E0", HeaterFailure.COLD, 0.0)
    printer.send("M104 S200")
    printer.wait(90)
    assert printer.printer.is_halted
    assert printer.printer.temperatures["E0"].target_celsius == 0
    printer.wait(90)
    printer.send("G1 X5")
    assert printer.printer.position.x == 0


@pytest.mark.parametrize("name", PERSONAS)
def test_faults_in_the_middle_of_a_job_leave_every_persona_whole(name, talk_to, line):
    printer = talk_to(name, instant_motion=True)
    printer.send("G28")
    printer.wait(1)
    first = printer.printer.ledger.move_count
    printer.printer.call_at_move(first + 3, lambda now: printer.printer.overheat("E0", now))
    printer.send(line(0, "M110 N0"))
    for number, move in enumerate(MOVES[:9], 1):
        printer.send(line(number, move))
    assert printer.printer.is_halted
    assert printer.printer.ledger.moves[first:] == MOVES[:3]
    printer.printer.call_at_move(first + 4, printer.printer.reset)
    printer.printer.reset(printer.now)
    printer.send("G28")
    printer.wait(1)
    printer.heard()
    printer.send("G1 X9", "G1 X8")
    assert printer.printer.ledger.counts["resets"] == 2
    assert "ok" in printer.send("M105")


@pytest.mark.parametrize("name", PERSONAS)
def test_greeting_repeats_at_every_reset(name, talk_to):
    printer = talk_to(name)
    printer.printer.reset(1.0)
    again = printer.heard()
    assert again.replace(" External Reset", "PowerUp") == printer.greeting
