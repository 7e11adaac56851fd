"""After the numbers are agreed: who is it, and how does it tell its temperatures?"""

from __future__ import annotations

import asyncio

from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.reports import firmware_from_replies

IDENTIFY_SECONDS = 20.0
"""For M115's answer. It is late only while the printer works off what a former owner gave it; then it stays unnamed."""


async def identify(connection: MarlinConnection) -> None:
    """Ask M115 and keep what it says on the connection. Raises DeviceError if the link ends meanwhile."""
    try:
        async with asyncio.timeout(IDENTIFY_SECONDS):
            connection.firmware = firmware_from_replies(await connection.send_gcode(["M115"]))
    except TimeoutError:
        return


async def watch_temperatures(connection: MarlinConnection, interval_seconds: int) -> None:
    """Let the firmware report by itself where it can; else start to ask, never more than one question at a time."""
    if connection.has_capability("AUTOREPORT_TEMP"):
        await connection.send_gcode([f"M155 S{interval_seconds}", "M105"])
    else:
        connection.poll_temperatures(interval_seconds)
