"""What the printer says, as the house's events and values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from hydrogen.gcode.link.link_events import PositionChanged
from hydrogen.gcode.replies import CapabilityReported, FirmwareReported, parse_firmware, parse_reply
from hydrogen.gcode.temperature_report import TemperatureReport
from hydrogen.model.events import PrinterPositionReported, TemperatureMeasured
from hydrogen.model.printer import Firmware, Position


def temperature_events(report: TemperatureReport, at: float) -> Iterator[TemperatureMeasured]:
    """One event for each heater of a report."""
    for reading in report.readings:
        yield TemperatureMeasured(
            at=at,
            heater=reading.heater,
            actual_celsius=reading.actual_celsius,
            target_celsius=reading.target_celsius,
            power=reading.power,
        )


def position_event(position: PositionChanged, at: float) -> PrinterPositionReported:
    """M114's answer."""
    return PrinterPositionReported(
        at=at,
        position=Position(x_mm=position.x, y_mm=position.y, z_mm=position.z, e_mm=position.e),
    )


def firmware_from_replies(replies: Iterable[str]) -> tuple[Firmware, Mapping[str, str]]:
    """M115's answer: one FIRMWARE_NAME line, then capabilities; and every `KEY:value` of it. Missing parts stay empty."""
    name, machine, extruders = "", "", 1
    fields: Mapping[str, str] = MappingProxyType({})
    capabilities: dict[str, bool] = {}
    for line in replies:
        reply = parse_firmware(line) or parse_reply(line.encode("ascii", "replace"))
        if isinstance(reply, FirmwareReported):
            name, machine, extruders = reply.name, reply.machine_type, reply.extruder_count or 1
            fields = reply.fields
        elif isinstance(reply, CapabilityReported):
            capabilities[reply.name] = reply.enabled
    firmware = Firmware(
        name=name,
        machine_type=machine,
        extruder_count=extruders,
        capabilities=MappingProxyType(capabilities),
    )
    return firmware, fields
