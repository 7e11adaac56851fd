"""Commands that talk to people: pauses, prompts, filament change, messages, progress, the print timer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from hydrogen_simulators.firmware.command import Command
from hydrogen_simulators.firmware.commands.heating import wait_until_settled
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.waiting import Handler, Outcome, Running, Wait

PAUSED_FOR_USER = "paused for user"
"""What the busy line says while a person is waited for."""

PARK_SECONDS = 6.0
"""Time to move the head to its parking place in M600."""

UNLOAD_SECONDS = 8.0
"""Time to pull the filament out in M600."""

LOAD_SECONDS = 10.0
"""Time to load or purge filament in M600."""

FANS = 8
"""How many fans are switched off with the power (facts: ``M106 P0 S0`` ... ``M106 P7 S0``)."""

PURGE_MORE = 0
"""Index of the button PurgeMore; Continue is 1. Buttons count from 0 (facts)."""


def pause(machine: Machine, command: Command) -> Running:
    """M0, M1: wait for M108 or M876, or S seconds, P milliseconds. The dialog is left open: the host must close it."""
    words = {} if command.rest[:1] not in ("S", "P") else command.words
    seconds = (words.get("S") or 0.0) + (words.get("P") or 0.0) / 1000
    text = "" if words else command.rest
    machine.motion.break_chain()
    while machine.motion.is_moving(machine.now):
        yield Wait(until=machine.motion.ends_at, for_motion=True)
    if text:
        machine.say("echo:" + text, "\r\n")
    machine.prompt(text or f"{command.name} Stop", "Continue")
    until = machine.now + seconds if seconds else math.inf
    yield Wait(until=until, is_breakable=True, takes_answer=True, busy_text=PAUSED_FOR_USER)
    return None


def change_filament(machine: Machine, command: Command) -> Running:
    """M600: park, unload, wait, load, ask for more, resume. Source: ``facts/marlin.md`` "User waits and prompts"."""
    machine.action("paused")
    machine.prompt("Pause", "Dismiss")
    machine.motion.break_chain()
    while machine.motion.is_moving(machine.now):
        yield Wait(until=machine.motion.ends_at, for_motion=True)
    if len(machine.motion.homed) < 3:
        machine.notify("Head cannot be parked")
    yield Wait(until=machine.now + PARK_SECONDS)
    machine.say(machine.position_text())
    yield Wait(until=machine.now + UNLOAD_SECONDS)
    machine.echo("Insert filament and send M108")
    machine.prompt("Nozzle Parked", "Continue")
    yield Wait(is_breakable=True, takes_answer=True, busy_text=PAUSED_FOR_USER)
    yield from _load_until_content(machine)
    machine.action("prompt_end")
    if machine.extruder_heater.target_celsius > 0:
        yield from wait_until_settled(machine, machine.extruder_heater, waits_for_cooling=True)
    machine.action("resumed")
    machine.prompt("Resuming", "Dismiss")
    return None


def _load_until_content(machine: Machine) -> Running:
    """Load and purge until Continue is chosen; M108 does not leave this prompt, only M876 does."""
    answer: int | None = PURGE_MORE
    while answer == PURGE_MORE:
        yield Wait(until=machine.now + LOAD_SECONDS)
        machine.action("prompt_begin Paused")
        machine.action("prompt_button PurgeMore")
        machine.action("prompt_button Continue")
        machine.action("prompt_show")
        answer = (yield Wait(takes_answer=True, busy_text=PAUSED_FOR_USER)).answer
    return None


def show_message(machine: Machine, command: Command) -> Outcome:
    """M117: on the printer's own display; not echoed."""
    return None


def say_message(machine: Machine, command: Command) -> Outcome:
    """M118: say the text; ``E1`` puts ``echo:`` before it, ``A1`` puts ``//``; the line ends in CR LF."""
    text, prefix = command.rest, ""
    while text[:1] in ("E", "A", "P") and text[1:2].isdigit() and text[2:3] in ("", " "):
        if text[1] != "0":
            prefix = {"E": "echo:", "A": "//", "P": prefix}[text[0]]
        text = text[2:].lstrip(" ")
    machine.say(prefix + text, "\r\n")
    return None


def show_progress(machine: Machine, command: Command) -> Outcome:
    """M73: percent (P) and minutes left (R), told back (M73_REPORT)."""
    parts = []
    if command.has("P"):
        parts.append(f" Progress: {command.value('P'):.0f}%;")
    if command.has("R"):
        parts.append(f" Time left: {command.value('R'):.0f}m;")
    if parts:
        machine.echo(" M73" + "".join(parts))
    return None


def print_time(machine: Machine, command: Command) -> Outcome:
    """M31."""
    started = machine.timer_started_at
    seconds = int(machine.now - started) if started is not None else 0
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    text = (f"{hours}h " if hours else "") + (f"{minutes}m " if minutes or hours else "") + f"{seconds}s"
    machine.notify(text)
    machine.echo(f"Print time: {text}")
    return None


def start_timer(machine: Machine, command: Command) -> Outcome:
    """M75."""
    machine.timer_started_at = None
    machine.begin_print()
    return None


def pause_timer(machine: Machine, command: Command) -> Outcome:
    """M76: asks the host to pause."""
    machine.action("pause")
    return None


def stop_timer(machine: Machine, command: Command) -> Outcome:
    """M77."""
    machine.timer_started_at = None
    return None


def break_wait(machine: Machine, command: Command) -> Outcome:
    """M108 in its turn: nothing is left to break, only its ok is owed."""
    return None


def kill(machine: Machine, command: Command) -> Outcome:
    """M112 in its turn: only a build without emergency parser comes here, with a numbered line."""
    if not machine.is_halted:
        machine.obey_m112()
    return None


def power_off(machine: Machine, command: Command) -> Running:
    """M81: heaters, fans and motors off; the supply follows after a second (facts)."""
    machine.heaters_off()
    machine.motion.homed.clear()
    for fan in range(FANS):
        machine.fans[fan] = 0
        machine.say(f"M106 P{fan} S0")
    machine.notify(f"{machine.settings.machine_name} OFF.")
    yield Wait(until=machine.now + 1.0)
    return None


def check_name(machine: Machine, command: Command) -> Outcome:
    """M16: another name than the machine's is a kill (facts)."""
    if command.rest != machine.settings.machine_name:
        machine.halt("INCORRECT PRINTER")
    return None


def leave_objects_out(machine: Machine, command: Command) -> Outcome:
    """M486: T resets, S begins an object, C leaves out the one that is printed, P any, U takes that back; all in silence.
    A is a name for people, whose letters mean nothing."""
    objects = machine.objects
    if command.rest[:1] == "A":
        return None
    if command.has("T"):
        objects.reset()
    if command.has("S"):
        objects.begin(int(command.value("S")))
    if command.has("C"):
        objects.cancel(objects.active)
    if command.has("P"):
        objects.cancel(int(command.value("P")))
    if command.has("U"):
        objects.restore(int(command.value("U")))
    return None


def do_nothing(machine: Machine, command: Command) -> Outcome:
    """A command whose only trace on the wire is its ok."""
    return None


_SILENT = ("M17", "M80", "M85", "M111", "M211", "M300", "M876", "M900", "M907", "M9999")
_TOOLS = tuple(f"T{tool}" for tool in range(8))


def choose_tool(machine: Machine, command: Command) -> Outcome:
    """T0...: a tool that does not exist is a plain ok as well (facts: ``T1`` with one extruder)."""
    tool = int(command.name[1:])
    if tool < machine.settings.extruder_count:
        machine.tool = tool
    return None


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        "M0": pause,
        "M1": pause,
        "M16": check_name,
        "M31": print_time,
        "M73": show_progress,
        "M75": start_timer,
        "M76": pause_timer,
        "M77": stop_timer,
        "M81": power_off,
        "M108": break_wait,
        "M112": kill,
        "M117": show_message,
        "M118": say_message,
        "M486": leave_objects_out,
        "M600": change_filament,
    }
    | dict.fromkeys(_SILENT, do_nothing)
    | dict.fromkeys(_TOOLS, choose_tool)
)
