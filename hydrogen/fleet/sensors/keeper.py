"""Keeps one device open, reads it, and tells what its sensors say.

Each device is a service of its own: one whose driver breaks or hangs costs the others nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from hydrogen.core.backoff import Backoff
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.core.rhythm import until_beat
from hydrogen.core.service import Service
from hydrogen.devices.sensor import Measurement, SensorDriver, SensorSource
from hydrogen.errors import DeviceError
from hydrogen.fleet.sensors.guard import GuardMaker, SensorGuard
from hydrogen.fleet.sensors.sensor import ConfiguredSensor
from hydrogen.fleet.sensors.sensor_record import SensorRecord
from hydrogen.model.events import Event, SensorAlarmChanged, SensorMeasured, SensorQualityChanged
from hydrogen.model.sensor import SensorQuality

OPEN_SECONDS = 15.0
"""A port opens at once, a program starts within seconds."""

CLOSE_SECONDS = 1.0

LONGEST_PAUSE_SECONDS = 10.0
"""Between attempts to open a device: who plugs it in again looks at the screen."""

LONGEST_WAIT_SECONDS = 60.0
"""For one reading; then it is asked for anew."""


class SensorKeeper(Service):
    """All sensors of one device."""

    def __init__(
        self,
        sensors: Sequence[ConfiguredSensor],
        *,
        make_driver: Callable[[], SensorDriver],
        make_guard: GuardMaker,
        context: Context,
        clock: Clock,
        log: Log,
    ) -> None:
        """sensors: at least one, all of one device. make_driver: may block (it loads the driver's modules)."""
        self.name = f"sensor {sensors[0].name}"
        self._records = [SensorRecord(sensor, now=clock.monotonic()) for sensor in sensors]
        self._guards: Mapping[str, SensorGuard] = {sensor.name: make_guard(sensor) for sensor in sensors}
        self._interval = min(sensor.interval_seconds for sensor in sensors)
        self._make_driver = make_driver
        self._context = context
        self._clock = clock
        self._log = log
        self._acting: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until cancelled: open, read, and open again after a loss."""
        try:
            await self._live()
        except asyncio.CancelledError:
            raise
        except BaseException:
            self._lose("its driver failed: the log tells how")
            raise
        finally:
            if self._acting is not None:
                self._acting.cancel()
                await asyncio.wait({self._acting})
                self._acting = None

    async def _live(self) -> None:
        driver = await asyncio.to_thread(self._make_driver)
        channels = frozenset(record.sensor.channel for record in self._records)
        backoff = Backoff(limit_seconds=LONGEST_PAUSE_SECONDS)
        while True:
            await self._live_once(driver, channels, backoff)
            await asyncio.sleep(backoff.next_delay())

    async def _live_once(self, driver: SensorDriver, channels: frozenset[str], backoff: Backoff) -> None:
        """From opening to loss."""
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                source = await driver.open(channels)
        except TimeoutError:
            self._lose(f"{driver.place} did not open within {OPEN_SECONDS:.0f} s")
            return
        except DeviceError as error:
            self._lose(error.message)
            return
        for record in self._records:
            record.open(is_simulated=source.is_simulated)
        try:
            await self._follow(source, backoff)
        except DeviceError as error:
            self._lose(error.message)
        finally:
            await self._close(source)

    async def _follow(self, source: SensorSource, backoff: Backoff) -> None:
        """Read until the device is lost (DeviceError)."""
        while True:
            try:
                async with asyncio.timeout(self._patience()):
                    readings = await source.read()
            except TimeoutError:
                for record in self._records:
                    self._tell(record, record.review(now=self._clock.monotonic(), at=self._clock.wall()))
                continue
            backoff.reset()
            self._take(readings)
            await until_beat(self._interval)

    def _patience(self) -> float:
        """Seconds until a sensor's value is stale; never so few that nothing could be read."""
        now = self._clock.monotonic()
        deadlines = [at - now for record in self._records if (at := record.stale_at()) is not None]
        return max(0.01, min(deadlines, default=LONGEST_WAIT_SECONDS))

    def _take(self, readings: Mapping[str, Measurement]) -> None:
        now, at = self._clock.monotonic(), self._clock.wall()
        for record in self._records:
            self._tell(record, record.take(readings.get(record.sensor.channel), now=now, at=at))
        if self._acting is not None and self._acting.done():
            acted, self._acting = self._acting, None
            acted.result()
        if self._acting is None and any(record.alarm is not None for record in self._records):
            self._acting = asyncio.create_task(self._act(), name=f"{self.name} acts")

    def _lose(self, reason: str) -> None:
        at = self._clock.wall()
        for record in self._records:
            self._tell(record, record.lose(reason, at=at))

    def _tell(self, record: SensorRecord, events: Sequence[Event]) -> None:
        guard = self._guards[record.sensor.name]
        for event in events:
            self._context.publish(event)
            match event:
                case SensorQualityChanged() if event.quality is not SensorQuality.OK:
                    guard.tell_lost(event.quality, event.reason)
                case SensorAlarmChanged() if record.value is not None:
                    guard.tell_alarm(event.alarm, record.value)
                case SensorMeasured():
                    pass

    async def _act(self) -> None:
        """What alarms ask for, beside the readings: a printer that answers late does not keep a sensor from being read."""
        alarms = ((record.sensor.name, record.alarm) for record in self._records)
        await asyncio.gather(*(self._guards[name].act(alarm) for name, alarm in alarms if alarm is not None))

    async def _close(self, source: SensorSource) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await source.close()
        except (TimeoutError, DeviceError):
            self._log.warning("sensor device not closed in order", part=self.name)
