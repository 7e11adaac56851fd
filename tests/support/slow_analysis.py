"""What a program makes a printer do, line by line and move by move: slow, and plain enough to be believed.

It knows no arrays and no pages; it is what the full pass is compared with.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from hydrogen.errors import LineRefused
from hydrogen.gcode.line import command_of, prepare
from hydrogen.gcode.program.motion import STANDING, MotionLimits

_word = re.compile(r"([A-Z]) ?([-+]?[0-9]+\.?[0-9]*|[-+]?\.[0-9]+)")
WAITS = frozenset({b"M109", b"M190", b"M191", b"M116"})


@dataclass
class SlowMove:
    line: int
    length: float
    speed: float
    acceleration: float
    direction: tuple[float, ...]
    begin: tuple[float, ...]
    end: tuple[float, ...]
    extruded: float
    is_laying: bool
    from_rest: bool
    limits: MotionLimits
    standing: float
    tool: int
    seconds: float = 0.0


@dataclass
class SlowPrinter:
    """Absolute and relative moves, G92, G28, units, feedrates, limits, tools; no arcs."""

    limits: MotionLimits = field(default_factory=MotionLimits)
    place: list[float] = field(default_factory=lambda: [0.0] * 4)
    machine: list[float] = field(default_factory=lambda: [0.0] * 3)
    feedrate: float = 50.0
    factor: float = 1.0
    unit: float = 1.0
    is_relative: bool = False
    is_relative_e: bool = False
    tool: int = 0
    is_resting: bool = True
    standing: float = 0.0
    moves: list[SlowMove] = field(default_factory=list)
    pushed: dict[int, float] = field(default_factory=dict)
    farthest: dict[int, float] = field(default_factory=dict)

    def run(self, text: bytes) -> None:
        for number, raw in enumerate(text.split(b"\n"), 1):
            try:
                body = prepare(raw)
            except LineRefused:
                continue
            if body:
                self.obey(body, number)
        self.plan()

    def obey(self, body: bytes, number: int) -> None:
        command = command_of(body)
        text = body.decode()
        words = {letter: float(value) for letter, value in _word.findall(text[1:])}
        if command in (b"G0", b"G1"):
            self.move(words, number)
        elif command == b"G92":
            for axis, letter in enumerate("XYZE"):
                if letter in words:
                    self.place[axis] = words[letter] * self.unit
        elif command == b"G28":
            axes = [axis for axis, letter in enumerate("XYZ") if letter in text[3:]] or [0, 1, 2]
            for axis in axes:
                self.place[axis] = self.machine[axis] = 0.0
        elif command in (b"G20", b"G21"):
            self.unit = 25.4 if command == b"G20" else 1.0
        elif command in (b"G90", b"G91"):
            self.is_relative = self.is_relative_e = command == b"G91"
        elif command in (b"M82", b"M83"):
            self.is_relative_e = command == b"M83"
        elif command == b"M220":
            self.factor = max(words.get("S", 100 * self.factor), 1.0) / 100
        elif command[:1] == b"T":
            self.tool = int(command[1:])
        elif command in (b"M201", b"M203", b"M204", b"M205"):
            self.limits = MotionLimits(**{name: getattr(self.limits, name) for name in self.limits.__slots__})
            self.limits.obey(command, words)
        if command == b"G4":
            self.standing += words["S"] if "S" in words else words.get("P", 0.0) / 1000
        if command in STANDING or command in WAITS:
            self.is_resting = True

    def move(self, words: dict[str, float], number: int) -> None:
        if words.get("F", 0) > 0:
            self.feedrate = words["F"] * self.unit / 60
        before = list(self.place)
        for axis, letter in enumerate("XYZE"):
            if letter in words:
                is_relative = self.is_relative_e if axis == 3 else self.is_relative
                self.place[axis] = words[letter] * self.unit + (before[axis] if is_relative else 0.0)
        step = [there - here for there, here in zip(self.place, before, strict=True)]
        begin = tuple(self.machine)
        self.machine = [here + way for here, way in zip(self.machine, step, strict=False)]
        along = math.hypot(*step[:3])
        length = along if along > 1e-6 else abs(step[3])
        if length <= 1e-6:
            return
        limits = self.limits
        speed = self.feedrate * self.factor
        most = (limits.feedrate_x, limits.feedrate_y, limits.feedrate_z, limits.feedrate_e)
        for way, limit in zip(step, most, strict=True):
            if abs(way) * speed > limit * length:
                speed = limit * length / abs(way)
        if step[3] == 0:
            acceleration = limits.travel_acceleration
        else:
            acceleration = limits.acceleration if along > 1e-6 else limits.retract_acceleration
        self.moves.append(
            SlowMove(
                line=number,
                length=length,
                speed=speed,
                acceleration=acceleration,
                direction=tuple(way / length for way in step),
                begin=begin,
                end=tuple(self.machine),
                extruded=step[3],
                is_laying=step[3] > 1e-6 and math.hypot(*step[:2]) > 1e-6,
                from_rest=self.is_resting,
                limits=limits,
                standing=self.standing,
                tool=self.tool,
            )
        )
        self.is_resting, self.standing = False, 0.0
        self.pushed[self.tool] = self.pushed.get(self.tool, 0.0) + step[3]
        self.farthest[self.tool] = max(self.farthest.get(self.tool, 0.0), self.pushed[self.tool])

    def corner(self, index: int) -> float:
        """How fast the move may begin, by the jerk alone."""
        move = self.moves[index]
        rest = (0.0,) * 4
        before = rest if move.from_rest else self.moves[index - 1].direction
        speed = move.speed if move.from_rest else min(move.speed, self.moves[index - 1].speed)
        if not move.limits.jerk:
            return 0.0
        for axis, jerk in ((0, move.limits.jerk), (1, move.limits.jerk), (3, move.limits.jerk_e)):
            jump = abs(move.direction[axis] - before[axis])
            if jump * speed > jerk:
                speed = jerk / jump
        return speed

    def plan(self) -> None:
        """Backwards, forwards, trapezoids."""
        speeds = [self.corner(index) for index in range(len(self.moves))] + [0.0]
        for index in reversed(range(len(self.moves))):
            move = self.moves[index]
            speeds[index] = min(speeds[index], math.sqrt(speeds[index + 1] ** 2 + 2 * move.acceleration * move.length))
        for index, move in enumerate(self.moves):
            reach = math.sqrt(speeds[index] ** 2 + 2 * move.acceleration * move.length)
            speeds[index + 1] = min(speeds[index + 1], reach)
            move.seconds = move.standing + trapezoid(move, speeds[index], speeds[index + 1])

    @property
    def seconds(self) -> float:
        return sum(move.seconds for move in self.moves) + self.standing


def trapezoid(move: SlowMove, first: float, last: float) -> float:
    peak = min(move.speed, math.sqrt(move.acceleration * move.length + (first**2 + last**2) / 2))
    peak = max(peak, first, last)
    ramps = (2 * peak**2 - first**2 - last**2) / (2 * move.acceleration)
    return (2 * peak - first - last) / move.acceleration + max(move.length - ramps, 0.0) / peak
