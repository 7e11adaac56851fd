"""The moves of a page: from where to where, how long, how fast at most; all at once.

Theory of operation: an axis is followed by two kinds of rows: some set it (absolute words, G92, G28), some add to it (relative
words). Where it stands behind each row is the last value set plus the sum of what was added since. Words of an arc give its
length, its directions at both ends and the points of the circle that stick out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hydrogen.gcode.analysis.modal import Heard
from hydrogen.gcode.analysis.page import Flags, Ints, Page, Reals, code_of

TINY_MM = 1e-6
"""Shorter is no move."""

FIRST_FEEDRATE = 50.0
"""mm/s before the file names one."""

MOST_MM = 1e7
"""Farther away is nonsense; it is taken for this, so that no sum overflows."""

_AXES = "XYZE"


@dataclass(slots=True)
class Moves:
    """Columns with one value a move; millimetres and seconds; x, y, z are the machine's coordinates (G92 taken out).

    rows: in the page. begin, end: (3, n). out: the farthest low and high of the path, (2, 3, n); of a straight move the ends.
    entry, leave: unit vectors of x, y, z, e at both ends, (4, n). extruded: how far the filament went (negative: back).
    is_laying: plastic is laid along a path. mode: which of the page's records holds.
    """

    rows: Ints
    begin: Reals
    end: Reals
    out: Reals
    entry: Reals
    leave: Reals
    extruded: Reals
    length: Reals
    speed: Reals
    acceleration: Reals
    is_laying: Flags
    mode: Ints


class Walk:
    """Where the axes stand, from page to page. place: as the file counts; shift: what G92 made of the machine's coordinates."""

    def __init__(self) -> None:
        self.place = [0.0, 0.0, 0.0, 0.0]
        self.machine = [0.0, 0.0, 0.0]
        self.feedrate = FIRST_FEEDRATE
        self.behind: Reals = np.zeros((4, 0))
        """(4, rows): the place, as the file counts, behind each row of the last page."""
        self.fed: Reals = np.zeros(0)
        """The feedrate behind each row of the last page, mm/s."""

    def take(self, page: Page, heard: Heard) -> Moves:
        """The moves of the next page."""
        is_move = (page.codes >= code_of(b"G0")) & (page.codes <= code_of(b"G3"))
        index = heard.index(len(page.codes))
        steps, begins, ends = self._follow(page, heard, is_move, index)
        arcs = _arcs(page, is_move)
        unit = heard.column(index, lambda modes: modes.unit)
        flat = np.sqrt(steps[0] * steps[0] + steps[1] * steps[1])
        path = flat.copy()
        bend = _bend(page, arcs, steps, unit, path)
        length = np.sqrt(path * path + steps[2] * steps[2])
        length = np.where(length > TINY_MM, length, np.abs(steps[3]))
        chosen = np.flatnonzero(is_move & (length > TINY_MM))
        mode = np.zeros(len(chosen), np.int64) if index is None else index[chosen]
        steps, length, path = steps[:, chosen], length[chosen], path[chosen]
        entry = steps / length
        leave = entry.copy()
        begin, end = begins[:, chosen], ends[:, chosen]
        out = np.stack((np.minimum(begin, end), np.maximum(begin, end)))
        if len(arcs):
            places = np.searchsorted(chosen, arcs)
            is_there = chosen[np.minimum(places, len(chosen) - 1)] == arcs if len(chosen) else np.zeros(len(arcs), bool)
            bend.lay(places[is_there], is_there, entry, leave, out, begin, length)
        speed, acceleration = self._paces(heard, mode, chosen, length, steps)
        return Moves(
            rows=chosen,
            begin=begin,
            end=end,
            out=out,
            entry=entry,
            leave=leave,
            extruded=steps[3],
            length=length,
            speed=speed,
            acceleration=acceleration,
            is_laying=(steps[3] > TINY_MM) & (path > TINY_MM),
            mode=mode,
        )

    def _follow(self, page: Page, heard: Heard, is_move: Flags, index: Ints | None) -> tuple[Reals, Reals, Reals]:
        """How far each row moves the four axes, and where the machine's three are before and behind it."""
        rows = len(page.codes)
        unit = heard.column(index, lambda modes: modes.unit)
        relative = heard.column(index, lambda modes: modes.is_relative) > 0
        relative_e = heard.column(index, lambda modes: modes.is_relative_e) > 0
        steps = np.zeros((4, rows))
        begins, ends = np.zeros((3, rows)), np.zeros((3, rows))
        self.behind = np.zeros((4, rows))
        put = heard.places + [(row, axis, 0.0) for row, axis in heard.homed]
        for axis, letter in enumerate(_AXES):
            value = np.where(is_move, page.columns[letter] * unit, np.nan)
            is_adding = np.broadcast_to(relative_e if axis == 3 else relative, rows)
            fixed = [(row, place) for row, changed, place in put if changed == axis]
            behind = _track(value, is_adding, fixed, self.place[axis])
            before = np.concatenate(([self.place[axis]], behind[:-1]))
            steps[axis] = np.where(is_move, behind - before, 0.0)
            self.behind[axis] = behind
            if axis < 3:
                ends[axis] = self._machine_track(axis, steps[axis], behind, fixed, heard)
                begins[axis] = np.concatenate(([self.machine[axis]], ends[axis][:-1]))
                self.machine[axis] = float(ends[axis][-1]) if rows else self.machine[axis]
            self.place[axis] = float(behind[-1]) if rows else self.place[axis]
        fed = np.where(is_move & (page.columns["F"] > 0.0), page.columns["F"] * unit / 60.0, np.nan)
        self.fed = _track(fed, np.zeros(rows, np.bool_), [], self.feedrate)
        self.feedrate = float(self.fed[-1]) if rows else self.feedrate
        return steps, begins, ends

    def _machine_track(
        self, axis: int, step: Reals, behind: Reals, fixed: list[tuple[int, float]], heard: Heard
    ) -> Reals:
        if not fixed:
            return behind + (self.machine[axis] - self.place[axis])
        homed = [(row, 0.0) for row, changed in heard.homed if changed == axis]
        return _track(step, np.ones(len(step), np.bool_), homed, self.machine[axis])

    def _paces(self, heard: Heard, mode: Ints, chosen: Ints, length: Reals, steps: Reals) -> tuple[Reals, Reals]:
        """Speed at most, and acceleration, of each move."""

        def column(values: list[float]) -> Reals:
            return np.array(values)[mode] if len(values) > 1 else np.array(values)

        limits = [modes.limits for modes in heard.modes]
        speed = self.fed[chosen] * column([modes.factor for modes in heard.modes])
        for axis, most in enumerate(
            (
                column([limit.feedrate_x for limit in limits]),
                column([limit.feedrate_y for limit in limits]),
                column([limit.feedrate_z for limit in limits]),
                column([limit.feedrate_e for limit in limits]),
            )
        ):
            part = np.abs(steps[axis])
            speed = np.where(part * speed > most * length, most * length / np.maximum(part, TINY_MM), speed)
        is_along = steps[0] * steps[0] + steps[1] * steps[1] + steps[2] * steps[2] > TINY_MM * TINY_MM
        laying = column([limit.acceleration for limit in limits])
        travel = column([limit.travel_acceleration for limit in limits])
        retract = column([limit.retract_acceleration for limit in limits])
        acceleration = np.where(steps[3] == 0.0, travel, np.where(is_along, laying, retract))
        return np.maximum(speed, TINY_MM), np.maximum(acceleration, TINY_MM)


def _track(value: Reals, is_adding: Flags, fixed: list[tuple[int, float]], start: float) -> Reals:
    """Where an axis is behind each row: `value` (NaN: not named) sets or adds, `fixed` rows set."""
    if not len(value):
        return value
    value = np.clip(value, -MOST_MM, MOST_MM)
    for row, place in fixed:
        value[row] = min(max(place, -MOST_MM), MOST_MM)
    is_named = ~np.isnan(value)
    if fixed:
        is_adding = is_adding.copy()
        is_adding[[row for row, _ in fixed]] = False
    if not is_adding.any():
        last = np.maximum.accumulate(np.where(is_named, np.arange(len(value)), -1))
        return np.asarray(np.where(last >= 0, value[last], start))
    added = np.cumsum(np.where(is_named & is_adding, value, 0.0))
    last = np.maximum.accumulate(np.where(is_named & ~is_adding, np.arange(len(value)), -1))
    return np.asarray(np.where(last >= 0, value[last] - added[last], start) + added)


# ------------------------------------------------------------------------------------------------------------- arcs


def _arcs(page: Page, is_move: Flags) -> Ints:
    """The rows of arcs that have a centre or a radius."""
    is_arc = is_move & (page.codes >= code_of(b"G2"))
    if not is_arc.any():
        return np.zeros(0, np.int64)
    has_middle = ~np.isnan(page.columns["I"]) | ~np.isnan(page.columns["J"]) | ~np.isnan(page.columns["R"])
    return np.flatnonzero(is_arc & has_middle)


@dataclass(slots=True)
class _Bend:
    """The arcs of a page: radius, angle of the beginning, signed sweep (positive: counter-clockwise)."""

    radius: Reals
    begin: Reals
    sweep: Reals

    def lay(
        self, moves: Ints, chosen: Flags, entry: Reals, leave: Reals, out: Reals, start: Reals, length: Reals
    ) -> None:
        """Write directions and reach of those `chosen` into the columns of moves."""
        radius, begin, sweep = self.radius[chosen], self.begin[chosen], self.sweep[chosen]
        turn = np.sign(sweep)
        share = radius * np.abs(sweep) / np.maximum(length[moves], TINY_MM)
        for direction, angle in ((entry, begin), (leave, begin + sweep)):
            direction[0, moves] = -np.sin(angle) * turn * share
            direction[1, moves] = np.cos(angle) * turn * share
        middle_x = start[0, moves] - radius * np.cos(begin)
        middle_y = start[1, moves] - radius * np.sin(begin)
        low = np.minimum(begin, begin + sweep)
        high = np.maximum(begin, begin + sweep)
        for quarter in range(-8, 9):
            corner = quarter * np.pi / 2.0
            is_passed = (corner >= low) & (corner <= high)
            for axis, point in ((0, middle_x + radius * np.cos(corner)), (1, middle_y + radius * np.sin(corner))):
                out[0, axis, moves] = np.where(is_passed, np.minimum(out[0, axis, moves], point), out[0, axis, moves])
                out[1, axis, moves] = np.where(is_passed, np.maximum(out[1, axis, moves], point), out[1, axis, moves])


def _bend(page: Page, arcs: Ints, steps: Reals, unit: Reals, path: Reals) -> _Bend:
    """The geometry of the arcs; their lengths in the plane are written into `path`."""
    dx, dy = steps[0, arcs], steps[1, arcs]
    scale = unit[arcs] if len(unit) > 1 else unit
    i, j, r = (np.clip(page.columns[name][arcs] * scale, -MOST_MM, MOST_MM) for name in "IJR")
    i, j = np.nan_to_num(i), np.nan_to_num(j)
    is_clockwise = page.codes[arcs] == code_of(b"G2")
    has_radius = ~np.isnan(r)
    if has_radius.any():
        _put_middles(i, j, np.flatnonzero(has_radius), r, dx, dy, is_clockwise)
    begin = np.arctan2(-j, -i)
    end = np.arctan2(dy - j, dx - i)
    sweep = np.where(is_clockwise, begin - end, end - begin) % (2.0 * np.pi)
    sweep = np.where(sweep == 0.0, np.where(has_radius, 0.0, 2.0 * np.pi), sweep)
    radius = np.hypot(i, j)
    path[arcs] = radius * sweep
    return _Bend(radius, begin, np.where(is_clockwise, -sweep, sweep))


def _put_middles(i: Reals, j: Reals, chosen: Ints, r: Reals, dx: Reals, dy: Reals, is_clockwise: Flags) -> None:
    """The centre of arcs that are given by a radius: the short way round, or the long one for a negative radius."""
    x, y = dx[chosen], dy[chosen]
    chord = np.maximum(np.hypot(x, y), TINY_MM)
    radius = np.maximum(np.maximum(np.abs(r[chosen]), chord / 2.0), TINY_MM)
    height = np.sqrt(np.maximum(radius * radius - chord * chord / 4.0, 0.0)) / chord
    side = np.where(is_clockwise[chosen] ^ (r[chosen] < 0.0), 1.0, -1.0)
    i[chosen] = x / 2.0 + side * height * y
    j[chosen] = y / 2.0 - side * height * x
