"""A thermometer behind a pseudo terminal: it talks, whoever listens, and hears nothing."""

from __future__ import annotations

import select
import threading
import time
from pathlib import Path

from hydrogen_simulators.endpoints.port import Port
from hydrogen_simulators.sensors.thermometer import ThermometerPlan

LOOK_SECONDS = 0.05
"""How soon a host that opens the port is noticed."""


class ThermometerPort:
    """Says a line every ``every_seconds`` of real time while a host has the port open. ``run`` returns after ``stop``."""

    def __init__(self, link: Path, plan: ThermometerPlan) -> None:
        """Make the port; raises ``LinkRefused``."""
        self.link = link
        self._plan = plan
        self._port = Port(link)
        self._end = threading.Event()
        self._lines = 0

    def run(self) -> None:
        """Talk until ``stop``, then remove the port."""
        next_at = time.monotonic()
        try:
            while not self._end.wait(max(0.0, min(LOOK_SECONDS, next_at - time.monotonic()))):
                self._listen()
                now = time.monotonic()
                if now >= next_at:
                    next_at = max(next_at + self._plan.every_seconds, now)
                    self._say()
        finally:
            self._port.close()

    def stop(self) -> None:
        """End ``run``; from any thread or signal handler."""
        self._end.set()

    def _listen(self) -> None:
        self._port.look_for_host()
        if self._port.is_open and select.select([self._port.fileno()], [], [], 0)[0]:
            self._port.read()

    def _say(self) -> None:
        self._lines += 1
        line = self._plan.line(self._lines)
        if line is not None and self._port.is_open:
            self._port.write(line.encode("latin-1") + b"\r\n")
