"""What a board says when it starts, and what it says of itself when asked."""

from __future__ import annotations

from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.firmware.speech import names

UUID = "cede2a2f-41a2-4748-9b12-c55c62f367ff"
"""Marlin's default MACHINE_UUID: every board with an untouched configuration has it."""

BUILT = "Nov 22 2026"
"""The compile date that greeting and M115 show; a constant, so that transcripts repeat."""


ALWAYS_PRESENT = frozenset(
    names(
        "EEPROM VOLUMETRIC AUTOREPORT_POS AUTOREPORT_POSITION AUTOREPORT_FANS PRINT_JOB RUNOUT BUILD_PERCENT SDCARD SD_WRITE "
        "AUTOREPORT_SD_STATUS LONG_FILENAME LFN_WRITE EXTENDED_M20 THERMAL_PROTECTION ARCS PRUSA_MMU2"
    )
)
"""Capabilities that every simulated board of a firmware that names them has; no setting takes them away."""


def greet(machine: Machine, cause: str) -> None:
    """Say the start-up lines; ``cause`` is ``PowerUp`` or `` External Reset`` (Marlin's own texts, blank included)."""
    speech = machine.speech
    machine.medium.is_mounted = machine.medium.is_present
    card = speech.card_present if machine.medium.is_present else speech.card_absent
    for line in speech.greeting:
        if line == "{settings}":
            load_settings(machine)
        else:
            machine.say_all((line,), cause=cause, firmware=machine.settings.firmware_name, built=BUILT, card=card)


def load_settings(machine: Machine) -> None:
    """Say that the EEPROM was read; the first time it is empty, and written."""
    if machine.settings.eeprom_is_empty and not machine.has_stored_settings:
        machine.say_all(machine.speech.settings_made)
    else:
        machine.say_all(machine.speech.settings_loaded)
    machine.has_stored_settings = True


def identity(machine: Machine) -> list[str]:
    """The answer to M115: what the firmware is, its capabilities in its own order, the area."""
    s = machine.settings
    x, y, z = s.area
    box = f"{{min:{{x:0.00,y:0.00,z:0.00}},max:{{x:{x:.2f},y:{y:.2f},z:{z:.2f}}}}}"
    values = {"firmware": s.firmware_name, "machine": s.machine_name, "extruders": s.extruder_count}
    lines: list[str] = []
    for template in s.speech.identity:
        if template == "{capabilities}":
            lines += [f"Cap:{name}:{int(is_present)}" for name, is_present in capabilities(s)]
        else:
            lines.append(template.format(**values, uuid=UUID, built=BUILT, box=box))
    return lines


def capabilities(settings: MarlinSettings) -> list[tuple[str, bool]]:
    """Name and presence, in the firmware's order; what this printer lacks is 0."""
    s = settings
    present = {
        "AUTOREPORT_TEMP": s.auto_report,
        "AUTOLEVEL": s.has_leveling,
        "Z_PROBE": s.has_leveling,
        "LEVELING_DATA": s.has_leveling,
        "EMERGENCY_PARSER": s.emergency_parser,
        "HOST_ACTION_COMMANDS": s.host_prompts,
        "PROMPT_SUPPORT": s.host_prompts,
        "CHAMBER_TEMPERATURE": s.has_chamber,
        "MEATPACK": s.meatpack,
    }
    return [(name, present.get(name, name in ALWAYS_PRESENT)) for name in s.speech.capabilities]
