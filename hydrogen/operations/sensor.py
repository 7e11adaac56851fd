"""Operations on the sensors beside the printers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field

from hydrogen.auth.principal import Principal
from hydrogen.errors import NotFound
from hydrogen.model.codec import plain
from hydrogen.model.sensor import SensorState
from hydrogen.model.state import State
from hydrogen.operations.operation import Call, NoParams, Operation, Params
from hydrogen.operations.temperature import LONGEST_SECONDS
from hydrogen.operations.view import printers_seen_by, visible_state


class SensorHistoryParams(Params):
    sensor: Annotated[str, Field(max_length=64)]
    seconds: Annotated[int, Field(ge=1, le=LONGEST_SECONDS)] = LONGEST_SECONDS


class SensorSeries(Protocol):
    """A sensor's past, oldest first."""

    @property
    def at(self) -> Sequence[float]: ...
    @property
    def actual_celsius(self) -> Sequence[float | None]: ...


class SensorRecord(Protocol):
    """What operations need of the history."""

    def of_sensor(self, sensor: str, *, seconds: float) -> SensorSeries: ...


class SensorOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, state: Callable[[], State], record: SensorRecord) -> None:
        self._state = state
        self._record = record

    async def list_all(self, call: Call) -> Mapping[str, Any]:
        """All sensors that the caller may see, by name, as the snapshot has them: `{"sensors": {NAME: {...}}}`.

        With `printer` only those of that printer.
        """
        seen = self._seen_by(call.principal)
        wanted = {name: one for name, one in seen.items() if call.printer in (None, one.printer)}
        return {"sensors": plain(wanted)}

    async def history(self, call: Call) -> Mapping[str, Any]:
        """A sensor's values of the last `seconds` (at most half an hour), oldest first, at most one a second:

        `{"unit", "at": [...], "value": [...]}`. `at` in Unix seconds; null where there was no value.
        """
        sensor = self._seen_by(call.principal).get(call.params.sensor)
        if sensor is None:
            raise NotFound(f"there is no sensor {call.params.sensor!r}", sensor=call.params.sensor)
        series = self._record.of_sensor(call.params.sensor, seconds=call.params.seconds)
        return {"unit": sensor.unit.value, "at": list(series.at), "value": list(series.actual_celsius)}

    def _seen_by(self, principal: Principal) -> Mapping[str, SensorState]:
        return visible_state(printers_seen_by(principal), self._state()).sensors


def sensor_operations(state: Callable[[], State], record: SensorRecord) -> list[Operation]:
    """All operations of this module."""
    does = SensorOperations(state, record)
    return [
        Operation(
            name="sensor.list",
            params=NoParams,
            scope="read",
            summary="Show the sensors and what they measure",
            handler=does.list_all,
        ),
        Operation(
            name="sensor.history",
            params=SensorHistoryParams,
            scope="read",
            summary="Show the last half hour of a sensor",
            handler=does.history,
        ),
    ]
