"""Is there a simulator behind this port? Said by the kernel, not by the port.

A virtual printer (`hydrogen-sim`) holds an abstract Unix datagram socket whose name is made of the device's own numbers, for as
long as it lives. Whoever asks connects to that name: nothing is sent, and the kernel answers at once. A real printer's port has
no such name, whatever its firmware says in M115, and a simulator cannot pass for a real one without giving the name up. The two
programs share no code; this is the one convention between them (`hydrogen_simulators/endpoints/simulation_mark.py`).

Abstract names belong to a network namespace. A simulator in another one is not seen, and its printer counts as real.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

PREFIX = "hydrogen-sim"


def is_simulated(path: str) -> bool:
    """True if a simulator says so of the port at `path` (symbolic links are followed). Does not block."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        facts = Path(path).stat()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
            asking.setblocking(False)
            asking.connect(f"\0{PREFIX}/{facts.st_dev:x}-{facts.st_rdev:x}")
    except OSError:
        return False
    return True
