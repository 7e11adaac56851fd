"""The recovery plan: where a print that was cut off would be taken up, how sure that is, and every command it would take.

Pure: from what was recorded, what the file says and what a person chose. A plan is shown, and carried out as it was shown or
not at all: its digest is over everything that would be sent and all it rests on.

The order of the commands: the bed first and all its heat, because a part that comes off cannot be saved; then the nozzle,
which sticks in the plastic until it is hot, so nothing moves before; straight up, above all that was printed; X and Y are
homed, **Z never**: its end stop is under the part. So the height is what was recorded or what a person measured, told with
G92. The filament is primed at the homing corner, not over the part. The modes come last, because they change the meaning of
everything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from hydrogen.errors import Conflict
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.model.codec import encode_json, plain
from hydrogen.model.printer import Tuning
from hydrogen.spooler.recovery.held_tuning import turned_fans, turned_flow, turned_speed

LIFT_MM = 5.0
"""Up before homing: clear of a curled edge, and within what is left above nearly every part."""

PRIME_MM = 10.0
"""Pushed out at the corner: a nozzle that stood hot and cooled has lost so much, and it is a line of a hand's breadth."""

REST_MM = 1.0
"""Drawn back while the head travels over the part."""

LIFT_FEEDRATE, TRAVEL_FEEDRATE, PRIME_FEEDRATE, RETRACT_FEEDRATE = 600, 3000, 150, 1800
"""mm per minute: what the slowest printers do."""


UNKNOWN_Z = "unknown_z"
"""The reason of the conflict that ends once somebody has measured how high the nozzle stands."""


class StartAt(StrEnum):
    """Where to begin."""

    RECORD = "record"
    LAYER = "layer"
    LINE = "line"
    HEIGHT = "height"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryChoice:
    """What a person chooses. line: of the file, from 1, for `line`; height_mm: for `height`; z_mm: how high the nozzle stands
    now, in the file's coordinates, where somebody measured it."""

    start: StartAt = StartAt.RECORD
    line: int | None = None
    height_mm: float | None = None
    z_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPlace:
    """A place to begin at. line: the first one that would be sent; layer: the one it belongs to. set_by_file: what of fans,
    speed and flow the file sets between here and where the print stopped (held_tuning.py)."""

    offset: int
    line: int
    layer: int
    machine: MachineState
    set_by_file: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The print stopped between these lines: all before first_line was executed, nothing behind last_line. Z likewise."""

    first_line: int
    last_line: int
    lowest_z_mm: float | None
    highest_z_mm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """One command, and why."""

    gcode: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanBasis:
    """What a plan rests on; a change of any of it is another plan. standing_z_mm: where the head was when last recorded;
    highest_z_mm: the highest place that was printed by then. excluded: what the firmware was told to leave objects out.
    held: fans, speed and flow as they were when the print stopped. fans_by_fraction: see Dialect."""

    job: str
    file: str
    sha256: str
    record_sequence: int
    firmware: str
    guarantee: str
    targets_celsius: Mapping[str, float]
    standing_z_mm: float | None
    highest_z_mm: float | None
    doubt: Doubt
    lines_total: int
    excluded: tuple[str, ...] = ()
    held: Tuning = field(default_factory=Tuning)
    fans_by_fraction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOption:
    """A place that may be chosen instead."""

    start: StartAt
    line: int
    layer: int
    z_mm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryPlan:
    """What would be done. steps: every command before the file goes on at `line`. warnings: what a person must look at; they
    are not part of the digest, since the time that passes changes them."""

    job: str
    file: str
    digest: str
    choice: RecoveryChoice
    offset: int
    line: int
    layer: int
    z_mm: float | None
    standing_z_mm: float
    doubt: Doubt
    options: tuple[PlanOption, ...]
    steps: tuple[PlanStep, ...]
    warnings: tuple[str, ...]
    lines_total: int

    @property
    def opening(self) -> tuple[str, ...]:
        """The commands alone."""
        return tuple(step.gcode for step in self.steps)


def make_plan(
    basis: PlanBasis, choice: RecoveryChoice, place: StartPlace, options: tuple[PlanOption, ...], *, cold_seconds: float
) -> RecoveryPlan:
    """cold_seconds: since the last sign of life. Raises Conflict where a print cannot be taken up at this place."""
    _refuse_unknown(place)
    standing = choice.z_mm if choice.z_mm is not None else basis.standing_z_mm
    if standing is None:
        raise Conflict(
            "the head was not at its place in the file when it was last recorded (it was parked, or on its way back), so nobody"
            " knows how high the nozzle stands: measure its height over the bed, and make the plan with what you measured",
            job=basis.job,
            reason=UNKNOWN_Z,
            field="z_mm",
        )
    steps = tuple(_steps(basis, place, standing))
    plan = RecoveryPlan(
        job=basis.job,
        file=basis.file,
        digest="",
        choice=choice,
        offset=place.offset,
        line=place.line,
        layer=place.layer,
        z_mm=place.machine.z_mm,
        standing_z_mm=standing,
        doubt=basis.doubt,
        options=options,
        steps=steps,
        warnings=tuple(_warnings(basis, choice, place, cold_seconds)),
        lines_total=basis.lines_total,
    )
    return replace(plan, digest=_digest(basis, plan))


def _digest(basis: PlanBasis, plan: RecoveryPlan) -> str:
    rests_on = plain({"basis": basis, "choice": plan.choice, "offset": plan.offset, "opening": plan.opening})
    return hashlib.sha256(encode_json(rests_on)).hexdigest()[:32]


def _refuse_unknown(place: StartPlace) -> None:
    machine, shift = place.machine, place.machine.shift_mm
    if machine.x_mm is None or machine.y_mm is None or machine.z_mm is None or "x" not in shift or "y" not in shift:
        raise Conflict(
            f"where the head is in line {place.line} cannot be told from the file: choose a later line, or print it anew",
            line=place.line,
            reason="unknown_position",
        )


# ------------------------------------------------------------------------------------------------------ commands


def _steps(basis: PlanBasis, place: StartPlace, standing: float) -> Iterator[PlanStep]:
    machine = place.machine
    yield from _heat({**machine.targets_celsius, **_asked(basis.targets_celsius)}, machine.tool)
    above = max(standing, machine.z_mm or 0.0, basis.highest_z_mm or 0.0) + LIFT_MM
    yield from _belong_to_nothing(basis)
    yield from _home(standing, above)
    yield from _remember(machine)
    yield from _turn(basis, place)
    yield from _prime(machine)
    yield from _return(basis, place, above)
    yield from _restore_modes(machine)
    yield from _leave_out(basis, machine)


def _asked(targets: Mapping[str, float]) -> dict[str, float]:
    """Targets that somebody set; 0 is what a fault or a cool-down left behind."""
    return {heater: target for heater, target in targets.items() if target > 0}


def _heat(targets: Mapping[str, float], tool: int) -> Iterator[PlanStep]:
    hot = {heater: target for heater, target in targets.items() if target > 0}
    if f"tool{tool}" not in hot:
        raise Conflict(
            f"no temperature is known for tool{tool} at this place: choose a later line, or print it anew",
            reason="unknown_temperature",
        )
    if "chamber" in hot:
        yield PlanStep(gcode=f"M141 S{hot['chamber']:g}", why="the chamber as it was")
    if "bed" in hot:
        yield PlanStep(gcode=f"M140 S{hot['bed']:g}", why="the bed first, so that the part stays on it")
        yield PlanStep(gcode=f"M190 S{hot['bed']:g}", why="wait for the bed before the nozzle can ooze")
    others = sorted(heater for heater in hot if heater.startswith("tool") and heater != f"tool{tool}")
    for heater in others:
        yield PlanStep(gcode=f"M104 T{heater[4:]} S{hot[heater]:g}", why=f"{heater} as it was")
    named = f"T{tool} " if tool or others else ""
    yield PlanStep(
        gcode=f"M109 {named}S{hot[f'tool{tool}']:g}",
        why="the nozzle sticks in the plastic until it is hot, so nothing moves before",
    )


def _home(standing: float, above: float) -> Iterator[PlanStep]:
    yield PlanStep(gcode="G21", why="millimetres")
    yield PlanStep(gcode="G90", why="absolute places")
    yield PlanStep(gcode="M83", why="relative filament")
    yield PlanStep(
        gcode=f"G92 Z{_mm(standing)}", why="tell the printer how high the nozzle stands; Z is not homed into the part"
    )
    yield PlanStep(gcode=f"G1 Z{_mm(above)} F{LIFT_FEEDRATE}", why="straight up, above all that was printed")
    yield PlanStep(gcode="G28 X Y", why="X and Y only: the end stop of Z is under the part")


def _remember(machine: MachineState) -> Iterator[PlanStep]:
    """What a board forgets."""
    if machine.is_levelled:
        yield PlanStep(gcode="M420 S1", why="the bed's mesh, which homing turns off")
    if machine.tool:
        yield PlanStep(gcode=f"T{machine.tool}", why="the tool that printed")
    for line in machine.settings:
        yield PlanStep(gcode=line, why="set by the file, forgotten by the board")


def _turn(basis: PlanBasis, place: StartPlace) -> Iterator[PlanStep]:
    speed = turned_speed(place.machine, basis.held, place.set_by_file)
    if speed.differs(100.0):
        yield PlanStep(gcode=f"M220 S{speed.value:g}", why=f"the speed {speed.why}")
    for tool, flow in turned_flow(place.machine, basis.held, place.set_by_file).items():
        if flow.differs(100.0):
            yield PlanStep(gcode=f"M221 T{tool[4:]} S{flow.value:g}", why=f"the flow of {tool} {flow.why}")


def _prime(machine: MachineState) -> Iterator[PlanStep]:
    yield PlanStep(gcode=f"G1 E{_mm(PRIME_MM)} F{PRIME_FEEDRATE}", why="prime here, at the corner, not over the part")
    if machine.is_firmware_retracted:
        yield PlanStep(gcode="G10", why="drawn back, as the file has it at this place")
    else:
        back = machine.retracted_mm or REST_MM
        yield PlanStep(gcode=f"G1 E{_mm(-back)} F{RETRACT_FEEDRATE}", why="drawn back for the way over the part")


def _return(basis: PlanBasis, place: StartPlace, above: float) -> Iterator[PlanStep]:
    machine = place.machine
    x, y, z = machine.x_mm or 0.0, machine.y_mm or 0.0, machine.z_mm or 0.0
    shift_x, shift_y = machine.shift_mm.get("x", 0.0), machine.shift_mm.get("y", 0.0)
    yield PlanStep(gcode=f"G1 Z{_mm(above)} F{LIFT_FEEDRATE}", why="as high again, wherever homing left it")
    yield PlanStep(
        gcode=f"G1 X{_mm(x - shift_x)} Y{_mm(y - shift_y)} F{TRAVEL_FEEDRATE}", why="over the place where it goes on"
    )
    if shift_x or shift_y:
        yield PlanStep(gcode=f"G92 X{_mm(x)} Y{_mm(y)}", why="the file had shifted its coordinates")
    fans = turned_fans(machine, basis.held, place.set_by_file, by_fraction=basis.fans_by_fraction)
    for index, fan in fans.items():
        if fan.differs(0.0):
            named = f"P{index} " if index != "0" else ""
            yield PlanStep(gcode=f"M106 {named}S{fan.value:g}", why=f"fan {index} {fan.why}")
    yield PlanStep(gcode=f"G1 Z{_mm(z)} F{LIFT_FEEDRATE}", why="down to where the file is")
    if not machine.is_firmware_retracted and not machine.retracted_mm:
        yield PlanStep(gcode=f"G1 E{_mm(REST_MM)} F{RETRACT_FEEDRATE}", why="filament forward again")


def _restore_modes(machine: MachineState) -> Iterator[PlanStep]:
    if machine.e_mm is not None:
        yield PlanStep(gcode=f"G92 E{_mm(machine.e_mm)}", why="the file's count of filament")
    if machine.feedrate_mm_per_minute is not None:
        yield PlanStep(gcode=f"G1 F{machine.feedrate_mm_per_minute:g}", why="the feedrate of this place")
    if machine.is_relative:
        yield PlanStep(gcode="G91", why="the file is in relative places here")
    if machine.is_extruder_relative:
        yield PlanStep(gcode="M83", why="the file's filament is relative")
    else:
        yield PlanStep(gcode="M82", why="the file's filament is absolute")
    if machine.is_inches:
        yield PlanStep(gcode="G20", why="the file is in inches")


def _belong_to_nothing(basis: PlanBasis) -> Iterator[PlanStep]:
    """A board that was not reset, and stopped in an object that is left out, would not carry out our moves either."""
    if basis.excluded:
        is_numbered = basis.excluded[0].startswith("M486")
        yield PlanStep(
            gcode="M486 S-1" if is_numbered else "EXCLUDE_OBJECT_END", why="what follows belongs to no object"
        )


def _leave_out(basis: PlanBasis, machine: MachineState) -> Iterator[PlanStep]:
    """Behind every move of ours: from here on the firmware carries out nothing of an object that is left out."""
    for line in basis.excluded:
        yield PlanStep(gcode=line, why="left out before the print stopped, forgotten by the board")
    if machine.object_mark:
        yield PlanStep(gcode=machine.object_mark, why="the object that the file is in here")


def _mm(value: float) -> str:
    """Up to five places, never `1e-05`, never `-0`."""
    text = f"{value:.5f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


# ------------------------------------------------------------------------------------------------------ warnings


def _warnings(basis: PlanBasis, choice: RecoveryChoice, place: StartPlace, cold_seconds: float) -> Iterator[str]:
    doubt = basis.doubt
    yield (
        f"the print stopped somewhere between line {doubt.first_line} and line {doubt.last_line}; it would go on at line"
        f" {place.line}. What had been printed behind that is printed again, what had not been printed before it is missing:"
        " look at the part"
    )
    if cold_seconds >= 60:
        yield f"the part has been cooling for {cold_seconds / 60:.0f} minutes: make sure that it still sticks to the bed"
    if choice.z_mm is None:
        yield (
            f"the nozzle is taken to stand at Z {_mm(basis.standing_z_mm or 0.0)} mm, where it was recorded: if the axis sank"
            " or was turned, measure the nozzle's height over the bed, and make the plan again with what you measured"
        )
        if doubt.lowest_z_mm is not None and doubt.highest_z_mm is not None and doubt.lowest_z_mm != doubt.highest_z_mm:
            yield f"it may stand anywhere between Z {_mm(doubt.lowest_z_mm)} and Z {_mm(doubt.highest_z_mm)} mm: measure it"
    if place.machine.is_levelled:
        yield "a bed mesh that the firmware did not store is gone, and cannot be measured under the part"
    if basis.guarantee == "at_most_once":
        yield "this firmware checks no line numbers: the line in flight may have run or not"
    if not {"x", "y"} <= set(place.machine.homed):
        yield "the file had not homed X and Y at this place: its coordinates may be others after homing"
