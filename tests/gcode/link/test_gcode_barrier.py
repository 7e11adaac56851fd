"""When a barrier is sent, and what becomes of it."""

from __future__ import annotations

from itertools import pairwise

from hydrogen.gcode.link.barrier import INTERVAL_LINES, LINGER_SECONDS, Barrier


def test_one_at_a_time() -> None:
    barrier = Barrier()
    barrier.want()
    assert barrier.is_wanted
    barrier.on_sent(1005)
    barrier.want()
    assert not barrier.is_wanted
    barrier.on_acknowledged(1005)
    assert barrier.is_wanted


def test_any_barriers_answer_stands_for_the_last_one_a_question_before_them_does_not() -> None:
    barrier = Barrier()
    assert barrier.proven_by(1003) == 1003
    barrier.on_sent(1005)
    barrier.want_another()
    barrier.on_sent(1006)
    assert not barrier.is_wanted
    assert barrier.proven_by(1003) == 1003
    assert barrier.proven_by(1005) == 1006
    assert barrier.proven_by(1006) == 1006


def test_late_answers_are_waited_for_and_explain_themselves() -> None:
    barrier = Barrier()
    barrier.on_sent(1005)
    barrier.on_answered(10.0)
    barrier.on_acknowledged(1005)
    assert not barrier.holds
    assert not barrier.on_late_answer(10.0)
    barrier.on_sent(1006)
    barrier.want_another()
    barrier.on_sent(1007)
    barrier.want_another()
    barrier.on_sent(1008)
    barrier.on_answered(11.0)
    barrier.on_acknowledged(1008)
    assert (barrier.covers, barrier.holds, barrier.lingers_until) == (None, True, 11.0 + LINGER_SECONDS)
    assert barrier.on_late_answer(11.1)
    barrier.on_ok(11.2)
    assert barrier.lingers_until == 11.2 + LINGER_SECONDS
    barrier.on_deadline(11.3)
    assert barrier.holds
    barrier.on_deadline(11.2 + LINGER_SECONDS)
    assert not barrier.holds
    assert not barrier.on_late_answer(12.0)


def test_of_two_barriers_one_can_be_lost() -> None:
    barrier = Barrier()
    barrier.on_sent(1005)
    barrier.want_another()
    barrier.on_sent(1006)
    assert barrier.is_void(1005)
    assert barrier.covers == 1005
    assert barrier.holds
    assert barrier.is_void(1004)
    assert not barrier.holds


def test_acknowledged_or_lost_it_is_out_no_more() -> None:
    barrier = Barrier()
    barrier.on_sent(1005)
    barrier.on_acknowledged(1004)
    assert barrier.covers == 1005
    assert not barrier.is_void(1005)
    assert barrier.is_void(1004)
    assert barrier.covers is None
    barrier.on_sent(1005)
    barrier.on_acknowledged(1005)
    assert barrier.covers is None


def test_firmware_with_an_ok_too_many_for_every_line_does_not_get_only_barriers() -> None:
    barrier = Barrier()
    wanted = 0
    for number in range(1000, 1000 + 2 * INTERVAL_LINES):
        barrier.want_after_surplus(number)
        wanted += barrier.is_wanted
        barrier.is_wanted = False
    assert wanted == 2


def test_job_begins_without_a_marker_and_an_opened_window_with_one() -> None:
    barrier = Barrier()
    barrier.begin_job(1001)
    assert not any(barrier.is_marker_due(number) for number in range(1001, 1001 + INTERVAL_LINES))
    assert barrier.is_marker_due(1001 + INTERVAL_LINES)
    barrier.mark_soon()
    assert barrier.is_marker_due(1002 + INTERVAL_LINES)


def test_markers_come_in_even_distances() -> None:
    barrier = Barrier()
    marked = [number for number in range(1000, 3000) if barrier.is_marker_due(number)]
    assert {b - a for a, b in pairwise(marked)} == {INTERVAL_LINES}
