"""The past of the temperatures: what is kept, for how long, and how much of it."""

from __future__ import annotations

from hydrogen.fleet.temperature_history import KEPT_SECONDS, MOST_SERIES, TemperatureHistory
from hydrogen.model.events import (
    ErrorRaised,
    Event,
    PublishedEvent,
    SensorMeasured,
    SensorQualityChanged,
    TemperatureMeasured,
)
from hydrogen.model.printer import ErrorReport
from hydrogen.model.sensor import SensorQuality

BEGIN = 1_800_000_000.0


def told(history: TemperatureHistory, event: Event) -> None:
    history.on_published(PublishedEvent(seq=1, event=event))


def reading(
    second: float, actual: float | None, *, heater: str = "tool0", printer: str = "ender3"
) -> TemperatureMeasured:
    return TemperatureMeasured(
        at=BEGIN + second, printer=printer, heater=heater, actual_celsius=actual, target_celsius=205.0
    )


def test_a_heater_has_a_past_and_what_was_unknown_stays_unknown() -> None:
    history = TemperatureHistory()
    told(history, reading(0, 20.126))
    told(history, reading(2, None))
    told(history, ErrorRaised(at=BEGIN, error=ErrorReport(code="x", message="y")))
    series = history.of("ender3")["tool0"]
    assert list(series.at) == [BEGIN, BEGIN + 2]
    assert list(series.actual_celsius) == [20.13, None]
    assert list(series.target_celsius) == [205.0, 205.0]


def test_readings_within_a_second_are_one_point_the_later() -> None:
    history = TemperatureHistory()
    for tenth in range(31):
        told(history, reading(tenth / 10, float(tenth)))
    series = history.of("ender3")["tool0"]
    assert len(series.at) == 4
    assert series.actual_celsius[-1] == 30.0


def test_half_an_hour_is_kept_however_long_it_runs() -> None:
    history = TemperatureHistory()
    for second in range(4000):
        told(history, reading(second, 200.0))
    at = history.of("ender3")["tool0"].at
    assert at[-1] - at[0] == KEPT_SECONDS
    assert len(history.of("ender3", seconds=10)["tool0"].at) == 11
    points = history._series["ender3", "tool0"]
    assert len(points.at) <= KEPT_SECONDS + 257


def test_a_silent_heater_is_as_old_as_it_is() -> None:
    history = TemperatureHistory()
    told(history, reading(0, 60.0, heater="bed"))
    told(history, reading(KEPT_SECONDS + 60, 200.0))
    assert list(history.of("ender3")) == ["tool0"]


def test_a_clock_that_was_set_back_begins_anew() -> None:
    history = TemperatureHistory()
    told(history, reading(5000, 200.0))
    told(history, reading(0, 21.0))
    assert list(history.of("ender3")["tool0"].actual_celsius) == [21.0]


def test_there_are_never_more_series_than_allowed_and_the_silent_one_goes() -> None:
    history = TemperatureHistory()
    for number in range(MOST_SERIES):
        told(history, reading(number, 20.0, printer=f"p{number}"))
    told(history, reading(1000, 20.0, printer="p0"))
    told(history, reading(1001, 20.0, printer="more"))
    assert history.of("p1") == {}
    assert history.of("p0")
    assert history.of("more")


def test_a_sensor_has_a_past_of_its_own_with_a_gap_where_it_was_lost() -> None:
    history = TemperatureHistory()
    told(history, SensorMeasured(at=BEGIN, printer="ender3", sensor="tool0", value=41.5))
    told(history, SensorQualityChanged(at=BEGIN + 1, sensor="tool0", quality=SensorQuality.DISCONNECTED))
    told(history, SensorQualityChanged(at=BEGIN + 2, sensor="tool0", quality=SensorQuality.OK))
    told(history, SensorMeasured(at=BEGIN + 2, printer="ender3", sensor="tool0", value=42.5))
    series = history.of_sensor("tool0")
    assert list(series.actual_celsius) == [41.5, None, 42.5]
    assert history.of("ender3") == {}, "a sensor is no heater, whatever it is called"
    assert list(history.of_sensor("tool0", seconds=1).at) == [BEGIN + 1, BEGIN + 2]
    assert list(history.of_sensor("attic").at) == []
