"""How a head steps aside while a job pauses, and comes back exactly: the words of it, and what a driver signs.

The place is noted before the first move, and everything after goes by what the printer says of itself. So parking and coming
back can be broken off anywhere, by a wish, a deadline or a lost link, and begun again: the next call starts from what is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from hydrogen.model.printer import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkPlan:
    """Where to, and how fast; mm and mm per minute.

    lift_mm: up, before the head goes aside. retract_mm: of filament, where the nozzle is hot. x_mm and y_mm: the place aside
    in the printer's coordinates; None leaves the axis where it is.
    """

    lift_mm: float
    retract_mm: float
    x_mm: float | None
    y_mm: float | None
    travel_mm_per_minute: float
    lift_mm_per_minute: float
    retract_mm_per_minute: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadPlace:
    """Where a job's head was when the job stopped, and in which modes: all that going on exactly takes.

    position: None where the printer does not tell it. is_homed: all three axes were homed while we looked on, so that the
    coordinates are those of the machine. highest_mm: the Z above which nothing can stand that the job has printed. feedrate:
    the last `F`, in the job's own unit per minute; None before there was one. targets_celsius: by heater, what the job had
    asked for. object_mark: the line that began the object whose lines the job was in, in the words of the
    firmware (M486 S, EXCLUDE_OBJECT_START); empty: none.
    """

    position: Position | None = None
    is_homed: bool = False
    highest_mm: float = 0.0
    is_relative: bool = False
    is_extruder_relative: bool = False
    is_inch: bool = False
    feedrate: float | None = None
    tool: int = 0
    targets_celsius: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    object_mark: str = ""


class HeadControl(Protocol):
    """The part of a connection that moves the head aside and back. Every coroutine raises DeviceError when the link ends."""

    async def locate(self) -> HeadPlace:
        """Where the head is heading, and in which modes; the caller has stopped the job before."""

    async def leave_object(self, place: HeadPlace | None = None) -> None:
        """What moves from now on belongs to no object of a job: a firmware carries out nothing inside of one that it leaves
        out. `unpark` comes back to the one that the job at `place` was in; without a place the last one is left for good. Done
        already: changes nothing."""

    async def move(self, lines: Sequence[str]) -> None:
        """What a person wants moved: these lines belong to no object either, and what comes behind them belongs to the one
        that the job is in."""

    async def park(self, place: HeadPlace, plan: ParkPlan) -> str:
        """Retract, lift, go aside; "" when the printer says that it will be there, else the reason why it is not.

        Returns when the moves are planned: `finish` waits until they are done. Does nothing where the place is not known
        or not homed. Done already: changes nothing. The modes are those of `place` when it returns.
        """

    async def hold_motors(self) -> None:
        """Keep the motors powered, where the firmware lets idle ones go by itself and can be told not to: a head that nothing
        holds is not where it was. Until `rest_motors`; done already: changes nothing."""

    async def rest_motors(self) -> None:
        """From now on idle motors may be let go after the time that the job or the firmware has for it."""

    async def reheat(self, place: HeadPlace) -> None:
        """Heat up again, and wait for it, what was switched off meanwhile; another target than 0 is a person's wish."""

    async def unpark(self, place: HeadPlace, plan: ParkPlan) -> str:
        """Back to `place`: position, filament, the extruder's coordinate, tool, modes, feedrate, whatever was done meanwhile,
        and then into the object that the job was in.

        "" when the printer says that it will be there, else the reason why it is not: then the job must not go on.
        """
