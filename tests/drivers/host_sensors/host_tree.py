"""A folder that looks like sysfs."""

from __future__ import annotations

from pathlib import Path

FILES = {
    "class/hwmon/hwmon0/name": "coretemp",
    "class/hwmon/hwmon0/temp1_label": "Package id 0",
    "class/hwmon/hwmon0/temp1_input": "45000",
    "class/hwmon/hwmon0/temp2_input": "43000",
    "class/hwmon/hwmon0/temp10_input": "41000",
    "class/hwmon/hwmon0/in0_input": "1056",
    "class/hwmon/hwmon1/name": "sht3x",
    "class/hwmon/hwmon1/temp1_input": "23512",
    "class/hwmon/hwmon1/humidity1_input": "45210",
    "class/hwmon/hwmon2/name": "fans",
    "class/hwmon/hwmon2/fan1_input": "1450",
    "class/hwmon/hwmon2/power1_input": "6500000",
    "class/hwmon/hwmon2/curr1_input": "1500",
    "class/hwmon/hwmon2/temp1_input": "99000",
    "class/hwmon/hwmon2/temp1_fault": "1",
    "class/thermal/thermal_zone0/type": "cpu_thermal",
    "class/thermal/thermal_zone0/temp": "51540",
    "class/thermal/cooling_device0/type": "Fan",
}


def make_host(root: Path, **more: str) -> Path:
    """more: a file's text by its path, with `__` for `/`."""
    for name, text in (FILES | {name.replace("__", "/"): text for name, text in more.items()}).items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    return root
