"""Every line of a file, once: what it makes a printer do, where, and how long that takes.

Signs `LineReader` of metadata.py: the outline's scanner cuts the file into whole lines and hands them on, so a file is read
once. Memory is bounded by a chunk, the sections and the moves that wait in the planner.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from hydrogen.gcode.analysis.demand import FRAME_BYTES, DemandMeter
from hydrogen.gcode.analysis.modal import Heard, Modal
from hydrogen.gcode.analysis.moves import FIRST_FEEDRATE, Moves, Walk
from hydrogen.gcode.analysis.objects import ObjectMarks
from hydrogen.gcode.analysis.page import NUMBER_STRIDE, Flags, Ints, Page, Reals, command_from_code, read_page
from hydrogen.gcode.analysis.planner import CornerLimits, Corners, Planner, junctions
from hydrogen.gcode.analysis.sections import FILAMENT, MOVES, SECONDS, SectionTable
from hydrogen.gcode.program.metadata import LAYER_STYLES, MOST_MARKS, layer_marks
from hydrogen.gcode.program.motion import MotionLimits, MotionModes

MOST_COMMANDS = 500
"""Different commands that are counted; a file has some forty."""

LONGEST_NAME = 40
"""Characters of a command's name."""

HEIGHT_STEP_MM = 0.02
"""Plastic that is laid so much higher is another layer, where the slicer left no marks."""

_SECTION, _OFFSET, _LINE, _LINES, _BYTES, _EXTRA = range(6)
"""Rows of the planner's payload."""


@dataclass(slots=True)
class Extent:
    """Low and high of x, y, z, and the lines that get there; empty: low above high."""

    low: Reals
    high: Reals
    low_lines: Ints
    high_lines: Ints

    @staticmethod
    def nothing() -> Extent:
        return Extent(np.full(3, np.inf), np.full(3, -np.inf), np.zeros(3, np.int64), np.zeros(3, np.int64))

    def take(self, out: Reals, lines: Ints, chosen: Flags) -> None:
        """Take in the chosen ones of the paths `out`, (2, 3, n)."""
        if not chosen.any():
            return
        lines = lines[chosen]
        for axis in range(3):
            low, high = out[0, axis, chosen], out[1, axis, chosen]
            lowest, highest = int(low.argmin()), int(high.argmax())
            if low[lowest] < self.low[axis]:
                self.low[axis], self.low_lines[axis] = low[lowest], lines[lowest]
            if high[highest] > self.high[axis]:
                self.high[axis], self.high_lines[axis] = high[highest], lines[highest]


class FullPass:
    """Fed by an OutlineScanner; then `finish`, and the parts are read."""

    def __init__(self, limits: MotionLimits | None = None) -> None:
        self.limits = limits or MotionLimits()
        self.modal = Modal(MotionModes(limits=self.limits))
        self.objects = ObjectMarks()
        self.sections = SectionTable()
        self.sections.open(_first_section())
        self.marks: dict[str, list[int]] = {style: [] for style in LAYER_STYLES}
        """The sections at which layers begin, by the style of their marks."""
        self.heights: list[int] = []
        """The same by height."""
        self.laid, self.travelled = Extent.nothing(), Extent.nothing()
        self.demand = DemandMeter()
        self.commands: dict[str, tuple[int, int]] = {}
        """By name: how often, and the first line."""
        self.pushed: dict[int, float] = {}
        self.farthest: dict[int, float] = {}
        """By tool: how far its filament is and was pushed."""
        self.lines = 0
        self.moves = 0
        self.seconds = 0.0
        self.first_laid: int | None = None
        self._walk = Walk()
        self._planner = Planner(6)
        self._carriage = _Carriage()
        self._rows = 0
        self._bytes = 0
        self._level: float | None = None

    def feed(self, text: bytes, at: int) -> None:
        """See LineReader."""
        with np.errstate(all="ignore"):
            page = read_page(text)
            heard = self.modal.hear(page, self.lines + 1)
            moves = self._walk.take(page, heard)
            section = self._divide(page, heard, moves, text, at)
            self._count_commands(page)
            self._sum_up(page, heard, moves, section)
            self._plan(page, heard, moves, section, at)
        self.lines += text.count(b"\n") - 1

    def finish(self) -> None:
        """The end of the file: the printer comes to rest."""
        with np.errstate(all="ignore"):
            self._settle(*self._planner.finish())
        self.seconds += self._carriage.seconds
        last = np.array([self.sections.count - 1])
        self.sections.add(last, SECONDS, np.array([self._carriage.seconds]))

    # -------------------------------------------------------------------------------------------------- sections

    def _divide(self, page: Page, heard: Heard, moves: Moves, text: bytes, at: int) -> Ints:
        """Open the sections that begin in this page; the section of each move."""
        rows = len(page.codes)
        # A mark's line feed is the byte before its line; a page's rows begin at the line's first byte.
        marks = [(int(np.searchsorted(page.starts, start + 1)), start, style) for start, style in layer_marks(text)]
        objects = [
            (int(np.searchsorted(page.starts, start + 1)), start, found) for start, found in self.objects.find(text)
        ]
        levels = self._new_levels(moves) if not marks and not any(self.marks.values()) else []
        turns = zip(heard.mode_rows[1:], heard.tools, heard.tools[1:], strict=False)
        tools = [row for row, before, now in turns if now != before]
        begins = {start: row for row, start, _ in (*marks, *objects)}
        begins |= {int(page.starts[row]) - 1: row for row in (*levels, *tools)}
        cuts = sorted(begins.items())
        base = self.sections.count - 1
        if cuts:
            self.sections.open(self._openings(page, heard, cuts, objects, at))
        if objects:
            self.objects.current = objects[-1][2]
        number = {start: min(base + 1 + index, self.sections.count - 1) for index, (start, _) in enumerate(cuts)}
        for _, start, style in marks:
            if len(self.marks[style]) < MOST_MARKS:
                self.marks[style].append(number[start])
        self.heights += [number[int(page.starts[row]) - 1] for row in levels]
        section = base + np.searchsorted(np.array([row for _, row in cuts], np.int64), np.arange(rows), side="right")
        return np.minimum(section, self.sections.count - 1)[moves.rows]

    def _openings(
        self, page: Page, heard: Heard, cuts: list[tuple[int, int]], objects: list[tuple[int, int, int]], at: int
    ) -> Reals:
        """The first columns of the sections that begin at `cuts`: places in the text, and the rows that follow them."""
        walk, openings = self._walk, []
        line, counted, turns = self.lines, 0, np.array(heard.mode_rows)
        object_starts = [there for _, there, _ in objects]
        for start, row in cuts:
            place = walk.behind[:, row - 1] if row else self._carriage.place
            feedrate = walk.fed[row - 1] if row else self._carriage.feedrate
            modes = heard.modes[max(int(np.searchsorted(turns, row)) - 1, 0)]
            is_command = row < len(page.starts) and int(page.starts[row]) - 1 == start
            tool = heard.tools[max(int(np.searchsorted(turns, row, side="right" if is_command else "left")) - 1, 0)]
            known = bisect_right(object_starts, start)
            line += page.text.count(b"\n", counted, start + 1)
            counted = start + 1
            flags = modes.is_relative + 2 * modes.is_relative_e + 4 * (modes.unit != 1.0)
            openings.append(
                [
                    at + start,
                    line,
                    tool,
                    objects[known - 1][2] if known else self._carriage.object,
                    0.0,
                    0.0,
                    0.0,
                    *place,
                    feedrate * 60.0,
                    flags,
                ]
            )
        return np.array(openings)

    def _new_levels(self, moves: Moves) -> list[int]:
        """The rows at which plastic is laid at another height than before."""
        laying = np.flatnonzero(moves.is_laying)
        if not len(laying) or len(self.heights) >= MOST_MARKS:
            return []
        level = np.floor(moves.end[2, laying] / HEIGHT_STEP_MM + 0.5)
        before = np.concatenate(([np.nan if self._level is None else self._level], level[:-1]))
        self._level = float(level[-1])
        return [int(row) for row in moves.rows[laying[level != before]]]

    # ------------------------------------------------------------------------------------------------------ sums

    def _count_commands(self, page: Page) -> None:
        codes, firsts, counts = np.unique(page.codes, return_index=True, return_counts=True)
        for code, row, count in zip(map(int, codes), map(int, firsts), map(int, counts), strict=True):
            if code >= NUMBER_STRIDE:
                self._count(command_from_code(code).decode("ascii", "replace"), count, int(page.lines[row]))
        for row, name in page.names.items():
            if name:
                self._count(name[:LONGEST_NAME].decode("ascii", "replace"), 1, int(page.lines[row]))

    def _count(self, name: str, count: int, line: int) -> None:
        if name in self.commands or len(self.commands) < MOST_COMMANDS:
            before, first = self.commands.get(name, (0, self.lines + line + 1))
            self.commands[name] = (before + count, first)

    def _sum_up(self, page: Page, heard: Heard, moves: Moves, section: Ints) -> None:
        """Everything but time."""
        lines = self.lines + 1 + page.lines[moves.rows]
        self.moves += len(lines)
        is_travel = (moves.extruded <= 0.0) & (np.abs(moves.begin - moves.end).max(axis=0, initial=0.0) > 0.0)
        self.laid.take(moves.out, lines, moves.is_laying)
        self.travelled.take(moves.out, lines, is_travel)
        if self.first_laid is None and moves.is_laying.any():
            self.first_laid = int(lines[int(moves.is_laying.argmax())])
        self.sections.add(section, FILAMENT, moves.extruded)
        self.sections.add(section, MOVES, None)
        laying = np.flatnonzero(moves.is_laying)
        self.sections.stretch(section[laying], moves.out[0][:, laying], moves.out[1][:, laying])
        self._push(heard, moves)

    def _push(self, heard: Heard, moves: Moves) -> None:
        """How far each tool's filament is pushed."""
        tools = np.array(heard.tools)[moves.mode]
        for tool in map(int, set(heard.tools)):
            pushes = moves.extruded[tools == tool]
            if len(pushes):
                before = self.pushed.get(tool, 0.0)
                ways = np.cumsum(pushes) + before
                self.pushed[tool] = float(ways[-1])
                self.farthest[tool] = max(self.farthest.get(tool, 0.0), float(ways.max()))

    # ------------------------------------------------------------------------------------------------------ time

    def _plan(self, page: Page, heard: Heard, moves: Moves, section: Ints, at: int) -> None:
        """Give the moves to the planner, and take what it has settled."""
        carriage, rows = self._carriage, len(page.codes)
        extra = np.zeros(len(moves.rows))
        is_rest = np.zeros(len(moves.rows) + 1, np.bool_)
        is_rest[0] = carriage.is_resting
        is_rest[np.searchsorted(moves.rows, heard.stops)] = True
        for row, seconds in heard.seconds:
            place = int(np.searchsorted(moves.rows, row))
            if place < len(extra):
                extra[place] += seconds
            else:
                carriage.later += seconds
        if len(extra):
            extra[0] += carriage.seconds
            carriage.seconds = 0.0
        carriage.seconds, carriage.later = carriage.seconds + carriage.later, 0.0
        carriage.is_resting = bool(is_rest[-1])
        sizes = np.cumsum(page.lengths + FRAME_BYTES) + self._bytes
        lines = self.lines + 1 + page.lines[moves.rows]
        payload = np.stack(
            (section, at + page.starts[moves.rows] - 1, lines, self._rows + 1 + moves.rows, sizes[moves.rows], extra)
        ).astype(np.float64)
        corners = self._corners(heard, moves, is_rest[:-1])
        self._settle(*self._planner.take(Corners(corners, moves.length, moves.speed, moves.acceleration, payload)))
        if rows:
            self._rows += rows
            self._bytes = int(sizes[-1])
        carriage.place, carriage.feedrate = list(self._walk.place), self._walk.feedrate
        carriage.object = self.objects.current

    def _corners(self, heard: Heard, moves: Moves, is_rest: Flags) -> Reals:
        """The squares of the speeds at which the moves may begin."""
        carriage = self._carriage
        before = np.concatenate((carriage.direction, moves.leave[:, :-1]), axis=1) if len(moves.rows) else moves.leave
        speed_before = np.concatenate(([carriage.speed], moves.speed[:-1])) if len(moves.rows) else moves.speed
        limits = CornerLimits.of([modes.limits for modes in heard.modes], moves.mode)
        squares = junctions(moves.entry, before, moves.speed, speed_before, moves.acceleration, is_rest, limits)
        if len(moves.rows):
            carriage.direction, carriage.speed = moves.leave[:, -1:].copy(), float(moves.speed[-1])
        return squares

    def _settle(self, seconds: Reals, payload: Reals) -> None:
        """Sum up the time of moves that the planner is done with."""
        total = seconds + payload[_EXTRA]
        self.seconds += float(total.sum())
        self.sections.add(payload[_SECTION].astype(np.int64), SECONDS, total)
        self.demand.take(total, payload[_OFFSET], payload[_LINE], payload[_LINES], payload[_BYTES])


class _Carriage:
    """What one page leaves to the next. seconds: of standing, for the next move; later: of standing behind the last one."""

    def __init__(self) -> None:
        self.place = [0.0, 0.0, 0.0, 0.0]
        self.feedrate = FIRST_FEEDRATE
        self.object = -1
        self.direction: Reals = np.zeros((4, 1))
        self.speed = 0.0
        self.is_resting = True
        self.seconds = 0.0
        self.later = 0.0


def _first_section() -> Reals:
    return np.array([[0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3000.0, 0.0]])
