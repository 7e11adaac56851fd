"""Why a link ends, in words for people: the errors that `GcodeLink` closes with."""

from __future__ import annotations

from hydrogen.errors import DeviceError, FirmwareComplained, LinkLost, PrinterHalted, PrinterReset, PrinterSilent
from hydrogen.gcode.ledger import LineLedger
from hydrogen.gcode.replies import FirmwareError


def halted(said: FirmwareError) -> DeviceError:
    """The firmware killed itself."""
    return PrinterHalted(said.text, code=said.code, firmware_text=said.text, is_confirmed=True)


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
