"""A printer behind a TCP socket, as serial-to-network bridges (ser2net, ESP3D) offer them: raw bytes, one host at a time."""

from __future__ import annotations

import contextlib
import socket

from hydrogen_simulators.endpoints.port import READ_BYTES, LinkRefused
from hydrogen_simulators.endpoints.simulation_mark import mark_listener


class TcpPort:
    """Listens on ``host``:``port`` (0: any free one, then ``port`` tells which). A second host waits for the first to go.

    The same contract as ``Port``. ``close`` may be called twice.
    """

    def __init__(self, host: str, port: int) -> None:
        """Listen.

        Raises:
            LinkRefused: the address is taken or not ours.
        """
        self._host: socket.socket | None = None
        self._listener: socket.socket | None = None
        try:
            self._listener = socket.create_server((host, port), backlog=1)
        except (OSError, OverflowError) as error:
            raise LinkRefused(f"cannot listen on {host}:{port}: {error}") from error
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._mark = mark_listener(self._listener)

    @property
    def is_open(self) -> bool:
        """True while a host is connected."""
        return self._host is not None

    def fileno(self) -> int:
        """The connected host, for select."""
        if self._host is None:
            raise ValueError("no host is connected")
        return self._host.fileno()

    def look_for_host(self) -> bool:
        """True if a host has just connected."""
        if self._host is not None or self._listener is None:
            return False
        with contextlib.suppress(BlockingIOError, ConnectionError):
            self._host, _ = self._listener.accept()
            self._host.setblocking(False)
            self._host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._host is not None

    def read(self) -> bytes | None:
        """Bytes the host sent, empty if there are none now; None once it has gone."""
        if self._host is None:
            return None
        try:
            data = self._host.recv(READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._drop_host()
            return None
        return data

    def write(self, data: bytes) -> int:
        """Send what the kernel takes; its count, 0 if it takes none now."""
        if self._host is None:
            return len(data)
        try:
            return self._host.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)  # the host is gone: a board's words go nowhere then

    def close(self) -> None:
        """Hang up and stop listening."""
        self._drop_host()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._mark is not None:
            self._mark.close()
            self._mark = None

    def _drop_host(self) -> None:
        if self._host is not None:
            self._host.close()
            self._host = None
