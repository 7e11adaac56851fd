"""The emergency parser and the line check, below the printer."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.reception import EarlyWord, EmergencyParser, LineReader, ReceiveRing


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"M112\n", [EarlyWord.KILL]),
        (b"N5 M112*34\n", [EarlyWord.KILL]),
        (b"G90\n M108 now\r", [EarlyWord.BREAK_WAIT]),
        (b"M410\nM108\n", [EarlyWord.STOP_MOTION, EarlyWord.BREAK_WAIT]),
        (b"KILL\n", [EarlyWord.SOFT_RESET]),
        (b"; M112\n", []),
        (b"G1 M112\n", []),
        (b"M117 M112\n", []),
        (b"M112", []),
        (b"M11\nM1105\n", []),
    ],
)
def test_early_words_are_found_however_they_are_cut(data, words):
    assert [word for word, _ in EmergencyParser().feed(data)] == words
    parser = EmergencyParser()
    assert [word for byte in data for word, _ in parser.feed(bytes([byte]))] == words


def test_answer_of_m876_is_read():
    assert EmergencyParser().feed(b"M876 S1\n") == [(EarlyWord.RESPOND, 1)]


def test_ring_of_128_holds_127_bytes():
    ring = ReceiveRing(128)
    assert ring.push(b"x" * 130) == b"xxx"
    assert len(ring) == 127


def test_reader_joins_pieces_cuts_comments_and_long_lines():
    ring = ReceiveRing(0)
    reader = LineReader(ring, 8, high_bytes_flush=True)
    ring.push(b"G1")
    assert reader.next_line() is None
    ring.push(b" X1;no\n;\nM117 long text\n")
    assert [reader.next_line() for _ in range(3)] == [b"G1 X1", b"M117 lo", None]
    assert reader.cut_lines == 1
