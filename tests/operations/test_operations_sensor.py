"""What clients may ask about sensors."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.errors import NotFound
from hydrogen.fleet.temperature_history import TemperatureHistory
from hydrogen.model.events import PublishedEvent, SensorMeasured, SensorQualityChanged
from hydrogen.model.sensor import SensorQuality, SensorState
from hydrogen.model.state import State
from hydrogen.operations.operation import Call, NoParams
from hydrogen.operations.sensor import SensorHistoryParams, SensorOperations, sensor_operations

STATE = State(
    sensors=MappingProxyType(
        {
            "room": SensorState(value=21.5, quality=SensorQuality.OK),
            "chamber": SensorState(printer="ender3"),
            "box": SensorState(printer="voron"),
        }
    )
)
OWNER = Principal(name="owner")
GUEST = Principal(name="guest", scopes=frozenset({"read"}), printers=frozenset({"voron"}))


def operations(history: TemperatureHistory | None = None) -> SensorOperations:
    return SensorOperations(lambda: STATE, history or TemperatureHistory())


async def names(principal: Principal, printer: str | None = None) -> set[str]:
    told = await operations().list_all(Call(principal=principal, printer=printer, params=NoParams()))
    return set(told["sensors"])


async def test_everybody_sees_the_houses_sensors_and_those_of_his_printers() -> None:
    assert await names(OWNER) == {"room", "chamber", "box"}
    assert await names(GUEST) == {"room", "box"}
    assert await names(OWNER, "ender3") == {"chamber"}
    assert await names(GUEST, "ender3") == set()


async def test_a_sensor_is_told_as_the_snapshot_has_it() -> None:
    told = await operations().list_all(Call(principal=OWNER, printer=None, params=NoParams()))
    assert (told["sensors"]["room"]["value"], told["sensors"]["room"]["quality"]) == (21.5, "ok")


async def test_the_past_of_a_sensor_has_gaps_where_there_was_no_value() -> None:
    history = TemperatureHistory()
    lost = SensorQualityChanged(at=1003.0, sensor="room", quality=SensorQuality.STALE)
    for event in (SensorMeasured(at=1000.0, sensor="room", value=21.5), lost):
        history.on_published(PublishedEvent(1, event))
    call = Call(principal=OWNER, printer=None, params=SensorHistoryParams(sensor="room"))
    told = await operations(history).history(call)
    assert told == {"unit": "celsius", "at": [1000.0, 1003.0], "value": [21.5, None]}


async def test_a_sensor_that_is_not_there_or_not_for_the_caller_is_not_found() -> None:
    for principal, sensor in ((OWNER, "attic"), (GUEST, "chamber")):
        with pytest.raises(NotFound):
            await operations().history(
                Call(principal=principal, printer=None, params=SensorHistoryParams(sensor=sensor))
            )


def test_looking_changes_nothing() -> None:
    assert not any(operation.is_mutating for operation in sensor_operations(lambda: STATE, TemperatureHistory()))
