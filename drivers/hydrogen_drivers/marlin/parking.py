"""The head aside, and back: signs HeadControl for a printer that speaks Marlin's G-code.

Nothing here trusts what was sent. Before each half of the way `M114` says where the head is going to be, and the moves are
those that lead from there; so a person may jog, extrude, change modes or tools meanwhile, and a call that was cut short can be
made again. Moves are absolute, because an absolute move that runs twice does no harm; only filament is pushed by a difference,
so that the extruder's coordinate, of which M114 tells two decimals, comes back to the last bit (Marlin `motion.cpp` keeps it
as a float).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

from hydrogen.devices.parking import HeadPlace, ParkPlan
from hydrogen.gcode.dialect import Dialect
from hydrogen.gcode.object_mark import leaving
from hydrogen.gcode.replies import parse_position
from hydrogen.gcode.temperature_report import TemperatureReport
from hydrogen.model.printer import Position
from hydrogen_drivers.marlin.command import heat_wait_command, temperature_command
from hydrogen_drivers.marlin.mode import ModeTracker

Say = Callable[[Sequence[str]], Awaitable[tuple[str, ...]]]
"""Send lines in order; what the printer said, once all are acknowledged."""

HOT_CELSIUS = 175.0
"""A nozzle from here on can be retracted: Marlin's EXTRUDE_MINTEMP is 170 °C, and a reading may be a second old. A colder one
would only move the coordinate (facts: "cold extrusion prevented")."""

TOLD_MM = 0.011
"""Two numbers of M114 that are one place: it tells two decimals, each of which is rounded."""

THERE_MM = 0.1
"""So near to where it was sent a head is there; firmwares clamp to the area without a word (facts: `G1 X1000`)."""

FIRST_FEEDRATE = 1500.0
"""mm per minute of a Marlin that was never told one (`motion.cpp`, `feedrate_mm_s`)."""


class MarlinHead:
    """See HeadControl. `on_temperatures` hears every report."""

    def __init__(self, say: Say, mode: ModeTracker, *, traits: Callable[[], tuple[Dialect, int]]) -> None:
        """traits: the dialect that is spoken by now, and how many extruders there are."""
        self._say = say
        self._mode = mode
        self._traits = traits
        self._celsius: dict[str, float] = {}

    def on_temperatures(self, report: TemperatureReport) -> None:
        """Remember how hot the nozzles are."""
        for reading in report.readings:
            if reading.actual_celsius is not None:
                self._celsius[reading.heater] = reading.actual_celsius

    # --------------------------------------------------------------------------------------------------- HeadControl

    async def locate(self) -> HeadPlace:
        """See HeadControl."""
        mode = self._mode
        place = HeadPlace(
            is_homed=mode.is_homed,
            highest_mm=mode.highest_mm,
            is_relative=mode.is_relative,
            is_extruder_relative=mode.is_extruder_relative,
            is_inch=mode.is_inch,
            feedrate=mode.feedrate_mm_per_minute,
            tool=mode.tool,
            targets_celsius=MappingProxyType(dict(mode.targets_celsius)),
            object_mark=mode.object_mark,
        )
        return replace(place, position=await self._position())

    async def leave_object(self, place: HeadPlace | None = None) -> None:
        """See HeadControl. Of a place it is said again, whatever was said: the line may have been lost with the link."""
        mark = self._mode.object_mark if place is None else place.object_mark
        if mark:
            await self._say([leaving(mark)])

    async def move(self, lines: Sequence[str]) -> None:
        """See HeadControl."""
        mark = self._mode.object_mark
        await self._say([leaving(mark), *lines, mark] if mark else lines)

    async def park(self, place: HeadPlace, plan: ParkPlan) -> str:
        """See HeadControl."""
        if not place.is_homed:
            return "the printer was not homed, so its head stays where it is"
        here = await self._position() if place.position is not None else None
        if place.position is None or here is None:
            return "the printer does not tell where its head is, so it stays there"
        aside = Position(
            x_mm=_or_else(plan.x_mm, here.x_mm),
            y_mm=_or_else(plan.y_mm, here.y_mm),
            z_mm=max(here.z_mm or 0.0, _height_over(place, plan)),
        )
        retract = self._retraction(here, place.position, plan)
        await self._say(
            [
                *self._millimetres(place),
                *_extruder_moves(-retract, plan),
                *_moves(Position(z_mm=aside.z_mm), plan.lift_mm_per_minute),
                *_moves(Position(x_mm=aside.x_mm, y_mm=aside.y_mm), plan.travel_mm_per_minute),
                *_modes(place),
            ]
        )
        # Not the height: at the upper end of the machine a lift is cut short, and that is as good.
        return _verdict(replace(aside, z_mm=None), await self._position())

    async def hold_motors(self) -> None:
        """See HeadControl."""
        held_by, of_the_job = self._traits()[0].motors_held_by, self._mode.motors_rest_by
        if held_by:
            try:
                await self._say([held_by.decode()])
            finally:
                self._mode.motors_rest_by = of_the_job

    async def rest_motors(self) -> None:
        """See HeadControl."""
        dialect = self._traits()[0]
        if dialect.motors_held_by:
            await self._say([(self._mode.motors_rest_by or dialect.motors_rest_by).decode()])

    async def reheat(self, place: HeadPlace) -> None:
        """See HeadControl."""
        now, count = self._mode.targets_celsius, self._traits()[1]
        off = {
            heater: target
            for heater, target in place.targets_celsius.items()
            if target > 0 and now.get(heater) == 0 and _has(heater, count)
        }
        await self._say([temperature_command(heater, target, count) for heater, target in off.items()])
        await self._say([heat_wait_command(heater, target, count) for heater, target in off.items()])

    async def unpark(self, place: HeadPlace, plan: ParkPlan) -> str:
        """See HeadControl."""
        await self.leave_object(place)
        if self._mode.tool != place.tool:
            await self._say([f"T{place.tool}"])
        here = await self._position() if place.position is not None else None
        there = place.position
        if there is None or here is None:
            await self._say([*_modes(place), *_belongs(place)])
            return ""
        if self._mode.is_homed and not place.is_homed:
            return "the printer was homed during the pause, so the place where it stopped is not known any more"
        await self._say([*self._way_back(here, there, place, plan), *_modes(place)])
        back = await self._position()
        if back is not None and not _is_near(back.e_mm, there.e_mm, TOLD_MM):
            await self._say([f"G92 E{_number(there.e_mm or 0.0)}"])
        verdict = _verdict(there, back)
        if not verdict:
            await self._say(_belongs(place))
        return verdict

    # ------------------------------------------------------------------------------------------------------- the way

    def _way_back(self, here: Position, there: Position, place: HeadPlace, plan: ParkPlan) -> list[str]:
        """Up if the head was lowered, over the place, down, and what was retracted forwards again."""
        push = _extruder_moves(self._push(here, there, plan), plan)
        if _is_near_all(there, here, TOLD_MM / 2):
            return [*self._millimetres(place), *push] if push else []
        over = _height_over(place, plan)
        rises = place.is_homed and here.z_mm is not None and here.z_mm < over - TOLD_MM
        return [
            *self._millimetres(place),
            *_moves(Position(z_mm=over if rises else None), plan.lift_mm_per_minute),
            *_moves(Position(x_mm=there.x_mm, y_mm=there.y_mm), plan.travel_mm_per_minute),
            *_moves(Position(z_mm=there.z_mm), plan.lift_mm_per_minute),
            *push,
        ]

    def _retraction(self, here: Position, there: Position, plan: ParkPlan) -> float:
        """How much is still to be retracted; nothing from a cold nozzle, nor where a person moved the filament."""
        done = (there.e_mm or 0.0) - (here.e_mm or 0.0)
        left = plan.retract_mm - done
        is_hot = self._celsius.get(f"tool{self._mode.tool}", 0.0) >= HOT_CELSIUS
        if not is_hot or here.e_mm is None or done < -TOLD_MM or left <= TOLD_MM:
            return 0.0
        return plan.retract_mm if abs(done) <= TOLD_MM else left

    def _push(self, here: Position, there: Position, plan: ParkPlan) -> float:
        """What of our retraction is still in force: all of it, or what a person's extruding has left."""
        if here.e_mm is None or there.e_mm is None:
            return 0.0
        behind = there.e_mm - here.e_mm
        if abs(behind - plan.retract_mm) <= TOLD_MM:
            return plan.retract_mm
        return behind if TOLD_MM < behind < plan.retract_mm else 0.0

    def _millimetres(self, place: HeadPlace) -> list[str]:
        """M114 and the plan are in millimetres; the extruder goes by differences."""
        return [*(["G21"] if self._mode.is_inch or place.is_inch else []), "G90", "M83"]

    async def _position(self) -> Position | None:
        """M114; None for a printer that does not tell its three axes (Klipper does, behind its `ok`)."""
        for reply in await self._say(["M114"]):
            told = parse_position(reply)
            if told is not None and told.x is not None and told.y is not None and told.z is not None:
                return Position(x_mm=told.x, y_mm=told.y, z_mm=told.z, e_mm=told.e)
        return None


def _has(heater: str, extruder_count: int) -> bool:
    """Some files heat a tool that the printer has not; it does not mind."""
    return not heater.startswith("tool") or int(heater[4:]) < max(extruder_count, 1)


def _height_over(place: HeadPlace, plan: ParkPlan) -> float:
    """Where the head may travel: over the place, and over everything that the job has printed."""
    there = place.position.z_mm if place.position is not None else None
    return max(there or 0.0, place.highest_mm) + plan.lift_mm


def _moves(target: Position, feedrate_mm_per_minute: float) -> list[str]:
    """One absolute move to the axes that `target` names."""
    axes = (("X", target.x_mm), ("Y", target.y_mm), ("Z", target.z_mm))
    words = [f"{axis}{_number(value)}" for axis, value in axes if value is not None]
    return [f"G1 {' '.join(words)} F{_number(feedrate_mm_per_minute)}"] if words else []


def _extruder_moves(length_mm: float, plan: ParkPlan) -> list[str]:
    return [f"G1 E{_number(length_mm)} F{_number(plan.retract_mm_per_minute)}"] if length_mm else []


def _modes(place: HeadPlace) -> list[str]:
    """The job's modes and feedrate; G90 and G91 set the extruder's too (Marlin), so that comes behind."""
    first = FIRST_FEEDRATE / 25.4 if place.is_inch else FIRST_FEEDRATE
    feedrate = first if place.feedrate is None else place.feedrate
    return [
        *(["G20"] if place.is_inch else []),
        "G91" if place.is_relative else "G90",
        "M83" if place.is_extruder_relative else "M82",
        f"G1 F{_number(feedrate)}",
    ]


def _belongs(place: HeadPlace) -> list[str]:
    """Behind the last move of ours: the object that the job was in may be one that the firmware leaves out."""
    return [place.object_mark] if place.object_mark else []


def _verdict(wanted: Position, told: Position | None) -> str:
    """Is the head where it was sent?"""
    if told is None:
        return "the printer did not tell where its head went"
    if _is_near_all(wanted, told, THERE_MM):
        return ""
    return f"the printer says that its head goes to {_place_text(told)} instead of {_place_text(wanted)}"


def _is_near_all(wanted: Position, told: Position, within_mm: float) -> bool:
    pairs: Iterable[tuple[float | None, float | None]] = (
        (wanted.x_mm, told.x_mm),
        (wanted.y_mm, told.y_mm),
        (wanted.z_mm, told.z_mm),
    )
    return all(_is_near(a, b, within_mm) for a, b in pairs)


def _is_near(a: float | None, b: float | None, within_mm: float) -> bool:
    return a is None or b is None or abs(a - b) <= within_mm


def _place_text(place: Position) -> str:
    axes = (("X", place.x_mm), ("Y", place.y_mm), ("Z", place.z_mm))
    return " ".join(f"{axis}{value:.2f}" for axis, value in axes if value is not None)


def _or_else(wanted: float | None, here: float | None) -> float | None:
    return here if wanted is None else wanted


def _number(value: float) -> str:
    """Plain decimals: a firmware reads no exponents."""
    return f"{value:.5f}".rstrip("0").rstrip(".")
