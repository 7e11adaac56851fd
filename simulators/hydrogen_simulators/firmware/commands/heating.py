"""Heat: targets, waits, reports, fans, cold extrusion."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hydrogen_simulators.firmware.command import Command
from hydrogen_simulators.firmware.heater import Heater
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.waiting import Handler, OkText, Outcome, Running, Wait

WAIT_REPORT_SECONDS = 1.0
"""Spacing of the lines with ``W:`` (facts: "every second")."""


def report_temperatures(machine: Machine, command: Command) -> Outcome:
    """M105: with Marlin the answer is its ok, which never carries N, P or B."""
    text = machine.answer("M105", machine.temperature_text())
    return None if text is None else OkText(text)


def set_tool_target(machine: Machine, command: Command) -> Outcome:
    """M104."""
    heater = _tool_heater(machine, command)
    if heater is not None and command.has("S"):
        _heat(machine, heater, command.value("S"))
    return None


def wait_for_tool(machine: Machine, command: Command) -> Outcome:
    """M109: S waits for heating only, R for cooling too; without either ok at once."""
    heater = _tool_heater(machine, command)
    if heater is None or not command.has("SR"):
        return None
    return _heat_and_wait(machine, heater, command)


def set_bed_target(machine: Machine, command: Command) -> Outcome:
    """M140."""
    return _set_target_of(machine, "bed", command)


def wait_for_bed(machine: Machine, command: Command) -> Outcome:
    """M190."""
    return _wait_for(machine, "bed", command)


def set_chamber_target(machine: Machine, command: Command) -> Outcome:
    """M141."""
    return _set_target_of(machine, "chamber", command)


def wait_for_chamber(machine: Machine, command: Command) -> Outcome:
    """M191."""
    return _wait_for(machine, "chamber", command)


def _tool_heater(machine: Machine, command: Command) -> Heater | None:
    return machine.heaters.get(f"E{int(command.value('T', machine.tool))}")


def _heater_or_unknown(machine: Machine, name: str, command: Command) -> Heater | None:
    """A build without this heater does not know its commands."""
    heater = machine.heaters.get(name)
    if heater is None:
        machine.say_unknown(command.text, command.word)
    return heater


def _set_target_of(machine: Machine, name: str, command: Command) -> Outcome:
    heater = _heater_or_unknown(machine, name, command)
    if heater is not None and command.has("S"):
        _heat(machine, heater, command.value("S"))
        _announce(machine, heater)
    return None


def _wait_for(machine: Machine, name: str, command: Command) -> Outcome:
    heater = _heater_or_unknown(machine, name, command)
    if heater is None or not command.has("SR"):
        return None
    running = _heat_and_wait(machine, heater, command)
    if heater.target_celsius > heater.actual_celsius:
        _announce(machine, heater)
    return running


def _announce(machine: Machine, heater: Heater) -> None:
    """Bed and chamber show a status text when they heat up, the hotend does not (facts: ``M140 S30``, ``M104``)."""
    if heater.target_celsius > heater.actual_celsius:
        machine.notify(f"{heater.name.capitalize()} Heating...")


def _heat(machine: Machine, heater: Heater, celsius: float) -> None:
    heater.set_target(celsius, machine.now)


def _heat_and_wait(machine: Machine, heater: Heater, command: Command) -> Running:
    """Set the target now and return the wait for it. Source: ``facts/marlin.md`` "Temperatures and waiting"."""
    waits_for_cooling = not command.has("S")
    _heat(machine, heater, command.value("R") if waits_for_cooling else command.value("S"))
    if heater.target_celsius > 0:
        machine.begin_print()
    machine.motion.break_chain()
    return wait_until_settled(machine, heater, waits_for_cooling=waits_for_cooling)


def wait_until_settled(machine: Machine, heater: Heater, *, waits_for_cooling: bool) -> Running:
    """Until the sensor was near the target for the residency time, told each second; M108 gives up."""
    ambient = machine.settings.ambient_celsius
    near_since: float | None = None
    target: float | None = None
    while True:
        heater.advance(machine.now)
        machine.motion.keep_powered(machine.now)
        if heater.target_celsius != target:
            target = heater.target_celsius
            if not waits_for_cooling and target < heater.actual_celsius:
                return None
        machine.say(_wait_line(machine, _seconds_left(machine, near_since)))
        near_since = _near_since(machine, near_since, abs(target - heater.actual_celsius))
        is_out_of_reach = target < ambient and heater.actual_celsius < ambient + 1
        if is_out_of_reach or _has_settled(machine, near_since):
            return None
        wake = yield Wait(until=machine.now + WAIT_REPORT_SECONDS, is_breakable=True, hides_reports=True)
        if wake.is_broken:
            return None


def _wait_line(machine: Machine, left: str) -> str:
    template = machine.speech.wait_line
    bed = machine.heaters.get("bed")
    return template.format(
        temperatures=machine.temperature_text(),
        left=left,
        tool=machine.extruder_heater.actual_celsius,
        bed=bed.actual_celsius if bed else 0.0,
    )


def _near_since(machine: Machine, since: float | None, distance: float) -> float | None:
    if since is None:
        return machine.now if distance < machine.settings.residency_window_celsius else None
    return machine.now if distance > machine.settings.residency_hysteresis_celsius else since


def _has_settled(machine: Machine, near_since: float | None) -> bool:
    if near_since is None:
        return False
    residency = 0.0 if machine.settings.instant_heating else machine.settings.residency_seconds
    return residency == 0 or machine.now - near_since >= residency


def _seconds_left(machine: Machine, near_since: float | None) -> str:
    if near_since is None:
        return "?"
    return str(int(max(0.0, machine.settings.residency_seconds - (machine.now - near_since))))


def auto_report_temperatures(machine: Machine, command: Command) -> Outcome:
    """M155: a report every S seconds, 0 stops; unknown where the build lacks it."""
    if not machine.settings.auto_report:
        machine.say_unknown(command.text, command.word)
    elif command.has("S"):
        machine.start_report(machine.temperature_report, command.value("S"))
    return None


def set_fan(machine: Machine, command: Command) -> Outcome:
    """M106: full speed without S; told back (REPORT_FAN_CHANGE)."""
    speed = command.value("S", 255)
    if machine.settings.fans_by_fraction:
        if not command.has("S"):
            return None
        speed = round(speed * 255) if speed <= 1 else speed
    return _fan(machine, int(command.value("P")), min(255, int(speed)))


def fan_off(machine: Machine, command: Command) -> Outcome:
    """M107."""
    return _fan(machine, int(command.value("P")), 0)


def _fan(machine: Machine, index: int, speed: int) -> Outcome:
    machine.fans[index] = speed
    machine.say(f"M106 P{index} S{speed}")
    return None


def cold_extrusion(machine: Machine, command: Command) -> Outcome:
    """M302: ask, allow (P1), forbid (P0), or set the least temperature (S)."""
    if command.has("S"):
        machine.minimum_extrusion_celsius = command.value("S")
        machine.allows_cold_extrusion = machine.minimum_extrusion_celsius == 0
    if command.has("P"):
        machine.allows_cold_extrusion = machine.minimum_extrusion_celsius == 0 or command.value("P") > 0
    if not command.has("PS"):
        state = "enabled" if machine.allows_cold_extrusion else "disabled"
        machine.echo(f"Cold extrudes are {state} (min temp {machine.minimum_extrusion_celsius:.0f}C)")
    return None


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        "M104": set_tool_target,
        "M105": report_temperatures,
        "M106": set_fan,
        "M107": fan_off,
        "M109": wait_for_tool,
        "M140": set_bed_target,
        "M141": set_chamber_target,
        "M155": auto_report_temperatures,
        "M190": wait_for_bed,
        "M191": wait_for_chamber,
        "M302": cold_extrusion,
    }
)
