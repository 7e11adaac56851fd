"""How a port tells that a simulator is behind it: a name in the kernel that lives exactly as long as the simulator does.

A virtual printer binds an abstract Unix datagram socket whose name is made of the device's own numbers (``st_dev`` and
``st_rdev``, so that another container's ``/dev/pts/3`` is another name). Whoever opens the port asks the kernel whether
somebody holds that name. Nothing is written to a disk, nothing is said on the wire, nothing can be left behind by a
kill -9, and a real printer's port has no such name: nobody is there to bind it.
"""

from __future__ import annotations

import os
import socket
import sys

PREFIX = "hydrogen-sim"
"""The beginning of every mark's name; ``hydrogen_drivers.transports.simulated_port`` looks for the same."""


def mark_name(device: str) -> str:
    """The mark of the device at this path."""
    facts = os.stat(device)  # noqa: PTH116
    return f"\0{PREFIX}/{facts.st_dev:x}-{facts.st_rdev:x}"


def mark_simulated(device: str) -> socket.socket | None:
    """Hold the mark of this device until the result is closed; None where the system has no such names, or it is held."""
    if not sys.platform.startswith("linux"):
        return None
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(mark_name(device))
    except OSError:
        mark.close()
        return None
    return mark
