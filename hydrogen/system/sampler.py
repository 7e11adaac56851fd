"""Tells the house how its machine is doing, every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log, SilentLog
from hydrogen.core.rhythm import until_beat_or
from hydrogen.core.service import Service
from hydrogen.errors import DiskLow
from hydrogen.model.events import (
    ErrorRaised,
    HostClockChanged,
    HostDiskLow,
    HostDiskRecovered,
    HostMeasured,
    HostTroubleChanged,
    PrinterStateChanged,
    PublishedEvent,
)
from hydrogen.model.host import HostState
from hydrogen.model.printer import ErrorReport, PrinterStatus
from hydrogen.system import machine
from hydrogen.system.clock_trust import is_clock_synchronised
from hydrogen.system.disk_watch import LEVELS, DiskThresholds, DiskWatch
from hydrogen.system.host_trouble import TroubleTurns, trouble_of
from hydrogen.system.throttling import Throttling, ThrottlingReader

Figure = TypeVar("Figure", int, float, bool, Throttling)

INTERVAL_SECONDS = 5.0
"""Often enough to see a disk fill up, seldom enough to cost nothing."""

UNWATCHED_INTERVALS = 6
"""While nobody is connected, every so many intervals do: a thread that reads a dozen files is no small part of what an idle
house costs."""


class HostSampler(Service):
    """Publishes HostMeasured every `interval_seconds`, the first one at once; seldom while nobody looks and nothing prints,
    and at once when a link is lost: the reason may still be there to be seen. What begins and ends is told as a fact.

    Who comes then has a figure of the last half minute in the snapshot, and a fresh one within an interval.
    """

    name = "host sampler"

    def __init__(
        self,
        *,
        context: Context,
        clock: Clock,
        data_dir: Path,
        disk_watch: DiskWatch | None = None,
        interval_seconds: float = INTERVAL_SECONDS,
        measure: Callable[[Path], HostState] | None = None,
        is_watched: Callable[[], bool] | None = None,
        log: Log | None = None,
    ) -> None:
        """data_dir: the folder whose disk is watched, and disk_watch by which thresholds. measure: may block; called in a
        thread, one at a time. is_watched: is a client connected? None: always."""
        self._context = context
        self._clock = clock
        self._data_dir = data_dir
        self._disk_watch = disk_watch or DiskWatch(DiskThresholds())
        self._interval_seconds = interval_seconds
        throttling = ThrottlingReader(log or SilentLog())
        self._measure = measure or (lambda folder: measure_host(folder, throttling=throttling.read))
        self._is_watched = is_watched
        self._turns = TroubleTurns()
        self._was_trusted: bool | None = None
        self._nudged = asyncio.Event()

    def on_published(self, published: PublishedEvent) -> None:
        """A listener of the bus. Returns at once."""
        event = published.event
        if isinstance(event, PrinterStateChanged) and event.status is PrinterStatus.LINK_LOST:
            self._nudged.set()

    async def run(self) -> None:
        """Until cancelled. A measurement that takes long delays the next one, nothing else."""
        while True:
            host = await asyncio.to_thread(self._measure, self._data_dir)
            self._publish(host)
            await self._rest()

    async def _rest(self) -> None:
        for _ in range(UNWATCHED_INTERVALS):
            await until_beat_or(self._nudged, self._interval_seconds)
            if self._nudged.is_set() or self._is_watched is None or self._is_watched() or self._jobs():
                self._nudged.clear()
                return

    def _jobs(self) -> tuple[str, ...]:
        return tuple(one.job.id for one in self._context.state.printers.values() if one.job is not None)

    def _publish(self, host: HostState) -> None:
        before = self._disk_watch.level
        level = self._disk_watch.look(host.disk_free_bytes, host.disk_total_bytes)
        at = self._clock.wall()
        host = replace(host, disk=level)
        self._context.publish(HostMeasured(at=at, host=host))
        self._publish_turns(host, at)
        if level == before or host.disk_free_bytes is None:
            return
        if LEVELS.index(level) < LEVELS.index(before):
            self._context.publish(HostDiskRecovered(at=at, level=level, free_bytes=host.disk_free_bytes))
            return
        below = self._disk_watch.below(host.disk_total_bytes)
        self._context.publish(HostDiskLow(at=at, level=level, free_bytes=host.disk_free_bytes, below_bytes=below))
        told = DiskLow(
            f"the disk is {level}: {host.disk_free_bytes >> 20:,} MiB free, fewer than {below >> 20:,}."
            " What prints prints on; make room before the next upload",
            level=level,
            free_bytes=host.disk_free_bytes,
            below_bytes=below,
        )
        report = ErrorReport(code=told.code, message=told.message, details=MappingProxyType(dict(told.details)))
        self._context.publish(ErrorRaised(at=at, error=report))

    def _publish_turns(self, host: HostState, at: float) -> None:
        """What began and what ended. What is so from the start on is told too: nobody knew it."""
        began, ended = self._turns.look(trouble_of(host), self._clock.monotonic())
        if began or ended:
            trouble, jobs = self._turns.words, self._jobs()
            self._context.publish(HostTroubleChanged(at=at, trouble=trouble, began=began, ended=ended, jobs=jobs))
        before, self._was_trusted = self._was_trusted, host.clock_trusted
        if None not in (before, host.clock_trusted) and before != host.clock_trusted:
            self._context.publish(HostClockChanged(at=at, trusted=bool(host.clock_trusted)))


def measure_host(data_dir: Path, *, throttling: Callable[[], Throttling | None] = lambda: None) -> HostState:
    """The machine's figures now, None for those it does not tell; may block."""
    held = _or_none(throttling)
    return HostState(
        cpu_share=_or_none(machine.read_cpu_share),
        memory_share=_or_none(machine.read_memory_share),
        disk_free_bytes=_or_none(lambda: machine.read_disk_free(data_dir)),
        disk_total_bytes=_or_none(lambda: machine.read_disk_total(data_dir)),
        temperature_celsius=_or_none(machine.read_temperature),
        throttling=None if held is None else held.now,
        throttling_since_boot=None if held is None else held.since_boot,
        clock_trusted=_or_none(is_clock_synchronised),
        swap_share=_or_none(machine.read_swap_share),
    )


def _or_none(read: Callable[[], Figure | None]) -> Figure | None:
    try:
        return read()
    except machine.UNREADABLE:
        return None
