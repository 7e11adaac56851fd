"""Commands as the parser sees them, against ``facts/marlin.md`` "Ordinary commands"."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.command import Command

OK = "ok P15 B3\n"


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ("FOO", 'echo:Unknown command: "FOO"\n' + OK),
        ("X10", 'echo:Unknown command: "X10"\n' + OK),
        ("G999", 'echo:Unknown command: "G999"\n' + OK),
        ("*", 'echo:Unknown command: "*"\n' + OK),
        ("(paren) M105", 'echo:Unknown command: "(paren) M105"\n' + OK),
        ("m105", 'echo:Unknown command: "m105"\n' + OK),
        ("g1 x1", 'echo:Unknown command: "g1 x1"\n' + OK),
        ("G29", 'echo:Unknown command: "G29"\n' + OK),
        ("M125", 'echo:Unknown command: "M125"\n' + OK),
    ],
)
def test_unknown_command_is_named(talk, sent, reply):
    assert talk().send(sent) == reply


def test_words_may_touch_stand_apart_or_lack_a_number():
    command = Command("G01X1.5 Y-.25 Z F 600")
    assert command.name == "G1"
    assert command.words == {"X": 1.5, "Y": -0.25, "Z": None, "F": 600.0}
    assert command.value("Z", 7) == 7
    assert command.has("QZ")
    assert not command.has("E")


def test_text_of_a_message_is_kept_whole():
    assert Command("M117 Hello  World 1").rest == "Hello  World 1"


def test_g29_runs_where_the_build_has_levelling(talk):
    printer = talk(has_leveling=True)
    assert printer.send("G29") == ""
    assert printer.wait(30).endswith(OK)
