"""The last half hour of every temperature and sensor, so that a graph has a past when a client connects."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hydrogen.model.events import PublishedEvent, SensorMeasured, SensorQualityChanged, TemperatureMeasured
from hydrogen.model.sensor import SensorQuality

KEPT_SECONDS = 1800.0
"""Thirty minutes: what the graphs of this trade show."""

STEP_SECONDS = 1.0
"""Two readings closer than this are one point, the later: firmwares report every second or slower, bursts tell no more."""

MOST_POINTS = int(KEPT_SECONDS / STEP_SECONDS)
_DROPPED_AT_ONCE = 256
"""Old points leave in blocks: shifting an array for each point would cost more than the few that stay."""

MOST_SERIES = 256
"""Printers times heaters, and sensors. Above it the one that was silent longest goes; each takes up to 33 KB."""

_SENSORS = "*"
"""Where a printer's name would stand; no printer can be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureSeries:
    """One heater's past, oldest first: `at` in Unix seconds; a temperature is None where it was not known.

    Of a sensor, `actual_celsius` are its values, in its own unit; it has no targets.
    """

    at: Sequence[float]
    actual_celsius: Sequence[float | None]
    target_celsius: Sequence[float | None]


class TemperatureHistory:
    """A listener of the bus. Ages are those of the readings' own times; a clock that was set back begins the series anew."""

    def __init__(self) -> None:
        self._series: OrderedDict[tuple[str, str], _Points] = OrderedDict()

    def on_published(self, published: PublishedEvent) -> None:
        """Returns at once."""
        match event := published.event:
            case TemperatureMeasured():
                points = self._points((event.printer or "", event.heater))
                points.add(event.at, event.actual_celsius, event.target_celsius)
            case SensorMeasured():
                self._points((_SENSORS, event.sensor)).add(event.at, event.value, None)
            case SensorQualityChanged() if event.quality is not SensorQuality.OK:
                self._points((_SENSORS, event.sensor)).add(event.at, None, None)
            case _:
                pass

    def _points(self, key: tuple[str, str]) -> _Points:
        points = self._series.get(key)
        if points is None:
            points = self._series[key] = _Points()
            if len(self._series) > MOST_SERIES:
                self._series.popitem(last=False)
        self._series.move_to_end(key)
        return points

    def of(self, printer: str, *, seconds: float = KEPT_SECONDS) -> Mapping[str, TemperatureSeries]:
        """By heater: the points of the last `seconds` before the printer's youngest one. Empty for an unknown printer."""
        own = {heater: points for (name, heater), points in self._series.items() if name == printer}
        youngest = max((points.at[-1] for points in own.values()), default=0.0)
        since = youngest - min(seconds, KEPT_SECONDS)
        return {heater: series for heater in sorted(own) if (series := own[heater].since(since)).at}

    def of_sensor(self, sensor: str, *, seconds: float = KEPT_SECONDS) -> TemperatureSeries:
        """The points of the last `seconds` before the youngest one; none for an unknown sensor."""
        points = self._series.get((_SENSORS, sensor), _Points())
        return points.since(points.at[-1] - min(seconds, KEPT_SECONDS) if points.at else 0.0)


class _Points:
    """Three columns of one length."""

    def __init__(self) -> None:
        self.at = array("d")
        self._actual = array("f")
        self._target = array("f")

    def add(self, at: float, actual: float | None, target: float | None) -> None:
        if self.at and at < self.at[-1] - STEP_SECONDS:
            self._drop(0, len(self.at))
        if len(self.at) > 1 and self.at[-1] - self.at[-2] < STEP_SECONDS:  # the last point stands for now only
            self._drop(len(self.at) - 1, len(self.at))
        self.at.append(at)
        self._actual.append(math.nan if actual is None else actual)
        self._target.append(math.nan if target is None else target)
        if len(self.at) >= MOST_POINTS + _DROPPED_AT_ONCE:
            self._drop(0, _DROPPED_AT_ONCE)

    def since(self, at: float) -> TemperatureSeries:
        begin = bisect_left(self.at, at)
        return TemperatureSeries(
            at=[round(one, 3) for one in self.at[begin:]],
            actual_celsius=[_known(one) for one in self._actual[begin:]],
            target_celsius=[_known(one) for one in self._target[begin:]],
        )

    def _drop(self, begin: int, end: int) -> None:
        for column in (self.at, self._actual, self._target):
            del column[begin:end]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 2)
