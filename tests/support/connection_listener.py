"""A listener and a journal that remember what they were told."""

from __future__ import annotations

from hydrogen.errors import DeviceError
from hydrogen.model.events import Event, TemperatureMeasured


class RememberingListener:
    """Signs ConnectionListener."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.actions: list[tuple[str, str]] = []
        self.traffic: list[str] = []
        self.losses: list[DeviceError] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)

    def on_action(self, action: str, text: str) -> None:
        self.actions.append((action, text))

    def on_traffic(self, line: str) -> None:
        self.traffic.append(line)

    def on_lost(self, error: DeviceError) -> None:
        self.losses.append(error)

    def temperatures(self, heater: str) -> list[TemperatureMeasured]:
        return [e for e in self.events if isinstance(e, TemperatureMeasured) and e.heater == heater]


class RememberingJournal:
    """Signs LineJournal."""

    def __init__(self) -> None:
        self.bases: list[int] = []
        self.announced: list[tuple[int, int]] = []
        self.records: list[tuple[int, int, int]] = []

    def begin(self, number_base: int) -> None:
        self.bases.append(number_base)

    def announce(self, number_base: int, acknowledged: int) -> None:
        self.announced.append((number_base, acknowledged))

    def record(self, number: int, offset: int, acknowledged: int) -> None:
        self.records.append((number, offset, acknowledged))
