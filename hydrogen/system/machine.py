"""Readings of the machine, as the status document words them. All of them may block: call them in a thread.

The shapes are those of the original server's status (facts/hydrogen-original.md 2.2): percentages are strings with three
decimals, sizes are bytes, times of login Unix seconds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

MOST_ENTRIES = 64
"""Interfaces, mounts, users, cores or open files told of; a machine with more is cut short, so that a frame stays a frame."""

UNREADABLE = (OSError, ValueError, LookupError, ArithmeticError, RuntimeError, psutil.Error)
"""What psutil raises where a machine is built unlike those its authors know: containers without /proc/vmstat, sensors that
answer with an empty file. The figure is missing then; nothing else may be."""

_LEFT_OUT = frozenset({"tmpfs", "devtmpfs", "sysfs", "proc", "squashfs"})
"""File systems that hold nothing of ours; squashfs is each installed snap."""

_TEMPERATURES = ("cpu_thermal", "coretemp", "k10temp", "soc_thermal", "acpitz")
"""Sensors of a processor by name, the Pi's first."""


def percent(part: float, whole: float = 100.0) -> str:
    """`"12.345"`, as the interface document's clients parse it."""
    return f"{100.0 * part / whole if whole else 0.0:.3f}"


def read_uname() -> dict[str, str]:
    """The five `system` strings. Does not block."""
    told = os.uname()
    names = ("sysname", "nodename", "release", "version", "machine")
    return {name: clean_text(getattr(told, name)) for name in names}


def read_load() -> dict[str, Any]:
    """Processor and memory: cheap, and nobody's secret. Usage is since the last reading, since the start for the first."""
    one, five, fifteen = psutil.getloadavg()
    cores = psutil.cpu_percent(percpu=True)
    return {
        "cpu_usage": {"total": percent(sum(cores) / len(cores) if cores else 0.0)},
        "cpu_usage_per_core": {f"cpu{number}": percent(used) for number, used in enumerate(cores[:MOST_ENTRIES])},
        "load_1min": f"{one:.3f}",
        "load_5min": f"{five:.3f}",
        "load_15min": f"{fifteen:.3f}",
        "memory": _read_memory(),
    }


def read_details() -> dict[str, Any]:
    """Addresses, mounts, users: for those with the scope `admin`."""
    return {"network": _read_network(), "filesystems": _read_filesystems(), "logged_in_users": _read_users()}


def read_open_files() -> list[dict[str, Any]]:
    """Our own file descriptors: `fd`, `type`, `description`."""
    files = []
    for number in sorted(int(entry.name) for entry in Path("/proc/self/fd").iterdir())[:MOST_ENTRIES]:
        try:
            target = str(Path(f"/proc/self/fd/{number}").readlink())
        except OSError:
            continue  # closed meanwhile, the listing's own descriptor among them
        files.append({"fd": number, "type": _type_of_file(number, target), "description": clean_text(target)})
    return files


def read_process() -> tuple[int, int, int]:
    """Threads, virtual bytes and resident bytes of this process. Does not block: the kernel answers from memory."""
    process = psutil.Process()
    memory = process.memory_info()
    return process.num_threads(), int(memory.vms), int(memory.rss)


def read_cpu_share() -> float:
    """Share of all cores in use since the last call, 0.0 to 1.0."""
    return min(1.0, max(0.0, psutil.cpu_percent() / 100.0))


def read_memory_share() -> float:
    """Share of memory that is not available, 0.0 to 1.0."""
    memory = psutil.virtual_memory()
    return round(1.0 - memory.available / memory.total, 4) if memory.total else 0.0


def read_swap_share() -> float | None:
    """Share of the swap space that is in use, 0.0 to 1.0; None where there is none."""
    swap = psutil.swap_memory()
    return round(swap.used / swap.total, 4) if swap.total else None


def read_disk_free(folder: Path) -> int | None:
    """Bytes that an ordinary user may still write there; None if the folder cannot be asked."""
    try:
        return int(psutil.disk_usage(str(folder)).free)
    except OSError:
        return None


def read_disk_total(folder: Path) -> int | None:
    """Bytes of the file system that it is on; None if the folder cannot be asked."""
    try:
        return int(psutil.disk_usage(str(folder)).total)
    except OSError:
        return None


def read_temperature() -> float | None:
    """The processor's temperature in degrees Celsius; None where the machine has no such sensor."""
    sensors: Mapping[str, Any] = getattr(psutil, "sensors_temperatures", dict)()
    for name in (*_TEMPERATURES, *sorted(sensors)):
        readings = sensors.get(name)
        if readings and readings[0].current is not None:
            return float(readings[0].current)
    return None


def _read_memory() -> dict[str, Any]:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    used = memory.total - memory.available
    told: dict[str, Any] = {
        "total": memory.total,
        "used": used,
        "free": memory.available,
        "used_percent": percent(used, memory.total),
    }
    if swap.total:
        told |= {"swap_total": swap.total, "swap_used": swap.used, "swap_free": swap.free}
        told["swap_used_percent"] = percent(swap.used, swap.total)
    return told


def _read_network() -> Mapping[str, Any]:
    counters = psutil.net_io_counters(pernic=True)
    families = {"AF_INET", "AF_INET6"}
    told: dict[str, Any] = {}
    for name, addresses in sorted(psutil.net_if_addrs().items())[:MOST_ENTRIES]:
        if name == "lo":
            continue
        seen = [clean_text(entry.address) for entry in addresses if getattr(entry.family, "name", "") in families]
        traffic = counters.get(name)
        told[clean_text(name)] = {
            "name": clean_text(name),
            "addresses": seen,
            "rx_bytes": traffic.bytes_recv if traffic else 0,
            "tx_bytes": traffic.bytes_sent if traffic else 0,
        }
    return told


def _read_filesystems() -> Mapping[str, Any]:
    told: dict[str, Any] = {}
    for mount in psutil.disk_partitions()[:MOST_ENTRIES]:
        if mount.fstype in _LEFT_OUT:
            continue
        try:
            usage = psutil.disk_usage(mount.mountpoint)
        except OSError:
            continue  # a medium that was pulled out, or a mount we may not look at
        told[clean_text(mount.mountpoint)] = {
            "device": clean_text(mount.device),
            "mount_point": clean_text(mount.mountpoint),
            "type": clean_text(mount.fstype),
            "total_space": usage.total,
            "used_space": usage.used,
            "available_space": usage.free,
            "used_percent": percent(usage.used, usage.total),
        }
    return told


def _read_users() -> list[dict[str, Any]]:
    return [
        {
            "username": clean_text(user.name),
            "tty": clean_text(user.terminal or ""),
            "host": clean_text(user.host or ""),
            "login_time": int(user.started),
        }
        for user in psutil.users()[:MOST_ENTRIES]
    ]


def _type_of_file(number: int, target: str) -> str:
    if number <= 2:
        return "stdio"
    for prefix, kind in (("socket:", "socket"), ("anon_inode:", "anon_inode"), ("/dev/", "device"), ("/", "file")):
        if target.startswith(prefix):
            return kind
    return "other"


def clean_text(text: str) -> str:
    """Names of the system as valid Unicode: a file name may be any bytes, JSON may not."""
    return text.encode("utf-8", "replace").decode()
