"""What one sensor's readings are worth, and the events that tell of it. Pure: times come in as arguments.

A bad reading is flagged at once and its figure is thrown away: a value that may be wrong is none. What is missing for
`stale_after_seconds` makes the value stale; a device that is lost, disconnected.
"""

from __future__ import annotations

from collections.abc import Iterator

from hydrogen.devices.sensor import Measurement
from hydrogen.fleet.sensors.conversion import converted, is_same_kind, shown_unit, unit_from_word
from hydrogen.fleet.sensors.limit_watch import LimitWatch
from hydrogen.fleet.sensors.sensor import ConfiguredSensor
from hydrogen.model.events import Event, SensorAlarmChanged, SensorMeasured, SensorQualityChanged
from hydrogen.model.sensor import MOST_REASON, SensorLimit, SensorQuality

_UNSEEN = frozenset({SensorQuality.STALE, SensorQuality.DISCONNECTED})


class SensorRecord:
    """One sensor since the start of the service."""

    def __init__(self, sensor: ConfiguredSensor, *, now: float) -> None:
        """now: monotonic seconds, as everywhere here; `at` is wall clock."""
        self.sensor = sensor
        self.quality = SensorQuality.PENDING
        self.value: float | None = None
        self._reason = ""
        self._is_simulated = False
        self._watch = LimitWatch(sensor.limits)
        self._alarm: SensorLimit | None = None
        self._heard_at = now

    @property
    def alarm(self) -> SensorLimit | None:
        """The gravest limit that is exceeded."""
        return self._alarm

    @property
    def reason(self) -> str:
        """Why there is no value; "" while there is one."""
        return self._reason

    def open(self, *, is_simulated: bool) -> None:
        """The device was opened, and said what it is."""
        self._is_simulated = is_simulated

    def stale_at(self) -> float | None:
        """When `review` has something to say, if nothing is read until then; None: never."""
        return None if self.quality in _UNSEEN else self._heard_at + self.sensor.stale_after_seconds

    def take(self, measurement: Measurement | None, *, now: float, at: float) -> list[Event]:
        """The device was read. None: it has no such channel now."""
        if measurement is None:
            return self.lose("the device is there, this sensor of it is not", at=at)
        self._heard_at = now
        value, quality, reason = self._judge(measurement)
        events = list(self._change(quality, reason, at))
        self.value = value
        if value is not None:
            unit = shown_unit(self.sensor.unit)
            events.append(SensorMeasured(at=at, printer=self._printer, sensor=self._name, value=value, unit=unit))
            self._watch.take(value, now)
            events += self._change_alarm(at)
        return events

    def lose(self, reason: str, *, at: float) -> list[Event]:
        """The device is gone, or cannot be opened."""
        return self._give_up(SensorQuality.DISCONNECTED, reason, at)

    def review(self, *, now: float, at: float) -> list[Event]:
        """Time has passed without a reading."""
        deadline = self.stale_at()
        if deadline is None or now < deadline:
            return []
        return self._give_up(SensorQuality.STALE, f"nothing for {self.sensor.stale_after_seconds:g} s", at)

    def _give_up(self, quality: SensorQuality, reason: str, at: float) -> list[Event]:
        self.value = None
        self._watch.forget()
        return list(self._change(quality, reason, at))

    @property
    def _name(self) -> str:
        return self.sensor.name

    @property
    def _printer(self) -> str | None:
        return self.sensor.printer

    def _judge(self, measurement: Measurement) -> tuple[float | None, SensorQuality, str]:
        if measurement.value is None:
            return None, SensorQuality.FAULTY, measurement.fault or "it answered without a number"
        unit = self.sensor.unit
        if measurement.unit:
            said = unit_from_word(measurement.unit)
            if said is None or not is_same_kind(said, unit):
                return None, SensorQuality.FAULTY, f"it measures in {measurement.unit[:20]!r}, configured is {unit}"
            unit = said
        value = converted(measurement.value, unit, scale=self.sensor.scale, offset=self.sensor.offset)
        if value is None:
            return None, SensorQuality.FAULTY, "it answered with what is no number"
        low, high = self.sensor.range
        if (low is not None and value < low) or (high is not None and value > high):
            shown = shown_unit(unit)
            return None, SensorQuality.IMPLAUSIBLE, f"{value:g} {shown} is not between {_end(low)} and {_end(high)}"
        return value, SensorQuality.OK, ""

    def _change(self, quality: SensorQuality, reason: str, at: float) -> Iterator[Event]:
        reason = reason[:MOST_REASON]
        # The figure of an implausible value may be another one each time; that is no news.
        if quality is self.quality and (quality is SensorQuality.IMPLAUSIBLE or reason == self._reason):
            return
        self.quality, self._reason = quality, reason
        yield SensorQualityChanged(
            at=at,
            printer=self._printer,
            sensor=self._name,
            quality=quality,
            reason=self._reason,
            simulated=self._is_simulated,
        )

    def _change_alarm(self, at: float) -> Iterator[Event]:
        alarm = self._watch.alarm
        if alarm == self._alarm:
            return
        self._alarm = alarm
        yield SensorAlarmChanged(at=at, printer=self._printer, sensor=self._name, alarm=alarm, value=self.value)


def _end(limit: float | None) -> str:
    return "any" if limit is None else f"{limit:g}"
