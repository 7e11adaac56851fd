"""The heat guard: silent in everything that is legal, and in time for every fault."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.model.temperature import HeaterState
from hydrogen.spooler.heat.heat_alarm import Remedy
from hydrogen.spooler.heat.heat_guard import ANSWERED_SECONDS, STANDSTILL_SECONDS, HeatGuard, Silence
from hydrogen.spooler.policy import HeatPolicy
from tests.spooler.heat_bench import HeatBench
from tests.support.property_settings import REPEATABLE

QUICK = HeatPolicy(idle_timeout_seconds=60.0)


def hot_bench(policy: HeatPolicy | None = None, *, has_job: bool = False) -> HeatBench:
    bench = HeatBench(policy, has_job=has_job)
    bench.tick()
    bench.set("tool0", 210.0)
    bench.set("bed", 60.0)
    bench.settle(90)
    assert bench.codes == []
    return bench


# ------------------------------------------------------------------------------------------------------- what is legal

legal_step = st.sampled_from(["heat", "standby", "off", "pause", "wobble", "dip", "clamped", "lowered", "queued"])


@REPEATABLE
@given(steps=st.lists(legal_step, max_size=12), seed=st.integers(0, 2**16))
def test_legal_sequences_raise_no_alarm(steps: list[str], seed: int) -> None:
    chance, bench = random.Random(seed), HeatBench(has_job=True)
    bench.tick()
    for step in steps:
        heater = chance.choice(["tool0", "bed"])
        target = chance.choice([180.0, 210.0, 240.0]) if heater == "tool0" else chance.choice([50.0, 60.0, 100.0])
        match step:
            case "heat":
                bench.set(heater, target)
                bench.settle(chance.randrange(5, 200))
            case "standby":
                bench.set("tool0", 150.0)
                bench.settle(chance.randrange(5, 100))
            case "off":
                bench.set(heater, 0.0)
                bench.settle(chance.randrange(5, 200))
            case "pause":
                for _ in range(60):
                    bench.tick(seconds=300.0)
            case "wobble":
                bench.settle(60)
                around = bench.actual[heater] or 0.0
                bench.drive(heater, [around + chance.uniform(-3, 3) for _ in range(120)])
            case "dip":
                bench.settle(60)
                around = bench.actual[heater] or 0.0
                bench.drive(heater, [around - chance.uniform(0, 12) for _ in range(60)])
            case "clamped":
                bench.ask(heater, 400.0)
                bench.target[heater] = 120.0
                bench.settle(120)
            case "lowered":
                bench.target[heater] = min(bench.target[heater], 40.0) if bench.target[heater] else 0.0
                bench.settle(60)
            case "queued":
                bench.ask(heater, target)
                bench.settle(600)
    assert [code for code in bench.codes if code != "heater_turned_off"] == []


def test_a_pause_of_hours_is_legal() -> None:
    bench = hot_bench(has_job=True)
    for _ in range(10 * 3600):
        bench.tick()
    assert bench.codes == []


def test_probes_and_boards_are_not_guarded() -> None:
    guard = HeatGuard(HeatPolicy())
    guard.connected(0.0, was_lost=False)
    for second in range(300):
        state = HeaterState(actual_celsius=-300.0 + 2 * second, target_celsius=50.0)
        assert guard.observe("probe", state, float(second), has_job=False) == []


# ------------------------------------------------------------------------------------------------------- idle


@REPEATABLE
@given(limit=st.integers(10, 3000), requests=st.lists(st.integers(1, 9), max_size=5))
def test_idle_heaters_are_told_at_the_limit_behind_the_last_request(limit: int, requests: list[int]) -> None:
    bench = HeatBench(HeatPolicy(idle_timeout_seconds=float(limit)))
    bench.tick()
    bench.set("bed", 60.0)
    last = bench.now
    for wait in requests:
        bench.pass_silently(min(wait, limit - 1))
        bench.guard.note_need(bench.now)
        last = bench.now
    while not bench.alarms:
        bench.settle(1)
    at, alarm = bench.alarms[0]
    assert (alarm.code, alarm.remedy, alarm.heater) == ("heaters_idle", Remedy.COOL_DOWN, None)
    assert limit <= at - last <= limit + 2


def test_the_idle_time_begins_when_the_job_ends() -> None:
    bench = hot_bench(QUICK, has_job=True)
    bench.settle(500)
    bench.has_job = False
    bench.settle(59)
    assert bench.codes == []
    bench.settle(3)
    assert bench.codes == ["heaters_idle"]


def test_cold_heaters_are_never_idle_and_zero_turns_it_off() -> None:
    cold = HeatBench(QUICK)
    cold.settle(500)
    never = hot_bench(HeatPolicy(idle_timeout_seconds=0.0))
    never.settle(5000)
    assert cold.codes == never.codes == []


def test_a_firmware_without_targets_in_its_reports_is_known_by_what_was_asked() -> None:
    guard = HeatGuard(QUICK)
    guard.connected(0.0, was_lost=False)
    guard.observe("tool0", HeaterState(actual_celsius=20.0), 1.0, has_job=False)
    assert not guard.is_hot
    guard._asked.adopt("tool0", 200.0)
    assert guard.is_hot


# ------------------------------------------------------------------------------------------------------- unasked


@REPEATABLE
@given(target=st.floats(2.0, 260.0), heater=st.sampled_from(["tool0", "bed"]), wait=st.integers(1, 400))
def test_a_target_nobody_asked_for_is_told_within_its_seconds(target: float, heater: str, wait: int) -> None:
    bench = HeatBench()
    bench.settle(wait)
    began = bench.now
    bench.target[heater] = target
    bench.settle(20)
    at, alarm = bench.alarms[0]
    assert (alarm.code, alarm.heater, alarm.remedy) == ("heater_unasked", heater, Remedy.TURN_OFF)
    assert at - began <= bench.policy.unasked_seconds + 1
    assert bench.codes == ["heater_unasked"]


@pytest.mark.parametrize(("wish", "codes"), [("warn", ["heater_unasked"]), ("allow", [])])
def test_the_owner_may_let_people_preheat_at_the_display(wish: str, codes: list[str]) -> None:
    bench = HeatBench(HeatPolicy(unasked_targets=wish))
    bench.tick()
    bench.target["bed"] = 60.0
    bench.settle(100)
    assert bench.codes == codes
    assert all(alarm.remedy is Remedy.TELL for _, alarm in bench.alarms)


def test_a_correction_at_the_display_during_a_job_is_told_and_left_alone() -> None:
    bench = hot_bench(has_job=True)
    bench.target["tool0"] = 220.0
    bench.settle(60)
    assert [(alarm.code, alarm.remedy) for _, alarm in bench.alarms] == [("heater_unasked", Remedy.TELL)]


def test_a_heater_that_the_job_does_not_use_is_turned_off_in_it() -> None:
    bench = HeatBench(has_job=True)
    bench.tick()
    bench.target["bed"] = 100.0
    bench.settle(10)
    assert [(alarm.code, alarm.remedy) for _, alarm in bench.alarms] == [("heater_unasked", Remedy.TURN_OFF)]


def test_what_is_corrected_in_time_is_no_alarm() -> None:
    bench = HeatBench()
    bench.tick()
    bench.target["bed"] = 60.0
    bench.tick()
    bench.target["bed"] = 0.0
    bench.settle(30)
    assert bench.codes == []


def test_targets_of_a_job_that_goes_on_over_a_new_connection_count_as_asked() -> None:
    bench = HeatBench(was_lost=True, has_job=True)
    bench.target.update(tool0=210.0, bed=60.0)
    bench.actual.update(tool0=208.0, bed=60.0)
    bench.settle(120)
    assert bench.codes == []


def test_heat_that_nobody_watched_is_turned_off_when_the_link_is_back() -> None:
    bench = hot_bench()
    bench.guard.connected(bench.now, was_lost=True)
    began = bench.now
    bench.settle(10)
    assert [alarm.remedy for _, alarm in bench.alarms] == [Remedy.COOL_DOWN, Remedy.COOL_DOWN]
    assert set(bench.codes) == {"heater_unsupervised"}
    assert bench.alarms[0][0] - began <= 1.0


def test_a_person_may_heat_again_after_the_link_was_lost() -> None:
    bench = HeatBench(was_lost=True)
    bench.tick()
    bench.set("bed", 60.0)
    bench.settle(60)
    assert bench.codes == []


def test_a_firmware_that_turns_a_heater_off_is_told_of() -> None:
    bench = hot_bench(has_job=True)
    bench.target["tool0"] = 0.0
    bench.settle(30)
    bench.target["tool0"] = 210.0
    bench.settle(90)
    assert [(alarm.code, alarm.remedy) for _, alarm in bench.alarms] == [("heater_turned_off", Remedy.TELL)]


# ------------------------------------------------------------------------------------------------------- faults


@REPEATABLE
@given(away=st.floats(16.0, 50.0), sign=st.sampled_from([-1, 1]), heater=st.sampled_from(["tool0", "bed"]))
def test_a_heater_out_of_its_band_is_told_in_time(away: float, sign: int, heater: str) -> None:
    bench = hot_bench(has_job=True)
    began = bench.now
    bench.drive(heater, [bench.target[heater] + sign * away] * 60)
    at, alarm = bench.alarms[0]
    assert (alarm.code, alarm.heater, alarm.remedy) == ("heater_out_of_band", heater, Remedy.END_JOB)
    assert at - began <= bench.policy.band_seconds + 2


@REPEATABLE
@given(rate=st.floats(0.5, 8.0), start=st.floats(15.0, 60.0))
def test_a_stuck_switch_is_told_before_it_is_dangerous(rate: float, start: float) -> None:
    bench = HeatBench()
    bench.drive("tool0", [start + rate * second for second in range(round(80 / rate))])
    _, alarm = bench.alarms[0]
    assert (alarm.code, alarm.remedy) == ("heater_rising", Remedy.END_JOB)
    assert alarm.celsius is not None
    assert alarm.celsius <= max(70.0, start + bench.policy.rise_celsius) + rate


def test_an_autotune_that_shows_no_target_is_no_stuck_switch() -> None:
    bench = HeatBench()
    bench.tick()
    bench.ask(None)
    bench.drive("tool0", [21.0 + 2 * second for second in range(100)])
    assert bench.codes == []


def test_silence_of_a_hot_printer_is_asked_about_and_then_told() -> None:
    bench = hot_bench()
    bench.pass_silently(bench.policy.silent_seconds)
    assert bench.guard.silence is Silence.MISSED
    bench.guard.note_question()
    bench.pass_silently(3600)
    assert [code for code in bench.codes if code != "heaters_idle"] == []
    bench.guard.note_answer(bench.now)
    bench.pass_silently(ANSWERED_SECONDS)
    assert bench.codes[-1] == "heater_silent"


def test_silence_that_ends_with_a_reading_is_nothing() -> None:
    bench = hot_bench()
    bench.pass_silently(bench.policy.silent_seconds)
    bench.guard.note_question()
    bench.guard.note_answer(bench.now)
    bench.tick()
    bench.pass_silently(bench.policy.silent_seconds - 1)
    assert bench.guard.silence is Silence.HEARD
    assert bench.codes == []


def test_silence_of_a_cold_printer_is_nobodys_business() -> None:
    bench = HeatBench()
    bench.tick()
    bench.pass_silently(3600)
    assert bench.guard.silence is Silence.HEARD


def test_a_guard_that_stood_still_over_hot_heaters_turns_them_off_once() -> None:
    bench = hot_bench()
    bench.now += STANDSTILL_SECONDS
    bench.check()
    assert [(alarm.code, alarm.remedy) for _, alarm in bench.alarms] == [("heater_unsupervised", Remedy.COOL_DOWN)]
    bench.settle(20)
    assert bench.codes == ["heater_unsupervised"]


def test_a_standstill_is_nothing_to_a_job_to_cold_heaters_and_when_it_is_short() -> None:
    for bench, seconds in (
        (hot_bench(has_job=True), 3600.0),
        (HeatBench(), 3600.0),
        (hot_bench(), STANDSTILL_SECONDS - 1.0),
    ):
        bench.tick()
        bench.now += seconds
        bench.check()
        bench.settle(5)
        assert bench.codes == []
