"""A pseudo terminal under a stable name, and the dance that tells whether a host has it open."""

from __future__ import annotations

import contextlib
import os
import select
import termios
import tty
from pathlib import Path

from hydrogen_simulators.endpoints.simulation_mark import mark_simulated

READ_BYTES = 4096
"""One read of the master: the size of the kernel's own buffer."""


class LinkRefused(OSError):
    """The link's name is taken by something that is not a symbolic link, or cannot be made."""


class Port:
    """A pty whose slave is raw from the start and linked from ``link``.

    A pty master shows POLLHUP once its slave was opened and closed, until somebody opens it again: that is how
    opening and closing by a host are seen. ``close`` may be called twice.
    """

    def __init__(self, link: Path) -> None:
        """Make the pty and the link; a symbolic link of this name is replaced.

        Raises:
            LinkRefused: the name is taken by a real file, or its folder does not exist.
        """
        if link.exists() and not link.is_symlink():
            raise LinkRefused(f"{link} exists and is not a symbolic link: choose another name, or remove it")
        if not link.parent.is_dir():
            raise LinkRefused(f"{link} cannot be made: there is no folder {link.parent}")
        self.link = link
        self.is_open = False
        master, slave = os.openpty()
        try:
            tty.setraw(slave)
            self.device = os.ttyname(slave)
            os.set_blocking(master, False)
        finally:
            os.close(slave)
        self._master: int | None = master
        self._poll = select.poll()
        self._poll.register(master, select.POLLIN)
        self._mark = mark_simulated(self.device)
        self._make_link()

    def fileno(self) -> int:
        """The master, for poll."""
        if self._master is None:
            raise ValueError("the port is closed")
        return self._master

    def look_for_host(self) -> bool:
        """True if a host has just opened the port."""
        if self.is_open or self._master is None:
            return False
        events = dict(self._poll.poll(0)).get(self._master, 0)
        self.is_open = not events & select.POLLHUP or bool(events & select.POLLIN)
        return self.is_open

    def read(self) -> bytes | None:
        """Bytes the host wrote, empty if there are none now; None once it has closed the port."""
        try:
            data = os.read(self.fileno(), READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if data:
            return data
        self.is_open = False
        self._drop_unread()
        return None

    def write(self, data: bytes) -> int:
        """Write what the kernel takes; its count, 0 if it takes none now."""
        try:
            return os.write(self.fileno(), data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)  # the host is gone: a board's words go nowhere then

    def close(self) -> None:
        """Close the pty (a host that has it open sees a hang-up) and remove the link if it is still ours."""
        if self._master is None:
            return
        if self.link.is_symlink() and str(self.link.readlink()) == self.device:
            self.link.unlink()
        os.close(self._master)
        self._master = None
        self.is_open = False
        self._remove_mark()

    def _remove_mark(self) -> None:
        if self._mark is not None:
            self._mark.close()
            self._mark = None

    def _drop_unread(self) -> None:
        """What the host had not read when it closed is lost, as on a real port.

        Words on their way are flushed at the master, words that have arrived in the slave's line discipline only
        through the slave itself.
        """
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(self.fileno(), termios.TCOFLUSH)
            slave = os.open(self.device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                termios.tcflush(slave, termios.TCIFLUSH)
            finally:
                os.close(slave)

    def _make_link(self) -> None:
        if self.link.is_symlink():
            self.link.unlink()
        try:
            self.link.symlink_to(self.device)
        except OSError as error:
            os.close(self.fileno())
            self._master = None
            self._remove_mark()
            raise LinkRefused(f"{self.link} cannot be made: {error.strerror}") from error
