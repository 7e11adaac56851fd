"""What a USB port's vendor and product numbers say about what hangs on it.

Sources: the tables of the Linux drivers (drivers/usb/serial/ch341.c, cp210x.c, ftdi_sio_ids.h, pl2303.h), the public list
usb.ids, and the descriptors that firmwares for printers give themselves (Marlin's LPC1768 and STM32 frameworks, Prusa's board
files). An adapter is on printers and on anything else; who wants to be sure asks the printer.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class LikelyKind(StrEnum):
    """What probably is behind a port."""

    PRINTER = "printer"
    BOARD = "board"
    ADAPTER = "adapter"
    UART = "uart"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class UsbTitle:
    """kind: PRINTER for numbers that only printers have, BOARD for a microcontroller that speaks for itself, ADAPTER for a chip
    between USB and a serial wire."""

    kind: LikelyKind
    title: str


_PRODUCTS = MappingProxyType(
    {
        ("2c99", "0001"): UsbTitle(LikelyKind.PRINTER, "Original Prusa i3 MK2"),
        ("2c99", "0002"): UsbTitle(LikelyKind.PRINTER, "Original Prusa i3 MK3"),
        ("2c99", "000c"): UsbTitle(LikelyKind.PRINTER, "Original Prusa MINI"),
        ("27b1", "0001"): UsbTitle(LikelyKind.PRINTER, "RAMBo"),
        ("1d50", "6015"): UsbTitle(LikelyKind.PRINTER, "Smoothieboard"),
        ("1d50", "6029"): UsbTitle(LikelyKind.PRINTER, "Marlin on an LPC1768"),
        ("0483", "5740"): UsbTitle(LikelyKind.BOARD, "STM32 virtual COM port"),
        ("1eaf", "0004"): UsbTitle(LikelyKind.BOARD, "STM32 with the Maple core"),
        ("16c0", "0483"): UsbTitle(LikelyKind.BOARD, "Teensyduino (Printrboard)"),
        ("2341", "0010"): UsbTitle(LikelyKind.BOARD, "Arduino Mega 2560"),
        ("2341", "0042"): UsbTitle(LikelyKind.BOARD, "Arduino Mega 2560 R3"),
        ("2341", "003d"): UsbTitle(LikelyKind.BOARD, "Arduino Due programming port"),
        ("2a03", "0042"): UsbTitle(LikelyKind.BOARD, "Arduino Mega 2560"),
        ("303a", "1001"): UsbTitle(LikelyKind.BOARD, "ESP32 USB port"),
        ("2e8a", "000a"): UsbTitle(LikelyKind.BOARD, "RP2040 board"),
        ("1a86", "7523"): UsbTitle(LikelyKind.ADAPTER, "CH340 adapter"),
        ("1a86", "5523"): UsbTitle(LikelyKind.ADAPTER, "CH341 adapter"),
        ("1a86", "55d4"): UsbTitle(LikelyKind.ADAPTER, "CH9102 adapter"),
        ("10c4", "ea60"): UsbTitle(LikelyKind.ADAPTER, "CP210x adapter"),
        ("0403", "6001"): UsbTitle(LikelyKind.ADAPTER, "FT232R adapter"),
        ("0403", "6015"): UsbTitle(LikelyKind.ADAPTER, "FT231X adapter"),
        ("0403", "6010"): UsbTitle(LikelyKind.ADAPTER, "FT2232 adapter"),
        ("067b", "2303"): UsbTitle(LikelyKind.ADAPTER, "PL2303 adapter"),
    }
)

_VENDORS = MappingProxyType(
    {
        "2c99": UsbTitle(LikelyKind.PRINTER, "Prusa printer"),
        "27b1": UsbTitle(LikelyKind.BOARD, "UltiMachine board"),
        "2341": UsbTitle(LikelyKind.BOARD, "Arduino board"),
        "2a03": UsbTitle(LikelyKind.BOARD, "Arduino board"),
        "0403": UsbTitle(LikelyKind.ADAPTER, "FTDI adapter"),
        "10c4": UsbTitle(LikelyKind.ADAPTER, "Silicon Labs adapter"),
        "1a86": UsbTitle(LikelyKind.ADAPTER, "WCH adapter"),
    }
)


def title_of(vendor: str, product: str) -> UsbTitle:
    """Of a port on USB; UNKNOWN without a title for numbers that are in no table."""
    return _PRODUCTS.get((vendor, product)) or _VENDORS.get(vendor) or UsbTitle(LikelyKind.UNKNOWN, "")
