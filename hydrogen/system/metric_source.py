"""All metrics of the house at one moment: what a scrape shows.

What the house knows already is read from its state; what only the kernel knows is asked in a thread, and at most once in
FRESH_SECONDS, however many scrape.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from types import MappingProxyType

from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.model.state import State
from hydrogen.system.event_tally import EventTally
from hydrogen.system.host_metric import HOST_METRICS, Places, measured_readings, told_readings
from hydrogen.system.info import WebSocketFigures
from hydrogen.system.metric import Metric, Reading
from hydrogen.system.printer_metric import PRINTER_METRICS, printer_readings
from hydrogen.system.sensor_metric import SENSOR_METRICS, sensor_readings
from hydrogen.system.service_metric import SERVICE_METRICS, BusFigures, ClientLag, service_readings

FRESH_SECONDS = 1.0
"""How long an answer of the kernel is good for: nobody scrapes faster to learn more."""

PATIENCE_SECONDS = 2.0
"""For the kernel's answer: on a disk that hangs, the rest is told without it."""

ALL_METRICS: tuple[Metric, ...] = (*PRINTER_METRICS, *SENSOR_METRICS, *SERVICE_METRICS, *HOST_METRICS)
"""Every metric there is, in the order in which it is shown."""


class MetricSource:
    """Belongs to one event loop."""

    def __init__(
        self,
        *,
        context: Context,
        bus: Bus,
        figures: WebSocketFigures,
        lag: Callable[[], ClientLag],
        places: Places,
        version: str,
        clock: Clock,
    ) -> None:
        """Counts from now on. lag: asks the WebSocket about its clients."""
        self._http: Counter[int] = Counter()
        self._context = context
        self._bus = bus
        self._figures = figures
        self._lag = lag
        self._places = places
        self._version = version
        self._clock = clock
        self._started_at = clock.wall()
        self._tally = EventTally()
        self._measured: list[Reading] = []
        self._measured_at: float | None = None
        self._measuring: asyncio.Future[list[Reading]] | None = None
        bus.listen(self._tally.on_published, name="metrics")

    def count_answer(self, status: int) -> None:
        """An HTTP request was answered so."""
        self._http[status] += 1

    async def readings(self, printers: Collection[str] | None = None) -> list[Reading]:
        """Every series, in no order. printers: those that the reader may see; None for all."""
        await self._measure()
        state = _seen(self._context.state, printers)
        bus = BusFigures(events=self._context.seq, dropped=self._bus.dropped, failures=self._bus.failures)
        return [
            *(r for r in printer_readings(state, self._tally) if _is_seen(r, printers)),
            *(r for r in sensor_readings(state.sensors) if _is_seen(r, printers)),
            *service_readings(self._figures, self._lag(), bus, self._http, started_at=self._started_at),
            *told_readings(state.host),
            *(r for r in self._measured if _is_seen(r, printers)),
        ]

    async def _measure(self) -> None:
        if self._measured_at is not None and self._clock.monotonic() - self._measured_at < FRESH_SECONDS:
            return
        if self._measuring is None:
            names = tuple(self._context.state.printers)
            asked = asyncio.to_thread(measured_readings, self._places, names, self._version)
            self._measuring = asyncio.ensure_future(asked)
        measuring = self._measuring
        await asyncio.wait({measuring}, timeout=PATIENCE_SECONDS)
        if measuring.done():
            self._measured, self._measured_at = measuring.result(), self._clock.monotonic()
            self._measuring = None


def _seen(state: State, printers: Collection[str] | None) -> State:
    if printers is None:
        return state
    return replace(
        state, printers=MappingProxyType({name: told for name, told in state.printers.items() if name in printers})
    )


def _is_seen(reading: Reading, printers: Collection[str] | None) -> bool:
    """Is it of the house, or of a printer that may be seen?"""
    if printers is None or "printer" not in reading.metric.labels:
        return True
    printer = reading.labels[reading.metric.labels.index("printer")]
    return not printer or printer in printers
