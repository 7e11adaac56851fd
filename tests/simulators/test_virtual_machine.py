"""What the board knows and tells of itself."""

from __future__ import annotations

OK = "ok P15 B3\n"


def test_chamber_is_unknown_until_the_build_has_one(talk):
    assert talk().send("M141 S40").startswith("echo:Unknown command")
    printer = talk(has_chamber=True)
    printer.send("M141 S40")
    assert " C:19.38 /40.00 " in printer.send("M105")


def test_several_extruders_report_each(talk):
    reply = talk(extruder_count=2).send("M104 T1 S50", "M105")
    assert "ok T:19.38 /0.00 B:19.38 /0.00 T0:19.38 /0.00 T1:19.38 /50.00 @:0 B@:0 @0:0 @1:0\n" in reply


def test_muted_board_executes_without_a_word(talk):
    printer = talk()
    printer.printer.mute()
    assert printer.send("G90", "M105") == ""
    printer.printer.unmute()
    assert printer.send("G91") == OK
    assert printer.printer.ledger.lines == ["G90", "M105", "G91"]
