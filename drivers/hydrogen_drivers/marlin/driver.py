"""Makes connections to one Marlin printer."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Literal

from hydrogen.core.clock import SystemClock
from hydrogen.devices.driver import ConnectionListener, LineJournal, ResumePoint
from hydrogen.errors import DeviceError, PrinterGarbled, PrinterSilent
from hydrogen.gcode.link import GcodeLink
from hydrogen.gcode.link_limits import LinkLimits
from hydrogen_drivers.marlin.baud_detection import SPEEDS, Ear, detect_baud
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.handshake import await_greeting, identify, watch_temperatures
from hydrogen_drivers.transports.serial_port import SerialWire, open_serial_port

BITS_PER_BYTE = 10
"""8N1: a start bit, eight data bits, a stop bit."""

NUMBER_BASES = range(1000, 9000)
"""Where numbers start: never near the 0 that a reset board counts from."""


class MarlinDriver:
    """Signs PrinterDriver; `settings` are the fields of MarlinConfig."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.port: str = settings["port"]
        self._is_speed_known: bool = settings["baud"] != "auto"
        self._speeds: tuple[int, ...] = (settings["baud"],) if self._is_speed_known else SPEEDS
        self._resets: bool = settings.get("reset_on_connect", False)
        receive_buffer: int | Literal["auto"] = settings.get("receive_buffer_bytes", "auto")
        self._measures_receive_buffer: bool = receive_buffer == "auto"
        dialect: str = settings.get("dialect", "auto")
        self._dialect = "" if dialect == "auto" else dialect
        self._packs: bool = settings.get("meatpack", True)
        self._limits = LinkLimits(
            opening_patience=float(settings["connect_timeout_seconds"]),
            receive_buffer_bytes=0 if receive_buffer == "auto" else receive_buffer,
        )
        self._temperature_interval_seconds: int = settings["temperature_interval_seconds"]
        self._clock = SystemClock()
        self._random = random.SystemRandom()

    async def connect(
        self, listener: ConnectionListener, journal: LineJournal, resume: ResumePoint | None = None
    ) -> MarlinConnection:
        """See PrinterDriver.connect."""
        ear = Ear()
        wire = await open_serial_port(self.port, self._speeds[0], lambda: ear)
        try:
            greeting = await await_greeting(wire, ear) if self._resets else b""
            baud = self._speeds[0]
            if not self._is_speed_known:
                baud = await self._find_speed(wire, ear)
                greeting = b""
        except BaseException:
            wire.close()
            await ear.gone
            raise
        connection = self._connection(baud, listener, journal)
        wire.set_protocol(connection)
        try:
            connection.begin(wire)
            if greeting:
                connection.data_received(greeting)
            await connection.opened
            await identify(connection, self._dialect)
            await watch_temperatures(connection, self._temperature_interval_seconds)
        except BaseException as error:
            await connection.close()
            self._note_failure(baud, error)
            raise
        if self._packs and connection.has_capability("MEATPACK"):
            connection.allow_packing()
        if self._measures_receive_buffer and connection.may_open_window:
            connection.measure_receive_buffer()
        connection.announce()
        return connection

    def _connection(self, baud: int, listener: ConnectionListener, journal: LineJournal) -> MarlinConnection:
        link = GcodeLink(
            number_base=self._random.choice(NUMBER_BASES),
            byte_seconds=BITS_PER_BYTE / baud,
            limits=self._limits,
        )
        return MarlinConnection(
            port=self.port, baud=baud, link=link, listener=listener, journal=journal, clock=self._clock
        )

    async def _find_speed(self, wire: SerialWire, ear: Ear) -> int:
        """The speed that works; it is tried first the next time."""
        baud = await detect_baud(
            wire, ear, port=self.port, speeds=self._speeds, patience_seconds=self._limits.opening_patience
        )
        self._speeds = (baud, *(speed for speed in self._speeds if speed != baud))
        return baud

    def _note_failure(self, baud: int, error: BaseException) -> None:
        """Tell at which speed it failed; one that was found, but is not understood, is tried last the next time."""
        if isinstance(error, DeviceError):
            error.details.setdefault("baud", baud)
        if isinstance(error, PrinterGarbled | PrinterSilent):
            self._speeds = (*(speed for speed in self._speeds if speed != baud), baud)
