"""The card slot of a printer without a card, against ``facts/marlin.md`` "SD card"."""

from __future__ import annotations

import pytest

OK = "ok P15 B3\n"


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ("M20", "echo:No media\n" + OK),
        ("M21", "echo:No SD card\n" + OK),
        ("M22", "echo:SD card released\n" + OK),
        ("M23 nofile.g", "echo:Now fresh file: nofile.g\nopen failed, File: nofile.g.\n" + OK),
        ("M24", "//action:resume\n" + OK),
        ("M25", "//action:pause\n" + OK),
        ("M27", "Not SD printing\n" + OK),
        ("M30 nofile.g", "Deletion failed, File: nofile.g.\n" + OK),
        ("M21 P", "echo:No SD card\n" + OK),
        ("M26", OK),
    ],
)
def test_card_slot_answers_as_marlin_does(talk, sent, reply):
    assert talk().send(sent) == reply


FILE = b"; a small print\nG28\nG1 X10 F600\nG1 X20\nM105\nG92 E0\nG1 X30\n"
CARD = {"t.gco": FILE, "Long File Name Test.gcode": FILE}
SELECTED = "echo:Now fresh file: t.gco\nFile opened: t.gco Size: 58\nFile selected\n//action:notification t.gco\r\n"
RESUMED = (
    "//action:resume\n//action:prompt_end\n//action:prompt_begin Resuming SD\n//action:prompt_button Dismiss\n"
    "//action:prompt_show\n"
)


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ("M20", "Begin file list\nT.GCO 58\nLONGFI~1.GCO 58\nEnd file list\n" + OK),
        ("M20 L", "Begin file list\nT.GCO 58 t.gco\nLONGFI~1.GCO 58 Long File Name Test.gcode\nEnd file list\n" + OK),
        ("M21", "echo:SD card ok\n" + OK),
        ("M22", "echo:SD card released\n" + OK),
        ("M23 t.gco", SELECTED + OK),
        ("M23 nofile.g", "echo:Now fresh file: nofile.g\nopen failed, File: nofile.g.\n" + OK),
        ("M24", "//action:resume\n" + OK),
        ("M27", "Not SD printing\n" + OK),
        ("M30 t.gco", "File deleted:t.gco\n" + OK),
        ("M33 LONGFI~1.GCO", "/Long File Name Test.gcode\n" + OK),
    ],
)
def test_card_answers_as_marlin_does(talk, sent, reply):
    assert talk(card=CARD).send(sent) == reply


def test_released_card_has_no_media_until_it_is_mounted(talk):
    printer = talk(card=CARD)
    printer.send("M22")
    assert printer.send("M20") == "echo:No media\n" + OK
    printer.send("M21")
    assert "T.GCO" in printer.send("M20")


def test_greeting_tells_that_a_card_is_there(talk):
    printer = talk(card=CARD)
    printer.printer.power_on(0)
    assert printer.heard().endswith("echo:SD card ok\n")


def test_card_print_runs_its_lines_takes_time_and_tells_its_end(talk):
    printer = talk(card=CARD)
    printer.send("M23 t.gco")
    assert printer.send("M24") == RESUMED + OK
    printer.wait(10)
    assert printer.printer.is_printing_card
    printer.wait(9.5)
    assert printer.printer.position.x > 0
    said = printer.wait(5)
    assert said.endswith("Done printing file\n")
    assert not printer.printer.is_printing_card
    assert printer.printer.ledger.moves == ["G1 X10 F600", "G1 X20", "G1 X30"]
    assert printer.printer.position.x == 30


def test_card_lines_are_told_from_host_lines_and_earn_no_ok_but_for_a_reply(talk):
    printer = talk(card=CARD, instant_motion=True)
    printer.printer.start_card_print("t.gco", 0.0)
    said = printer.heard() + printer.send("G90")
    ledger = printer.printer.ledger
    assert ledger.card_lines == ["G28", "G1 X10 F600", "G1 X20", "M105", "G92 E0", "G1 X30"]
    assert ledger.host_lines == ["G90"]
    assert ledger.lines == [*ledger.card_lines, "G90"]
    assert ledger.counts["card_lines"] == 6
    assert [row[:4] for row in said.splitlines() if row.startswith("ok")] == ["ok T", "ok P"]


def test_card_keeps_the_queue_full_and_status_tells_the_byte(talk):
    content = b"".join(b"G1 X%d F60\n" % (n % 100) for n in range(300))
    printer = talk(card={"big.g": content})
    printer.printer.start_card_print("big.g", 0.0)
    printer.heard()
    printer.send("M27")
    said = printer.wait(60)
    assert "SD printing byte " in said
    byte, size = (int(n) for n in said.partition("SD printing byte ")[2].partition("\r")[0].split("/"))
    assert size == len(content)
    assert 0 < byte < size
    assert "ok P0 B0\n" in said


def test_pause_stops_reading_and_resume_goes_on(talk):
    printer = talk(card={"a.g": b"G4 P1000\n" * 10})
    printer.printer.start_card_print("a.g", 0.0)
    printer.send("M25")
    assert "//action:pause\nok P15 B" in printer.wait(10)
    ran = len(printer.printer.ledger.card_lines)
    assert ran < 10
    assert printer.send("M27") == "Not SD printing\n" + OK
    printer.send("M24")
    printer.wait(20)
    assert len(printer.printer.ledger.card_lines) == 10


def test_status_is_repeated_until_switched_off(talk):
    printer = talk(card={"a.g": b"G4 P9000\n" * 20})
    printer.send("M27 S1")
    assert printer.wait(2.5) == "Not SD printing\n" * 2
    printer.printer.start_card_print("a.g", printer.now)
    assert "SD printing byte 36/180\r\n" in printer.wait(1)
    printer.send("M27 S0")
    printer.wait(60)
    assert "byte" not in printer.wait(60)


def test_seek_begins_at_a_byte(talk):
    printer = talk(card={"a.g": b"G90\nG91\n"}, instant_motion=True)
    printer.send("M23 a.g", "M26 S4", "M24")
    assert printer.printer.ledger.card_lines == ["G91"]


def test_abort_ends_the_print_cools_down_and_acknowledges_last(talk):
    printer = talk(card={"a.g": b"M104 S200\n" + b"G4 P1000\n" * 50})
    printer.printer.start_card_print("a.g", 0.0)
    printer.send("M524")
    said = printer.wait(30)
    assert "M106 P0 S0\n" in said
    assert said.splitlines()[-1].startswith("ok P")
    assert said.count("ok ") == 1
    assert printer.printer.temperatures["E0"].target_celsius == 0
    assert len(printer.printer.ledger.card_lines) < 10
    assert not printer.printer.is_printing_card


def test_upload_stores_lines_and_demands_numbers(talk, line):
    printer = talk(card={})
    said = printer.send(line(1, "M28 up.gco"))
    assert said == (
        "echo:Now fresh file: up.gco\nWriting to file: up.gco\n//action:notification up.gco\r\nok N1 P15 B3\n"
    )
    assert printer.send(line(2, "G1 X50")) == "ok N2 P15 B3\n"
    assert printer.send("G1 X60") == "Error:No Checksum with line number, Last Line: 2\nResend: 3\nok\n"
    assert printer.send("M29") == "Done saving file.\n" + OK
    assert printer.printer.ledger.moves == []
    assert "UP.GCO 7\n" in printer.send("M20")


def test_file_that_is_not_there_cannot_be_printed(talk):
    with pytest.raises(ValueError, match="no file 'x' on the card"):
        talk(card=CARD).printer.start_card_print("x", 0.0)


def test_kill_and_reset_end_a_card_print(talk):
    printer = talk(card={"a.g": b"G4 P1000\n" * 50})
    printer.printer.start_card_print("a.g", 0.0)
    printer.send("M112")
    printer.wait(60)
    printer.printer.reset(printer.now)
    printer.wait(60)
    assert len(printer.printer.ledger.card_lines) == 0
