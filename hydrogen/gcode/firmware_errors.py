"""What a complaining printer means: its own words in, one stable code out, and whether the print is over.

A firmware marks a complaint (`Error:`, `!!`, `fatal:`, `ALARM:`) or, worse, does not (`echo:Homing Failed`). Marked lines
are searched for the words of a cause, `code_of`; unmarked ones count only if they are, from their beginning, a sentence
that a firmware's source holds, `code_of_note`: people's texts, comments and file names come along the same wire.

Every code is either always fatal or never, so that a client can go by the code alone. Fatal means: the firmware has
stopped for good, or has switched a heater off for a fault and keeps it off until somebody has looked; nothing more may be
sent for the job. `docs/firmware-errors.md` is the same table for people.
"""

from __future__ import annotations

import re

FATAL_CODES = frozenset({"printer_halted", "thermal_runaway", "temperature_limit", "homing_failed"})
"""The print is over. The codes of `errors.PrinterHalted`."""

PASSING_CODES = frozenset(
    {
        "firmware_error",
        "card_error",
        "cold_extrusion",
        "fan_fault",
        "not_homed",
        "printer_not_ready",
        "probing_failed",
    }
)
"""The firmware complains and goes on. The codes of `errors.FirmwareComplained`."""

_Table = tuple[tuple[re.Pattern[str], str], ...]


def _table(*rows: tuple[str, str]) -> _Table:
    return tuple((re.compile(words, re.IGNORECASE), code) for words, code in rows)


_CAUSES = _table(
    # RepRapFirmware LocalHeater.cpp, Pid.cpp; Smoothieware TemperatureControl.cpp; Repetier Communication.cpp
    (r"fault: failed to read|temperature reading (?:fault|is unreliable)|temp sensor defect", "temperature_limit"),
    # Marlin language.h STR_T_THERMAL_RUNAWAY, STR_T_HEATING_FAILED, STR_T_COOLING_FAILED, STR_T_THERMAL_MALFUNCTION
    (r"thermal (?:runaway|malfunction)|(?:heating|cooling) failed", "thermal_runaway"),
    # Prusa temperature.cpp (temp_runaway_stop); Klipper verify_heater.py
    (r"preheat error|not heating at expected rate", "thermal_runaway"),
    # RepRapFirmware Pid.cpp (2), LocalHeater.cpp (3); Smoothieware TemperatureControl.cpp
    (r"heating fault on heater|heater \d+ fault|temperature runaway|took too long to be reached", "thermal_runaway"),
    # Repetier Communication.cpp (tHeaterDecoupled…), Extruder.cpp (GCode::fatalError)
    (r"decoupled from thermistor|heater decoupled|heater/sensor error", "thermal_runaway"),
    # Marlin language.h STR_T_MAXTEMP, STR_T_MINTEMP, STR_REDUNDANCY; Klipper adccmds.c
    (r"maxtemp|mintemp|temp sensors is too high|adc out of range", "temperature_limit"),
    # Klipper homing.py says so of a shutdown that came while it homed
    (r"homing failed due to printer shutdown", "printer_halted"),
    # Marlin language_en.h MSG_KILL_HOMING_FAILED; Smoothieware Endstops.cpp
    (r"homing failed|homing cycle failed|homing fail\b", "homing_failed"),
    # Marlin language.h STR_ERR_KILLED, STR_ERR_STOPPED, STR_KILL_…, STR_STOP_…, STR_STOPPED_HEATER, STR_WATCHDOG_FIRED
    (r"printer halted|kill caused by|kill\(\) called|stop called|printer stopped due to", "printer_halted"),
    (r"system stopped|watchdog timeout|dry run mode until restart", "printer_halted"),
    # Smoothieware KillButton.cpp, Endstops.cpp, USBSerial.cpp, GcodeDispatch.cpp
    (r"halt asserted|reset,? (?:\$x )?or m999|kill button pressed|hard limit|alarm lock", "printer_halted"),
    # Klipper klippy.py (invoke_shutdown), mcu.py, gcode.py, tmc.py
    (r"shutdown due to|\bmcu\b.*\bshutdown\b|printer is shutdown|klipper state: shutdown", "printer_halted"),
    (r"lost communication with mcu|spontaneous restart|internal error on command", "printer_halted"),
    (r"unhandled exception during run|tmc '.*' reports error", "printer_halted"),
    # -- from here on the firmware goes on --
    # Marlin language.h STR_ERR_COLD_EXTRUDE_STOP, STR_ERR_HOTEND_TOO_COLD; Klipper extruder.py; RepRapFirmware RepRap.cpp
    (r"cold extrusion|extrude below minimum temp|hotend too cold|were not high enough", "cold_extrusion"),
    # Klipper klippy.py (message_startup)
    (r"printer is not ready|klippy host software is attempting", "printer_not_ready"),
    # Marlin language.h STR_ERR_PROBING_FAILED; Klipper probe.py, homing.py, bltouch.py
    (r"probing failed|no trigger on probe|probe (?:triggered prior|samples exceed)|bltouch failed", "probing_failed"),
    # RepRapFirmware GCodes4.cpp; Repetier Communication.cpp (tZProbeFailed), BedLeveling.cpp
    (r"probe (?:was not|already) triggered|probe failed|probe triggered before|probing had returned", "probing_failed"),
    # Klipper toolhead.py, homing.py; RepRapFirmware GCodes.cpp
    (r"must home|insufficient axes homed|no trigger on \S+ after full", "not_homed"),
    (r"endstop \S+ still triggered|timeout during homing", "not_homed"),
    # Prusa fancheck.cpp
    (r"fan speed is lower than expected", "fan_fault"),
    # Marlin language.h STR_SD_…; Repetier Communication.cpp tSDReadError; Klipper virtual_sdcard.py
    (r"sd read error|error writing to file|volume\.init failed|openroot failed|workdir open failed", "card_error"),
    (r"cannot (?:open|enter) subdir|unable to (?:open file|get file list)|sd (?:busy|write not supp)", "card_error"),
    (r"sd init fail|no media|sd errorcode", "card_error"),
)
"""Words of a cause in a marked complaint; the first that is found wins. Causes of an end come before what passes."""

_NOTES = _table(
    # Marlin Marlin.cpp, kill(): the cause, and of a failed homing no other line names it (facts/marlin.md)
    (r"(?:echo:)?homing failed$", "homing_failed"),
    # Marlin language.h STR_ERR_STOPPED: a stopped Marlin 1 answers every move so
    (r"printer stopped due to errors\. fix the error", "printer_halted"),
    # Klipper gcode.py, _handle_shutdown
    (r"//[ \t]*klipper state: shutdown$", "printer_halted"),
    # Marlin 1.0 temperature.cpp: the second line of `Error:0`
    (r":[ \t]*extruder switched off\. (?:max|min)temp triggered", "temperature_limit"),
    # Repetier Extruder.cpp: said before its `fatal:` line
    (r"(?:extruder \d|heated bed|other:)[^:]*: temp sensor defect", "temperature_limit"),
    # Smoothieware TemperatureControl.cpp, Endstops.cpp, KillButton.cpp, USBSerial.cpp, SimpleShell.cpp
    (r"temperature reading is unreliable on \S+?,? halt asserted", "temperature_limit"),
    (r"temperature took too long to be reached on \S+?,? halt asserted", "thermal_runaway"),
    (r"halt asserted - reset or m999|halted, m999 or \$x|entering alarm/halt state", "printer_halted"),
    (r"limit switch \S+ was hit - reset or m999|kill button pressed - reset", "printer_halted"),
    (r"emergency stop requested - reset or m999", "printer_halted"),
    # RepRapFirmware GCodes.cpp, DoEmergencyStop
    (r"emergency stop! reset the controller", "printer_halted"),
    # Marlin planner.cpp (`echo:`, with a blank); RepRapFirmware RepRap.cpp; Prusa fancheck.cpp
    (r"echo:[ \t]*cold extrusion prevented$", "cold_extrusion"),
    (r"warning: tool \d+ was not driven because its heater temperatures were not high", "cold_extrusion"),
    (r"(?:extruder|print) fan speed is lower than expected$", "fan_fault"),
)
"""Whole sentences that mean something without a mark."""

_is_file = re.compile(r"(?i)\.(?:g|gc|gco|gcode|gx|nc|bgcode|ufp)(?:[ \t]+(?:0x)?[0-9a-f]+)?[ \t]*$").search
"""A line of M20's list: `thermal runaway.gcode 10964`. Klipper's file names may even begin with `!!`."""


def is_fatal(code: str) -> bool:
    """Is the print over with this code?"""
    return code in FATAL_CODES


def names_file(text: str) -> bool:
    """Does the line end like a file's name, with or without a size behind it?"""
    return _is_file(text) is not None


def code_of(complaint: str) -> str:
    """The code of a complaint that the firmware has marked, given without the mark. `firmware_error` if nothing fits."""
    return next((code for words, code in _CAUSES if words.search(complaint)), "firmware_error")


def fatal_code_of(complaint: str) -> str:
    """The same where the mark itself says that it is the end (`fatal:`, `ALARM:`, a lone `!!`)."""
    code = code_of(complaint)
    return code if code in FATAL_CODES else "printer_halted"


def code_of_note(line: str) -> str | None:
    """The code of an unmarked line, given whole; None for what is no complaint."""
    return next((code for words, code in _NOTES if words.match(line)), None)
