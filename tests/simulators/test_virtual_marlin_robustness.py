"""What must hold whatever arrives: time goes on, oks balance, the same input gives the same output."""

from __future__ import annotations

import random

import pytest

from hydrogen_simulators.faults import NAMED_PLANS, FaultyWire
from hydrogen_simulators.firmware.heater import HeaterFailure

# fmt: off
COMMANDS = (
    "G1 X{0} Y{1} E0.1 F6000", "G28", "G4 P{0}", "M109 S{0}", "M190 R{1}", "M104 S{0}", "M140 S{1}", "M155 S1",
    "M154 S2", "M105", "M114", "M0", "M1 S1", "M108", "M876 S1", "M400", "M410", "M600", "G92 E0",
    "G2 X{0} I1 J{1}", "M113 S1", "M110 N{0}", "M302 P1", "M220 S{1}", "T0", "M117 hi", "FOO", "", "M503", "M115",
    "G91", "G90",
)
# fmt: on


def weather(seed):
    """Lines, noise and silence, as a list of bytes and pauses."""
    chance = random.Random(seed)
    for _ in range(400):
        kind = chance.random()
        text = chance.choice(COMMANDS).format(chance.randint(0, 250), chance.randint(0, 120))
        if kind < 0.05:
            yield chance.randbytes(chance.randint(1, 40)).replace(b"M112", b""), chance.random()
        elif kind < 0.1:
            yield b"", chance.choice([1.0, 30.0, 600.0])
        else:
            yield text.encode() + b"\n", chance.choice([0.0, 0.01, 1.0])


def live_through(printer, seed):
    heard = ""
    for data, pause in weather(seed):
        if data:
            heard += printer.send_bytes(data)
        heard += printer.wait(pause)
        due = printer.printer.next_deadline()
        assert due is None or due > printer.now - 1e-9
    return heard


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("emergency_parser", [True, False])
def test_printer_survives_anything_and_repeats_itself(talk, seed, emergency_parser):
    first = live_through(talk(emergency_parser=emergency_parser, temperature_noise_celsius=0.2), seed)
    second = live_through(talk(emergency_parser=emergency_parser, temperature_noise_celsius=0.2), seed)
    assert first == second


@pytest.mark.parametrize("seed", range(4))
def test_how_often_time_is_told_changes_nothing(talk, seed):
    rarely, often = talk(), talk()
    for printer in (rarely, often):
        printer.send("M155 S1", "M109 S60", f"G1 X{seed * 20 + 30}", "G4 P2500", "M400")
    pieces = "".join(often.wait(0.173) for _ in range(1000))
    assert pieces == rarely.wait(173.0)


@pytest.mark.parametrize("name", ["noisy", "lossy", "stormy", "lost-lines", "resends"])
def test_patient_host_gets_every_line_through_bad_weather(talk, line, name):
    """Send, and on silence or a request send again from where the printer says: the ledger has no gap."""
    wire = FaultyWire(NAMED_PLANS[name][1], seed=11)
    printer = talk(instant_motion=True)
    moves = [f"G1 X{n % 190}.{n}" for n in range(1, 301)]
    sends = 0
    while (last := printer.printer.last_line_number) < len(moves) and sends < 3000:
        sends += 1
        printer.send_bytes(wire.towards_printer(b"\n" + line(last + 1, moves[last]).encode()))
    assert printer.printer.last_line_number == len(moves)
    ran = [move for move in printer.printer.ledger.moves if move in set(moves)]
    assert list(dict.fromkeys(ran)) == moves


def test_action_in_the_middle_of_a_move_does_not_run_it_again(talk):
    printer = talk(instant_motion=True)
    printer.send("M155 S1")
    printer.printer.call_at_move(1, lambda now: printer.printer.fail_heater("E0", HeaterFailure.COLD, now + 5))
    printer.send("G1 X1")
    assert printer.printer.ledger.moves == ["G1 X1"]
