"""Which serial ports this machine has, what they are, what to write as `port`, and which printer uses them.

Looking opens nothing and sends nothing: a port that is opened may reset the board behind it. So what is behind a port is a
guess from what the adapter says of itself. A simulator is never among them: a pty is no serial port of the machine.

**What to write** (`bind`): the adapter's serial number, wherever it is plugged in. Several adapters without one, or with the
same (clones), cannot be told apart by it; then the socket stands for the adapter, and `note` says that it has to stay there.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from hydrogen.devices.port_address import parse_port
from hydrogen.devices.port_identity import (
    DeviceTree,
    IdentifiedPort,
    identified_ports,
    path_of,
    read_fact,
    tty_name,
)
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.fleet.usb_ids import LikelyKind, title_of

PORTS_MOST = 64
"""More are not told; no host has so many printers."""

_ON_BOARD = ("ttyAMA*", "ttyS*", "ttymxc*", "ttyTHS*")
"""UARTs of the machine itself (Raspberry Pi: ttyAMA, ttyS)."""

_NO_UART = "0"
"""What /sys/class/tty/ttyS*/type says of a port that exists in the driver's table only (PORT_UNKNOWN, serial_core.h)."""


class BoundBy(StrEnum):
    """What tells a port apart from the others."""

    SERIAL_NUMBER = "serial_number"
    SOCKET = "socket"
    PATH = "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPort:
    """path: the device now. bind: what to write as `port`; note: why it is not the serial number, empty where it is.

    identity, vendor, product, serial_number, socket: of an adapter, else empty. by_id, by_path: udev's links, where it makes
    any. words: what the adapter calls itself. driver: the kernel's. kind, title: what it probably is. printer: who is
    configured to use it, if anybody; advice: what that one should rather write, if anything.
    """

    path: str
    bind: str
    bound_by: BoundBy
    note: str = ""
    identity: str = ""
    vendor: str = ""
    product: str = ""
    serial_number: str = ""
    socket: str = ""
    by_id: str = ""
    by_path: str = ""
    words: str = ""
    driver: str = ""
    kind: LikelyKind = LikelyKind.UNKNOWN
    title: str = ""
    printer: str | None = None
    advice: str = ""


class PortDesk:
    """The machine's ports, seen from a configuration."""

    def __init__(self, printers: Sequence[ConfiguredPrinter], tree: DeviceTree | None = None) -> None:
        self._ports = {printer.name: printer.port for printer in printers}
        self._tree = tree or DeviceTree()

    async def look(self) -> Sequence[FoundPort]:
        """The ports of this moment, in a thread."""
        return await asyncio.to_thread(found_ports, self._ports, self._tree)


def found_ports(printers: Mapping[str, str], tree: DeviceTree) -> tuple[FoundPort, ...]:
    """printers: what is configured as `port`, by name. Blocks for some milliseconds."""
    users = dict(_users(printers, tree))
    links = {kind: dict(_links(tree, kind)) for kind in ("by-id", "by-path")}
    on_usb = list(identified_ports(tree))
    crowd = _Crowd(on_usb)
    found = [_on_usb(port, crowd, links, tree) for port in on_usb] + [_on_board(name, tree) for name in _uarts(tree)]
    return tuple(_with_user(port, users, printers, tree) for port in found[:PORTS_MOST])


class _Crowd:
    """How many adapters are alike."""

    def __init__(self, ports: Sequence[IdentifiedPort]) -> None:
        self.identities = Counter(str(port.identity) for port in ports)
        self.models = Counter((port.identity.vendor, port.identity.product, port.identity.serial) for port in ports)
        self.sockets = Counter(port.identity.socket for port in ports)


def _with_user(port: FoundPort, users: Mapping[str, str], printers: Mapping[str, str], tree: DeviceTree) -> FoundPort:
    printer = users.get(tty_name(port.path, tree))
    if printer is None:
        return port
    is_fleeting = port.bound_by is not BoundBy.PATH and is_fleeting_name(printers[printer])
    advice = (
        f"{printers[printer]} may be another adapter tomorrow: write {port.bind!r} for {printer}" if is_fleeting else ""
    )
    return replace(port, printer=printer, advice=advice)


def _on_usb(port: IdentifiedPort, crowd: _Crowd, links: Mapping[str, Mapping[str, str]], tree: DeviceTree) -> FoundPort:
    identity = port.identity
    has_number = bool(identity.serial) and crowd.identities[str(identity)] == 1
    name = str(identity) if has_number else identity.by_socket
    equals = crowd.models[identity.vendor, identity.product, identity.serial]
    known = title_of(identity.vendor, identity.product)
    return FoundPort(
        path=port.path,
        bind=name.removesuffix(":00") if crowd.sockets[identity.socket] == 1 else name,
        bound_by=BoundBy.SERIAL_NUMBER if has_number else BoundBy.SOCKET,
        note="" if has_number else _note(port, equals),
        identity=str(identity),
        vendor=identity.vendor,
        product=identity.product,
        serial_number=identity.serial,
        socket=identity.socket,
        by_id=links["by-id"].get(port.name, ""),
        by_path=links["by-path"].get(port.name, ""),
        words=" ".join(filter(None, (read_fact(port.folder / "manufacturer"), read_fact(port.folder / "product")))),
        driver=_driver(port.name, tree),
        kind=known.kind,
        title=known.title,
    )


def _note(port: IdentifiedPort, equal_count: int) -> str:
    what = "has the same serial number as another one" if port.identity.serial else "has no serial number"
    others = f" ({equal_count} like it are plugged in)" if equal_count > 1 and not port.identity.serial else ""
    return f"this adapter {what}{others}: it is known by its socket {port.identity.socket}, so it must stay there"


def _on_board(name: str, tree: DeviceTree) -> FoundPort:
    path = str(tree.devices / name)
    return FoundPort(
        path=path,
        bind=path,
        bound_by=BoundBy.PATH,
        driver=_driver(name, tree),
        kind=LikelyKind.UART,
        title="serial port of this machine",
    )


def _uarts(tree: DeviceTree) -> Iterator[str]:
    for kind in _ON_BOARD:
        for entry in sorted(tree.ttys.glob(kind)):
            if read_fact(entry / "type") != _NO_UART and (tree.devices / entry.name).exists():
                yield entry.name


def _driver(name: str, tree: DeviceTree) -> str:
    try:
        return (tree.ttys / name / "device" / "driver").resolve(strict=True).name
    except (OSError, RuntimeError):
        return ""


def _links(tree: DeviceTree, kind: str) -> Iterator[tuple[str, str]]:
    """Kernel name → udev's link."""
    try:
        entries = sorted((tree.devices / "serial" / kind).iterdir())
    except OSError:
        return
    for entry in entries:
        yield tty_name(str(entry), tree), str(entry)


def _users(printers: Mapping[str, str], tree: DeviceTree) -> Iterator[tuple[str, str]]:
    """Kernel name → the printer that is configured to use that port."""
    for name, port in printers.items():
        try:
            address = parse_port(port)
        except ValueError:
            continue
        path = path_of(address, tree) if address.has_device and port else None
        if path is not None:
            yield tty_name(path, tree), name


def is_fleeting_name(port: str) -> bool:
    """Does the configuration name a port by a number that the kernel gives anew (`/dev/ttyUSB0`)?"""
    return port.startswith("/") and Path(port).name.startswith(("ttyUSB", "ttyACM"))
