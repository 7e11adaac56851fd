"""The virtual Marlin against ``facts/marlin.md``, "Numbering, checksums, resends" and "Buffer numbers"."""

from __future__ import annotations

import pytest

WRONG_NUMBER = "Error:Line Number is not Last Line Number+1, Last Line: {0}\nResend: {1}\nok\n"
NO_CHECKSUM = "Error:No Checksum with line number, Last Line: {0}\nResend: {1}\nok\n"
WRONG_CHECKSUM = "Error:checksum mismatch, Last Line: {0}\nResend: {1}\nok\n"


def wrong(number, last):
    return number.format(last, last + 1)


@pytest.mark.parametrize(
    ("last", "sent", "reply", "last_after"),
    [
        (3, "M110 N0", "ok P15 B3\n", 0),
        (8, "M110", "Line: 8\nok P15 B3\n", 8),
        (8, "N0 M110*35", "Line: 0\nok N0 P15 B3\n", 0),
        (8, "N100 M110 N500*121", "ok N100 P15 B3\n", 500),
        (2, "N3 G90*19", "ok N3 P15 B3\n", 3),
        (0, "N1 M105*38", "ok T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0\n", 1),
        (4, "N5 G90*1", wrong(WRONG_CHECKSUM, 4), 4),
        (5, "N6 M105", wrong(NO_CHECKSUM, 5), 5),
        (6, "N9 G90*25", wrong(WRONG_NUMBER, 6), 6),
        (41, "N1 M105*38", wrong(WRONG_NUMBER, 41), 41),
        (5002, "N9999999 M105*46", wrong(WRONG_NUMBER, 5002), 5002),
        (5002, "N-7 M105*13", wrong(WRONG_NUMBER, 5002), 5002),
        (6, "N M105*1", wrong(WRONG_NUMBER, 6), 6),
        (6, "Nabc M105", wrong(WRONG_NUMBER, 6), 6),
        (6, "N", wrong(WRONG_NUMBER, 6), 6),
        (4, "N5 G1 X2 ; c*63", wrong(NO_CHECKSUM, 4), 4),
        (6, "M105*121", "ok T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0\n", 6),
        (6, "M105*1", "ok T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0\n", 6),
        (6, "M105*", "ok T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0\n", 6),
        (6, "G90", "ok P15 B3\n", 6),
    ],
)
def test_line_is_answered_as_marlin_does(talk, last, sent, reply, last_after):
    printer = talk()
    printer.count_to(last)
    assert printer.send(sent) == reply
    assert printer.printer.last_line_number == last_after


def test_position_is_reported_with_the_numbered_ok(talk):
    printer = talk()
    printer.home()
    printer.count_to(3)
    assert printer.send("N4 M114*35") == "X:0.00 Y:0.00 Z:5.00 E:0.00 Count X:0 Y:0 Z:2000\nok N4 P15 B3\n"


def test_repeat_of_last_and_last_but_one_is_dropped_in_silence(talk, line):
    printer = talk()
    printer.send(line(1, "G90"), line(2, "G91"))
    assert printer.send(line(2, "G91")) == ""
    assert printer.send(line(1, "G90")) == ""
    assert printer.printer.ledger.counts["duplicates"] == 2
    assert printer.printer.ledger.lines == ["G90", "G91"]


def test_older_repeat_is_asked_for_again(talk, line):
    printer = talk()
    printer.send(*(line(n, "G90") for n in range(1, 5)))
    assert printer.send(line(2, "G90")) == wrong(WRONG_NUMBER, 4)


def test_older_marlin_answers_a_repeat_with_an_error(talk, line):
    printer = talk(repeats_in_silence=False)
    printer.send(line(1, "G90"))
    assert printer.send(line(1, "G90")) == wrong(WRONG_NUMBER, 1)


def test_line_of_more_than_95_characters_is_cut_and_loses_its_checksum(talk, line):
    printer = talk()
    printer.count_to(27)
    long_line = line(28, "M117 " + "x" * 95)
    for _ in range(2):
        assert printer.send(long_line) == wrong(NO_CHECKSUM, 27)


def test_unnumbered_line_between_numbered_ones_leaves_the_numbering_alone(talk, line):
    printer = talk()
    reply = printer.send(line(1, "G90"), "G91", line(2, "G90"))
    assert reply == "ok N1 P15 B1\nok P15 B2\nok N2 P15 B3\n"


def test_error_flushes_the_lines_behind_it(talk, line):
    printer = talk()
    printer.count_to(8)
    burst = [line(9, "G90")[:-2] + "x\n"] + [line(n, "G90") for n in range(10, 14)]
    assert printer.send(*burst) == wrong(WRONG_CHECKSUM, 8)


def test_error_and_its_bare_ok_overtake_queued_oks(talk, line):
    printer = talk()
    printer.count_to(9)
    burst = [line(10, "G90"), line(11, "G90"), "N12 G90*1\n", line(13, "G90"), line(14, "G90")]
    assert printer.send(*burst) == wrong(WRONG_CHECKSUM, 11) + "ok N10 P15 B2\nok N11 P15 B3\n"


def test_error_comes_while_a_dwell_runs(talk, line):
    printer = talk()
    printer.count_to(25)
    assert printer.send(line(26, "G4 P3000")) == "//action:notification Sleep...\r\n"
    assert printer.send("N27 G90*1") == wrong(WRONG_CHECKSUM, 26)
    assert printer.wait(3) == "echo:busy: processing\nok N26 P15 B3\n"


def test_probe_is_answered_during_a_dwell_and_executes_nothing(talk, line):
    printer = talk()
    printer.count_to(5001)
    printer.send(line(5002, "G4 P3000"))
    assert printer.send("N9999999 M105*46") == wrong(WRONG_NUMBER, 5002)
    assert printer.printer.ledger.counts["temp_reports"] == 0


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_every_line_end_ends_a_line(talk, end):
    assert talk().send_bytes(f"G90{end}G91{end}".encode()) == "ok P15 B2\nok P15 B3\n"


@pytest.mark.parametrize("silent", ["", ";only a comment", "\r\n\r\n"])
def test_empty_lines_and_comments_give_no_reply(talk, silent):
    assert talk().send(silent) == ""


def test_blanks_only_are_an_unknown_command(talk):
    assert talk().send("   ") == 'echo:Unknown command: ""\nok P15 B3\n'


def test_renumbering_takes_effect_again_when_it_runs(talk, line):
    printer = talk()
    printer.send("G4 P2000")
    printer.send(line(0, "M110 N0"), line(1, "G90"), line(2, "G91"))
    printer.wait(3)
    assert printer.send(line(3, "G90")) == wrong(WRONG_NUMBER, 0)


def test_message_with_m110_in_it_renumbers(talk, line):
    printer = talk()
    printer.count_to(50)
    printer.send(line(1, "M117 PRINTING M110 Nice"))
    assert printer.printer.last_line_number == 0


def test_line_that_lost_its_head_runs_unchecked(talk, line):
    printer = talk()
    printer.home()
    printer.count_to(5000)
    assert printer.send(line(5001, "G1 X7")[len("N5001 ") :]).startswith("ok P")
    assert printer.printer.position.x == 7
    assert printer.send(line(5002, "G90")) == wrong(WRONG_NUMBER, 5000)


def test_first_letter_hit_is_an_unknown_command_that_counts(talk):
    reply = talk().send("L5001 G1 X5*63")
    assert reply == 'echo:Unknown command: "L5001 G1 X5"\nok P15 B3\n'


def test_without_advanced_ok_an_ok_is_bare(talk, line):
    assert talk(advanced_ok=False).send(line(1, "G90")) == "ok\n"


def test_derivative_says_no_ok_after_resend(talk):
    assert talk(ok_after_resend=False).send("N9 G90*25").endswith("Resend: 1\n")
