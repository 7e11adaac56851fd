"""Makes connections to one Marlin printer."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from hydrogen.core.clock import SystemClock
from hydrogen.devices.driver import ConnectionListener, LineJournal
from hydrogen.gcode.link import GcodeLink
from hydrogen.gcode.link_limits import LinkLimits
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.handshake import identify, watch_temperatures
from hydrogen_drivers.transports.serial_port import open_serial_port

BITS_PER_BYTE = 10
"""8N1: a start bit, eight data bits, a stop bit."""

NUMBER_BASES = range(1000, 9000)
"""Where numbers start: never near the 0 that a reset board counts from."""


class MarlinDriver:
    """Signs PrinterDriver; `settings` are the fields of MarlinConfig."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.port: str = settings["port"]
        self._baud: int = settings["baud"]
        self._limits = LinkLimits(opening_patience=float(settings["connect_timeout_seconds"]))
        self._temperature_interval_seconds: int = settings["temperature_interval_seconds"]
        self._clock = SystemClock()
        self._random = random.SystemRandom()

    async def connect(self, listener: ConnectionListener, journal: LineJournal) -> MarlinConnection:
        """See PrinterDriver.connect."""
        connection = MarlinConnection(
            port=self.port,
            baud=self._baud,
            link=GcodeLink(
                number_base=self._random.choice(NUMBER_BASES),
                byte_seconds=BITS_PER_BYTE / self._baud,
                limits=self._limits,
            ),
            listener=listener,
            journal=journal,
            clock=self._clock,
        )
        wire = await open_serial_port(self.port, self._baud, lambda: connection)
        try:
            connection.begin(wire)
            await connection.opened
            await identify(connection)
            await watch_temperatures(connection, self._temperature_interval_seconds)
        except BaseException:
            await connection.close()
            raise
        connection.announce()
        return connection
