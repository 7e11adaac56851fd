"""What a person reads when a link ends."""

from __future__ import annotations

from hydrogen.errors import FirmwareComplained, LinkLost, PrinterHalted, PrinterReset, PrinterSilent
from hydrogen.gcode.dialect import DIALECTS
from hydrogen.gcode.link import link_endings
from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.replies import FirmwareError


def test_printers_own_words_and_code_are_kept() -> None:
    said = FirmwareError(text="Thermal Runaway, system stopped! Heater_ID: 0", code="thermal_runaway", is_fatal=True)
    error = link_endings.halted(said)
    assert isinstance(error, PrinterHalted)
    assert (error.code, str(error)) == ("thermal_runaway", said.text)
    assert error.details["is_confirmed"] is True
    passing = FirmwareError(text="Printer is not ready", code="printer_not_ready", is_fatal=False)
    assert isinstance(link_endings.not_executing(passing), FirmwareComplained)
    assert link_endings.not_executing(passing).code == "printer_not_ready"


def test_firmware_that_leaves_heaters_on_is_told_to_stop_and_the_error_says_so() -> None:
    fault = FirmwareError(text="Heating fault on heater 1", code="thermal_runaway", is_fatal=True)
    stopped = FirmwareError(text="Emergency Stop!", code="printer_halted", is_fatal=True)
    duet = DIALECTS["reprapfirmware-3"]
    assert link_endings.last_words(fault, duet) == b"\nM112\n"
    assert "M112 was sent" in str(link_endings.halted(fault, duet))
    assert link_endings.halted(fault, duet).details["revived_by"] == "M999, or a reset"
    assert link_endings.last_words(stopped, duet) == b""
    assert link_endings.last_words(fault, DIALECTS["marlin"]) == b""
    assert str(link_endings.halted(stopped, duet)) == "Emergency Stop!"


def test_line_in_doubt_is_named() -> None:
    ledger = LineLedger(5000)
    for body in (b"G1 X1", b"M105"):
        ledger.advance(len(ledger.give(body).frame))
    error = link_endings.undecided(ledger)
    assert isinstance(error, LinkLost)
    assert "G1 X1" in str(error)
    assert error.details["line"] == "G1 X1"


def test_the_other_endings_say_what_happened() -> None:
    assert isinstance(link_endings.restarted(), PrinterReset)
    assert link_endings.halt_unconfirmed().details["is_confirmed"] is False
    silent = link_endings.silent(30.4)
    assert isinstance(silent, PrinterSilent)
    assert "30 s" in str(silent)
