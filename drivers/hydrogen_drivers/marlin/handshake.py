"""Around the numbers: before, a reset if one is wanted; after, who is it, and how does it tell its temperatures?"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType

from hydrogen.devices.transport import PortWire
from hydrogen.gcode.dialect import DIALECTS, GENERIC, dialect_of
from hydrogen.gcode.link.evidence import Verdict
from hydrogen.gcode.link.opening import STARTED
from hydrogen.gcode.program.motion import limit_words
from hydrogen.gcode.tuning import AS_STARTED
from hydrogen.model.printer import Firmware
from hydrogen_drivers.marlin.baud_detection import Ear
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.reports import firmware_from_replies

GREETING_SECONDS = 8.0
"""For the first line of a board that was reset: the bootloader of a Mega waits up to 2 s for an upload, then Marlin looks
for its card. Nothing is sent meanwhile, because a bootloader would take it for the beginning of an upload."""

IDENTIFY_SECONDS = 20.0
"""For M115's answer. It is late only while the printer works off what a former owner gave it; then it stays unnamed."""


LATE_NAME_LOOKS = 20
LATE_NAME_SECONDS = 1.0
"""For the name behind M115's `ok`: Repetier says `ok` when it queues a line, and answers when it gets to it."""

LIMITS_SECONDS = 5.0
"""For M503's answer: some 2 kB, a fifth of a second at 115200 baud. What does not come is not waited for: the time of a
print is then told by a usual Marlin's limits."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


async def await_greeting(wire: PortWire, ear: Ear) -> bytes:
    """Reset the board and listen until it speaks; what it said. Empty where nothing could be reset, or nothing came.

    Noise ends the waiting too: a board at another speed has booted. Raises LinkLost.
    """
    if not await wire.pulse_reset():
        return b""
    await ear.listen(GREETING_SECONDS, Verdict.ANSWER, Verdict.TEXT, Verdict.NOISE)
    return ear.heard


async def identify(connection: MarlinConnection, dialect: str = "") -> None:
    """Ask M115, and let the link go by the dialect that follows, or by `dialect` (a name) where that is configured.

    Raises DeviceError if the link ends meanwhile.
    """
    firmware, fields = Firmware(), _NOTHING
    try:
        async with asyncio.timeout(IDENTIFY_SECONDS):
            firmware, fields = firmware_from_replies(await connection.send_gcode(["M115"]))
            for _ in range(LATE_NAME_LOOKS):
                if firmware.name:
                    break
                await asyncio.sleep(LATE_NAME_SECONDS / LATE_NAME_LOOKS)
                firmware, fields = firmware_from_replies(connection.identity)
    except TimeoutError:
        pass
    spoken = dialect_of(connection.greeting, firmware.name, machine_type=firmware.machine_type, fields=fields)
    connection.speak(firmware, DIALECTS[dialect] if dialect else spoken)


async def ask_limits(connection: MarlinConnection) -> None:
    """Ask M503 how fast the printer may move, where its dialect tells. Only of a printer that has nothing else to do.

    Raises DeviceError if the link ends meanwhile.
    """
    if not connection.dialect.tells_limits:
        return
    try:
        async with asyncio.timeout(LIMITS_SECONDS):
            replies = await connection.send_gcode(["M503 S0"])
    except TimeoutError:
        return
    limits = limit_words(line.encode("ascii", "replace") for line in replies)
    connection.firmware = replace(connection.firmware, limits=limits)


async def ask_tuning(connection: MarlinConnection) -> None:
    """How are speed and flow set? M220 and M221 tell, where the dialect answers as Marlin does; nothing tells of the fans, but
    those of a board that has just started stand still.

    Raises DeviceError if the link ends meanwhile.
    """
    if STARTED in connection.greeting:
        connection.tuning.adopt(AS_STARTED)
    if connection.dialect.tells_limits:
        with suppress(TimeoutError):
            async with asyncio.timeout(LIMITS_SECONDS):
                await connection.send_gcode(["M220", "M221"])


def remember(connection: MarlinConnection, firmware: Firmware, dialect: str = "") -> None:
    """Take over the identity that a printer with a past had; `dialect` as for `identify`."""
    connection.speak(firmware, DIALECTS.get(dialect or firmware.dialect, GENERIC))


def resume_temperatures(connection: MarlinConnection, interval_seconds: int) -> None:
    """As `watch_temperatures`, without waiting: the printer may be in the middle of a command that takes long."""
    if connection.has_capability("AUTOREPORT_TEMP") and connection.dialect.reports_temperatures:
        connection.report_temperatures(interval_seconds)
    else:
        connection.poll_temperatures(interval_seconds)


async def watch_temperatures(connection: MarlinConnection, interval_seconds: int) -> None:
    """Let the firmware report by itself where it can; else start to ask, never more than one question at a time."""
    if connection.has_capability("AUTOREPORT_TEMP") and connection.dialect.reports_temperatures:
        await connection.send_gcode([f"M155 S{interval_seconds}", "M105"])
    else:
        connection.poll_temperatures(interval_seconds)
