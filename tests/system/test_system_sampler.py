"""The host's sample."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock
from hydrogen.core.context import Context
from hydrogen.model.events import (
    ErrorRaised,
    HostClockChanged,
    HostDiskLow,
    HostDiskRecovered,
    HostMeasured,
    HostTroubleChanged,
    JobStarted,
    PrinterStateChanged,
    PublishedEvent,
)
from hydrogen.model.host import HostState
from hydrogen.model.printer import PrinterStatus
from hydrogen.model.state import State
from hydrogen.system import machine
from hydrogen.system.disk_watch import DiskThresholds, DiskWatch
from hydrogen.system.host_trouble import HOLDING_SECONDS
from hydrogen.system.sampler import UNWATCHED_INTERVALS, HostSampler, measure_host
from hydrogen.system.throttling import Throttling
from tests.support.waiting import wait_until


async def test_sampler_publishes_at_once_and_again(tmp_path: Path) -> None:
    seen: list[PublishedEvent] = []
    enough = asyncio.Event()
    folders: list[Path] = []
    bus = Bus(lambda _name, _error: None)
    context = Context(epoch="e", initial=State(), bus=bus)

    def measure(folder: Path) -> HostState:
        folders.append(folder)
        return HostState(cpu_share=len(folders) / 10)

    def look(published: PublishedEvent) -> None:
        seen.append(published)
        if len(seen) == 3:
            enough.set()

    bus.listen(look, name="test")
    clock = ManualClock(wall=5.0)
    sampler = HostSampler(context=context, clock=clock, data_dir=tmp_path, interval_seconds=0.001, measure=measure)
    running = asyncio.create_task(sampler.run())
    await asyncio.wait_for(enough.wait(), 5)
    running.cancel()
    await asyncio.wait([running])
    assert folders[0] == tmp_path
    assert [published.event for published in seen[:3]] == [
        HostMeasured(at=5.0, host=HostState(cpu_share=share, disk="ok")) for share in (0.1, 0.2, 0.3)
    ]
    assert (context.state.host.cpu_share or 0) >= 0.3


async def test_host_is_measured_seldom_while_nobody_looks(tmp_path: Path) -> None:
    measured: list[int] = []
    looks: list[bool] = []
    enough = asyncio.Event()

    def measure(_folder: Path) -> HostState:
        measured.append(len(looks))
        if len(measured) == 4:
            enough.set()
        return HostState()

    def is_watched() -> bool:
        looks.append(len(looks) >= 2 * UNWATCHED_INTERVALS)
        return looks[-1]

    context = Context(epoch="e", initial=State(), bus=Bus(lambda _name, _error: None))
    sampler = HostSampler(
        context=context,
        clock=ManualClock(),
        data_dir=tmp_path,
        interval_seconds=0.001,
        measure=measure,
        is_watched=is_watched,
    )
    running = asyncio.create_task(sampler.run())
    await asyncio.wait_for(enough.wait(), 5)
    running.cancel()
    await asyncio.wait([running])
    assert measured[:4] == [0, UNWATCHED_INTERVALS, 2 * UNWATCHED_INTERVALS, 2 * UNWATCHED_INTERVALS + 1]


def test_host_is_measured_in_shares_and_bytes(tmp_path: Path) -> None:
    host = measure_host(tmp_path)
    assert host.cpu_share is not None and 0.0 <= host.cpu_share <= 1.0
    assert host.memory_share is not None and 0.0 < host.memory_share < 1.0
    assert host.disk_free_bytes is not None and host.disk_free_bytes > 0


def test_figure_that_the_machine_does_not_tell_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> float:
        raise ValueError("an empty sensor file")

    monkeypatch.setattr(machine, "read_temperature", fail)
    monkeypatch.setattr(machine, "read_cpu_share", fail)
    host = measure_host(tmp_path)
    assert (host.temperature_celsius, host.cpu_share) == (None, None)
    assert host.memory_share is not None


async def test_a_disk_that_gets_low_and_better_again_is_told_once_each(tmp_path: Path) -> None:
    frees = iter([5000, 900, 950, 50, 5000, 5000])
    seen: list[PublishedEvent] = []
    bus = Bus(lambda _name, _error: None)
    context = Context(epoch="e", initial=State(), bus=bus)
    bus.listen(seen.append, name="test")
    enough = asyncio.Event()

    def measure(_folder: Path) -> HostState:
        free = next(frees, None)
        if free is None:
            loop.call_soon_threadsafe(enough.set)
        return HostState(disk_free_bytes=free)

    loop = asyncio.get_running_loop()
    watch = DiskWatch(DiskThresholds(low_bytes=1000, critical_bytes=100))
    sampler = HostSampler(
        context=context,
        clock=ManualClock(wall=5.0),
        data_dir=tmp_path,
        disk_watch=watch,
        interval_seconds=0.001,
        measure=measure,
    )
    running = asyncio.create_task(sampler.run())
    await asyncio.wait_for(enough.wait(), 5)
    running.cancel()
    await asyncio.wait([running])
    told = [p.event for p in seen if not isinstance(p.event, HostMeasured | HostTroubleChanged)]
    assert told[0] == HostDiskLow(at=5.0, level="low", free_bytes=900, below_bytes=1000)
    assert told[2] == HostDiskLow(at=5.0, level="critical", free_bytes=50, below_bytes=100)
    assert told[4] == HostDiskRecovered(at=5.0, level="ok", free_bytes=5000)
    errors = [event.error for event in told if isinstance(event, ErrorRaised)]
    assert [error.code for error in errors] == ["disk_low", "disk_low"]
    assert errors[1].details == {"level": "critical", "free_bytes": 50, "below_bytes": 100}
    assert len(told) == 5
    levels = [p.event.host.disk for p in seen if isinstance(p.event, HostMeasured)]
    assert levels[:5] == ["ok", "low", "low", "critical", "ok"]


class Bench:
    """A sampler that measures what it is given, and what is published."""

    def __init__(self, folder: Path, *, interval_seconds: float = 0.001, is_watched: bool = True) -> None:
        self.host = HostState()
        self.count = 0
        self.clock = ManualClock(wall=5.0)
        self.told: list[object] = []
        bus = Bus(lambda _name, _error: None)
        self.context = Context(epoch="e", initial=State(), bus=bus)
        bus.listen(lambda published: self.told.append(published.event), name="test")
        self.sampler = HostSampler(
            context=self.context,
            clock=self.clock,
            data_dir=folder,
            interval_seconds=interval_seconds,
            measure=self._measure,
            is_watched=lambda: is_watched,
        )
        bus.listen(self.sampler.on_published, name="sampler")

    def _measure(self, _folder: Path) -> HostState:
        self.count += 1
        return self.host

    async def measure(self, host: HostState, *, after_seconds: float = 0.0) -> None:
        self.clock.advance(after_seconds)
        self.host, seen = host, self.count
        await wait_until(lambda: self.count >= seen + 2)

    def facts(self) -> list[object]:
        return [event for event in self.told if not isinstance(event, HostMeasured)]


async def test_what_begins_and_ends_is_told_with_the_jobs_that_run(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    running = asyncio.create_task(bench.sampler.run())
    await bench.measure(HostState(throttling=(), throttling_since_boot=("under_voltage", "throttled")))
    assert bench.facts() == []  # information, no alarm
    bench.context.publish(JobStarted(at=5.0, printer="bench", job="j1", file="f", lines_total=1, bytes_total=1))
    await bench.measure(HostState(throttling=("under_voltage", "throttled")))
    await bench.measure(HostState(throttling=()), after_seconds=HOLDING_SECONDS)
    running.cancel()
    await asyncio.wait([running])
    both = ("throttled", "under_voltage")
    assert bench.facts()[1:] == [
        HostTroubleChanged(at=5.0, trouble=both, began=both, jobs=("j1",)),
        HostTroubleChanged(at=5.0 + HOLDING_SECONDS, trouble=(), ended=both, jobs=("j1",)),
    ]


async def test_a_clock_that_is_kept_right_from_now_on_is_told_and_one_that_never_was_is_not(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    running = asyncio.create_task(bench.sampler.run())
    await bench.measure(HostState(clock_trusted=False))
    await bench.measure(HostState(clock_trusted=None))
    assert bench.facts() == []
    await bench.measure(HostState(clock_trusted=False))
    await bench.measure(HostState(clock_trusted=True))
    running.cancel()
    await asyncio.wait([running])
    assert bench.facts() == [HostClockChanged(at=5.0, trusted=True)]


async def test_a_lost_link_is_a_reason_to_look_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path, interval_seconds=300.0)
    running = asyncio.create_task(bench.sampler.run())
    await wait_until(lambda: bench.count == 1)
    bench.context.publish(PrinterStateChanged(at=5.0, printer="bench", status=PrinterStatus.IDLE))
    bench.context.publish(PrinterStateChanged(at=5.0, printer="bench", status=PrinterStatus.LINK_LOST))
    await wait_until(lambda: bench.count == 2)
    running.cancel()
    await asyncio.wait([running])


async def test_a_job_counts_as_somebody_who_looks(tmp_path: Path) -> None:
    bench = Bench(tmp_path, is_watched=False)
    bench.context.publish(JobStarted(at=5.0, printer="bench", job="j1", file="f", lines_total=1, bytes_total=1))
    assert bench.sampler._jobs() == ("j1",)


def test_both_kinds_of_throttling_are_told(tmp_path: Path) -> None:
    host = measure_host(tmp_path, throttling=lambda: Throttling(now=("throttled",), since_boot=("under_voltage",)))
    assert (host.throttling, host.throttling_since_boot) == (("throttled",), ("under_voltage",))
    assert measure_host(tmp_path).throttling is None
