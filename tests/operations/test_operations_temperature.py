"""The temperatures' past as an operation."""

from __future__ import annotations

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import InvalidMessage
from hydrogen.fleet.temperature_history import TemperatureHistory
from hydrogen.model.events import PublishedEvent, TemperatureMeasured
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from hydrogen.operations.temperature import temperature_operations
from tests.operations.fleet import WillingFleet

READER = Principal(name="reader", scopes=frozenset({"read"}))


def registry(history: TemperatureHistory) -> Registry:
    return Registry(temperature_operations(history), fleet=WillingFleet(), repeats=RepeatMemory(clock=ManualClock()))


async def test_a_reader_sees_the_past_of_a_printers_heaters() -> None:
    history = TemperatureHistory()
    event = TemperatureMeasured(at=1000.0, printer="ender3", heater="bed", actual_celsius=59.9, target_celsius=None)
    history.on_published(PublishedEvent(seq=1, event=event))
    result = await registry(history).execute(READER, "temperature.history", None, {})
    assert result == {"heaters": {"bed": {"at": [1000.0], "actual_celsius": [59.9], "target_celsius": [None]}}}


async def test_more_than_is_kept_is_refused_with_the_limit() -> None:
    with pytest.raises(InvalidMessage) as caught:
        await registry(TemperatureHistory()).execute(READER, "temperature.history", None, {"seconds": 1801})
    assert caught.value.details["limit"] == 1800
