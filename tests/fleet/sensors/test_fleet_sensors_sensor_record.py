"""What readings are worth."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.devices.sensor import Measurement
from hydrogen.fleet.sensors.sensor_record import SensorRecord
from hydrogen.model.events import Event, SensorAlarmChanged, SensorMeasured, SensorQualityChanged
from hydrogen.model.sensor import MOST_REASON, SensorAction, SensorLimit, SensorQuality
from tests.fleet.sensors.sensor_bench import SensorHouse, sensor
from tests.support.property_settings import REPEATABLE

HOT = SensorLimit(action=SensorAction.PAUSE, above=60.0, hysteresis=1.0)


def take(
    record: SensorRecord, value: float | None, *, now: float = 0.0, unit: str = "", fault: str = ""
) -> list[Event]:
    return record.take(Measurement(value=value, unit=unit, fault=fault), now=now, at=1000.0 + now)


def test_the_first_good_reading_tells_that_it_is_good_and_what_it_is() -> None:
    record = SensorRecord(sensor(printer="p"), now=0.0)
    record.open(is_simulated=True)
    assert take(record, 23.5, now=1.0) == [
        SensorQualityChanged(at=1001.0, printer="p", sensor="chamber", quality=SensorQuality.OK, simulated=True),
        SensorMeasured(at=1001.0, printer="p", sensor="chamber", value=23.5),
    ]
    assert [type(event) for event in take(record, 23.6, now=2.0)] == [SensorMeasured]


@pytest.mark.parametrize(
    ("value", "fault", "quality"),
    [
        (None, "CRC", SensorQuality.FAULTY),
        (None, "", SensorQuality.FAULTY),
        (math.nan, "", SensorQuality.FAULTY),
        (math.inf, "", SensorQuality.FAULTY),
        (-127.0, "", SensorQuality.IMPLAUSIBLE),
        (850.0, "", SensorQuality.IMPLAUSIBLE),
    ],
)
def test_a_bad_reading_is_flagged_at_once_and_its_figure_thrown_away(
    value: float | None, fault: str, quality: SensorQuality
) -> None:
    record = SensorRecord(sensor(), now=0.0)
    take(record, 23.5)
    (told,) = take(record, value, fault=fault)
    assert isinstance(told, SensorQualityChanged)
    assert told.quality is quality
    assert told.reason
    assert record.value is None
    assert take(record, value, fault=fault) == [], "told once"


def test_zero_is_a_temperature_like_any_other() -> None:
    record = SensorRecord(sensor(), now=0.0)
    assert isinstance(take(record, 0.0)[-1], SensorMeasured)
    assert record.value == 0.0


def test_another_implausible_figure_is_no_news() -> None:
    record = SensorRecord(sensor(), now=0.0)
    (told,) = take(record, 900.0)
    assert isinstance(told, SensorQualityChanged)
    assert told.reason == "900 celsius is not between -60 and 500"
    assert take(record, 901.0) == []


def test_a_unit_of_temperature_that_the_device_names_counts() -> None:
    record = SensorRecord(sensor(), now=0.0)
    take(record, 212.0, unit="F")
    assert record.value == 100.0
    take(record, 45.0, unit="%")
    assert (record.quality, record.value) == (SensorQuality.FAULTY, None)
    assert record.reason == "it measures in '%', configured is celsius"


def test_silence_makes_a_value_stale_once() -> None:
    record = SensorRecord(sensor(stale_after_seconds=30.0), now=0.0)
    take(record, 20.0, now=5.0)
    assert record.stale_at() == 35.0
    assert record.review(now=34.9, at=0.0) == []
    (told,) = record.review(now=35.0, at=1035.0)
    assert told == SensorQualityChanged(
        at=1035.0, sensor="chamber", quality=SensorQuality.STALE, reason="nothing for 30 s"
    )
    assert record.stale_at() is None
    assert record.review(now=99.0, at=0.0) == []
    assert [type(event) for event in take(record, 20.0, now=100.0)] == [SensorQualityChanged, SensorMeasured]


def test_a_sensor_that_never_says_anything_is_stale_in_the_end() -> None:
    record = SensorRecord(sensor(stale_after_seconds=30.0), now=100.0)
    assert record.review(now=130.0, at=0.0)
    assert record.quality is SensorQuality.STALE


def test_a_device_that_is_lost_and_a_channel_that_is_missing_are_disconnected() -> None:
    record = SensorRecord(sensor(), now=0.0)
    take(record, 20.0)
    assert record.take(None, now=1.0, at=1.0)
    assert (record.quality, record.value) == (SensorQuality.DISCONNECTED, None)
    (told,) = record.lose("x" * 500, at=2.0)
    assert isinstance(told, SensorQualityChanged)
    assert len(told.reason) == MOST_REASON
    assert record.lose("x" * 500, at=3.0) == []


def test_a_limit_is_told_with_the_reading_that_decided() -> None:
    record = SensorRecord(sensor(limits=(HOT,)), now=0.0)
    assert take(record, 61.0)[-1] == SensorAlarmChanged(at=1000.0, sensor="chamber", alarm=HOT, value=61.0)
    assert record.alarm == HOT
    assert not any(isinstance(event, SensorAlarmChanged) for event in take(record, None, fault="CRC"))
    assert record.alarm == HOT, "nothing is known, so nothing has become better"
    assert take(record, 59.0)[-1] == SensorAlarmChanged(at=1000.0, sensor="chamber", alarm=None, value=59.0)


readings = st.one_of(
    st.none(), st.builds(Measurement, value=st.none() | st.floats(), unit=st.sampled_from(["", "C", "F", "?"]))
)


@REPEATABLE
@given(st.lists(readings, max_size=30))
def test_the_state_has_a_value_if_and_only_if_it_is_good(said: list[Measurement | None]) -> None:
    one = sensor(limits=(HOT,))
    house, record = SensorHouse(one), SensorRecord(one, now=0.0)
    for moment, measurement in enumerate(said):
        for event in record.take(measurement, now=float(moment), at=float(moment)):
            house.publish(event)
        state = house.context.state.sensors["chamber"]
        assert (state.value is not None) is (state.quality is SensorQuality.OK)
        assert (state.value, state.quality, state.reason) == (record.value, record.quality, record.reason)
        assert state.value is None or -60 <= state.value <= 500
        assert state.alarm == record.alarm
