"""What stands around a port: its device file, who else has it open, programs that try out ports. May block."""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hydrogen.devices.port_address import parse_port
from hydrogen.devices.port_identity import DeviceTree, path_of
from hydrogen.doctor.evidence import PortFacts

GRABBERS = frozenset({"ModemManager", "brltty"})
"""Programs that open every new serial port to see whether a modem, or a Braille display, is behind it."""

OURS = b"hydrogen"
"""In the command line of every process of ours, the holder of the port first of all."""

MOST_PROCESSES = 4096
NAME_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where to look; other folders are for tests."""

    proc: Path = Path("/proc")
    tree: DeviceTree = field(default_factory=DeviceTree)
    by_id: Path = Path("/dev/serial/by-id")

    def programs(self) -> frozenset[str] | None:
        """Which of GRABBERS run; None where processes cannot be looked at."""
        try:
            return frozenset(name for process in self._processes() if (name := _name_of(process)) in GRABBERS)
        except OSError:
            return None

    def port(self, text: str) -> PortFacts | None:
        """A port as it is configured: a path, or an adapter. None for what is no device of this machine (`tcp://…`)."""
        try:
            address = parse_port(text)
        except ValueError:
            return None
        if not (address.has_device and text):
            return None
        path = path_of(address, self.tree)
        return PortFacts(exists=False) if path is None else self._device(path)

    def _device(self, path: str) -> PortFacts:
        try:
            found = os.stat(path)  # noqa: PTH116
        except OSError:
            return PortFacts(exists=False)
        real = Path(path).resolve()
        return PortFacts(
            exists=stat.S_ISCHR(found.st_mode),
            may_open=os.access(path, os.R_OK | os.W_OK),
            group=_group_of(found.st_gid),
            holders=self._holders(found),
            device=self._device_of(real.name),
            by_id=self._stable_name(real),
        )

    def _holders(self, port: os.stat_result) -> tuple[str, ...] | None:
        found, is_complete = [], True
        try:
            for process in self._processes():
                held = _has_open(process, port)
                is_complete = is_complete and held is not None
                if held and not _is_ours(process):
                    found.append(f"{_name_of(process) or '?'} ({process.name})")
        except OSError:
            return None
        return tuple(sorted(found)) if found or is_complete else None

    def _processes(self) -> Iterator[Path]:
        """Raises OSError."""
        numbered = (entry for entry in self.proc.iterdir() if entry.name.isdecimal())
        for _, entry in zip(range(MOST_PROCESSES), numbered, strict=False):
            yield entry

    def _device_of(self, name: str) -> str:
        """The adapter's place in the tree of USB devices: the last part of its path that is one (`1-1.2`)."""
        parts = (self.tree.ttys / name / "device").resolve().parts
        return next((part for part in reversed(parts) if _is_place(part)), "")

    def _stable_name(self, real: Path) -> str:
        try:
            links = sorted(self.by_id.iterdir())
        except OSError:
            return ""
        return next((str(link) for link in links if link.resolve() == real), "")


def _has_open(process: Path, port: os.stat_result) -> bool | None:
    """None where its descriptors may not be looked at."""
    try:
        for descriptor in (process / "fd").iterdir():
            try:
                held = descriptor.stat()
            except OSError:
                continue  # closed meanwhile
            if stat.S_ISCHR(held.st_mode) and held.st_rdev == port.st_rdev:
                return True
    except PermissionError:
        return None
    except OSError:
        pass  # it has ended
    return False


def _is_ours(process: Path) -> bool:
    if process.name == str(os.getpid()):
        return True
    try:
        return OURS in (process / "cmdline").read_bytes()
    except OSError:
        return False


def _name_of(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()[:NAME_LENGTH]
    except OSError:
        return ""


def _is_place(part: str) -> bool:
    """`1-1.2`, and not `1-1.2:1.0`, which is one of its interfaces."""
    bus, dash, place = part.partition("-")
    return bool(dash) and bus.isdecimal() and place.replace(".", "").isdecimal()


def _group_of(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
