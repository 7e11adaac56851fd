"""The SD card slot of a printer with no card in it: every answer is sensible, none is a file.

Source: ``facts/marlin.md`` "SD card". M28 opens nothing, so lines are never swallowed into a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hydrogen_simulators.firmware.command import Command
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.waiting import Handler, Outcome


def list_files(machine: Machine, command: Command) -> Outcome:
    """M20."""
    machine.echo("No media")
    return None


def mount(machine: Machine, command: Command) -> Outcome:
    """M21."""
    machine.echo("No SD card")
    return None


def release(machine: Machine, command: Command) -> Outcome:
    """M22."""
    machine.echo("SD card released")
    return None


def open_file(machine: Machine, command: Command) -> Outcome:
    """M23, M28: there is nothing to open."""
    machine.echo(f"Now fresh file: {command.rest}")
    machine.say(f"open failed, File: {command.rest}.")
    return None


def start_print(machine: Machine, command: Command) -> Outcome:
    """M24: asks the host to resume even when no file is selected (facts)."""
    machine.action("resume")
    return None


def pause_print(machine: Machine, command: Command) -> Outcome:
    """M25."""
    machine.action("pause")
    return None


def print_status(machine: Machine, command: Command) -> Outcome:
    """M27."""
    if not command.has("S"):
        machine.say("Not SD printing")
    return None


def close_file(machine: Machine, command: Command) -> Outcome:
    """M29."""
    machine.say("Done saving file.")
    return None


def delete_file(machine: Machine, command: Command) -> Outcome:
    """M30."""
    machine.say(f"Deletion failed, File: {command.rest}.")
    return None


def plain(machine: Machine, command: Command) -> Outcome:
    """M26, M524: nothing to seek in, nothing to abort."""
    return None


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        "M20": list_files,
        "M21": mount,
        "M22": release,
        "M23": open_file,
        "M24": start_print,
        "M25": pause_print,
        "M26": plain,
        "M27": print_status,
        "M28": open_file,
        "M29": close_file,
        "M30": delete_file,
        "M524": plain,
    }
)
