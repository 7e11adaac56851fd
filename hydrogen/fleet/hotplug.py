"""A printer that is plugged in is there at once: its keeper is told when its port has come.

Where pyudev is installed (the extra `hotplug`), udev's events wake this up. Where it is not, and where no udev runs (a
container), the ports that are missed are looked for twice a second: a look reads a handful of small files in sysfs or one
entry of /dev, in a thread, and only while a printer is away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.rhythm import delay_to_beat
from hydrogen.core.service import Service

LOOK_SECONDS = 0.5
"""A printer is connected to within 3 s of its appearance; connecting takes up to 2 s of them."""

REST_SECONDS = 5.0
"""The same while nobody misses a printer. One that is lost is tried again by its keeper at first, with short pauses, and a port
that is missing is looked for by it once a second."""

SETTLE_SECONDS = 0.1
"""Behind an event, for the rest of a burst: an adapter makes several, and udev's links come last."""

EVENTS_MOST = 64
"""Of one burst; more are read the next time."""


class PortSeeker(Protocol):
    """Who waits for ports."""

    async def look_for_ports(self) -> bool:
        """Wake up the keepers whose ports have come. False if nobody misses any."""


class EventSource(Protocol):
    """What wakes up the watch: a descriptor to wait for, and `poll`, which takes an event off."""

    def fileno(self) -> int: ...

    def poll(self, timeout: float) -> Any: ...


def udev_events() -> EventSource | None:
    """udev's events of ttys; None without pyudev or without udev. Blocks."""
    try:
        import pyudev
    except ImportError:
        return None
    try:
        monitor = pyudev.Monitor.from_netlink(pyudev.Context())
        monitor.filter_by("tty")
        monitor.start()
    except (OSError, pyudev.DeviceNotFoundError):
        return None
    source: EventSource = monitor
    return source


class PortWatch(Service):
    """`seeker` is asked to look when something may have come."""

    name = "ports"

    def __init__(
        self,
        seeker: PortSeeker,
        *,
        log: Log,
        find_events: Callable[[], EventSource | None] = udev_events,
        clock: Clock,
        look_seconds: float = LOOK_SECONDS,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        self._seeker = seeker
        self._clock = clock
        self._log = log
        self._find_events = find_events
        self._pauses = (look_seconds, rest_seconds)
        self._happened = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled."""
        events = await asyncio.to_thread(self._find_events)
        loop = asyncio.get_running_loop()
        if events is not None:
            self._log.debug("ports watched by udev")
            loop.add_reader(events.fileno(), self._drain, events)
        try:
            await self._watch()
        finally:
            if events is not None:
                loop.remove_reader(events.fileno())

    async def _watch(self) -> None:
        while True:
            self._happened.clear()
            is_missed = await self._seeker.look_for_ports()
            with suppress(TimeoutError):
                async with asyncio.timeout(delay_to_beat(self._clock.monotonic(), self._pauses[not is_missed])):
                    await self._happened.wait()
                await asyncio.sleep(SETTLE_SECONDS)

    def _drain(self, events: EventSource) -> None:
        for _ in range(EVENTS_MOST):
            if events.poll(timeout=0) is None:
                break
        self._happened.set()
