"""Is the machine held back by heat or a weak power supply? A Raspberry Pi's firmware tells; others do not.

Three ways lead to it, and not every system has each: a file of the firmware's driver, `vcgencmd get_throttled` (needs the group
`video`), and the kernel's own voltage sensor (driver `rpi_volt`), which remembers a dip until it is looked at. The first two
tell the same 32 bits; the third one is asked beside them.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hydrogen.core.log import Log

FIRMWARE_FILE = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
"""A hexadecimal number, written by the kernel's raspberrypi-firmware driver (drivers/firmware/raspberrypi.c)."""

SENSORS = Path("/sys/class/hwmon")
"""One folder a sensor; `name` in it says which."""

VOLTAGE_SENSOR = "rpi_volt"
"""drivers/hwmon/raspberrypi-hwmon.c: `in0_lcrit_alarm` is 1 after a poll (every 2 s) that found an under-voltage."""

VCGENCMD = ("vcgencmd", "get_throttled")

VCGENCMD_SECONDS = 2.0
"""It answers within milliseconds; a firmware that hangs must not hold up the thread that measures."""

_BITS = (
    (0, "under_voltage"),
    (1, "frequency_capped"),
    (2, "throttled"),
    (3, "soft_temperature_limit"),
)
"""The bits for "now"; those from 16 on say "at some time since the start" (raspberrypi.com, documentation of
`vcgencmd get_throttled`)."""

_SINCE_BOOT = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttling:
    """What holds the machine back now, and what has done so since it was switched on; words as in HostState."""

    now: tuple[str, ...] = ()
    since_boot: tuple[str, ...] = ()


def throttling_from_bits(bits: int) -> Throttling:
    """What the firmware's number means; bits that nobody has described are left out."""
    return Throttling(
        now=tuple(word for bit, word in _BITS if bits >> bit & 1),
        since_boot=tuple(word for bit, word in _BITS if bits >> bit + _SINCE_BOOT & 1),
    )


def bits_from_text(text: str) -> int:
    """`throttled=0x50005`, or the number alone. Raises ValueError."""
    bits = int(text.strip().rpartition("=")[2] or "0", 16)
    if bits < 0:
        raise ValueError(f"no bits: {text!r}")
    return bits


def run_vcgencmd(command: Sequence[str] = VCGENCMD) -> str:
    """What it prints. Raises OSError where there is none or it may not; ValueError when it complains."""
    try:
        ended = subprocess.run(command, capture_output=True, timeout=VCGENCMD_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{command[0]} did not answer within {VCGENCMD_SECONDS:g} s") from error
    said = (ended.stdout or ended.stderr).decode("utf-8", "replace").strip()
    if ended.returncode:
        raise OSError(f"{command[0]} ended with code {ended.returncode}: {said[:200]}")
    return said


@dataclass(slots=True)
class ThrottlingReader:
    """`read` may block. A source that fails is given up, with one line in the log, and not asked again."""

    log: Log
    firmware_file: Path = FIRMWARE_FILE
    sensors: Path = SENSORS
    ask: Callable[[], str] | None = None
    """vcgencmd, or what stands for it; None looks for the program."""
    _sources: list[Callable[[], str]] | None = field(default=None, init=False)
    _alarm: Path | None = field(default=None, init=False)

    def read(self) -> Throttling | None:
        """None on a machine that does not tell."""
        if self._sources is None:
            self._sources = self._find()
            self._alarm = find_voltage_alarm(self.sensors)
        found = self._read_bits()
        has_alarm = self._has_alarm()
        if found is None and has_alarm is None:
            return None
        told = throttling_from_bits(found or 0)
        if has_alarm and "under_voltage" not in told.now:
            told = Throttling(now=("under_voltage", *told.now), since_boot=told.since_boot)
        return told

    def _find(self) -> list[Callable[[], str]]:
        sources: list[Callable[[], str]] = []
        if self.firmware_file.exists():
            sources.append(lambda: self.firmware_file.read_text(encoding="ascii"))
        if self.ask is not None:
            sources.append(self.ask)
        elif shutil.which(VCGENCMD[0]):
            sources.append(run_vcgencmd)
        return sources

    def _read_bits(self) -> int | None:
        while self._sources:
            try:
                return bits_from_text(self._sources[0]())
            except (OSError, ValueError) as error:
                self.log.info("throttling not told", reason=str(error)[:200])
                self._sources.pop(0)
        return None

    def _has_alarm(self) -> bool | None:
        if self._alarm is None:
            return None
        try:
            return self._alarm.read_text(encoding="ascii").strip() == "1"
        except (OSError, ValueError) as error:
            self.log.info("voltage sensor not told", reason=str(error)[:200])
            self._alarm = None
            return None


def find_voltage_alarm(sensors: Path = SENSORS) -> Path | None:
    """The file of the kernel's under-voltage alarm, if this machine has one."""
    try:
        folders = sorted(sensors.iterdir())
    except OSError:
        return None
    return next((folder / "in0_lcrit_alarm" for folder in folders if _name_of(folder) == VOLTAGE_SENSOR), None)


def _name_of(sensor: Path) -> str:
    try:
        return (sensor / "name").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
