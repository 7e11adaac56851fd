"""Which limit is exceeded."""

from __future__ import annotations

from hydrogen.fleet.sensors.limit_watch import LimitWatch
from hydrogen.model.sensor import SensorAction, SensorLimit

HOT = SensorLimit(action=SensorAction.PAUSE, above=60.0, for_seconds=10.0, hysteresis=5.0)
FIRE = SensorLimit(action=SensorAction.CANCEL_AND_COOL, above=80.0)
COLD = SensorLimit(action=SensorAction.WARN, below=5.0, hysteresis=1.0)


def test_a_limit_counts_when_all_readings_for_so_long_were_beyond_it() -> None:
    watch = LimitWatch([HOT])
    for now in (0.0, 5.0, 9.9):
        watch.take(61.0, now)
        assert watch.alarm is None
    watch.take(61.0, 10.0)
    assert watch.alarm == HOT


def test_one_reading_in_between_begins_it_anew() -> None:
    watch = LimitWatch([HOT])
    for now, value in ((0.0, 61.0), (5.0, 60.0), (9.0, 61.0), (18.0, 61.0)):
        watch.take(value, now)
    assert watch.alarm is None
    watch.take(61.0, 19.0)
    assert watch.alarm == HOT


def test_an_alarm_ends_behind_the_hysteresis_only() -> None:
    watch = LimitWatch([HOT])
    watch.take(61.0, 0.0)
    watch.take(61.0, 10.0)
    watch.take(56.0, 11.0)
    assert watch.alarm == HOT
    watch.take(55.0, 12.0)
    assert watch.alarm is None


def test_the_gravest_limit_is_the_alarm() -> None:
    watch = LimitWatch([HOT, FIRE])
    watch.take(81.0, 0.0)
    assert watch.alarm == FIRE, "no time to wait"
    watch.take(79.0, 10.0)
    assert watch.alarm == HOT, "for so long it was too hot for this one, too"


def test_too_cold_is_the_mirror_of_too_hot() -> None:
    watch = LimitWatch([COLD])
    watch.take(5.0, 0.0)
    assert watch.alarm is None
    watch.take(4.9, 1.0)
    assert watch.alarm == COLD
    watch.take(5.9, 2.0)
    assert watch.alarm == COLD
    watch.take(6.0, 3.0)
    assert watch.alarm is None


def test_what_was_before_a_long_silence_proves_nothing_but_an_alarm_stays() -> None:
    watch = LimitWatch([HOT])
    watch.take(61.0, 0.0)
    watch.forget()
    watch.take(61.0, 100.0)
    assert watch.alarm is None
    watch.take(61.0, 110.0)
    watch.forget()
    assert watch.alarm == HOT
