from __future__ import annotations

from types import MappingProxyType

from hydrogen.model.codec import encode_json, plain
from hydrogen.model.sensor import (
    MOST_LABEL,
    MOST_LIMITS,
    MOST_REASON,
    MOST_SENSORS,
    SensorAction,
    SensorLimit,
    SensorQuality,
    SensorState,
    SensorUnit,
)
from hydrogen.model.state import State


def test_what_was_never_read_has_no_value_and_says_so() -> None:
    shown = plain(SensorState())
    assert (shown["value"], shown["quality"], shown["unit"]) == (None, "pending", "celsius")


def test_a_figure_that_is_no_number_is_null_on_the_wire() -> None:
    assert plain(SensorState(value=float("nan")))["value"] is None


def test_as_many_sensors_as_may_be_leave_room_in_a_snapshot() -> None:
    limit = SensorLimit(action=SensorAction.CANCEL_AND_COOL, above=-123.456, for_seconds=86_400.0, hysteresis=123.456)
    worst = SensorState(
        unit=SensorUnit.HECTOPASCAL,
        quality=SensorQuality.DISCONNECTED,
        reason="r" * MOST_REASON,
        measured_at=1_800_000_000.5,
        label="l" * MOST_LABEL,
        printer="p" * 32,
        driver="host_sensors",
        minimum=-123.456,
        maximum=123.456,
        limits=(limit,),
        alarm=limit,
    )
    three = SensorState(limits=(limit,) * MOST_LIMITS)
    usual = {f"{number:032}": worst for number in range(MOST_SENSORS)}
    assert len(encode_json(plain(State(sensors=MappingProxyType(usual))))) < 49_152
    assert len(encode_json(plain(three))) < 700
