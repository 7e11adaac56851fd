"""The words of real firmwares, and what must not be taken for them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.firmware_errors import (
    FATAL_CODES,
    PASSING_CODES,
    code_of,
    code_of_note,
    fatal_code_of,
    is_fatal,
    names_file,
)
from hydrogen.gcode.replies import Acknowledged, ActionRequested, Busy, FirmwareError, Text, UnknownCommand, parse_reply
from tests.support.property_settings import REPEATABLE


class Group(NamedTuple):
    """Lines of one firmware, each with its code. `source`: where the firmware says so."""

    firmware: str
    source: str
    lines: tuple[tuple[str, str], ...]


CORPUS = (
    Group(
        "Marlin 2",
        "Marlin core/language.h, module/temperature.cpp, module/probe.cpp, sd/cardreader.cpp; facts/marlin.md",
        (
            ("Error:Printer halted. kill() called!", "printer_halted"),
            ("Error:!! KILL caused by KILL button/pin", "printer_halted"),
            ("Error:!! KILL caused by too much inactive time - current command: G1 X5", "printer_halted"),
            ("Error:!! STOP called because of BLTouch error - restart with M999", "printer_halted"),
            ("Error:Watchdog timeout. Reset required.", "printer_halted"),
            ("Error:Heating failed, system stopped! Heater_ID: E0", "thermal_runaway"),
            ("Error:Heating failed, system stopped! Heater_ID: bed", "thermal_runaway"),
            ("Error:Cooling failed, system stopped! Heater_ID: cooler", "thermal_runaway"),
            ("Error:Thermal Runaway, system stopped! Heater_ID: E0", "thermal_runaway"),
            ("Error:Thermal Malfunction, system stopped! Heater_ID: E0", "thermal_runaway"),
            ("Error:MAXTEMP triggered, system stopped! Heater_ID: E0", "temperature_limit"),
            ("Error:MINTEMP triggered, system stopped! Heater_ID: chamber", "temperature_limit"),
            (
                "Error:Heater switched off. Temperature difference between temp sensors is too high !, "
                "system stopped! Heater_ID: redundant",
                "temperature_limit",
            ),
            ("echo:Homing Failed", "homing_failed"),
            ("Error:Probing Failed", "probing_failed"),
            ("echo: cold extrusion prevented", "cold_extrusion"),
            ("Error:SD read error", "card_error"),
            ("Error:error writing to file", "card_error"),
            ("Error:volume.init failed", "card_error"),
            ("Error:openRoot failed", "card_error"),
            ("Error:G2/G3 bad parameters", "firmware_error"),
            ("Error:Serial status mismatch", "firmware_error"),
            ("Error:PID Autotune failed! Temperature too high", "firmware_error"),
            ("Error:Error writing to EEPROM!", "firmware_error"),
        ),
    ),
    Group(
        "Marlin 1",
        "Marlin 1.1 language.h, Marlin_main.cpp; Marlin 1.0 temperature.cpp (min_temp_error, max_temp_error)",
        (
            ("Error:STOP called because of unhomed error - restart with M999", "printer_halted"),
            (
                "Printer stopped due to errors. Fix the error and use M999 to restart. "
                "(Temperature is reset. Set it after restarting)",
                "printer_halted",
            ),
            (
                "Error:Printer stopped due to errors. Fix the error and use M999 to restart. "
                "(Temperature is reset. Set it after restarting)",
                "printer_halted",
            ),
            ("Error:0: Extruder switched off. MAXTEMP triggered !", "temperature_limit"),
            ("Error:0", "firmware_error"),
            (": Extruder switched off. MINTEMP triggered !", "temperature_limit"),
            ("Error:Temperature heated bed switched off. MAXTEMP triggered !!", "temperature_limit"),
            ("Error:Thermal Runaway, system stopped! Heater_ID: 0", "thermal_runaway"),
        ),
    ),
    Group(
        "Prusa i3",
        "Prusa-Firmware temperature.cpp (temp_error_messagepgm, temp_runaway_stop), fancheck.cpp (fanSpeedError)",
        (
            ("Error:0: Heaters switched off. MAXTEMP triggered!", "temperature_limit"),
            ("Error:Heaters switched off. MINTEMP BED triggered!", "temperature_limit"),
            ("Error: THERMAL RUNAWAY (PREHEAT HOTEND)", "thermal_runaway"),
            ("Error: HEATBED THERMAL RUNAWAY", "thermal_runaway"),
            ("Extruder fan speed is lower than expected", "fan_fault"),
            ("Print fan speed is lower than expected", "fan_fault"),
        ),
    ),
    Group(
        "Klipper",
        "Klipper klippy.py, mcu.py, gcode.py, extras/verify_heater.py, homing.py, probe.py; facts/klipper-moonraker.md 2",
        (
            ("// Klipper state: Shutdown", "printer_halted"),
            ("!! Shutdown due to M112 command", "printer_halted"),
            ("!! Shutdown due to webhooks request", "printer_halted"),
            ("!! MCU 'mcu' shutdown: Timer too close", "printer_halted"),
            ("!! MCU 'mcu' shutdown: Missed scheduling of next digital out event", "printer_halted"),
            ("!! MCU 'mcu' shutdown: ADC out of range", "temperature_limit"),
            ("!! Lost communication with MCU 'mcu'", "printer_halted"),
            ("!! Can not update MCU 'mcu' config as it is shutdown", "printer_halted"),
            ('!! Internal error on command:"G28"', "printer_halted"),
            ("!! Homing failed due to printer shutdown", "printer_halted"),
            ("!! Heater extruder not heating at expected rate", "thermal_runaway"),
            ("!! Printer is not ready", "printer_not_ready"),
            ("!! Extrude below minimum temp", "cold_extrusion"),
            ("!! Must home axis first: 20.000 10.000 0.000 [0.000]", "not_homed"),
            ("!! No trigger on x after full movement", "not_homed"),
            ("!! Endstop x still triggered after retract", "not_homed"),
            ("!! No trigger on probe after full movement", "probing_failed"),
            ("!! Probe triggered prior to movement", "probing_failed"),
            ("!! Probe samples exceed samples_tolerance", "probing_failed"),
            ("!! Unable to open file", "card_error"),
            ("!! SD busy", "card_error"),
            ("!! Move out of range: 999.000 10.000 0.000 [0.000]", "firmware_error"),
            ("!! Requested temperature (500.0) out of range (0.0:300.0)", "firmware_error"),
            ("!! Malformed command 'ECHO something'", "firmware_error"),
            ("!! bad", "firmware_error"),
        ),
    ),
    Group(
        "Repetier",
        "Repetier-Firmware Communication.cpp, gcode.cpp (reportFatalError), Extruder.cpp, BedLeveling.cpp",
        (
            (
                "fatal:Heater/sensor error - Printer stopped and heaters disabled due to this error. Fix error and "
                "restart with M999.",
                "thermal_runaway",
            ),
            (
                "fatal:G32 leveling failed! - Printer stopped and heaters disabled due to this error. Fix error and "
                "restart with M999.",
                "printer_halted",
            ),
            ("Error:One heater seems decoupled from thermistor - disabling all for safety!", "thermal_runaway"),
            ("heated bed: temp sensor defect", "temperature_limit"),
            ("extruder 0: temp sensor defect", "temperature_limit"),
            ("Error:Probing had returned errors - autoleveling canceled", "probing_failed"),
            ("Error:Z-probe failed", "probing_failed"),
            ("Error:SD read error", "card_error"),
            ("Error:Invalid arc", "firmware_error"),
        ),
    ),
    Group(
        "Smoothieware",
        "Smoothieware TemperatureControl.cpp, Endstops.cpp, KillButton.cpp, ZProbe.cpp, USBSerial.cpp, GcodeDispatch.cpp",
        (
            ("!!", "printer_halted"),
            ("HALTED, M999 or $X to exit HALT state", "printer_halted"),
            ("HALT asserted - reset or M999 required", "printer_halted"),
            ("Entering Alarm/Halt state", "printer_halted"),
            ("ok Emergency Stop Requested - reset or M999 required to exit HALT state", "printer_halted"),
            ("Kill button pressed - reset or M999 to continue", "printer_halted"),
            ("ALARM: Kill button pressed - reset, $X or M999 to clear HALT", "printer_halted"),
            ("ALARM: Abort during cycle", "printer_halted"),
            ("ALARM: Hard limit +X", "printer_halted"),
            ("Limit switch +X was hit - reset or M999 required", "printer_halted"),
            ("ALARM: Homing fail", "homing_failed"),
            ("ERROR: Homing cycle failed - check the max_travel settings", "homing_failed"),
            ("ERROR: MINTEMP or MAXTEMP triggered on T. Check your temperature sensors!", "temperature_limit"),
            ("Temperature reading is unreliable on B HALT asserted - reset or M999 required", "temperature_limit"),
            (
                "Temperature took too long to be reached on B, HALT asserted, TURN POWER OFF IMMEDIATELY - reset or M999 "
                "required",
                "thermal_runaway",
            ),
            (
                "ERROR: Temperature runaway on T (delta temp 21.000000), HALT asserted, TURN POWER OFF IMMEDIATELY - reset or "
                "M999 required",
                "thermal_runaway",
            ),
        ),
    ),
    Group(
        "RepRapFirmware",
        "RepRapFirmware 2 Pid.cpp, GCodes.cpp, GCodes4.cpp, RepRap.cpp; RepRapFirmware 3 LocalHeater.cpp, Platform.cpp",
        (
            ("Emergency Stop! Reset the controller to continue.", "printer_halted"),
            (
                "Error: Heating fault on heater 1, temperature excursion exceeded 15.0\N{DEGREE SIGN}C",
                "thermal_runaway",
            ),
            (
                "Error: Heating fault on heater 0, temperature rising much more slowly than the expected "
                "0.3\N{DEGREE SIGN}C/sec",
                "thermal_runaway",
            ),
            (
                "Error: Heater 1 fault: temperature excursion exceeded 15.0\N{DEGREE SIGN}C (target 200.0\N{DEGREE SIGN}C, "
                "actual 180.0\N{DEGREE SIGN}C)",
                "thermal_runaway",
            ),
            ("Error: Temperature reading fault on heater 1: short-circuit in thermistor", "temperature_limit"),
            ("Error: Z probe was not triggered during probing move", "probing_failed"),
            ("Error: Z probe already triggered at start of probing move", "probing_failed"),
            ("Error: G0/G1: insufficient axes homed", "not_homed"),
            ("Error: Insufficient axes homed for bed probing", "not_homed"),
            (
                "Warning: Tool 0 was not driven because its heater temperatures were not high enough or it has a heater fault",
                "cold_extrusion",
            ),
            ("Error: over temperature shutdown on driver(s) 0", "firmware_error"),
        ),
    ),
    Group(
        "Anycubic, Creality, AnkerMake",
        "AnkerMake M5 G36.cpp; Creality K1 Klipper (errors as JSON behind `!!`); old Marlin forks' cases, blanks and CR",
        (
            ("Error:Adjustment range over 2mm!!", "firmware_error"),
            ("Error:z1 is nan error!", "firmware_error"),
            ("Error: Printer halted. kill() called !!", "printer_halted"),
            ("ERROR:Thermal Runaway, system stopped! Heater_ID: bed\r", "thermal_runaway"),
            ('!! {"code":"key29", "msg":"MCU \'mcu\' shutdown: Timer too close", "values": []}', "printer_halted"),
        ),
    ),
)

LINES = [
    pytest.param(line, code, id=f"{group.firmware}: {line[:60].strip()}")
    for group in CORPUS
    for line, code in group.lines
]

HARMLESS = (
    "echo: M117 thermal runaway",
    "echo:M117 Printer halted. kill() called!",
    "echo:Heating Failed",
    "echo:Home XYZ First",
    "echo:Homing Failed twice on my old printer",
    "echo:Cold extrudes are disabled (min temp 170C)",
    "// Shutdown due to M112 command",
    "// Heater extruder not heating at expected rate",
    "// Printer is shutdown",
    "// Klipper state: Ready",
    "// Klipper state: Shutdown soon",
    "thermal runaway.gcode 10964",
    "THERMA~1.GCO 3712 thermal runaway.gcode",
    "Printer stopped due to errors. Fix the error.gcode 3712",
    "!! MCU 'mcu' shutdown.gcode 10964",
    "fatal: heater.gcode 12",
    "ALARM: hard limit.g",
    "Error:MAXTEMP triggered.gcode 0x1f",
    "HALT asserted - reset or M999 required.gco 5",
    "File opened:Thermal Runaway.gcode Size:10964",
    "echo:Now fresh file: maxtemp.g",
    "open failed, File: printer halted.g.",
    "Printer halted? No.",
    "the printer is halted",
    "Kill button is on the left",
    "Emergency Stop is at the back",
    "fatality",
    "alarming",
    "Thermal Runaway protection: on",
    "THERMAL_PROTECTION:1",
    "Info:Autoleveling enabled",
    "info:Continue from fatal state",
    "WARNING: After HALT you should HOME as position is currently unknown",
    "// NOTICE limits are disabled until all have been cleared",
    "UnKill button pressed, Halt cleared",
    "ok - ignored",
)
"""They look alike, but a person, a file or a successful answer says them."""


def test_the_corpus_is_large_and_each_group_names_its_source() -> None:
    assert sum(len(group.lines) for group in CORPUS) >= 60
    assert len(CORPUS) >= 7
    assert all(len(group.source) > 10 for group in CORPUS)
    assert {code for group in CORPUS for _, code in group.lines} == FATAL_CODES | PASSING_CODES


@pytest.mark.parametrize(("line", "code"), LINES)
def test_a_printers_words_have_their_code(line: str, code: str) -> None:
    reply = parse_reply(line.encode())
    assert isinstance(reply, FirmwareError), reply
    assert (reply.code, reply.is_fatal) == (code, code in FATAL_CODES)


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_looks_alike_is_no_complaint(line: str) -> None:
    assert isinstance(parse_reply(line.encode()), Text | Acknowledged)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('echo:Unknown command: "thermal runaway"', UnknownCommand),
        ('echo:Unknown command: "Error:Printer halted. kill() called!"', UnknownCommand),
        ('// Unknown command:"SHUTDOWN"', UnknownCommand),
        ("Unknown command:MAXTEMP", UnknownCommand),
        ("//action:notification Thermal Runaway", ActionRequested),
        ("//action:prompt_begin Printer halted", ActionRequested),
        ("echo:busy: paused for user", Busy),
        ("echo:busy: paused for input", Busy),
        ("busy:paused for user", Busy),
    ],
)
def test_other_replies_keep_their_kind_whatever_words_they_hold(line: str, kind: type) -> None:
    assert isinstance(parse_reply(line.encode()), kind)


def documented() -> dict[str, list[str]]:
    """The example lines of each code in the document."""
    text = (Path(__file__).parents[2] / "docs" / "firmware-errors.md").read_text(encoding="utf-8")
    sections = re.split(r"^#{2,3} ", text, flags=re.MULTILINE)
    codes = {}
    for section in sections:
        title, _, body = section.partition("\n")
        if (code := re.fullmatch(r"`(\w+)`", title)) is not None:
            bullets = re.findall(r"^- [^:`]+: (.*)", body, re.MULTILINE)
            codes[code[1]] = [line for bullet in bullets for line in re.findall(r"`([^`]+)`", bullet)]
    return codes


def test_the_document_tells_every_code_with_lines_that_have_it() -> None:
    told = documented()
    assert told.keys() == FATAL_CODES | PASSING_CODES
    for code, lines in told.items():
        assert lines, code
        for line in lines:
            reply = parse_reply(line.encode())
            assert isinstance(reply, FirmwareError), line
            assert reply.code == code, line


def test_a_code_is_always_fatal_or_never() -> None:
    assert not FATAL_CODES & PASSING_CODES
    assert all(is_fatal(code) for code in FATAL_CODES)
    assert not any(is_fatal(code) for code in PASSING_CODES)


def test_a_mark_of_the_end_is_fatal_whatever_follows() -> None:
    assert fatal_code_of("something new") == "printer_halted"
    assert fatal_code_of("Extrude below minimum temp") == "printer_halted"
    assert fatal_code_of("Homing fail") == "homing_failed"
    reply = parse_reply(b"fatal:a reason that nobody has seen")
    assert reply == FirmwareError(text="a reason that nobody has seen", code="printer_halted", is_fatal=True)


def test_unmarked_words_count_only_from_the_beginning_of_a_line() -> None:
    assert code_of_note("echo:Homing Failed") == "homing_failed"
    assert code_of_note("I saw echo:Homing Failed") is None
    assert code_of("anything: thermal runaway!") == "thermal_runaway"


def test_file_names_are_told_by_their_ending() -> None:
    assert names_file("a b.gcode 123")
    assert names_file("A.GCO")
    assert names_file("x.g 0x1ff")
    assert not names_file("MCU 'mcu' shutdown: Timer too close")
    assert not names_file("file.gcode is broken")


def test_the_text_of_an_error_has_no_mark() -> None:
    for line, text in (
        (b"echo:Homing Failed", "Homing Failed"),
        (b"// Klipper state: Shutdown", "Klipper state: Shutdown"),
        (b"echo: cold extrusion prevented", "cold extrusion prevented"),
        (b": Extruder switched off. MAXTEMP triggered !", "Extruder switched off. MAXTEMP triggered !"),
        (b"!!", "!!"),
    ):
        reply = parse_reply(line)
        assert isinstance(reply, FirmwareError)
        assert reply.text == text


@REPEATABLE
@given(st.sampled_from(["Error:", "!! ", "fatal:", "ALARM: ", "echo:", "//", ""]), st.text(max_size=60))
def test_every_complaint_has_a_known_code(mark: str, words: str) -> None:
    reply = parse_reply((mark + words).encode("utf-8", "replace"))
    if isinstance(reply, FirmwareError):
        assert reply.code in (FATAL_CODES if reply.is_fatal else PASSING_CODES)


def test_a_cut_or_glued_line_never_raises() -> None:
    for group in CORPUS:
        for line, _ in group.lines:
            for length in range(len(line)):
                parse_reply(line[:length].encode())
                parse_reply(line[length:].encode())
