"""Is the machine held back by heat or a weak power supply? A Raspberry Pi's firmware tells; others do not."""

from __future__ import annotations

from pathlib import Path

FIRMWARE_FILE = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
"""A hexadecimal number, written by the kernel's raspberrypi-firmware driver (drivers/firmware/raspberrypi.c)."""

_BITS = (
    (0, "under_voltage"),
    (1, "frequency_capped"),
    (2, "throttled"),
    (3, "soft_temperature_limit"),
)
"""The bits for "now"; those from 16 on say "at some time since the start" and are no measurement (raspberrypi.com,
documentation of `vcgencmd get_throttled`)."""


def read_throttling(path: Path = FIRMWARE_FILE) -> tuple[str, ...]:
    """What holds the machine back now, of `under_voltage`, `frequency_capped`, `throttled`, `soft_temperature_limit`; may
    block. Raises OSError where there is no such file, ValueError for one that holds something else."""
    bits = int(path.read_text(encoding="ascii").strip() or "0", 16)
    return tuple(word for bit, word in _BITS if bits >> bit & 1)
