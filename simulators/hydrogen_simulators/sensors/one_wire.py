"""The files that Linux shows for 1-Wire temperature sensors, as text. Pure.

Source: the kernel's ``Documentation/w1/slaves/w1_therm.rst``: a folder for each sensor, named by family and serial number
(``28-000005e2fdc3``), with ``w1_slave`` (nine bytes of scratchpad twice, the CRC's verdict, ``t=`` in thousandths of a degree),
``temperature`` (the same figure alone) and ``name``; beside them ``w1_bus_master1`` with the list of its sensors.
"""

from __future__ import annotations

import re
from enum import Enum

_IDENTITY = re.compile(r"(10|22|28|3b|42)-[0-9a-f]{12}")

POWER_ON_CELSIUS = 85.0
"""What a DS18B20 shows when it was asked before it had measured: a famous ghost in every plot."""


class SensorFault(Enum):
    """What 1-Wire sensors are known for."""

    NONE = ""
    CHECKSUM = "crc"
    """The answer was damaged on the wire: ``NO``, and a figure that must not be believed."""
    POWER_ON = "power-on"
    """85 °C, with a right checksum."""
    GONE = "gone"
    """Its folder is not there any more."""


def check_identity(identity: str) -> str:
    """``identity`` if it is one of a temperature sensor; raises ValueError."""
    if not _IDENTITY.fullmatch(identity):
        raise ValueError(
            f"{identity!r} is no 1-Wire thermometer: expected like 28-000005e2fdc3 (family 10, 22, 28, 3b or 42)"
        )
    return identity


def crc8(data: bytes) -> int:
    """The Dallas/Maxim CRC (polynomial x^8 + x^5 + x^4 + 1, reflected) of a scratchpad."""
    crc = 0
    for byte in data:
        for _ in range(8):
            bit = (crc ^ byte) & 1
            crc >>= 1
            if bit:
                crc ^= 0x8C
            byte >>= 1
    return crc


def sensor_files(identity: str, celsius: float, fault: SensorFault = SensorFault.NONE) -> dict[str, str]:
    """Name and text of each file in the sensor's folder; empty if it is gone."""
    if fault is SensorFault.GONE:
        return {}
    shown = POWER_ON_CELSIUS if fault is SensorFault.POWER_ON else celsius
    raw = round(shown * 16)
    scratchpad = (raw & 0xFFFF).to_bytes(2, "little") + bytes((0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10))
    right = crc8(scratchpad)
    given = right ^ 0x5A if fault is SensorFault.CHECKSUM else right
    octets = " ".join(f"{byte:02x}" for byte in (*scratchpad, given))
    verdict = "YES" if given == right else "NO"
    thousandths = raw * 1000 // 16
    return {
        "w1_slave": f"{octets} : crc={right:02x} {verdict}\n{octets} t={thousandths}\n",
        "temperature": f"{thousandths}\n",
        "name": f"{identity}\n",
    }
