"""Settings that live in the EEPROM: limits, accelerations, flow, and storing, loading, listing them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hydrogen_simulators.firmware.command import Command
from hydrogen_simulators.firmware.greeting import load_settings
from hydrogen_simulators.firmware.limits import Limits
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.motion import AXES
from hydrogen_simulators.firmware.waiting import Handler, Outcome


def settings_report(machine: Machine) -> list[tuple[str, str, str]]:
    """Command, heading and line of each stored setting, in M503's order."""

    def axes(values: tuple[float, ...] | list[float]) -> str:
        return " ".join(f"{axis}{value:.2f}" for axis, value in zip(AXES, values, strict=False))

    limits = machine.motion.limits
    p, r, t = limits.acceleration, limits.retract_acceleration, limits.travel_acceleration
    return [
        ("M92", "Steps per unit", f"M92 {axes(limits.steps_per_mm)}"),
        ("M203", "Max feedrates (units/s)", f"M203 {axes(limits.feedrate)}"),
        ("M201", "Max Acceleration (units/s2)", f"M201 {axes(limits.axis_acceleration)}"),
        ("M204", "Acceleration (units/s2) (P<print-accel> R<retract> T<travel>)", f"M204 P{p:.2f} R{r:.2f} T{t:.2f}"),
        ("M205", *_corners(limits)),
        ("M206", "Home offset", f"M206 {axes(limits.home_offset)}"),
    ]


def _corners(limits: Limits) -> tuple[str, str]:
    """Heading and line of what decides about corners: the deviation, or in older builds the jerk of each axis."""
    heading, line = (
        "Advanced (B<min_segment_time_us> S<min_feedrate> T<min_travel_feedrate>",
        "M205 B20000.00 S0.00 T0.00",
    )
    if limits.junction_deviation > 0:
        return heading + " J<junc_dev>)", f"{line} J{limits.junction_deviation:.2f}"
    x, y, z, e = limits.jerk
    return (
        heading + " X<max_x_jerk> Y<max_y_jerk> Z<max_z_jerk> E<max_e_jerk>)",
        f"{line} X{x:.2f} Y{y:.2f} Z{z:.2f} E{e:.2f}",
    )


def limit(machine: Machine, command: Command) -> Outcome:
    """M92, M201, M203 to M205: set, or list this one setting when no word is given."""
    if not command.words:
        _list(machine, command.name, with_headings=True)
    else:
        _take_limits(machine.motion.limits, command)
    return None


def _take_limits(limits: Limits, command: Command) -> None:
    """Take over what M92, M201 and M203 to M205 say."""

    def axes(values: list[float]) -> list[float]:
        return [max(0.01, command.value(axis, values[index])) for index, axis in enumerate(AXES)]

    match command.name:
        case "M92":
            limits.steps_per_mm = axes(limits.steps_per_mm)
        case "M201":
            limits.axis_acceleration = axes(limits.axis_acceleration)
        case "M203":
            limits.feedrate = axes(limits.feedrate)
        case "M204":
            both = command.words.get("S")
            limits.acceleration = max(1.0, command.value("P", both or limits.acceleration))
            limits.travel_acceleration = max(1.0, command.value("T", both or limits.travel_acceleration))
            limits.retract_acceleration = max(1.0, command.value("R", limits.retract_acceleration))
        case "M205":
            limits.jerk = axes(limits.jerk)
            limits.junction_deviation = max(0.0, command.value("J", limits.junction_deviation))


def home_offset(machine: Machine, command: Command) -> Outcome:
    """M206: shift the coordinates, and report the position; list it when no word is given. With T or P it is Repetier's, which
    writes a place of its EEPROM."""
    if not command.words:
        _list(machine, command.name, with_headings=True)
    elif not command.has("TP"):
        for index, axis in enumerate("XYZ"):
            if command.has(axis):
                machine.motion.set_home_offset(index, command.value(axis) * machine.unit_mm)
        machine.say(machine.position_text())
    return None


def flow(machine: Machine, command: Command) -> Outcome:
    """M221: ask or set."""
    if command.has("S"):
        machine.flow_percent = command.value("S")
    else:
        machine.echo(f"E{machine.tool} Flow: {machine.flow_percent:.0f}%")
    return None


def store(machine: Machine, command: Command) -> Outcome:
    """M500: what is set now is what the board starts with, and what M501 brings back."""
    machine.store_settings()
    machine.echo("Settings Stored (606 bytes; crc 30909)")
    machine.notify("Settings Stored")
    machine.action("notification Settings Stored")
    return None


def load(machine: Machine, command: Command) -> Outcome:
    """M501: what was stored last is set again."""
    machine.restore_settings()
    load_settings(machine)
    return None


def load_defaults(machine: Machine, command: Command) -> Outcome:
    """M502: the defaults of the build are set, and not stored."""
    machine.motion.take_limits(Limits.of(machine.settings))
    machine.action("notification Hardcoded Default Settings Loaded")
    machine.echo("Hardcoded Default Settings Loaded")
    return None


def list_settings(machine: Machine, command: Command) -> Outcome:
    """M503: with headings and ``echo:``; with S0 the bare commands, indented by two blanks."""
    _list(machine, None, with_headings=not command.has("S") or command.value("S") != 0)
    return None


def _list(machine: Machine, only: str | None, *, with_headings: bool) -> None:
    for name, heading, line in settings_report(machine):
        if only not in (None, name):
            continue
        if with_headings:
            machine.echo(f"; {heading}:")
            machine.echo(f"  {line}")
        else:
            machine.say(f"  {line}")


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    dict.fromkeys(("M92", "M201", "M203", "M204", "M205"), limit)
    | {
        "M206": home_offset,
        "M221": flow,
        "M500": store,
        "M501": load,
        "M502": load_defaults,
        "M503": list_settings,
    }
)
