"""When more than one line may be in flight."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.link.window import (
    CLEAN_LINES,
    CLEAN_LINES_AFTER_FAULT,
    FAULTS_MOST,
    JUDGED_LINES,
    PROMPT_SLACK_SECONDS,
    RESERVED_BYTES,
    Window,
)


def allowed(ring_bytes: int = 128, slots: int = 4) -> Window:
    window = Window()
    window.allow(ring_bytes, slots)
    return window


def answer(window: Window, count: int, seconds: float = 0.0002) -> None:
    for _ in range(count):
        if window.is_counting:
            window.on_answer(seconds)


def lines_until_open(window: Window) -> int:
    for count in range(10_000):
        if window.is_open:
            return count
        answer(window, 1)
    raise AssertionError("never opens")


def test_unknown_receive_buffer_means_one_line_for_ever() -> None:
    window = Window()
    assert not window.is_counting
    assert (window.lines_most, window.bytes_most) == (1, 0)


@pytest.mark.parametrize(("ring_bytes", "slots"), [(64, 4), (41, 4), (0, 4), (128, 1), (128, 0)])
def test_room_is_what_the_ring_leaves_beside_the_reserve(ring_bytes: int, slots: int) -> None:
    window = allowed(ring_bytes, slots)
    answer(window, CLEAN_LINES)
    assert window.bytes_most in (0, max(ring_bytes - 1 - RESERVED_BYTES, 0))
    assert window.lines_most == (max(slots - 1, 1) if window.bytes_most else 1)


def test_opens_after_two_hundred_clean_lines_to_eighty_seven_bytes_of_a_128_byte_ring() -> None:
    window = allowed()
    answer(window, CLEAN_LINES - 1)
    assert not window.is_open
    answer(window, 1)
    assert (window.bytes_most, window.lines_most) == (87, 3)


def test_stays_shut_while_the_printer_is_the_brake() -> None:
    window = allowed()
    answer(window, 9)
    answer(window, 5000, seconds=0.010)
    assert not window.is_open


def test_opens_over_a_slow_adapter_whose_every_answer_is_late() -> None:
    window = allowed()
    answer(window, CLEAN_LINES, seconds=0.017)
    assert window.is_open


def test_opens_when_the_printer_is_no_longer_the_brake() -> None:
    window = allowed()
    answer(window, 1)
    answer(window, 399, seconds=0.010 + PROMPT_SLACK_SECONDS)
    assert not window.is_open
    assert lines_until_open(window) <= JUDGED_LINES


def test_job_on_a_wire_that_was_tried_out_only_has_to_show_that_waiting_is_the_brake() -> None:
    window = allowed()
    assert window.trial_lines == CLEAN_LINES
    answer(window, CLEAN_LINES - JUDGED_LINES)
    window.begin_job()
    assert not window.is_open
    assert lines_until_open(window) == JUDGED_LINES
    assert window.trial_lines == 0


def test_once_open_it_stays_open_for_the_next_job_and_after_a_fault_not() -> None:
    window = allowed()
    answer(window, CLEAN_LINES)
    window.begin_job()
    assert window.is_open
    window.on_fault()
    window.begin_job()
    assert not window.is_open
    assert lines_until_open(window) == CLEAN_LINES


def test_quick_answers_to_the_trial_do_not_make_a_jobs_answers_look_late() -> None:
    window = allowed()
    answer(window, CLEAN_LINES - JUDGED_LINES, seconds=0.0001)
    window.begin_job()
    answer(window, JUDGED_LINES, seconds=0.010)
    assert window.is_open


def test_fault_in_the_trial_ends_it() -> None:
    window = allowed()
    answer(window, 50)
    assert window.trial_lines == CLEAN_LINES - 50
    window.on_fault()
    assert window.trial_lines == 0
    window.begin_job()
    assert lines_until_open(window) == CLEAN_LINES


def test_first_fault_shuts_it_for_five_hundred_lines_the_second_for_twice_as_many_the_third_for_the_job() -> None:
    window = allowed()
    assert lines_until_open(window) == CLEAN_LINES
    window.on_fault()
    assert lines_until_open(window) == CLEAN_LINES_AFTER_FAULT
    window.on_fault()
    assert lines_until_open(window) == 2 * CLEAN_LINES_AFTER_FAULT
    window.on_fault()
    answer(window, 50_000)
    assert not window.is_open
    window.begin_job()
    assert lines_until_open(window) == CLEAN_LINES


def test_fault_while_counting_begins_the_count_anew() -> None:
    window = allowed()
    answer(window, CLEAN_LINES - 1)
    window.on_fault()
    assert lines_until_open(window) == CLEAN_LINES_AFTER_FAULT


@given(
    ring_bytes=st.integers(0, 2048),
    slots=st.integers(0, 40),
    steps=st.lists(st.tuples(st.sampled_from(["answers", "fault", "job"]), st.floats(0, 3)), max_size=60),
)
def test_never_more_than_the_ring_and_the_queue_hold(
    ring_bytes: int, slots: int, steps: list[tuple[str, float]]
) -> None:
    window = allowed(ring_bytes, slots)
    faults = 0
    for step, seconds in steps:
        if step == "answers":
            answer(window, 600, seconds)
        elif step == "fault":
            window.on_fault()
            faults += 1
        else:
            window.begin_job()
            faults = 0
        assert window.bytes_most <= max(ring_bytes - 1 - RESERVED_BYTES, 0)
        assert window.lines_most == 1 or window.lines_most < slots
        assert not (window.is_open and faults >= FAULTS_MOST)


def test_who_told_the_ring_told_nothing_of_a_queue_that_is_smaller_than_usual() -> None:
    window = allowed(128)
    window.expect(ring_bytes=64, slots=1, is_ok_early=True)
    assert window.known == (128, 1)
    assert window.slots_sure == 0
    for _ in range(CLEAN_LINES + 2 * JUDGED_LINES):
        window.on_answer(0.001)
    assert not window.is_open


def test_queue_that_was_measured_is_not_taken_for_a_smaller_one() -> None:
    window = allowed(128, 8)
    window.expect(ring_bytes=64, slots=4, is_ok_early=False)
    assert window.known == (128, 8)


def test_network_that_jitters_opens_it_where_a_cable_that_does_would_not() -> None:
    def answered(answer_slack: float) -> Window:
        window = Window(answer_slack=answer_slack)
        window.allow(128, 4)
        for i in range(CLEAN_LINES + JUDGED_LINES):
            window.on_answer(0.005 if i % 10 == 0 else 0.04)
            if window.is_open:
                break
        return window

    assert not answered(0.001).is_open
    assert answered(0.05).is_open
    assert answered(0.05).bytes_most == 128 - 1 - RESERVED_BYTES
