"""What an `ok` stands for, by its words and by what came before."""

from __future__ import annotations

import pytest

from hydrogen.gcode.link.ok_reader import OkMeaning, OkReader
from hydrogen.gcode.replies import Acknowledged, parse_reply


def ok(text: str) -> Acknowledged:
    reply = parse_reply(text.encode())
    assert isinstance(reply, Acknowledged)
    return reply


def meaning(
    reader: OkReader,
    text: str,
    *,
    in_flight: bool = True,
    draining: bool = False,
    barrier: bool = False,
) -> OkMeaning:
    return reader.meaning_of(ok(text), is_in_flight=in_flight, is_draining=draining, expects_barrier=barrier)


def test_words_of_an_ok_tell_most() -> None:
    assert meaning(OkReader(), "ok N13 P15 B3") is OkMeaning.NUMBERED
    assert meaning(OkReader(), "ok T:20.0 /0.0") is OkMeaning.TEMPERATURES
    assert meaning(OkReader(), "ok") is OkMeaning.NEXT_LINE
    assert meaning(OkReader(), "ok", in_flight=False) is OkMeaning.SURPLUS


def test_ok_right_behind_resend_counts_nothing_and_only_that_one() -> None:
    reader = OkReader()
    reader.on_resend()
    assert meaning(reader, "ok") is OkMeaning.NOTHING
    assert meaning(reader, "ok") is OkMeaning.NEXT_LINE


def test_ok_with_free_slots_and_no_number_behind_a_resend_is_a_line_that_ran_without_its_number() -> None:
    reader = OkReader()
    meaning(reader, "ok N13 P15 B3")
    reader.on_resend()
    assert meaning(reader, "ok P15 B3", draining=True) is OkMeaning.STRAY
    assert meaning(reader, "ok", draining=True) is OkMeaning.NOTHING


def test_barrier_behind_a_resend_whose_own_ok_was_lost_is_still_told() -> None:
    reader = OkReader()
    reader.on_resend()
    assert meaning(reader, "ok T:20.0 /0.0", barrier=True) is OkMeaning.TEMPERATURES


def test_unnumbered_command_explains_one_ok() -> None:
    for words, before in (("ok P15 B3", "ok N5 P15 B3"), ("ok", "ok")):
        reader = OkReader()
        meaning(reader, before)
        reader.on_unnumbered_sent(5000)
        assert meaning(reader, words, in_flight=False) is OkMeaning.UNNUMBERED
        assert meaning(reader, words, in_flight=False) is not OkMeaning.NOTHING


def test_bare_ok_from_a_firmware_that_numbers_them_belongs_to_a_resend_that_was_not_understood() -> None:
    reader = OkReader()
    meaning(reader, "ok N5 P15 B3")
    assert meaning(reader, "ok") is OkMeaning.SURPLUS
    assert reader.on_plain(is_in_flight=True) is OkMeaning.SURPLUS


def test_ok_without_number_from_a_firmware_that_numbers_them_is_stray() -> None:
    reader = OkReader()
    meaning(reader, "ok N5 P15 B3")
    assert meaning(reader, "ok P15 B3") is OkMeaning.STRAY
    reader.on_unknown_command()
    assert meaning(reader, "ok P15 B3") is OkMeaning.SURPLUS


def test_fragment_in_a_drain_counts_nothing() -> None:
    reader = OkReader()
    reader.on_unknown_command()
    assert meaning(reader, "ok", draining=True) is OkMeaning.NOTHING


@pytest.mark.parametrize(("barrier", "expected"), [(True, OkMeaning.TEMPERATURES), (False, OkMeaning.NEXT_LINE)])
def test_temperatures_on_a_line_before_the_ok_are_the_barriers_answer_only_if_one_is_out(
    barrier: bool,
    expected: OkMeaning,
) -> None:
    reader = OkReader()
    reader.on_temperature_report()
    assert meaning(reader, "ok", barrier=barrier) is expected


def test_what_was_owed_for_a_fault_is_forgotten_with_it() -> None:
    reader = OkReader()
    reader.on_resend()
    reader.on_unknown_command()
    reader.forget()
    assert not reader.owes_for_resend
    assert reader.on_plain(is_in_flight=True) is OkMeaning.NEXT_LINE
