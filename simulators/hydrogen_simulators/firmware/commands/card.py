"""The memory card: list, select, print, write. Without a card in the slot every answer is sensible, none is a file.

Source: ``facts/marlin.md`` "SD card". Without a card M28 opens nothing, so lines are never swallowed into a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hydrogen_simulators.firmware.command import Command
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.waiting import Handler, Outcome, Running, Wait

ABORT_SECONDS = 6.0
"""Time of the abort G-code behind M524 (EVENT_GCODE_SD_ABORT: X and Y are homed)."""

FANS = 8
"""How many fans an abort switches off (facts: ``M106 P0 S0`` ... ``M106 P7 S0``)."""


def list_files(machine: Machine, command: Command) -> Outcome:
    """M20: short names and sizes; with L the long name behind."""
    if not machine.medium.is_mounted:
        machine.echo("No media")
        return None
    machine.say("Begin file list")
    for file in machine.medium.files:
        long_name = f" {file.long_name}" if command.has("L") else ""
        machine.say(f"{file.short_name} {len(file.content)}{long_name}")
    machine.say("End file list")
    return None


def mount(machine: Machine, command: Command) -> Outcome:
    """M21."""
    machine.medium.is_mounted = machine.medium.is_present
    machine.say(machine.speech.card_present if machine.medium.is_present else machine.speech.card_absent)
    return None


def release(machine: Machine, command: Command) -> Outcome:
    """M22."""
    machine.medium.select(None)
    machine.medium.is_mounted = False
    machine.echo("SD card released")
    return None


def open_file(machine: Machine, command: Command) -> Outcome:
    """M23."""
    select_file(machine, command.rest)
    return None


def select_file(machine: Machine, name: str) -> bool:
    """Open the file of this name for printing; False if there is none."""
    machine.echo(f"Now fresh file: {name}")
    file = machine.medium.find(name)
    if file is None:
        machine.say(f"open failed, File: {name}.")
        return False
    machine.medium.select(file)
    machine.say(f"File opened: {name} Size: {len(file.content)}")
    machine.say("File selected")
    machine.notify(name)
    return True


def start_print(machine: Machine, command: Command) -> Outcome:
    """M24: asks the host to resume even when no file is selected (facts)."""
    begin_print(machine)
    return None


def begin_print(machine: Machine) -> None:
    """Print the selected file from where it stands."""
    machine.action("resume")
    if machine.medium.selected is not None:
        machine.medium.is_printing = True
        machine.prompt("Resuming SD", "Dismiss")


def pause_print(machine: Machine, command: Command) -> Outcome:
    """M25: no further lines are read; those that were read still run."""
    machine.medium.is_printing = False
    machine.action("pause")
    return None


def seek(machine: Machine, command: Command) -> Outcome:
    """M26: the next line is read from byte S of the selected file."""
    if machine.medium.selected is not None and command.has("S"):
        machine.medium.position = min(max(0, int(command.value("S"))), len(machine.medium.selected.content))
    return None


def print_status(machine: Machine, command: Command) -> Outcome:
    """M27: once; with S every so many seconds, also when nothing prints, until ``S0``."""
    if command.has("S"):
        machine.start_report(machine.card_report, command.value("S"))
    else:
        say_status(machine)
    return None


def say_status(machine: Machine) -> None:
    """``SD printing byte 1234/3712``, or that nothing prints."""
    medium = machine.medium
    if medium.is_printing and medium.selected is not None:
        machine.say(f"SD printing byte {medium.position}/{len(medium.selected.content)}", "\r\n")
    else:
        machine.say("Not SD printing")


def write_file(machine: Machine, command: Command) -> Outcome:
    """M28: from here on lines are stored, not run, until M29."""
    machine.echo(f"Now fresh file: {command.rest}")
    if not machine.medium.is_mounted:
        machine.say(f"open failed, File: {command.rest}.")
        return None
    machine.medium.begin_writing(command.rest)
    machine.say(f"Writing to file: {command.rest}")
    machine.notify(command.rest)
    return None


def close_file(machine: Machine, command: Command) -> Outcome:
    """M29."""
    machine.medium.end_writing()
    machine.say("Done saving file.")
    return None


def delete_file(machine: Machine, command: Command) -> Outcome:
    """M30."""
    file = machine.medium.find(command.rest)
    if file is None:
        machine.say(f"Deletion failed, File: {command.rest}.")
    else:
        machine.medium.delete(file)
        machine.say(f"File deleted:{command.rest}")
    return None


def long_name(machine: Machine, command: Command) -> Outcome:
    """M33: the long path of a short name."""
    file = machine.medium.find(command.rest)
    machine.say(f"/{file.long_name}" if file else "?")
    return None


def abort_print(machine: Machine, command: Command) -> Outcome:
    """M524: nothing where nothing prints, else motion and heaters off and the abort G-code; the ok comes behind it."""
    if machine.medium.selected is None:
        return None
    return _abort(machine)


def _abort(machine: Machine) -> Running:
    say_status(machine)
    machine.medium.select(None)
    machine.drop_card_lines = True
    machine.motion.stop(machine.now)
    machine.heaters_off()
    for fan in range(FANS):
        machine.fans[fan] = 0
        machine.say(f"M106 P{fan} S0")
    if not machine.settings.instant_motion:
        yield Wait(until=machine.now + ABORT_SECONDS)
    machine.motion.keep_powered(machine.now)
    machine.motion.home("XY")
    machine.say(machine.position_text())
    return None


def end_of_print(machine: Machine, command: Command) -> Running:
    """M1001, which the board gives itself behind the last line: wait for the motion, say that the file is printed."""
    machine.motion.break_chain()
    while machine.motion.is_moving(machine.now):
        yield Wait(until=machine.motion.ends_at, for_motion=True)
    machine.say("Done printing file")
    return None


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        "M20": list_files,
        "M21": mount,
        "M22": release,
        "M23": open_file,
        "M24": start_print,
        "M25": pause_print,
        "M26": seek,
        "M27": print_status,
        "M28": write_file,
        "M29": close_file,
        "M30": delete_file,
        "M33": long_name,
        "M524": abort_print,
        "M1001": end_of_print,
    }
)
