"""How the queue is run: order, restarts, and boards that still answer when they are halted."""

from __future__ import annotations

from hydrogen_simulators.firmware.speech import HaltForm, Speech

LISTENING = Speech(
    halt=HaltForm(
        words=("dead: {reason}",),
        refusal=("no: {command}",),
        refusal_has_ok=True,
        works=frozenset({"M105"}),
        revivers=frozenset({"M999"}),
        revived=("alive",),
    )
)


def test_halted_board_that_listens_refuses_works_and_revives(talk):
    printer = talk(speech=LISTENING, advanced_ok=False)
    printer.printer.halt("why", 0.0)
    assert printer.heard() == "dead: why\n"
    assert printer.send("G1 X5") == "no: G1 X5\nok\n"
    assert printer.send("M105").startswith("ok T:")
    assert printer.send("M999") == "alive\nok\n"
    assert printer.send("G1 X5") == "ok\n"
    assert printer.printer.ledger.moves == ["G1 X5"]


def test_halt_ends_the_running_command_with_its_ok_where_the_board_listens(talk):
    printer = talk(speech=LISTENING, advanced_ok=False)
    printer.send("G4 P9000", "G90")
    printer.printer.halt("why", 1.0)
    assert printer.heard() == "dead: why\nok\nno: G90\nok\n"
    assert printer.wait(20) == ""
    assert printer.send("G91") == "no: G91\nok\n"


def test_deaf_board_loses_its_queue(talk):
    printer = talk()
    printer.send("G4 P9000", "G90")
    printer.printer.halt("why", 1.0)
    printer.heard()
    assert printer.send("M105") == ""
    assert printer.wait(20) == ""


def test_m112_may_reset_the_processor(talk):
    printer = talk(speech=Speech(greeting=("hello",), halt=HaltForm(m112_restarts=True)))
    printer.send("M110 N7", "G4 P9000")
    assert printer.send("M112") == "hello\n"
    assert printer.printer.last_line_number == 0
    assert printer.send("G90") == "ok P15 B3\n"


def test_commands_a_build_lacks_are_unknown(talk):
    assert talk(lacks=frozenset({"M400"})).send("M400") == 'echo:Unknown command: "M400"\nok P15 B3\n'


def test_board_that_listens_may_be_halted_in_the_middle_of_a_command(talk):
    printer = talk(speech=LISTENING, advanced_ok=False)
    printer.printer.call_at_move(1, lambda now: printer.printer.overheat("E0", now))
    assert printer.send("G1 X1", "G1 X2").splitlines()[-4:] == ["dead: Thermal Runaway", "ok", "no: G1 X2", "ok"]
    assert printer.printer.ledger.moves == ["G1 X1"]


def test_action_in_the_middle_of_a_command_may_reset_the_board(talk):
    printer = talk()
    printer.printer.call_at_move(2, printer.printer.reset)
    said = printer.send("G1 X1", "G1 X2", "G1 X3")
    assert said.startswith("ok P14 B1\nstart\n External Reset\n")
    assert printer.printer.ledger.moves == ["G1 X1", "G1 X2"]
