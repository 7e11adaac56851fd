"""Questions: who are you, where is the count, what do the switches say."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hydrogen_simulators.firmware.command import Command
from hydrogen_simulators.firmware.greeting import identity
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.waiting import Handler, OkText, Outcome


def set_line_number(machine: Machine, command: Command) -> Outcome:
    """M110 when it *runs*: with N it sets the last line number, without it tells it (facts: numbering, link 1)."""
    if command.has("N"):
        machine.last_line_number = int(command.value("N"))
    else:
        machine.say(f"Line: {machine.last_line_number}")
    return None


def busy_interval(machine: Machine, command: Command) -> Outcome:
    """M113: ask or set the spacing of busy lines; 0 is none."""
    if command.has("S"):
        machine.busy_interval = min(60.0, max(0.0, command.value("S")))
    else:
        machine.echo(f"M113 S{machine.busy_interval:.0f}")
    return None


def who_are_you(machine: Machine, command: Command) -> Outcome:
    """M115; where its line stands on the ok's line there is only one."""
    lines = identity(machine)
    text = machine.answer("M115", lines[0])
    for line in lines[1:]:
        machine.say(line)
    return None if text is None else OkText(text)


def end_stops(machine: Machine, command: Command) -> Outcome:
    """M119; ``filament: TRIGGERED`` means that filament is there."""
    machine.say("Reporting endstop status")
    for switch in ("x_min: open", "y_min: open", "z_min: open"):
        machine.say(switch)
    machine.say("filament: TRIGGERED" if machine.has_filament else "filament: open")
    return None


def auto_report_position(machine: Machine, command: Command) -> Outcome:
    """M154: a position line every S seconds, 0 stops."""
    if command.has("S"):
        machine.start_report(machine.position_report, command.value("S"))
    return None


def filament_sensor(machine: Machine, command: Command) -> Outcome:
    """M412: ask or set."""
    if command.has("S"):
        machine.filament_sensor_on = command.value("S") > 0
    else:
        state = "ON" if machine.filament_sensor_on else "OFF"
        machine.echo(f"Filament runout {state} ; Host handling OFF")
    return None


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        "M110": set_line_number,
        "M113": busy_interval,
        "M115": who_are_you,
        "M119": end_stops,
        "M154": auto_report_position,
        "M412": filament_sensor,
    }
)
