"""Is there a simulator behind this port? Said by the kernel, not by the port.

A virtual printer (`hydrogen-sim`) holds an abstract Unix datagram socket whose name is made of the device's own numbers, or of
the address that it listens on, for as long as it lives. Whoever asks connects to that name: nothing is sent, and the kernel
answers at once. A real printer's port has no such name, whatever its firmware says in M115, and a simulator cannot pass for a
real one without giving the name up. The two programs share no code; this is the one convention between them
(`hydrogen_simulators/endpoints/simulation_mark.py`).

Abstract names belong to a network namespace. A simulator in another one, or on another machine, is not seen, and its printer
counts as real; so does one behind a bridge, since the bridge is what is connected to.
"""

from __future__ import annotations

import os
import socket
import sys

PREFIX = "hydrogen-sim"

ANY_ADDRESS = "*"
"""Of a simulator that listens on all of this machine's addresses."""


def is_simulated(port: str | int) -> bool:
    """True if a simulator says so of the port at this path (symbolic links are followed) or of this open descriptor. Does not
    block."""
    try:
        facts = os.stat(port)  # noqa: PTH116  # a descriptor has no path
    except OSError:
        return False
    return _is_held(f"{facts.st_dev:x}-{facts.st_rdev:x}")


def is_simulated_peer(link: socket.socket) -> bool:
    """The same of what a TCP socket is connected to. Only of this machine's own programs: a connection that stays here has one
    address at both ends."""
    try:
        own, (host, port, *_) = link.getsockname(), link.getpeername()
    except OSError:
        return False  # it is not connected any more
    return own[0] == host and any(_is_held(f"tcp/{place}:{port}") for place in (host, ANY_ADDRESS))


def _is_held(name: str) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
            asking.setblocking(False)
            asking.connect(f"\0{PREFIX}/{name}")
    except OSError:
        return False
    return True
