"""What decides how fast a printer moves, as a file changes it: limits and modes, and the commands that set them.

Shared by the quick survey before a print (print_time.py) and by the full pass (gcode/analysis/): both read a line alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

MODES = frozenset({b"G20", b"G21", b"G90", b"G91", b"G92", b"M82", b"M83", b"M220"})
LIMITS = frozenset({b"M201", b"M203", b"M204", b"M205"})
STANDING = frozenset({b"G4", b"G28", b"G29", b"M0", b"M1", b"M109", b"M190", b"M191", b"M400", b"M600"})
"""Commands before which the printer comes to rest."""

_words = re.compile(rb"([A-Z]) ?([-+]?[0-9]+\.?[0-9]*|[-+]?\.[0-9]+)").findall
_settings = re.compile(rb"(?:echo:)?[ \t]*(M20[1345])(?![0-9])([^;]*)").match


@dataclass(slots=True, kw_only=True)
class MotionLimits:
    """Millimetres and seconds. The defaults are those of Marlin's example configuration (Configuration.h: DEFAULT_MAX_FEEDRATE,
    DEFAULT_ACCELERATION, DEFAULT_TRAVEL_ACCELERATION, DEFAULT_XJERK and DEFAULT_EJERK); files of most slicers set their
    printer's own.

    jerk, jerk_e: how much the speed of X or Y, and of the extruder, may jump. junction_deviation: mm, Marlin's other rule for
    corners (M205 J); above 0 it counts in the place of both. With jerk 0 and no deviation every move begins and ends at rest.
    """

    feedrate_x: float = 300.0
    feedrate_y: float = 300.0
    feedrate_z: float = 5.0
    feedrate_e: float = 25.0
    acceleration: float = 3000.0
    travel_acceleration: float = 3000.0
    retract_acceleration: float = 3000.0
    axis_acceleration: float = 3000.0
    jerk: float = 10.0
    jerk_e: float = 5.0
    junction_deviation: float = 0.0

    def bound(self) -> None:
        """No move speeds up faster than the slower of the axes may."""
        self.acceleration = min(self.acceleration, self.axis_acceleration)
        self.travel_acceleration = min(self.travel_acceleration, self.axis_acceleration)

    def obey(self, command: bytes, words: dict[str, float]) -> None:
        """M201, M203, M204, M205; what makes no sense is left as it was. The axes' own limits bound the rest."""
        if command == b"M201":
            fastest = self.axis_acceleration
            self.axis_acceleration = min(_above_zero(words, "X", fastest), _above_zero(words, "Y", fastest))
        elif command == b"M203":
            self.feedrate_x = _above_zero(words, "X", self.feedrate_x)
            self.feedrate_y = _above_zero(words, "Y", self.feedrate_y)
            self.feedrate_z = _above_zero(words, "Z", self.feedrate_z)
            self.feedrate_e = _above_zero(words, "E", self.feedrate_e)
        elif command == b"M204":
            both = _above_zero(words, "S", 0.0)
            self.acceleration = _above_zero(words, "P", both or self.acceleration)
            self.travel_acceleration = _above_zero(words, "T", both or self.travel_acceleration)
            self.retract_acceleration = _above_zero(words, "R", self.retract_acceleration)
        else:
            self.jerk = _above_zero(words, "X", self.jerk)
            self.jerk_e = _above_zero(words, "E", self.jerk_e)
            self.junction_deviation = _above_zero(words, "J", self.junction_deviation)
        self.bound()


@dataclass(slots=True, kw_only=True)
class MotionModes:
    """How words are read: factor is M220's, unit the millimetres of one (G20, G21)."""

    factor: float = 1.0
    unit: float = 1.0
    is_relative: bool = False
    is_relative_e: bool = False
    limits: MotionLimits = field(default_factory=MotionLimits)

    def obey(self, command: bytes, words: dict[str, float]) -> bool:
        """Take over what a command sets; False: it is none of MODES and LIMITS. Where G92 puts the axes is the caller's."""
        if command in LIMITS:
            self.limits.obey(command, words)
            return True
        match command:
            case b"G20" | b"G21":
                self.unit = 25.4 if command == b"G20" else 1.0
            case b"G90" | b"G91":
                self.is_relative = self.is_relative_e = command == b"G91"
            case b"M82" | b"M83":
                self.is_relative_e = command == b"M83"
            case b"M220":
                self.factor = max(words.get("S", 100.0 * self.factor), 1.0) / 100.0
        return command in MODES

    def copy(self) -> MotionModes:
        """The same, by itself."""
        return replace(self, limits=replace(self.limits))


def words_of(line: bytes, start: int = 0) -> dict[str, float]:
    """Letter and number of each word from `start` on; of two with one letter the last one."""
    return {letter.decode(): float(value) for letter, value in _words(line, start)}


def dwell_seconds(command: bytes, words: dict[str, float]) -> float:
    """How long a G4 waits: Marlin's P in milliseconds, or S in seconds, which wins; 0 for other commands."""
    return max(words.get("S", words.get("P", 0.0) / 1000.0), 0.0) if command == b"G4" else 0.0


def limit_words(lines: Iterable[bytes]) -> Mapping[str, Mapping[str, float]]:
    """The words of M201, M203, M204 and M205 in a printer's answer to M503 (`echo:  M203 X300.00 Y300.00 Z5.00 E25.00`)."""
    told: dict[str, Mapping[str, float]] = {}
    for line in lines:
        if (found := _settings(line)) is not None:
            command = found[1].decode()
            told[command] = MappingProxyType({**told.get(command, {}), **words_of(found[2])})
    return MappingProxyType(told)


def limits_from_words(words: Mapping[str, Mapping[str, float]]) -> MotionLimits | None:
    """The limits that those words set; None: none was told."""
    limits = MotionLimits()
    for command, told in words.items():
        if command.encode() in LIMITS:
            limits.obey(command.encode(), dict(told))
    return limits if words else None


def limits_from_report(lines: Iterable[bytes]) -> MotionLimits | None:
    """The printer's own limits from its answer to M503; None: none was told."""
    return limits_from_words(limit_words(lines))


def _above_zero(words: dict[str, float], letter: str, otherwise: float) -> float:
    value = words.get(letter, 0.0)
    return value if value > 0.0 else otherwise
