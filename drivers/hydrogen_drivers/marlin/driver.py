"""Makes connections to one Marlin printer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from hydrogen.core.clock import SystemClock
from hydrogen.devices.driver import ConnectionListener, LineJournal, ResumePoint
from hydrogen.devices.port_address import PortKind, parse_port
from hydrogen.devices.port_identity import DeviceTree, PortIdentity, find_port, identity_of, resolve_port
from hydrogen.devices.transport import PortWire
from hydrogen.errors import DeviceError, PortMissing, PrinterGarbled, PrinterSilent
from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen_drivers.marlin.baud_detection import SPEEDS, Ear, detect_baud
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.handshake import (
    ask_limits,
    ask_tuning,
    await_greeting,
    identify,
    remember,
    resume_temperatures,
    watch_temperatures,
)
from hydrogen_drivers.transports.port_opening import open_port
from hydrogen_drivers.transports.virtual_port import VirtualBoard

BITS_PER_BYTE = 10
"""8N1: a start bit, eight data bits, a stop bit."""

NUMBER_BASES = range(1000, 9000)
"""Where numbers start: never near the 0 that a reset board counts from."""


NETWORK_SLACK_SECONDS = 0.05
"""A Wi-Fi bridge's own jitter: an answer that is so much late was prompt all the same."""


def limits_over_network(limits: LinkLimits) -> LinkLimits:
    """The same link with a network in between. What it waits for may be held up there by a lost packet (200 ms) or a radio
    that sleeps (100 ms and more); to take that for a loss would only cost questions, but a drain that is too short would take
    the residue of a fault for something new."""
    return replace(
        limits,
        quiet=0.3,
        drain_most=4.0,
        silence_least=0.8,
        probe_answer=1.0,
        barrier_again=2.0,
        answer_slack=NETWORK_SLACK_SECONDS,
    )


class MarlinDriver:
    """Signs PrinterDriver; `settings` are the fields of MarlinConfig."""

    def __init__(self, settings: Mapping[str, Any], *, tree: DeviceTree | None = None) -> None:
        """tree: where devices are looked for; the machine's own."""
        self.port: str = settings["port"]
        self._address = parse_port(self.port)
        self._tree = tree or DeviceTree()
        self._virtual_board = VirtualBoard(self._address) if self._address.kind is PortKind.VIRTUAL else None
        self._is_speed_known: bool = settings["baud"] != "auto"
        self._speeds: tuple[int, ...] = (settings["baud"],) if self._is_speed_known else SPEEDS
        self._resets: bool = settings.get("reset_on_connect", False)
        receive_buffer: int | Literal["auto"] = settings.get("receive_buffer_bytes", "auto")
        # Over a network the measurement proves nothing: a packet that comes late comes into a ring that was emptied meanwhile.
        self._measures_receive_buffer: bool = receive_buffer == "auto" and not self._address.is_network
        dialect: str = settings.get("dialect", "auto")
        self._dialect = "" if dialect == "auto" else dialect
        self._packs: bool = settings.get("meatpack", True)
        self._limits = LinkLimits(
            opening_patience=float(settings["connect_timeout_seconds"]),
            receive_buffer_bytes=0 if receive_buffer == "auto" else receive_buffer,
        )
        if self._address.is_network:
            self._limits = limits_over_network(self._limits)
        self._temperature_interval_seconds: int = settings["temperature_interval_seconds"]
        self._clock = SystemClock()
        self._random = random.SystemRandom()

    async def connect(
        self,
        listener: ConnectionListener,
        journal: LineJournal,
        resume: ResumePoint | None = None,
    ) -> MarlinConnection:
        """See PrinterDriver.connect."""
        ear = Ear()
        port = await self._port_of(resume)
        wire, identity = await self._open(port, ear, resume)
        baud, greeting = await self._tune(wire, ear, resume)
        connection = self._connection(baud, listener, journal, resume)
        if not (self._is_speed_known or wire.may_change_speed):
            connection.baud = None  # the bridge's own affair
        connection.port_identity = "" if identity is None else str(identity)
        connection.is_simulated = wire.is_simulated
        wire.set_protocol(connection)
        try:
            if resume is None:
                connection.begin(wire)
            else:
                self._go_on(connection, wire, resume)
            if greeting:
                connection.data_received(greeting)
            await connection.opened
            await self._get_acquainted(connection, resume)
        except BaseException as error:
            await connection.close()
            self._note_failure(baud, error)
            raise
        if self._packs and connection.has_capability("MEATPACK"):
            connection.allow_packing()
        if self._measures_receive_buffer and connection.dialect.may_open_window and connection.resumed_from is None:
            connection.measure_receive_buffer()
        connection.announce()
        return connection

    async def _port_of(self, resume: ResumePoint | None) -> str:
        """Where the port is now; for a printer with a past, the one that it is on, whatever that is called today."""
        if self._virtual_board is not None:
            return await self._virtual_board.power_on()
        if resume is None or not resume.port_identity:
            return await asyncio.to_thread(resolve_port, self._address, self._tree)
        found = await asyncio.to_thread(find_port, resume.port_identity, self.port, self._tree)
        if found is None:
            said = f"the adapter that the printer was on ({resume.port_identity}) is not there; {self.port} is not it"
            raise PortMissing(said, port=self.port, port_identity=resume.port_identity)
        return found

    async def _open(self, port: str, ear: Ear, resume: ResumePoint | None) -> tuple[PortWire, PortIdentity | None]:
        """The open port and what it is. Between looking and opening, another adapter may have taken the name: then nothing is
        said to it."""
        baud = (resume.baud if resume is not None else None) or self._speeds[0]
        wire = await open_port(self._address, port, baud, lambda: ear)
        try:
            identity = await asyncio.to_thread(identity_of, port, self._tree)
            wanted = resume.port_identity if resume is not None else ""
            is_meant = identity is not None and identity.is_meant_by(self._address)
            if (wanted and str(identity) != wanted) or (self._address.kind is PortKind.ADAPTER and not is_meant):
                raise PortMissing(f"{port} is another adapter now ({identity})", port=self.port)
        except BaseException:
            await self._drop(wire, ear)
            raise
        return wire, identity

    async def _tune(self, wire: PortWire, ear: Ear, resume: ResumePoint | None) -> tuple[int, bytes]:
        """The port's speed, and what a reset made the board say. A printer with a past is not reset, nor asked at other
        speeds than the one that it was spoken to."""
        known = resume.baud if resume is not None else None
        baud, greeting = known or self._speeds[0], b""
        try:
            if self._resets and resume is None:
                greeting = await await_greeting(wire, ear)
            if not self._is_speed_known and known is None and wire.may_change_speed:
                baud = await self._find_speed(wire, ear)
                greeting = b""
        except BaseException:
            await self._drop(wire, ear)
            raise
        return baud, greeting

    async def _drop(self, wire: PortWire, ear: Ear) -> None:
        wire.close()
        await ear.gone

    def _go_on(self, connection: MarlinConnection, wire: PortWire, resume: ResumePoint) -> None:
        firmware = resume.firmware
        if firmware is not None:
            remember(connection, firmware, self._dialect)
        is_packed = self._packs and connection.has_capability("MEATPACK")
        connection.begin(wire, resume.numbering, is_packed=is_packed)

    async def _get_acquainted(self, connection: MarlinConnection, resume: ResumePoint | None) -> None:
        """Who is it, and how does it tell its temperatures? A printer that goes on where it was is not kept waiting."""
        firmware = resume.firmware if resume is not None else None
        if connection.resumed_from is None or firmware is None:
            await identify(connection, self._dialect)
            if connection.resumed_from is None:
                await ask_limits(connection)
                await ask_tuning(connection)
            await watch_temperatures(connection, self._temperature_interval_seconds)
        else:
            remember(connection, firmware, self._dialect)
            resume_temperatures(connection, self._temperature_interval_seconds)

    def _connection(
        self,
        baud: int,
        listener: ConnectionListener,
        journal: LineJournal,
        resume: ResumePoint | None,
    ) -> MarlinConnection:
        link = GcodeLink(
            number_base=self._new_base(resume),
            byte_seconds=BITS_PER_BYTE / baud,
            limits=self._limits if resume is None else self._limits_as_before(resume),
        )
        return MarlinConnection(
            port=self.port, baud=baud, link=link, listener=listener, journal=journal, clock=self._clock
        )

    def _limits_as_before(self, resume: ResumePoint) -> LinkLimits:
        """With the receive buffer that was measured then: a printer that goes on with its job is not measured again."""
        if len(resume.receive_buffer) != 2:
            return self._limits
        ring_bytes, slots = resume.receive_buffer
        return replace(self._limits, receive_buffer_bytes=ring_bytes, command_slots=slots)

    def _new_base(self, resume: ResumePoint | None) -> int:
        """For a numbering of its own, if one is needed; not one that the printer may have from before."""
        if resume is None:
            return self._random.choice(NUMBER_BASES)
        past = resume.numbering
        return self._random.choice([base for base in NUMBER_BASES if not past.knows(base)] or NUMBER_BASES)

    async def _find_speed(self, wire: PortWire, ear: Ear) -> int:
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
