"""Is the printer printing from its own card?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.link.card_question import (
    ANSWERS_MOST,
    ASKED_MOST,
    OVERDUE_SECONDS,
    QUESTION,
    REFUSALS_MOST,
    CardProgress,
    CardQuestion,
)
from hydrogen.gcode.link.link_limits import PROBE
from hydrogen.gcode.replies import parse_reply
from tests.support.property_settings import REPEATABLE


def asked(*lines: bytes, ok: bool = True) -> CardQuestion:
    """The question, answered with `lines`."""
    card = CardQuestion()
    assert card.question(0.0) == QUESTION
    for line in lines:
        card.on_reply(parse_reply(line))
    if ok:
        card.on_ok()
    return card


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        (b"SD printing byte 158/10964", CardProgress(158, 10964)),
        (b"SD printing byte 0/3712", CardProgress(0, 3712)),
        (b"echo:SD printing byte 2134 / 4096", CardProgress(2134, 4096)),
        (b"SD printing byte 158/?0964", CardProgress()),
        (b"SD print paused", CardProgress()),
    ],
)
def test_card_print_is_told_with_its_progress_before_the_ok(line: bytes, progress: CardProgress) -> None:
    card = asked(line, ok=False)
    assert card.progress == progress
    assert not card.is_idle


def test_card_print_is_told_even_if_nobody_asked() -> None:
    card = CardQuestion()
    card.on_reply(parse_reply(b"SD printing byte 158/10964"))
    assert card.progress == CardProgress(158, 10964)


def test_progress_is_shown_with_its_share() -> None:
    assert str(CardProgress(158, 10964)) == "byte 158 of 10964 (1 %)"
    assert str(CardProgress()) == "it does not say how far"


@pytest.mark.parametrize(
    "line",
    [
        b"Not SD printing",
        b"Not SD printing.",
        b"Not currently playing",
        b"SD printing byte 0/0",
        b'echo:Unknown command: "M27"',
        b'// Unknown command:"M27"',
    ],
)
def test_words_that_deny_a_print_are_believed_with_their_ok(line: bytes) -> None:
    assert not asked(line, ok=False).is_idle
    card = asked(line)
    assert card.is_idle
    assert card.progress is None


def test_denial_whose_ok_is_lost_counts_when_it_is_asked_again() -> None:
    card = asked(b"Not SD printing", ok=False)
    card.question(2.0)
    assert card.is_idle


def test_firmware_that_heard_another_command_has_not_answered() -> None:
    assert not asked(b'echo:Unknown command: "Mw7"').is_idle


def test_bare_ok_must_come_twice() -> None:
    card = asked()
    assert not card.is_idle
    card.question(1.0)
    card.on_ok()
    assert card.is_idle


def test_words_that_nobody_knows_are_taken_for_a_denial_at_last() -> None:
    card = asked(b"SD status: what a day")
    for second in range(1, ANSWERS_MOST):
        assert not card.is_idle
        card.question(float(second))
        card.on_reply(parse_reply(b"SD status: what a day"))
        card.on_ok()
    assert card.is_idle


def test_ok_of_another_command_is_no_answer() -> None:
    card = CardQuestion()
    card.on_ok()
    card.on_ok()
    assert not card.is_idle
    assert not card.is_asked


def test_while_the_answer_is_outstanding_only_the_probe_is_sent_and_few_questions_are_repeated() -> None:
    card = CardQuestion()
    questions = []
    for second in range(40):
        questions.append(card.question(float(second)))
        card.on_probe_answered(second + 0.9)
        assert not card.is_idle, "slow answers: something is in front of M27"
    assert set(questions) == {QUESTION, PROBE}
    assert questions.count(QUESTION) == ASKED_MOST


def test_printer_that_answers_probes_at_once_but_never_the_question_has_no_answer() -> None:
    card = CardQuestion()
    now = 0.0
    while not card.is_idle:
        assert now < 20
        card.question(now)
        card.on_probe_answered(now + 0.01)
        now += 1.0
    assert now > 10


def test_question_without_an_answer_is_overdue_after_two_minutes() -> None:
    card = asked(ok=False)
    assert not card.is_overdue(OVERDUE_SECONDS - 1)
    assert card.is_overdue(OVERDUE_SECONDS)
    assert not asked().is_overdue(OVERDUE_SECONDS)


def test_klipper_that_starts_is_waited_for_and_one_that_is_shut_down_is_not() -> None:
    starting = asked(b"// Printer is not ready", b"// The klippy host software is attempting to connect.  Please")
    assert starting.is_starting
    assert "not ready" in starting.refusal
    assert not starting.has_given_up
    stopped = asked(b"// Once the underlying issue is corrected, use the", b"// Printer is shutdown")
    assert not stopped.is_starting
    assert "shutdown" in stopped.refusal
    for second in range(1, REFUSALS_MOST):
        starting.question(float(second))
        starting.on_reply(parse_reply(b"// Printer is not ready"))
        starting.on_ok()
    assert starting.has_given_up
    assert not starting.is_idle


LINES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"Not SD printing",
            b"SD printing byte 1/2",
            b"SD printing byte 999999999999/1",
            b"Unknown command: M27",
            b"// Printer is",
        ]
    ),
)
STEPS = st.lists(st.tuples(st.sampled_from(["ask", "ok", "probe", "line"]), LINES, st.floats(0, 30)), max_size=80)


@given(STEPS)
@REPEATABLE
def test_nothing_that_is_said_raises_and_the_verdicts_exclude_each_other(steps: list[tuple[str, bytes, float]]) -> None:
    card = CardQuestion()
    now, questions = 0.0, []
    for step, line, wait in steps:
        now += wait
        if step == "ask" and not card.is_idle:
            questions.append(card.question(now))
        elif step == "ok":
            card.on_ok()
        elif step == "probe":
            card.on_probe_answered(now)
        else:
            card.on_reply(parse_reply(line))
        assert card.is_asked or not card.is_waiting
        assert len(str(card.progress)) < 80
        assert len(card.refusal) < 400
    assert set(questions) <= {QUESTION, PROBE}
