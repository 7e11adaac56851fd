"""Ring and queue, against ``facts/marlin.md`` "Buffer numbers" and ``facts/link.md`` section 4."""

from __future__ import annotations

WRONG_CHECKSUM = "Error:checksum mismatch, Last Line: {0}\nResend: {1}\nok\n"


def test_full_ring_loses_bytes_and_glues_two_half_lines(talk, line):
    printer = talk()
    printer.send(line(1, "G4 P2000"))
    for n in range(2, 22):
        printer.send(line(n, f"G1 X{n}.123 Y{n}.456 E0.0"))
    assert printer.printer.ledger.counts["rx_overflow_bytes"] > 0
    printer.wait(3)
    last = printer.printer.last_line_number
    assert 4 <= last < 21
    assert printer.send(line(22, "G1 X22.123 Y22.456 E0.0")) == WRONG_CHECKSUM.format(last, last + 1)


def test_127_bytes_fit_behind_the_four_oldest_lines(talk):
    printer = talk()
    printer.send("G4 P2000", "G90", "G90", "G90")
    printer.send_bytes(b"M117 " + b"x" * 57 + b"\n" + b"M117 " + b"x" * 58 + b"\n")
    assert printer.printer.pending_bytes == 127
    assert printer.printer.ledger.counts["rx_overflow_bytes"] == 0
    printer.send_bytes(b"G")
    assert printer.printer.ledger.counts["rx_overflow_bytes"] == 1


def test_ring_without_limit_loses_nothing(talk):
    printer = talk(ring_size=0)
    printer.send("G4 P2000", *["G90"] * 200)
    assert printer.wait(3).count("ok") == 201


def test_twelve_lines_in_one_burst_are_all_acknowledged(talk, line):
    printer = talk()
    printer.count_to(12)
    slots = [0] * 9 + [1, 2, 3]
    expected = "".join(f"ok N{n} P15 B{b}\n" for n, b in zip(range(13, 25), slots, strict=True))
    assert printer.send(*(line(n, "G90") for n in range(13, 25))) == expected


def test_bytes_may_come_one_by_one(talk, line):
    printer = talk()
    text = "".join(line(n, "G90") for n in range(1, 4))
    replies = "".join(printer.send_bytes(text[i : i + 1].encode()) for i in range(len(text)))
    assert replies == "ok N1 P15 B3\nok N2 P15 B3\nok N3 P15 B3\n"


def test_high_byte_gives_an_error_without_ok_and_glues_the_lines(talk):
    printer = talk()
    assert printer.send_bytes(b"G9\xc3\xa4 rest\n") == "Error:Serial status mismatch\n"
    assert printer.send("0") == "ok P15 B3\n"
    assert printer.printer.ledger.lines == ["G90"]
