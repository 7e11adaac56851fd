"""How long to wait before asking."""

from __future__ import annotations

from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.stall_clock import StallClock
from hydrogen.gcode.urgency import Patience

LIMITS = LinkLimits()


def taught(seconds: float, times: int = 50) -> StallClock:
    clock = StallClock(LIMITS)
    for i in range(times):
        clock.on_sent(Patience.MOVE, i * 10.0)
        clock.on_acknowledged(i * 10.0 + seconds, is_idle=True)
    return clock


def test_patience_is_learned_between_its_limits() -> None:
    for seconds, expected in ((0.001, LIMITS.silence_least), (30.0, LIMITS.silence_most)):
        clock = taught(seconds)
        clock.on_sent(Patience.MOVE, 1000.0)
        assert clock.check_at == 1000.0 + expected
    clock = taught(0.8)
    clock.on_sent(Patience.MOVE, 1000.0)
    assert 0.8 < clock.check_at - 1000.0 < 2.0


def test_long_commands_teach_nothing() -> None:
    clock = StallClock(LIMITS)
    clock.on_sent(Patience.LONG, 0.0)
    clock.on_acknowledged(600.0, is_idle=True)
    assert clock.round_trip_seconds is None


def test_reports_prove_life_but_are_no_progress() -> None:
    clock = taught(0.01)
    clock.on_sent(Patience.MOVE, 1000.0)
    due = clock.check_at
    clock.on_bytes(1000.2)
    assert clock.check_at == due
    clock.on_progress(1000.3)
    assert clock.check_at > due


def test_barrier_follows_a_proof_at_once_for_a_move_and_late_for_a_long_command() -> None:
    move = taught(0.01)
    move.on_sent(Patience.MOVE, 1000.0)
    move.on_probe(1000.4)
    move.on_probe_answered(1000.5)
    assert move.is_barrier_due(1000.5)
    long = taught(0.01)
    long.on_sent(Patience.LONG, 1000.0)
    long.on_probe(1002.0)
    long.on_probe_answered(1002.1)
    assert not long.is_barrier_due(1009.9)
    assert long.is_barrier_due(1010.0)


def test_barriers_behind_a_move_follow_each_other_slowly_and_a_long_command_gets_two() -> None:
    clock = taught(0.01)
    clock.on_sent(Patience.MOVE, 1000.0)
    clock.on_probe_answered(1000.5)
    clock.on_barrier(1000.5)
    assert not clock.is_barrier_due(1001.0)
    assert clock.is_barrier_due(1001.1)
    clock.on_barrier(1002.5)
    assert not clock.is_barrier_due(1012.4)
    assert clock.is_barrier_due(1012.5)
    long = taught(0.01)
    long.on_sent(Patience.LONG, 1000.0)
    long.on_probe_answered(1002.0)
    long.on_barrier(1010.0)
    assert long.is_barrier_due(1070.0)
    long.on_barrier(1070.0)
    assert not long.is_barrier_due(1e9)


def test_unanswered_probes_end_a_link_but_not_one_whose_firmware_may_not_listen_while_it_works() -> None:
    move = taught(0.01)
    move.on_sent(Patience.MOVE, 1000.0)
    move.on_probe(1001.0)
    assert not move.is_dead(1030.9)
    assert move.is_dead(1031.0)
    long = taught(0.01)
    long.on_sent(Patience.LONG, 1000.0)
    long.on_probe(1002.0)
    assert not long.is_dead(1032.0)
    long.on_probe_answered(1040.0)
    long.on_probe(1050.0)
    assert long.is_dead(1080.0)


def test_full_planner_is_waited_for_longer() -> None:
    clock = taught(0.01)
    clock.is_planner_full = True
    clock.on_sent(Patience.MOVE, 1000.0)
    assert clock.check_at == 1000.0 + LinkLimits().silence_most
    clock.is_planner_full = False
    clock.on_sent(Patience.MOVE, 1000.0)
    assert clock.check_at == 1000.0 + LinkLimits().silence_least


def test_idle_printer_is_asked_at_once_unless_it_spoke_before_it_saw_the_line() -> None:
    clock = taught(0.01)
    clock.on_sent(Patience.MOVE, 1000.0)
    clock.on_idle(1000.01)
    assert clock.check_at == 1000.0 + LinkLimits().quiet
    clock.on_sent(Patience.MOVE, 1001.0)
    clock.on_idle(1001.2)
    assert clock.check_at == 1001.2


def test_stall_is_counted_once_per_line() -> None:
    clock = taught(0.01)
    clock.on_sent(Patience.MOVE, 1000.0)
    clock.on_stall(1000.4)
    clock.on_stall(1001.4)
    assert clock.stalls == 1
