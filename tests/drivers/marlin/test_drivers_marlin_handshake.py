"""After the numbers are agreed; the whole handshake is tested in test_drivers_marlin_connection.py."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from hydrogen.gcode.dialect import DIALECTS, Dialect
from hydrogen.gcode.tuning import AS_STARTED, TuningTracker
from hydrogen.model.printer import Firmware, Tuning
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


class TellingConnection:
    """Answers every command with the same lines."""

    def __init__(self, *answer: str, dialect: str = "marlin") -> None:
        self.firmware = Firmware(name="x")
        self.dialect = DIALECTS[dialect]
        self.asked: list[str] = []
        self.greeting: tuple[str, ...] = ()
        self.tuning = TuningTracker()
        self._answer = answer

    async def send_gcode(self, lines: Sequence[str]) -> tuple[str, ...]:
        self.asked += lines
        return self._answer


async def test_a_printer_is_asked_how_fast_it_may_move() -> None:
    connection = TellingConnection("  M92 X80.00", "  M203 X500.00 Y400.00", "echo:  M204 P900.00", "ok")
    await handshake.ask_limits(connection)  # type: ignore[arg-type]
    assert connection.firmware.limits == {"M203": {"X": 500.0, "Y": 400.0}, "M204": {"P": 900.0}}
    assert (connection.firmware.name, connection.asked) == ("x", ["M503 S0"])


async def test_one_that_does_not_tell_is_not_asked_or_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    klipper = TellingConnection(dialect="klipper")
    await handshake.ask_limits(klipper)  # type: ignore[arg-type]
    assert klipper.asked == []
    monkeypatch.setattr(handshake, "LIMITS_SECONDS", 0.01)
    mute = MuteConnection()
    mute.dialect = DIALECTS["marlin"]  # type: ignore[attr-defined]
    await handshake.ask_limits(mute)  # type: ignore[arg-type]
    assert mute.firmware == Firmware()


async def test_a_board_that_has_just_started_has_its_fans_at_rest() -> None:
    connection = TellingConnection("ok", dialect="repetier")
    connection.greeting, connection.tuning = ("start", "Free Memory: 3000"), TuningTracker()
    await handshake.ask_tuning(connection)  # type: ignore[arg-type]
    assert connection.tuning.value == AS_STARTED
    assert connection.asked == [], "not every firmware answers"
    connection.greeting, connection.tuning = ("Free Memory: 3000",), TuningTracker()
    connection.dialect = DIALECTS["marlin"]
    await handshake.ask_tuning(connection)  # type: ignore[arg-type]
    assert connection.tuning.value == Tuning()
    assert connection.asked == ["M220", "M221"]
