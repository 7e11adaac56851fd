"""Operations on what the heaters did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field

from hydrogen.operations.operation import Call, Operation, Params

LONGEST_SECONDS = 1800
"""What is kept (fleet/temperature_history.py)."""


class HistoryParams(Params):
    seconds: Annotated[int, Field(ge=1, le=LONGEST_SECONDS)] = LONGEST_SECONDS


class TemperatureSeries(Protocol):
    """One heater's past, oldest first, all of one length."""

    @property
    def at(self) -> Sequence[float]: ...
    @property
    def actual_celsius(self) -> Sequence[float | None]: ...
    @property
    def target_celsius(self) -> Sequence[float | None]: ...


class TemperatureRecord(Protocol):
    """What operations need of the history."""

    def of(self, printer: str, *, seconds: float) -> Mapping[str, TemperatureSeries]:
        """By heater."""


class TemperatureOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, record: TemperatureRecord) -> None:
        self._record = record

    async def history(self, call: Call) -> Mapping[str, Any]:
        """A printer's temperatures of the last `seconds` (at most half an hour), oldest first, at most one point a second:

        `{"heaters": {NAME: {"at": [...], "actual_celsius": [...], "target_celsius": [...]}}}`. `at` in Unix seconds; null
        where a temperature was not known.
        """
        found = self._record.of(call.target, seconds=call.params.seconds)
        return {
            "heaters": {
                heater: {
                    "at": list(series.at),
                    "actual_celsius": list(series.actual_celsius),
                    "target_celsius": list(series.target_celsius),
                }
                for heater, series in found.items()
            }
        }


def temperature_operations(record: TemperatureRecord) -> list[Operation]:
    """All operations of this module, bound to `record`."""
    does = TemperatureOperations(record)
    return [
        Operation(
            name="temperature.history",
            params=HistoryParams,
            scope="read",
            summary="Show the last half hour of a printer's temperatures",
            handler=does.history,
            needs_printer=True,
        )
    ]
