"""The metrics of the machine, of our processes on it, and of what lies on its disk. Reading them may block."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from hydrogen.model.host import HostState
from hydrogen.system import machine
from hydrogen.system.disk_watch import LEVELS
from hydrogen.system.metric import Metric, Reading
from hydrogen.system.process import ProcessFigures, read_process, read_spoolers


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"hydrogen_{name}", kind="gauge", help=text, labels=labels)


def _counter(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"hydrogen_{name}_total", kind="counter", help=text, labels=labels)


BUILD = _gauge("build_info", "Always 1; what runs is in the labels.", "version", "python")
SYSTEM = _gauge("system_info", "Always 1; the machine is in the labels.", "sysname", "release", "machine")
BOOT = _gauge("host_boot_time_seconds", "When the machine was switched on, in Unix seconds.")
CPU_RATIO = _gauge("host_cpu_ratio", "Share of all cores in use over the last seconds, 0 to 1.")
CPU_SECONDS = _counter("host_cpu_seconds", "Processor time used by everybody since the machine was switched on.")
LOAD1 = _gauge("host_load1", "Load average of a minute.")
LOAD5 = _gauge("host_load5", "Load average of five minutes.")
LOAD15 = _gauge("host_load15", "Load average of fifteen minutes.")
MEMORY = _gauge("host_memory_total_bytes", "Memory of the machine.")
MEMORY_AVAILABLE = _gauge("host_memory_available_bytes", "Memory that programs can still have.")
DISK = _gauge("host_disk_total_bytes", "Size of the file system that the data directory is on.")
DISK_FREE = _gauge("host_disk_free_bytes", "Room left on it.")
DISK_LOW = _gauge("host_disk_low", "1 while so little is left (`[retention]` says how little).", "level")
TEMPERATURE = _gauge("host_temperature_celsius", "Temperature of the processor.")
THROTTLED = _gauge("host_throttled", "1 while this holds the machine back (a Raspberry Pi tells).", "reason")

THREADS = _gauge("service_threads", "Threads of the service.")
RESIDENT = _gauge("process_resident_memory_bytes", "Resident memory of a process of ours.", "process", "printer")
PROCESS_CPU = _counter("process_cpu_seconds", "Processor time of a process of ours.", "process", "printer")
PROCESS_WRITTEN = _counter("process_written_bytes", "What a process of ours made the disk write.", "process", "printer")
OPEN_FILES = _gauge("process_open_fds", "Open file descriptors of a process of ours.", "process", "printer")
STORED = _gauge("stored_bytes", "What lies on disk: the database, its log and copy, jobs and their journals.", "kind")

HOST_METRICS: tuple[Metric, ...] = (
    BUILD,
    SYSTEM,
    BOOT,
    CPU_RATIO,
    CPU_SECONDS,
    LOAD1,
    LOAD5,
    LOAD15,
    MEMORY,
    MEMORY_AVAILABLE,
    DISK,
    DISK_FREE,
    DISK_LOW,
    TEMPERATURE,
    THROTTLED,
    THREADS,
    RESIDENT,
    PROCESS_CPU,
    PROCESS_WRITTEN,
    OPEN_FILES,
    STORED,
)

THROTTLE_REASONS = ("under_voltage", "frequency_capped", "throttled", "soft_temperature_limit")

_DATABASE_FILES = (("database", ""), ("database_log", "-wal"), ("database_copy", ".copy"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where our files lie."""

    data_dir: Path
    runtime_dir: Path


def told_readings(host: HostState) -> Iterator[Reading]:
    """What the house knows of its machine already. Does not block."""
    for metric, value in (
        (CPU_RATIO, host.cpu_share),
        (DISK_FREE, host.disk_free_bytes),
        (TEMPERATURE, host.temperature_celsius),
    ):
        if value is not None:
            yield Reading(metric, value)
    if host.disk is not None:
        for level in LEVELS[1:]:
            yield Reading(DISK_LOW, host.disk == level, (level,))
    if host.throttling is not None:
        for reason in THROTTLE_REASONS:
            yield Reading(THROTTLED, reason in host.throttling, (reason,))


def measured_readings(places: Places, printers: Iterable[str], version: str) -> list[Reading]:
    """What has to be asked of the kernel. Blocks, for some milliseconds; a figure that the machine does not tell is missing."""
    uname = machine.read_uname()
    readings = [
        Reading(BUILD, 1, (version, sys.version.split()[0])),
        Reading(SYSTEM, 1, (uname["sysname"], uname["release"], uname["machine"])),
    ]
    for read in (_machine, lambda: _disk(places), lambda: _processes(places, printers), lambda: _stored(places)):
        readings += _readable(read)
    return readings


def _readable(read: Callable[[], Iterator[Reading]]) -> list[Reading]:
    """As many as can be read, up to the first that cannot."""
    found: list[Reading] = []
    try:
        found.extend(read())
    except machine.UNREADABLE:
        pass
    return found


def _machine() -> Iterator[Reading]:
    memory = psutil.virtual_memory()
    yield Reading(MEMORY, memory.total)
    yield Reading(MEMORY_AVAILABLE, memory.available)
    for metric, load in zip((LOAD1, LOAD5, LOAD15), psutil.getloadavg(), strict=True):
        yield Reading(metric, round(load, 3))
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # part of user and nice already
    yield Reading(CPU_SECONDS, round(sum(times) - idle - guests, 2))
    yield Reading(BOOT, psutil.boot_time())


def _disk(places: Places) -> Iterator[Reading]:
    yield Reading(DISK, psutil.disk_usage(str(places.data_dir)).total)


def _processes(places: Places, printers: Iterable[str]) -> Iterator[Reading]:
    service = read_process()
    if service is not None:
        yield Reading(THREADS, service.threads)
        yield from _process(service, ("service", ""))
    for name, spooler in read_spoolers(places.runtime_dir, printers).items():
        yield from _process(spooler, ("spooler", name))


def _process(figures: ProcessFigures, labels: tuple[str, str]) -> Iterator[Reading]:
    yield Reading(RESIDENT, figures.resident_bytes, labels)
    yield Reading(PROCESS_CPU, round(figures.cpu_seconds, 2), labels)
    yield Reading(OPEN_FILES, figures.open_files, labels)
    if figures.written_bytes is not None:
        yield Reading(PROCESS_WRITTEN, figures.written_bytes, labels)


def _stored(places: Places) -> Iterator[Reading]:
    for kind, suffix in _DATABASE_FILES:
        path = places.data_dir / f"hydrogen.db{suffix}"
        yield Reading(STORED, path.stat().st_size if path.exists() else 0, (kind,))
    sizes = {"jobs": 0, "job_journals": 0}
    spool_dir = places.data_dir / "spool"
    for path in spool_dir.iterdir() if spool_dir.is_dir() else ():
        sizes["job_journals" if path.suffix == ".journal" else "jobs"] += path.stat().st_size
    for kind, size in sizes.items():
        yield Reading(STORED, size, (kind,))
