"""Which adapter a serial port is, whatever the kernel calls it today.

`/dev/ttyUSB0` is a place in a queue: after a short circuit on the bus the same adapter may come back as `ttyUSB1`, and another
printer as `ttyUSB0`. What stays is the adapter's USB serial number, and where it has none, the socket that it is plugged into.
Both stand in sysfs (Documentation/ABI/stable/sysfs-bus-usb: `idVendor`, `idProduct`, `serial`; `bInterfaceNumber` tells the
ports of one adapter apart). A pty, a UART on the board and a network port have no identity: there the configured name is all
there is.

As text, for the journal: `usb:1a86:7523:SERIAL:00` or, without a serial number, `usb-socket:1a86:7523:1-1.2:00`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SYSFS = Path("/sys")
DEVICES = Path("/dev")

_LEVELS = 6
"""From a tty up to its USB device there are two or three folders."""

_KINDS = ("ttyUSB*", "ttyACM*")
"""The names that the kernel gives to serial ports on USB (usb-serial, cdc-acm)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortIdentity:
    """One port of one USB adapter. serial is empty where the adapter has none; then the socket stands for it.

    socket: the kernel's name of the place, `1-1.2`: bus 1, port 1, port 2 of the hub there.
    """

    vendor: str
    product: str
    serial: str
    socket: str
    interface: str

    def __str__(self) -> str:
        if self.serial:
            return f"usb:{self.vendor}:{self.product}:{self.serial}:{self.interface}"
        return f"usb-socket:{self.vendor}:{self.product}:{self.socket}:{self.interface}"


def identity_of(path: str, *, sysfs: Path = SYSFS) -> PortIdentity | None:
    """The identity of the port at `path` (symbolic links are followed); None where it has none. Blocks, shortly."""
    try:
        name = Path(path).resolve().name
        folder = (sysfs / "class" / "tty" / name / "device").resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    interface = ""
    for _ in range(_LEVELS):
        interface = interface or _text(folder / "bInterfaceNumber")
        vendor = _text(folder / "idVendor")
        if vendor:
            return PortIdentity(
                vendor=vendor,
                product=_text(folder / "idProduct"),
                serial=_text(folder / "serial"),
                socket=folder.name,
                interface=interface,
            )
        folder = folder.parent
    return None


def find_port(identity: str, configured: str, *, sysfs: Path = SYSFS, devices: Path = DEVICES) -> str | None:
    """The path of the port that `identity` names, now; None while it is not there. Blocks, shortly.

    configured: the name that the port was opened by. It is preferred where it is the right one, and it is all that counts where
    there is no identity. Of two ports with one serial number (clones that share it) the configured one is the right one, else
    neither is.
    """
    if not identity or str(identity_of(configured, sysfs=sysfs)) == identity:
        return configured
    found = [
        str(devices / entry.name)
        for kind in _KINDS
        for entry in sorted((sysfs / "class" / "tty").glob(kind))
        if str(identity_of(str(devices / entry.name), sysfs=sysfs)) == identity
    ]
    return found[0] if len(found) == 1 else None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
