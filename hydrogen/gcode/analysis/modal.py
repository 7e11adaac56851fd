"""What holds from line to line: modes, limits, the tool, and where commands put the axes. Commands are read one by one.

Of a file one line in fifty or so is such a command; the lines between two of them share one record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hydrogen.gcode.analysis.page import Ints, Page, Reals, code_of, command_from_code
from hydrogen.gcode.program.motion import LIMITS, MODES, STANDING, MotionModes, dwell_seconds, words_of

WAITS = frozenset({b"M109", b"M190", b"M191", b"M116"})
"""Waits for heat: noted, not counted; how warm the printer is at the start is not in the file."""

HEATERS: dict[bytes, str] = {
    b"M104": "nozzle",
    b"M109": "nozzle",
    b"M140": "bed",
    b"M190": "bed",
    b"M141": "chamber",
    b"M191": "chamber",
}
"""Whose target a command sets, by S or (cooling, too) R."""

RETRACT_SECONDS = 3.0 / 45.0
"""A G10 or G11: Marlin's RETRACT_LENGTH at its RETRACT_FEEDRATE (Configuration_adv.h). The file does not tell."""

HIGHEST_TOOL = 63
"""Tools above are some other use of the letter T."""

_HEARD = MODES | LIMITS | STANDING | WAITS | frozenset(HEATERS) | {b"G10", b"G11", b"G28", b"M486"}


@dataclass(slots=True)
class Target:
    """The highest target of a heater, and its line (from 1)."""

    celsius: float
    line: int


@dataclass(slots=True)
class Heard:
    """What the commands of one page said, by row.

    modes: the records in force, from the rows in mode_rows on (the first from 0). tools: likewise. places: (row, axis, place in
    mm) of G92, and of G28 with is_home. stops: rows before which the printer comes to rest. seconds: (row, s) of standing.
    """

    modes: list[MotionModes]
    mode_rows: list[int] = field(default_factory=lambda: [0])
    tools: list[int] = field(default_factory=list)
    places: list[tuple[int, int, float]] = field(default_factory=list)
    homed: list[tuple[int, int]] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    seconds: list[tuple[int, float]] = field(default_factory=list)

    def index(self, rows: int) -> Ints | None:
        """Which of the records holds in each row; None: the first in all of them."""
        if len(self.modes) == 1:
            return None
        return np.searchsorted(np.array(self.mode_rows), np.arange(rows), side="right") - 1

    def column(self, index: Ints | None, read: Callable[[MotionModes], float]) -> Reals:
        """One value of the records as a column; of one element where it is the same everywhere."""
        values = np.array([read(modes) for modes in self.modes], np.float64)
        return values[:1] if index is None else values[index]


class Modal:
    """The commands of a file, page by page."""

    def __init__(self, modes: MotionModes) -> None:
        self.modes = modes
        self.tool = 0
        self.targets: dict[str, Target] = {}
        self.heat_waits = 0
        self.dwell_seconds = 0.0
        self.first_home: int | None = None
        self.first_heat: int | None = None
        self._codes = np.array(sorted(map(code_of, _HEARD)), np.int64)
        self._tools = code_of(b"T0"), code_of(b"T%d" % HIGHEST_TOOL)

    def hear(self, page: Page, first_line: int) -> Heard:
        """first_line: the file's number of the page's first line."""
        heard = Heard([self.modes.copy()], tools=[self.tool])
        is_tool = (page.codes >= self._tools[0]) & (page.codes <= self._tools[1])
        for row in map(int, np.flatnonzero(np.isin(page.codes, self._codes) | is_tool)):
            self._obey(page, row, first_line, heard)
        return heard

    def _obey(self, page: Page, row: int, first_line: int, heard: Heard) -> None:
        code = int(page.codes[row])
        command = command_from_code(code)
        body = page.line_of(row).partition(b";")[0]
        words = words_of(body, max(body.find(command[:1]), 0) + 1)
        line = first_line + int(page.lines[row])
        if command[:1] == b"T":
            self.tool = code - self._tools[0]
            self._turn(row, heard)
        elif self.modes.obey(command, words):
            if command != b"G92":
                self._turn(row, heard)
            else:
                unit = self.modes.unit
                heard.places += [(row, axis, words[a] * unit) for axis, a in enumerate("XYZE") if a in words]
        if command in STANDING or command in WAITS:
            heard.stops.append(row)
        self._note(command, words, row, line, heard, body)

    def _note(self, command: bytes, words: dict[str, float], row: int, line: int, heard: Heard, body: bytes) -> None:
        """What is no mode: homing, standing, heat."""
        if command == b"G28":
            self.first_home = self.first_home or line
            named = [axis for axis, letter in enumerate(b"XYZ") if letter in body[body.find(b"28") + 2 :]]
            heard.homed += [(row, axis) for axis in named or range(3)]
        elif command == b"G4":
            heard.seconds.append((row, seconds := dwell_seconds(command, words)))
            self.dwell_seconds += seconds
        elif command in (b"G10", b"G11") and not {"P", "L"} & set(words):
            heard.seconds.append((row, RETRACT_SECONDS))
        elif command in HEATERS:
            self._heat(HEATERS[command], max(words.get("S", 0.0), words.get("R", 0.0)), line)
        self.heat_waits += command in WAITS

    def _heat(self, heater: str, celsius: float, line: int) -> None:
        if heater == "nozzle" and celsius > 0.0:
            self.first_heat = self.first_heat or line
        best = self.targets.get(heater)
        if celsius > 0.0 and (best is None or celsius > best.celsius):
            self.targets[heater] = Target(celsius, line)

    def _turn(self, row: int, heard: Heard) -> None:
        """Slicers repeat themselves: what changes nothing needs no record."""
        if self.modes == heard.modes[-1] and self.tool == heard.tools[-1]:
            return
        heard.modes.append(self.modes.copy())
        heard.mode_rows.append(row)
        heard.tools.append(self.tool)
