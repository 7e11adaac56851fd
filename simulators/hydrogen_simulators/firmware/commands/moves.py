"""Motion: G0 to G4, homing, modes, feedrate, waiting for the motion and stopping it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from hydrogen_simulators.firmware.command import Command
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.motion import AXES
from hydrogen_simulators.firmware.waiting import Handler, OkText, Outcome, Running, Wait

LEVELING_SECONDS = 20.0
"""Time of a G29 where the build has levelling: a small grid on a fast machine."""

ARC_PIECE_MM = 1.0
"""Marlin's MAX_ARC_SEGMENT_MM."""

LEAST_ARC_PIECE_MM = 0.1
"""Marlin's MIN_ARC_SEGMENT_MM."""

CIRCLE_PIECES = 72
"""Marlin's MIN_CIRCLE_SEGMENTS: of a circle that is so small that pieces of a millimetre would be too coarse."""

MOST_ARC_PIECES = 10_000
"""An arc of ten metres; a longer one is nonsense, and gets coarser pieces."""


def move(machine: Machine, command: Command) -> Outcome:
    """G0, G1: plan a straight move; done when planned, not when the motion ended."""
    target = _target(machine, command)
    if target is None:
        return None
    motion, now = machine.motion, machine.now
    if motion.room_at(now) > now:
        return _plan_pieces(machine, [target])
    motion.plan(target, now)
    return None


def arc(machine: Machine, command: Command) -> Outcome:
    """G2, G3: straight pieces along the arc; without centre or radius an error that is not fatal (facts)."""
    if not command.has("IJR"):
        machine.say("Error:G2/G3 bad parameters")
        return None
    start = list(machine.motion.position)
    target = _target(machine, command)
    return None if target is None else _plan_pieces(machine, _arc_pieces(start, target, machine, command))


def _plan_pieces(machine: Machine, places: list[list[float]]) -> Running:
    """Plan straight moves to these places as there is room; done when the last one is planned."""
    motion = machine.motion
    for place in places:
        while (room_at := motion.room_at(machine.now)) > machine.now:
            yield Wait(until=room_at, for_motion=True)
        motion.plan(place, machine.now)
    return None


def _target(machine: Machine, command: Command) -> list[float] | None:
    """The end point in machine millimetres; also takes F, and refuses E where it is too cold. None: the move is refused,
    or of an object that is left out."""
    motion, words, unit = machine.motion, command.words, machine.unit_mm
    target = motion.position.copy()
    if machine.objects.is_skipping:
        _skip(machine, words)
        return None
    for letter, value in words.items():
        if value is None or (axis := AXES.find(letter)) < 0:
            continue
        is_relative = machine.is_relative or (axis == 3 and machine.is_relative_e)
        target[axis] = target[axis] + value * unit if is_relative else value * unit - motion.offsets[axis]
    if machine.may_refuse_moves and _is_refused(machine, target):
        return None
    for axis, most in enumerate(machine.settings.area):
        if not 0.0 <= target[axis] <= most:
            target[axis] = motion.clamped(axis, target[axis])
    if (feedrate := words.get("F")) and feedrate > 0:
        motion.feedrate = feedrate * unit / 60
    if target[3] != motion.position[3] and not _prevent_cold_extrusion(machine, target):
        return None
    return target


def _skip(machine: Machine, words: Mapping[str, float | None]) -> None:
    """A move of an object that is left out: feedrate and the count of filament are taken over, nothing moves. Source: Marlin
    ``get_destination_from_command`` (X, Y and Z stay), ``Planner::buffer_segment`` (E is set)."""
    length, feedrate = words.get("E"), words.get("F")
    if length is not None:
        before = machine.motion.position[3] if machine.is_relative or machine.is_relative_e else 0.0
        machine.motion.position[3] = before + length * machine.unit_mm
    if feedrate and feedrate > 0:
        machine.motion.feedrate = feedrate * machine.unit_mm / 60


def _is_refused(machine: Machine, target: list[float]) -> bool:
    """Whether this firmware refuses the move instead of clamping it (Klipper); says why."""
    motion, speech = machine.motion, machine.speech
    moved = [axis for axis in range(3) if target[axis] != motion.position[axis]]
    place = dict(zip("xyze", target, strict=True))
    if speech.must_home and any(AXES[axis] not in motion.homed for axis in moved):
        machine.say_all(speech.must_home, **place)
        return True
    if speech.out_of_range and any(motion.clamped(axis, target[axis]) != target[axis] for axis in moved):
        machine.say_all(speech.out_of_range, **place)
        return True
    return False


def _prevent_cold_extrusion(machine: Machine, target: list[float]) -> bool:
    """Cold: the move runs without E, but the E coordinate is taken over (facts: ``G1 X10 E5`` cold); False: not at all."""
    if machine.allows_cold_extrusion:
        return True
    heater = machine.extruder_heater
    heater.advance(machine.now)
    if heater.actual_celsius >= machine.minimum_extrusion_celsius:
        return True
    machine.ledger.count("cold_extrusions")
    machine.say_all(machine.speech.cold_extrusion)
    if machine.speech.cold_refuses:
        return False
    machine.motion.position[3] = target[3]
    return True


def _arc_pieces(start: list[float], target: list[float], machine: Machine, command: Command) -> list[list[float]]:
    """The ends of the pieces. Source: Marlin ``G2_G3.cpp``, ``plan_arc``: pieces of a millimetre, smaller ones in a small
    circle."""
    i, j = _centre(start, target, machine, command)
    radius = math.hypot(i, j)
    begin = math.atan2(-j, -i)
    end = math.atan2(target[1] - start[1] - j, target[0] - start[0] - i)
    is_clockwise = command.name == "G2"
    turn = (begin - end if is_clockwise else end - begin) % math.tau
    turn = turn or (0.0 if command.has("R") else math.tau)
    length = radius * turn
    count = int(max(length / ARC_PIECE_MM, min(turn / math.tau * CIRCLE_PIECES, length / LEAST_ARC_PIECE_MM)))
    count = min(count, MOST_ARC_PIECES)
    step = (-turn if is_clockwise else turn) / max(1, count)
    pieces = []
    for index in range(1, count):
        angle, share = begin + step * index, index / count
        x, y = start[0] + i + radius * math.cos(angle), start[1] + j + radius * math.sin(angle)
        z, e = (a + (b - a) * share for a, b in zip(start[2:], target[2:], strict=True))
        pieces.append([machine.motion.clamped(0, x), machine.motion.clamped(1, y), z, e])
    return [*pieces, target]


def _centre(start: list[float], target: list[float], machine: Machine, command: Command) -> tuple[float, float]:
    """Where the centre is, seen from the start; with R that of the short way round, below 0 that of the long one."""
    if not command.has("R"):
        return command.value("I") * machine.unit_mm, command.value("J") * machine.unit_mm
    x, y = target[0] - start[0], target[1] - start[1]
    chord = math.hypot(x, y)
    if not chord:
        return 0.0, 0.0
    radius = command.value("R") * machine.unit_mm
    height = math.sqrt(max(0.0, radius * radius - chord * chord / 4)) / chord
    side = height if (command.name == "G2") != (radius < 0) else -height
    return x / 2 + side * y, y / 2 - side * x


def dwell(machine: Machine, command: Command) -> Running:
    """G4: wait for the motion, then P milliseconds or S seconds. Nothing cuts it short but a kill."""
    yield from _wait_for_motion(machine)
    seconds = command.value("S") if command.has("S") else command.value("P") / 1000
    if seconds > 0:
        machine.notify("Sleep...")
        yield Wait(until=machine.now + seconds)
    return None


def finish_moves(machine: Machine, command: Command) -> Running:
    """M400: the ok comes when the motion ended."""
    yield from _wait_for_motion(machine)
    return None


def _wait_for_motion(machine: Machine) -> Running:
    machine.motion.break_chain()
    while machine.motion.is_moving(machine.now):
        yield Wait(until=machine.motion.ends_at, for_motion=True)
    return None


def home(machine: Machine, command: Command) -> Running:
    """G28: wait for the motion, home the named axes or all, report the position."""
    yield from _wait_for_motion(machine)
    axes = "".join(axis for axis in "XYZ" if command.has(axis)) or "XYZ"
    if not machine.settings.instant_motion:
        yield Wait(until=machine.now + machine.settings.homing_seconds * len(axes) / 3)
    if not machine.finds_end_stops:
        machine.halt("Homing Failed")
        return None
    machine.motion.keep_powered(machine.now)
    machine.motion.home(axes)
    machine.say(machine.position_text())
    return None


def level(machine: Machine, command: Command) -> Outcome:
    """G29: an unknown command unless the build has levelling."""
    if not machine.settings.has_leveling:
        machine.say_unknown(command.text, command.word)
        return None
    return _level(machine)


def _level(machine: Machine) -> Running:
    yield from _wait_for_motion(machine)
    if not machine.settings.instant_motion:
        yield Wait(until=machine.now + LEVELING_SECONDS)
    machine.say(machine.position_text())
    return None


def set_position(machine: Machine, command: Command) -> Outcome:
    """G92: shift the coordinates, and report the position (facts: ``G92 E0``)."""
    motion = machine.motion
    for axis, letter in enumerate(AXES):
        if not command.has(letter):
            continue
        value = command.value(letter) * machine.unit_mm
        if letter == "E":
            motion.position[3] = value
        else:
            motion.offsets[axis] = value - motion.position[axis]
    machine.say(machine.position_text())
    return None


def use_inches(machine: Machine, command: Command) -> Outcome:
    """G20."""
    machine.unit_mm = 25.4
    return None


def use_millimetres(machine: Machine, command: Command) -> Outcome:
    """G21."""
    machine.unit_mm = 1.0
    return None


def use_absolute(machine: Machine, command: Command) -> Outcome:
    """G90: E too, until M83."""
    machine.is_relative = machine.is_relative_e = False
    return None


def use_relative(machine: Machine, command: Command) -> Outcome:
    """G91: E too, until M82."""
    machine.is_relative = machine.is_relative_e = True
    return None


def use_absolute_e(machine: Machine, command: Command) -> Outcome:
    """M82."""
    machine.is_relative_e = False
    return None


def use_relative_e(machine: Machine, command: Command) -> Outcome:
    """M83."""
    machine.is_relative_e = True
    return None


def release_motors(machine: Machine, command: Command) -> Running:
    """M18, M84: wait for the motion, then let go of the motors; with S, only set when idle ones are let go."""
    if command.has("S"):
        machine.motion.keep_powered(machine.now)
        machine.motion.motor_timeout_seconds = command.value("S", 0)
        return None
    yield from _wait_for_motion(machine)
    machine.motion.homed.clear()
    return None


def feedrate_percentage(machine: Machine, command: Command) -> Outcome:
    """M220: ask or set."""
    if command.has("S"):
        machine.motion.feedrate_percent = max(1.0, command.value("S", 100))
    else:
        machine.say(f"FR:{machine.motion.feedrate_percent:.0f}%")
    return None


def stop_motion(machine: Machine, command: Command) -> Outcome:
    """M410 in its turn: with an emergency parser it has acted when its bytes arrived."""
    if not machine.settings.emergency_parser:
        machine.motion.stop(machine.now)
    return None


def report_position(machine: Machine, command: Command) -> Outcome:
    """M114."""
    text = machine.answer("M114", machine.position_text())
    return None if text is None else OkText(text)


HANDLERS: Mapping[str, Handler] = MappingProxyType(
    {
        "G0": move,
        "G1": move,
        "G2": arc,
        "G3": arc,
        "G4": dwell,
        "G20": use_inches,
        "G21": use_millimetres,
        "G28": home,
        "G29": level,
        "G90": use_absolute,
        "G91": use_relative,
        "G92": set_position,
        "M18": release_motors,
        "M82": use_absolute_e,
        "M83": use_relative_e,
        "M84": release_motors,
        "M114": report_position,
        "M220": feedrate_percentage,
        "M400": finish_moves,
        "M410": stop_motion,
    }
)
