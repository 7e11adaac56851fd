"""The last word to a printer behind a bridge on the network.

A bridge lets in one host at a time, and the one that hangs is still in. So a connection is made first (a bridge that is not
there is no reason to kill anybody), then the holder is killed, and if the bridge has hung up on us, another connection is made.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable

from hydrogen.core.clock import Clock
from hydrogen.devices.com_port import escape, opening
from hydrogen.devices.port_address import PortAddress, PortKind
from hydrogen.errors import DeviceError, PortMissing

CONNECT_SECONDS = 0.7
"""For one connection; a bridge in the same house answers within milliseconds."""

SPEAK_SECONDS = 1.5
"""For all attempts together, once nobody holds the printer any more."""

PAUSE_SECONDS = 0.05
"""Between two of them."""

HEARD_BYTES = 4096


def say_over_network(
    address: PortAddress,
    words: bytes,
    *,
    baud: int | None,
    take_from_holder: Callable[[], int | None],
    is_confirmed: Callable[[bytes], bool],
    clock: Clock,
) -> tuple[int | None, bool]:
    """Who was killed, and whether the firmware has confirmed the words. Blocks for three seconds at most.

    baud: what a bridge with RFC 2217 is told; None: its port stays as it is. Raises PortMissing if the bridge is not reached
    (then nobody was killed), DeviceError if it takes nothing.
    """
    if address.kind is PortKind.RFC2217:
        words = (opening(baud) if baud is not None else b"") + escape(words)
    link = _connected(address, CONNECT_SECONDS)
    if link is None:
        raise PortMissing(f"the bridge {address.text} is not reached: cut the printer's power", port=address.text)
    killed = take_from_holder()
    ends_at, was_said = clock.monotonic() + SPEAK_SECONDS, False
    while (left := ends_at - clock.monotonic()) > 0:
        if link is None:
            select.select([], [], [], min(PAUSE_SECONDS, left))
            link = _connected(address, left)
            continue
        with link:
            is_said, is_heard = _speak(link, words, ends_at, is_confirmed, clock)
        was_said = was_said or is_said
        if is_heard:
            return killed, True
        link = None
    if link is not None:
        link.close()
    if not was_said:
        raise DeviceError(f"{address.text} takes no bytes: cut the printer's power", port=address.text)
    return killed, False


def _connected(address: PortAddress, seconds: float) -> socket.socket | None:
    try:
        return socket.create_connection((address.host, address.number), timeout=max(seconds, 0.01))
    except (OSError, UnicodeError):
        return None


def _speak(
    link: socket.socket, words: bytes, ends_at: float, is_confirmed: Callable[[bytes], bool], clock: Clock
) -> tuple[bool, bool]:
    """Was it said (and the bridge did not hang up at once), and was it confirmed? Listens until the end."""
    heard = b""
    try:
        link.settimeout(max(ends_at - clock.monotonic(), 0.01))
        link.sendall(words)
        while (left := ends_at - clock.monotonic()) > 0:
            link.settimeout(left)
            data = link.recv(HEARD_BYTES)
            if not data:
                return False, False
            heard = (heard + data)[-HEARD_BYTES:]
            if is_confirmed(heard):
                return True, True
    except TimeoutError:
        return True, False
    except OSError:
        return False, False
    return True, False
