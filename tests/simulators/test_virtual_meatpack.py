"""MeatPack: the decoder by hand-made bytes, and behind a printer's wire."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.meatpack import MeatPackDecoder

ON, OFF, QUERY, RESET, NO_SPACES, SPACES = (b"\xff\xff" + bytes((c,)) for c in (0xFB, 0xFA, 0xF8, 0xF9, 0xF7, 0xF6))
OK = "ok P15 B3\n"


class Decoding:
    def __init__(self):
        self.said = []
        self.decoder = MeatPackDecoder(self.said.append)

    def feed(self, data):
        return b"".join(self.decoder.feed(byte) for byte in data)


@pytest.mark.parametrize(
    ("packed", "text"),
    [
        (b"\x1d", b"G1"),
        (b"\x1d\xeb", b"G1 X"),
        (b"\x10\x32\x54\x76\x98", b"0123456789"),
        (b"\xba\xde", b". XG"),
        (b"\x0c", b"\n"),
        (b"\x5c\x1d", b"\nG1"),
        (b"\x1fM", b"M1"),
        (b"\xf1M", b"1M"),
        (b"\xffMS", b"MS"),
        (b"\xc0", b"0\n"),
        (b"\xcfM", b"M\n"),
    ],
)
def test_packed_bytes_become_text(packed, text):
    decoding = Decoding()
    decoding.feed(ON)
    assert decoding.feed(packed) == text


def test_without_packing_bytes_pass_and_a_single_signal_too():
    decoding = Decoding()
    assert decoding.feed(b"G1 X1\n") == b"G1 X1\n"
    assert decoding.feed(b"\xffM") == b"\xffM"
    assert decoding.said == []


def test_every_command_is_answered():
    decoding = Decoding()
    assert decoding.feed(QUERY + ON + NO_SPACES + SPACES + OFF) == b""
    assert decoding.said == [
        "[MP] PV01 OFF ESP",
        "[MP] PV01 ON ESP",
        "[MP] PV01 ON NSP",
        "[MP] PV01 ON ESP",
        "[MP] PV01 OFF ESP",
    ]


def test_no_space_table_has_an_e_in_place_of_the_blank():
    decoding = Decoding()
    decoding.feed(ON + NO_SPACES)
    assert decoding.feed(b"\x1b") == b"E1"
    decoding.feed(SPACES)
    assert decoding.feed(b"\x1b") == b" 1"


def test_reset_switches_off_reports_twice_and_forgets_the_table_only_with_spaces():
    decoding = Decoding()
    decoding.feed(ON + NO_SPACES + b"\x1f" + RESET)
    assert decoding.said[-2:] == ["[MP] PV01 OFF ESP"] * 2
    assert decoding.feed(b"M") == b"M"
    decoding.feed(ON)
    assert decoding.feed(b"\x1b") == b"E1"


def test_unknown_command_is_answered_and_changes_nothing():
    decoding = Decoding()
    decoding.feed(ON + b"\xff\xff\x01")
    assert decoding.said[-1] == "[MP] PV01 ON ESP"


def test_printer_runs_packed_lines_however_the_bytes_come(talk):
    printer = talk(meatpack=True)
    assert printer.send_bytes(ON) == "[MP] PV01 ON ESP\n"
    packed = b"\x1d\xeb\xc5" + b"\x9d\xc0"  # "G1 X5\n" "G90\n"
    assert "".join(printer.send_bytes(packed[i : i + 1]) for i in range(len(packed))) == "ok P14 B3\n" + "ok P14 B3\n"
    assert printer.printer.ledger.lines == ["G1 X5", "G90"]


def test_packing_may_end_in_the_middle_of_a_burst(talk):
    printer = talk(meatpack=True)
    assert printer.send_bytes(ON + b"\x9d\xc0" + OFF + b"G91\n").count(OK[:2]) == 2
    assert printer.printer.ledger.lines == ["G90", "G91"]


def test_rejected_packed_line_keeps_packing_in_step(talk, line):
    printer = talk(meatpack=True)
    printer.send_bytes(ON)
    wrong, lost = b"\x2f" + b"N" + b"\x9d\xc0", b"\x1fM" + b"\x2d\xff" + b"*" + b"7" + b"\x9d\xc0"
    assert printer.send_bytes(wrong + lost).startswith("Error:Line Number is not Last Line Number+1")
    assert printer.send_bytes(b"\x9d\xc0") == OK
    assert printer.printer.ledger.lines == ["G90"]


def test_restart_ends_packing_without_a_word(talk):
    printer = talk(meatpack=True)
    printer.send_bytes(ON)
    printer.printer.reset(0.0)
    assert "[MP]" not in printer.heard()
    assert printer.send("G90") == OK
    assert printer.send_bytes(QUERY) == "[MP] PV01 OFF ESP\n"


def test_ring_holds_packed_bytes(talk):
    printer = talk(meatpack=True, ring_size=64)
    printer.send("G4 P1000", "G90", "G90", "G90")
    printer.send_bytes(ON + b"\x9d\xc0" * 30)
    assert printer.printer.pending_bytes == 63
    assert printer.printer.ledger.counts["rx_overflow_bytes"] == 0
    assert printer.wait(2.0).count("ok") == 34


def test_packed_high_bytes_are_data_and_others_are_not(talk):
    printer = talk(meatpack=True)
    assert printer.send_bytes(b"G9\xc3\n") == "Error:Serial status mismatch\n"
    printer = talk(meatpack=True)
    printer.send_bytes(ON)
    assert printer.send_bytes(b"\xed\x9d\xc0").startswith("echo:Unknown command")  # "GXG90\n": 0xED and 0x9D are data


def test_emergency_parser_sees_the_raw_bytes(talk):
    printer = talk(meatpack=True)
    printer.send_bytes(ON)
    printer.send("G4 P1")
    printer.send_bytes(b"\x0c\nM112\n")
    assert printer.printer.is_halted


def test_capability_tells_whether_packing_is_there(talk):
    assert "Cap:MEATPACK:1\n" in talk(meatpack=True).send("M115")
    assert "Cap:MEATPACK:0\n" in talk().send("M115")


def test_board_without_meatpack_takes_the_command_for_noise(talk):
    assert talk().send_bytes(QUERY) == "Error:Serial status mismatch\n"
