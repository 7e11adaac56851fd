"""After the numbers are agreed; the whole handshake is tested in test_drivers_marlin_connection.py."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hydrogen.gcode.dialect import DIALECTS, Dialect
from hydrogen.model.printer import Firmware
from hydrogen_drivers.marlin import handshake
from hydrogen_drivers.marlin.connection import MarlinConnection


class MuteConnection:
    """Takes commands and never answers."""

    firmware = Firmware()
    greeting = ("echo:Marlin 1.1.9",)
    identity: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.spoken: tuple[Firmware, Dialect] | None = None

    def speak(self, firmware: Firmware, dialect: Dialect) -> None:
        self.spoken = firmware, dialect

    async def send_gcode(self, lines: Sequence[str]) -> tuple[str, ...]:
        await asyncio.Event().wait()
        raise AssertionError(lines)


async def test_printer_that_does_not_name_itself_stays_unnamed_but_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "IDENTIFY_SECONDS", 0.01)
    connection = MuteConnection()
    await handshake.identify(connection)  # type: ignore[arg-type]
    assert connection.spoken == (Firmware(), DIALECTS["marlin-1"])
    assert issubclass(MarlinConnection, asyncio.Protocol)


async def test_configured_dialect_goes_before_what_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "IDENTIFY_SECONDS", 0.01)
    connection = MuteConnection()
    await handshake.identify(connection, "repetier")  # type: ignore[arg-type]
    assert connection.spoken == (Firmware(), DIALECTS["repetier"])
