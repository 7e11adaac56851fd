"""What stands after `port =`: a device file, an adapter by what it is, or a bridge on the network.

=============================== ========================================================================================
`/dev/ttyUSB0`, `/dev/serial/…` a device file; the stable links below /dev/serial lead to whatever the kernel calls it today
`usb:1a86:7523:SERIAL`          the USB adapter with this vendor, product and serial number, in whatever socket; `:00` behind
                                it names one interface of an adapter that has several ports
`usb:1a86:7523`                 the only adapter with these two numbers
`usb-socket:1a86:7523:1-1.2`    such an adapter, but only in this socket: for those without a serial number of their own
`tcp://host:port`               a bridge that passes bytes on as they are (ser2net `raw`, ESP-Link, ESP3D)
`rfc2217://host:port`           one that can also be told the speed (ser2net `telnet,rfc2217`)
`virtual:`                      a printer that is not there: `hydrogen-sim`, started by whoever opens the port and gone with it
`virtual:persona=NAME,speed=N`  the same with another firmware (`hydrogen-sim personas`) or faster (printer seconds per
                                second, or `max`)
=============================== ========================================================================================

Pure. The names of adapters are those of port_identity.py, which finds them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

USB, USB_SOCKET, VIRTUAL = "usb", "usb-socket", "virtual"

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_HOST_AND_PORT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})/?")
_VIRTUAL = re.compile(
    r"(?:persona=(?P<persona>[a-z0-9][a-z0-9._-]{0,39})(?:,(?=s)|$))?(?:speed=(?P<speed>max|[0-9]{1,6}(?:\.[0-9]{1,3})?))?"
)
_ADAPTER = re.compile(rf"({USB}|{USB_SOCKET}):([0-9a-f]{{4}}):([0-9a-f]{{4}})(?::([!-~](?:[ -~]{{0,126}}[!-~])?))?")


class PortKind(Enum):
    """How to get to the printer."""

    DEVICE = "device"
    ADAPTER = "adapter"
    TCP = "tcp"
    RFC2217 = "rfc2217"
    VIRTUAL = "virtual"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortAddress:
    """A port as it was written. host, number: of a bridge on the network. by, vendor, product, rest: of an adapter; by is
    USB or USB_SOCKET, rest its serial number or socket and perhaps its interface. persona, speed: of a virtual printer, empty
    for its own."""

    text: str
    kind: PortKind
    host: str = ""
    number: int = 0
    by: str = ""
    vendor: str = ""
    product: str = ""
    rest: str = ""
    persona: str = ""
    speed: str = ""

    @property
    def has_device(self) -> bool:
        """Is it a device of this machine, that comes and goes, and that others may hold?"""
        return self.kind in (PortKind.DEVICE, PortKind.ADAPTER)

    @property
    def is_network(self) -> bool:
        """Is there a network between us and the printer's wire?"""
        return self.kind in (PortKind.TCP, PortKind.RFC2217)


def parse_port(text: str) -> PortAddress:
    """Raises ValueError with what was expected."""
    scheme = _SCHEME.fullmatch(text)
    if scheme is not None:
        return _parse_network(text, scheme[1].lower(), scheme[2])
    if text.startswith((f"{USB}:", f"{USB_SOCKET}:")):
        return _parse_adapter(text)
    if text.startswith(f"{VIRTUAL}:"):
        return _parse_virtual(text)
    if "\0" in text:
        raise ValueError("a path without a NUL")
    return PortAddress(text=text, kind=PortKind.DEVICE)


def _parse_network(text: str, scheme: str, place: str) -> PortAddress:
    try:
        kind = {"tcp": PortKind.TCP, "rfc2217": PortKind.RFC2217}[scheme]
    except KeyError:
        raise ValueError("tcp:// or rfc2217://, or a device below /dev") from None
    found = _HOST_AND_PORT.fullmatch(place)
    if found is None or not 0 < int(found[3]) < 65536:
        raise ValueError(f"{scheme}://host:port with a port from 1 to 65535 (an IPv6 address in brackets)")
    return PortAddress(text=text, kind=kind, host=found[1] or found[2], number=int(found[3]))


def _parse_adapter(text: str) -> PortAddress:
    found = _ADAPTER.fullmatch(text)
    if found is None or (found[1] == USB_SOCKET and not found[4]):
        raise ValueError(
            "usb:VENDOR:PRODUCT:SERIAL, usb:VENDOR:PRODUCT or usb-socket:VENDOR:PRODUCT:SOCKET, vendor and product as four "
            "small hexadecimal digits (hydrogen ports shows them)"
        )
    return PortAddress(
        text=text, kind=PortKind.ADAPTER, by=found[1], vendor=found[2], product=found[3], rest=found[4] or ""
    )


def _parse_virtual(text: str) -> PortAddress:
    found = _VIRTUAL.fullmatch(text.removeprefix(f"{VIRTUAL}:"))
    if found is None or (found["speed"] not in (None, "max") and not float(found["speed"])):
        raise ValueError(
            "virtual:, virtual:persona=NAME, virtual:speed=N or both with a comma; N is a number above 0 or max (hydrogen-sim "
            "personas lists the names)"
        )
    return PortAddress(text=text, kind=PortKind.VIRTUAL, persona=found["persona"] or "", speed=found["speed"] or "")
