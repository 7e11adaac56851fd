"""What a service manager is told: ready, how it goes, stopping, and that the watchdog may sleep on.

systemd's protocol (sd_notify(3)): one datagram of `KEY=value` lines to the Unix socket that NOTIFY_SOCKET names; `@` at its
beginning stands for the abstract namespace. Telling never raises and never waits: a manager that does not listen is its own
problem. Without NOTIFY_SOCKET nobody is told anything.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

STATUS_CHARACTERS = 200
"""Of the sentence that `systemctl status` shows."""

_SOCKET = "NOTIFY_SOCKET"
_WATCHDOG_MICROSECONDS = "WATCHDOG_USEC"
_WATCHDOG_PROCESS = "WATCHDOG_PID"


class Notifier:
    """Speaks with the manager; one that has no address speaks with nobody."""

    def __init__(self, address: str | None = None, *, watchdog_seconds: float | None = None) -> None:
        """watchdog_seconds: silence after which the manager ends us; None if it does not."""
        self._address = _kernel_address(address)
        self.watchdog_seconds = watchdog_seconds if self._address is not None else None

    @property
    def is_heard(self) -> bool:
        """Is there a manager at all?"""
        return self._address is not None

    def ready(self, status: str) -> None:
        """We serve; also at the end of a restart in place."""
        self._tell("READY=1", _status_line(status), f"MAINPID={os.getpid()}")

    def status(self, status: str) -> None:
        """One sentence for people."""
        self._tell(_status_line(status))

    def reloading(self, status: str, now: float) -> None:
        """We restart in place and keep our pid; `ready` follows. now: monotonic seconds."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={int(now * 1_000_000)}", _status_line(status))

    def stopping(self, status: str) -> None:
        """We are about to end."""
        self._tell("STOPPING=1", _status_line(status))

    def feed_watchdog(self) -> None:
        """We are well."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
                speaker.setblocking(False)
                speaker.sendto("\n".join(lines).encode(), self._address)
        except OSError:
            pass


def notifier_from(environment: Mapping[str, str], *, pid: int) -> Notifier:
    """The notifier of process `pid`. The variables stay where they are: a restart in place needs them again."""
    return Notifier(environment.get(_SOCKET), watchdog_seconds=_watchdog_seconds(environment, pid))


def _watchdog_seconds(environment: Mapping[str, str], pid: int) -> float | None:
    if environment.get(_WATCHDOG_PROCESS, str(pid)) != str(pid):
        return None
    text = environment.get(_WATCHDOG_MICROSECONDS, "")
    return int(text) / 1_000_000 if text.isdecimal() and int(text) > 0 else None


def _kernel_address(address: str | None) -> str | None:
    if address and address[0] == "@" and len(address) > 1:
        return "\0" + address[1:]
    return address if address and address[0] == "/" else None


def _status_line(status: str) -> str:
    return "STATUS=" + " ".join(status.split())[:STATUS_CHARACTERS]
