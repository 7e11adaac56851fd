"""Which adapter a serial port is, whatever the kernel calls it today.

`/dev/ttyUSB0` is a place in a queue: after a short circuit on the bus the same adapter may come back as `ttyUSB1`, and another
printer as `ttyUSB0`. What stays is the adapter's USB serial number, and where it has none, the socket that it is plugged into.
Both stand in sysfs (Documentation/ABI/stable/sysfs-bus-usb: `idVendor`, `idProduct`, `serial`; `bInterfaceNumber` tells the
ports of one adapter apart). A pty, a UART on the board and a network port have no identity: there the configured name is all
there is.

As text, for the configuration and the journal: `usb:1a86:7523:SERIAL:00` or, without a serial number,
`usb-socket:1a86:7523:1-1.2:00`.

Everything here looks into two folders, blocks for as long as that takes (well below a millisecond), and keeps nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hydrogen.devices.port_address import USB_SOCKET, PortAddress, PortKind, parse_port
from hydrogen.errors import PortMissing, PortUnusable

_LEVELS = 6
"""From a tty up to its USB device there are two or three folders."""

_LINKS = 8
"""Of a chain of symbolic links; udev makes one."""

_KINDS = ("ttyUSB*", "ttyACM*")
"""The names that the kernel gives to serial ports on USB (usb-serial, cdc-acm)."""


@dataclass(frozen=True, slots=True)
class DeviceTree:
    """Where the kernel shows its devices. Another one than the machine's own is for tests and for containers."""

    devices: Path = Path("/dev")
    sysfs: Path = Path("/sys")

    @property
    def ttys(self) -> Path:
        """A folder for every tty that the kernel knows."""
        return self.sysfs / "class" / "tty"


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
        return self.by_socket

    @property
    def by_socket(self) -> str:
        """The place alone: what is left where several adapters have one serial number, or none."""
        return f"{USB_SOCKET}:{self.vendor}:{self.product}:{self.socket}:{self.interface}"

    def is_meant_by(self, address: PortAddress) -> bool:
        """Is this an adapter that `address` (of the kind ADAPTER) names? The interface may be left out there."""
        if (self.vendor, self.product) != (address.vendor, address.product):
            return False
        own = self.socket if address.by == USB_SOCKET else self.serial
        return address.rest in ("", own, f"{own}:{self.interface}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifiedPort:
    """A serial port on USB that is there now. folder: of its USB device in sysfs."""

    name: str
    path: str
    identity: PortIdentity
    folder: Path


def identity_of(path: str, tree: DeviceTree | None = None) -> PortIdentity | None:
    """The identity of the port at `path` (symbolic links are followed); None where it has none."""
    tree = tree or DeviceTree()
    found = _identified(tty_name(path, tree), tree)
    return None if found is None else found.identity


def tty_name(path: str, tree: DeviceTree) -> str:
    """What the kernel calls the device that this name leads to now."""
    place = Path(path)
    for _ in range(_LINKS):
        if place.parent == tree.devices and (tree.ttys / place.name).exists():
            break
        try:
            place = Path(os.path.normpath(place.parent / place.readlink()))
        except OSError:
            break
    return place.name


def identified_ports(tree: DeviceTree) -> Iterator[IdentifiedPort]:
    """All serial ports on USB, in the order of their names."""
    for kind in _KINDS:
        for entry in sorted(tree.ttys.glob(kind)):
            found = _identified(entry.name, tree)
            if found is not None:
                yield found


def find_port(identity: str, configured: str, tree: DeviceTree | None = None) -> str | None:
    """The path of the port that `identity` names, now; None while it is not there.

    configured: the name that the port was opened by. It is preferred where it is the right one, and it is all that counts where
    there is no identity. Of two ports with one serial number (clones that share it) the configured one is the right one, else
    neither is.
    """
    tree = tree or DeviceTree()
    if not identity:
        return configured
    named = path_of(parse_port(configured), tree)
    if named is not None and str(identity_of(named, tree)) == identity:
        return named
    found = [port.path for port in identified_ports(tree) if str(port.identity) == identity]
    return found[0] if len(found) == 1 else None


def path_of(address: PortAddress, tree: DeviceTree) -> str | None:
    """Where the port is now; None while it is not there, or while more than one adapter is meant."""
    if address.kind is not PortKind.ADAPTER:
        return address.text
    meant = _meant_by(address, tree)
    return meant[0].path if len(meant) == 1 else None


def resolve_port(address: PortAddress, tree: DeviceTree) -> str:
    """Where the port is now. Raises PortMissing for an adapter that is not there, PortUnusable where several are meant."""
    path = path_of(address, tree)
    if path is not None:
        return path
    meant = _meant_by(address, tree)
    if not meant:
        raise PortMissing(f"there is no adapter {address.text}: is the cable plugged in?", port=address.text)
    each = ", ".join(f"{port.identity.by_socket} ({port.name})" for port in meant)
    raise PortUnusable(
        f"{len(meant)} adapters answer to {address.text}, and none has a serial number that tells them apart: name the "
        f"printer's by the socket that it stays in: {each}",
        port=address.text,
    )


def presence_of(address: PortAddress, tree: DeviceTree) -> tuple[object, ...] | None:
    """Something that changes whenever the port comes (again); None while it is away. What is no device shows nothing: it is
    always there."""
    if not address.has_device:
        return ()
    path = path_of(address, tree)
    if path is None:
        return None
    try:
        facts, entry = Path(path).stat(), Path(path).lstat()
    except OSError:
        return None
    return path, entry.st_ino, facts.st_dev, facts.st_ino, facts.st_rdev


def _meant_by(address: PortAddress, tree: DeviceTree) -> list[IdentifiedPort]:
    return [port for port in identified_ports(tree) if port.identity.is_meant_by(address)]


def _identified(name: str, tree: DeviceTree) -> IdentifiedPort | None:
    try:
        folder = (tree.ttys / name / "device").resolve(strict=True)
    except (OSError, RuntimeError):
        return None
    interface = ""
    for _ in range(_LEVELS):
        interface = interface or read_fact(folder / "bInterfaceNumber")
        vendor = read_fact(folder / "idVendor")
        if vendor:
            identity = PortIdentity(
                vendor=vendor,
                product=read_fact(folder / "idProduct"),
                serial=read_fact(folder / "serial"),
                socket=folder.name,
                interface=interface,
            )
            return IdentifiedPort(name=name, path=str(tree.devices / name), identity=identity, folder=folder)
        folder = folder.parent
    return None


def read_fact(file: Path) -> str:
    """What sysfs says there, without its line end; empty where it says nothing."""
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
