"""The listening socket that a service manager hands to a spooler (sd_listen_fds(3)).

systemd binds `NAME.sock`, starts the spooler with the first connection and gives it the socket as descriptor 3:
LISTEN_FDS tells how many there are, LISTEN_PID whom they are for, LISTEN_FDNAMES what they are called. The file stays the
manager's: a spooler that ends leaves it, because the next connection starts another one.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from pathlib import Path

from hydrogen.errors import ConfigurationInvalid

FIRST_DESCRIPTOR = 3
"""SD_LISTEN_FDS_START."""

SOCKET_NAME = "spooler"
"""FileDescriptorName= of the socket's unit."""

_VARIABLES = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def inherited_listener(path: Path, environment: MutableMapping[str, str], *, pid: int) -> socket.socket | None:
    """The socket that was handed to process `pid`, or None if there is none; the variables are taken away.

    Raises ConfigurationInvalid when what was handed over is no listening socket of this `path`.
    """
    told = {name: environment.pop(name, "") for name in _VARIABLES}
    if told["LISTEN_PID"] != str(pid) or not told["LISTEN_FDS"].isdecimal() or int(told["LISTEN_FDS"]) < 1:
        return None
    names = told["LISTEN_FDNAMES"].split(":")
    count = int(told["LISTEN_FDS"])
    if SOCKET_NAME not in names[:count] and count > 1:
        raise ConfigurationInvalid(f"{count} sockets were handed over, and none is called {SOCKET_NAME!r}")
    place = names.index(SOCKET_NAME) if SOCKET_NAME in names[:count] else 0
    return _checked(FIRST_DESCRIPTOR + place, path)


def _checked(descriptor: int, path: Path) -> socket.socket:
    try:
        os.set_inheritable(descriptor, False)
        listener = socket.socket(fileno=descriptor)
    except OSError as error:
        raise ConfigurationInvalid(f"descriptor {descriptor} is no socket: {error.strerror}") from error
    reason = _refusal(listener, path)
    if reason:
        listener.close()
        raise ConfigurationInvalid(f"the socket that was handed over is {reason}")
    return listener


def _refusal(listener: socket.socket, path: Path) -> str:
    """What is wrong with it; nothing if it can be served."""
    if listener.family != socket.AF_UNIX or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return "no listening Unix socket"
    name = os.fsdecode(listener.getsockname())
    return "" if Path(name).name == path.name else f"{name!r}, and this spooler's is {path}"
