"""Why a link ends, in words for people: the errors that `GcodeLink` closes with."""

from __future__ import annotations

from hydrogen.errors import DeviceError, FirmwareComplained, LinkLost, PrinterHalted, PrinterReset, PrinterSilent
from hydrogen.gcode.dialect import GENERIC, Dialect
from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.replies import FirmwareError

_HEATER_FAULTS = frozenset({"thermal_runaway", "temperature_limit"})


def halted(said: FirmwareError, dialect: Dialect = GENERIC) -> DeviceError:
    """The firmware killed itself, or switched off a heater that failed."""
    text = said.text
    if last_words(said, dialect):
        text += f"; {dialect.heaters_off_by.decode()} was sent, because this firmware leaves its other heaters on"
    return PrinterHalted(
        text, code=said.code, firmware_text=said.text, is_confirmed=True, revived_by=dialect.revived_by
    )


def last_words(said: FirmwareError, dialect: Dialect) -> bytes:
    """What the printer is told before the port is closed: to switch off the heaters that it left on."""
    is_heat = said.code in _HEATER_FAULTS and dialect.heaters_off_by
    return b"\n" + dialect.heaters_off_by + b"\n" if is_heat else b""


def halt_unconfirmed() -> DeviceError:
    """M112 was written, and nothing came back."""
    return PrinterHalted("emergency stop sent; the printer has not confirmed it", is_confirmed=False)


def not_executing(said: FirmwareError) -> DeviceError:
    """It acknowledges what it does not execute: each further line of the job would be lost."""
    return FirmwareComplained(said.text, code=said.code, firmware_text=said.text)


def restarted() -> DeviceError:
    """`start` in mid-conversation."""
    return PrinterReset("the printer restarted in mid-conversation: its position and temperatures are gone")


def silent(seconds: float) -> DeviceError:
    """No answer for so long that nobody can be there."""
    waited = round(seconds)
    return PrinterSilent(f"the printer has not answered for {waited} s; the link is given up", waited_seconds=waited)


def undecided(ledger: LineLedger) -> DeviceError:
    """A line without an `ok` was overtaken, and no number tells whether it ran."""
    line = ledger.text(ledger.acknowledged + 1)
    return LinkLost(
        f"no ok came for {line}, but what was sent behind it ran: the line was lost, or its ok was, and this firmware checks "
        "no line numbers that would tell; nothing more was sent",
        line=line,
    )
