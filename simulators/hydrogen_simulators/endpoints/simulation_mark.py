"""How a port tells that a simulator is behind it: a name in the kernel that lives exactly as long as the simulator does.

A virtual printer binds an abstract Unix datagram socket whose name is made of the device's own numbers (``st_dev`` and
``st_rdev``, so that another container's ``/dev/pts/3`` is another name), or of the address that it listens on. Whoever opens
the port asks the kernel whether somebody holds that name. Nothing is written to a disk, nothing is said on the wire, nothing
can be left behind by a kill -9, and a real printer's port has no such name: nobody is there to bind it.
"""

from __future__ import annotations

import os
import socket
import sys
from ipaddress import ip_address

PREFIX = "hydrogen-sim"
"""The beginning of every mark's name; ``hydrogen_drivers.transports.simulated_port`` looks for the same."""

ANY_ADDRESS = "*"
"""Stands in the name for a listener on all of the host's addresses."""


def mark_name(device: str) -> str:
    """The mark of the device at this path."""
    facts = os.stat(device)  # noqa: PTH116
    return f"\0{PREFIX}/{facts.st_dev:x}-{facts.st_rdev:x}"


def listener_mark_name(listener: socket.socket) -> str:
    """The mark of a listening TCP socket."""
    host, port = listener.getsockname()[:2]
    place = ANY_ADDRESS if ip_address(host).is_unspecified else host
    return f"\0{PREFIX}/tcp/{place}:{port}"


def mark_simulated(device: str) -> socket.socket | None:
    """Hold the mark of this device until the result is closed; None where the system has no such names, or it is held."""
    try:
        return _held(mark_name(device))
    except OSError:
        return None


def mark_listener(listener: socket.socket) -> socket.socket | None:
    """The same for a listening TCP socket."""
    return _held(listener_mark_name(listener))


def _held(name: str) -> socket.socket | None:
    if not sys.platform.startswith("linux"):
        return None
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(name)
    except OSError:
        mark.close()
        return None
    return mark
