"""What the kernel's w1_therm says of a sensor. Pure.

Source: `Documentation/w1/slaves/w1_therm.rst`. ``w1_slave`` shows the nine bytes of the scratchpad twice, with the verdict on
their checksum and ``t=`` in thousandths of a degree; ``temperature`` the figure alone.

::

    72 01 4b 46 7f ff 0e 10 57 : crc=57 YES
    72 01 4b 46 7f ff 0e 10 57 t=23125
"""

from __future__ import annotations

import re

from hydrogen.devices.sensor import Measurement

IDENTITY = re.compile(r"(?:10|22|28|3b|42)-[0-9a-f]{12}")
"""Family and serial number. The families are DS18S20, DS1822, DS18B20, DS1825 and DS28EA00, as w1_therm knows them."""

POWER_ON_THOUSANDTHS = 85_000
"""The scratchpad of a DS18B20 that has not measured since it got power (data sheet, "power-on reset value")."""

_UNMEASURED_BYTE = 0x0C
"""Byte 6 of the scratchpad then; behind a real measurement of 85 °C it is 0x10 (16 less the last four bits of the figure)."""

_NEAR_THOUSANDTHS = 3_000
"""A sensor that was so near 85 °C the moment before may well be there now."""

_verdict = re.compile(r"crc=[0-9a-f]{2} (YES|NO)").search
_figure = re.compile(r"t=(-?\d{1,7})\b").search
_scratchpad = re.compile(r"(?:[0-9a-f]{2} ){9}").match


def read_w1_slave(text: str, *, before: float | None = None) -> Measurement:
    """The measurement in the text of ``w1_slave``. before: the last good one, in degrees Celsius."""
    verdict, figure = _verdict(text), _figure(text)
    if verdict is None or figure is None:
        return Measurement(value=None, fault="the kernel shows no reading of it")
    if verdict[1] != "YES":
        return Measurement(value=None, fault="the answer was damaged on the wire (CRC)")
    octets = _scratchpad(text)
    marker = int(octets[0].split()[6], 16) if octets else _UNMEASURED_BYTE
    return _measurement(int(figure[1]), may_be_unmeasured=marker == _UNMEASURED_BYTE, before=before)


def read_temperature(text: str, *, before: float | None = None) -> Measurement:
    """The same of ``temperature``, which shows no checksum: the kernel has looked at it."""
    try:
        thousandths = int(text.strip())
    except ValueError:
        return Measurement(value=None, fault="the kernel shows no reading of it")
    return _measurement(thousandths, may_be_unmeasured=True, before=before)


def _measurement(thousandths: int, *, may_be_unmeasured: bool, before: float | None) -> Measurement:
    if thousandths == POWER_ON_THOUSANDTHS and may_be_unmeasured:
        was_near = before is not None and abs(before * 1000 - thousandths) <= _NEAR_THOUSANDTHS
        if not was_near:
            return Measurement(value=None, fault="85 °C is what it says before it has measured")
    return Measurement(value=thousandths / 1000, unit="C")
