"""Our processes as the kernel sees them: the service and the spoolers of its printers. Everything here may block."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from hydrogen.spooler.wire.address import RuntimeFiles
from hydrogen.system import machine


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFigures:
    """cpu_seconds since its start; written_bytes as they went to a disk, None where the kernel does not tell."""

    threads: int
    resident_bytes: int
    cpu_seconds: float
    open_files: int
    written_bytes: int | None = None


def read_process(pid: int | None = None) -> ProcessFigures | None:
    """Of the process with this pid, or of this one; None if it is gone, or not ours to look at."""
    try:
        process = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            return ProcessFigures(
                threads=process.num_threads(),
                resident_bytes=int(process.memory_info().rss),
                cpu_seconds=times.user + times.system,
                open_files=process.num_fds(),
                written_bytes=_written_bytes(process),
            )
    except machine.UNREADABLE:
        return None


def read_spoolers(runtime_dir: Path, printers: Iterable[str]) -> Mapping[str, ProcessFigures]:
    """Of the processes that hold these printers: a spooler writes its pid into its lock. A pid that was given to somebody else
    meanwhile is not taken for one: its command line says whom it serves."""
    found = {}
    for name in printers:
        pid = _pid_in(RuntimeFiles(runtime_dir, name).lock)
        if pid is None or pid == os.getpid() or not _is_spooler(pid, name):
            continue
        figures = read_process(pid)
        if figures is not None:
            found[name] = figures
    return found


def _written_bytes(process: psutil.Process) -> int | None:
    try:
        return int(process.io_counters().write_bytes)
    except (AttributeError, *machine.UNREADABLE):
        return None


def _pid_in(lock: Path) -> int | None:
    try:
        return int(lock.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None


def _is_spooler(pid: int, name: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return name.encode() in words
