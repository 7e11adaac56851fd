"""What a board says when it starts, and what it says of itself when asked."""

from __future__ import annotations

from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.settings import MarlinSettings

UUID = "cede2a2f-41a2-4748-9b12-c55c62f367ff"
"""Marlin's default MACHINE_UUID: every board with an untouched configuration has it."""

BUILT = "Nov 22 2026"
"""The compile date that greeting and M115 show; a constant, so that transcripts repeat."""


def greet(machine: Machine, cause: str) -> None:
    """Say the start-up lines; ``cause`` is ``PowerUp`` or `` External Reset`` (Marlin's own texts, blank included)."""
    machine.say("start")
    machine.say(cause)
    machine.say(machine.settings.firmware_name)
    machine.echo(" Last Updated: 2024-07-30 | Author: (none, default config)")
    machine.echo(f" Compiled: {BUILT}")
    machine.echo(" Free Memory: 0  PlannerBufferBytes: 1472")
    load_settings(machine)
    machine.action("prompt_end")
    machine.echo("No SD card")


def load_settings(machine: Machine) -> None:
    """Say that the EEPROM was read. The figure after ``crc`` ends in 41: firmware prints ``)`` as a number (facts)."""
    machine.echo("V90 stored settings retrieved (606 bytes; crc 3090941")
    machine.action("notification Stored settings retrieved")


def identify(machine: Machine) -> None:
    """The answer to M115: one long line, the capabilities in Marlin's order, the area."""
    s = machine.settings
    machine.say(
        f"FIRMWARE_NAME:{s.firmware_name} ({BUILT} 19:12:08) SOURCE_CODE_URL:github.com/MarlinFirmware/Marlin "
        f"PROTOCOL_VERSION:1.0 MACHINE_TYPE:{s.machine_name} KINEMATICS:Cartesian "
        f"EXTRUDER_COUNT:{s.extruder_count} UUID:{UUID}"
    )
    for name, is_present in capabilities(s):
        machine.say(f"Cap:{name}:{int(is_present)}")
    x, y, z = s.area
    box = f"{{min:{{x:0.00,y:0.00,z:0.00}},max:{{x:{x:.2f},y:{y:.2f},z:{z:.2f}}}}}"
    machine.say(f"area:{{full:{box},work:{box}}}")


def capabilities(settings: MarlinSettings) -> list[tuple[str, bool]]:
    """Name and presence, in the order of ``facts/marlin.md`` "Connect"; what this printer lacks is 0."""
    s = settings
    return [
        ("SERIAL_XON_XOFF", False),
        ("BINARY_FILE_TRANSFER", False),
        ("EEPROM", True),
        ("VOLUMETRIC", True),
        ("AUTOREPORT_POS", True),
        ("AUTOREPORT_TEMP", s.auto_report),
        ("PROGRESS", False),
        ("PRINT_JOB", True),
        ("AUTOLEVEL", s.has_leveling),
        ("RUNOUT", True),
        ("Z_PROBE", s.has_leveling),
        ("LEVELING_DATA", s.has_leveling),
        ("BUILD_PERCENT", True),
        ("SOFTWARE_POWER", False),
        ("TOGGLE_LIGHTS", False),
        ("CASE_LIGHT_BRIGHTNESS", False),
        ("EMERGENCY_PARSER", s.emergency_parser),
        ("HOST_ACTION_COMMANDS", s.host_prompts),
        ("PROMPT_SUPPORT", s.host_prompts),
        ("SDCARD", True),
        ("MULTI_VOLUME", False),
        ("REPEAT", False),
        ("SD_WRITE", True),
        ("AUTOREPORT_SD_STATUS", True),
        ("LONG_FILENAME", True),
        ("LFN_WRITE", True),
        ("CUSTOM_FIRMWARE_UPLOAD", False),
        ("EXTENDED_M20", True),
        ("THERMAL_PROTECTION", True),
        ("MOTION_MODES", False),
        ("ARCS", True),
        ("BABYSTEPPING", False),
        ("EP_BABYSTEP", False),
        ("CHAMBER_TEMPERATURE", s.has_chamber),
        ("COOLER_TEMPERATURE", False),
        ("MEATPACK", False),
        ("CONFIG_EXPORT", False),
    ]
