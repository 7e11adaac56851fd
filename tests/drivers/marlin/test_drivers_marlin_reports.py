"""What the printer says, as the house's values."""

from __future__ import annotations

from hydrogen.gcode.link.link_events import PositionChanged
from hydrogen.gcode.temperature_report import parse_temperature_report
from hydrogen.model.printer import Firmware
from hydrogen_drivers.marlin.reports import firmware_from_replies, position_event, temperature_events


def test_every_heater_of_a_report_becomes_an_event() -> None:
    report = parse_temperature_report("T:204.9 /205.0 B:60.1 /60.0 @:80 B@:0")
    assert report is not None
    events = {event.heater: event for event in temperature_events(report, 5.0)}
    assert events["tool0"].actual_celsius == 204.9
    assert events["tool0"].target_celsius == 205.0
    assert events["tool0"].power is not None
    assert 0.6 < events["tool0"].power < 0.65
    assert events["bed"].at == 5.0


def test_firmware_is_read_from_m115_and_missing_parts_stay_empty() -> None:
    firmware, fields = firmware_from_replies(
        [
            "FIRMWARE_NAME:Marlin 2.1 (May 1 2025 12:00:00) SOURCE_CODE_URL:x PROTOCOL_VERSION:1.0 "
            "MACHINE_TYPE:Ender 3 EXTRUDER_COUNT:2 UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff",
            "Cap:EEPROM:1",
            "Cap:EMERGENCY_PARSER:0",
            "noise",
        ],
    )
    assert firmware.name == "Marlin 2.1 (May 1 2025 12:00:00)"
    assert firmware.machine_type == "Ender 3"
    assert firmware.extruder_count == 2
    assert firmware.capabilities == {"EEPROM": True, "EMERGENCY_PARSER": False}
    assert fields["PROTOCOL_VERSION"] == "1.0"
    assert firmware_from_replies([]) == (Firmware(), {})


def test_klipper_names_itself_behind_the_ok() -> None:
    firmware, fields = firmware_from_replies(["FIRMWARE_VERSION:v0.12 FIRMWARE_NAME:Klipper"])
    assert (firmware.name, fields["FIRMWARE_VERSION"]) == ("Klipper", "v0.12")


def test_position_keeps_what_was_not_named_unknown() -> None:
    event = position_event(PositionChanged(1.0, None, 3.0, None), 5.0)
    assert (event.position.x_mm, event.position.y_mm) == (1.0, None)
