r"""How long a file's moves take, from one pass over it: the motion model behind the time left.

Theory of operation: each move is a trapezoid: it speeds up from the junction before it, runs at its feedrate, and slows down to
the junction behind it. A junction is passed as fast as the jump of velocity stays within the jerk (Marlin's classic jerk, taken
over the plane), and not faster than the move before it can reach. What a real planner also does, slowing down over several
short moves ahead of a corner, is left out: it costs little time. Heating, homing, probing and waiting for people are not
counted: how long they take is not in the file.

Nearly every line is a plain move with its letters in one of two usual orders; those are cut by one regular expression, 15
lines or so at a time, and run through some twenty operations each. What is neither (arcs, relative moves, inches, other
orders) goes a slower way to the same end. Of a larger file only some pieces are run through, evenly spread, and stand
for their neighbours; what changes modes, limits or position is heeded everywhere.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from math import asin, atan2, hypot, sqrt, tau

from hydrogen.gcode.program.motion import STANDING, MotionLimits, MotionModes, dwell_seconds, words_of

PIECE_BYTES = 512
"""Some 15 lines: the time is known at each such border; between them it is taken for even."""

MOST_PIECES = 32_768
"""Above that, pieces are taken together by twos: 128 KiB whatever the file's size."""

FULL_BYTES = 12 << 20
"""As much as this is run through of any file: less than a second here, some three on a small board."""

HEAD_BYTES = 1 << 20
"""The head is run through whole: there the pace of a print is measured first."""

LEAD_SECONDS = 120.0
"""A wait for heat behind more moves than this belongs to the print; before, it belongs to its preparation."""

LAST_BYTES = 400
"""Of a piece that is left out: a dozen lines, enough to know where its last move led."""

_NUMBER = rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
_lines = re.compile(
    rb"\nG[01] (?:F(%(n)b) ?)?(?:X(%(n)b) ?)?(?:Y(%(n)b) ?)?(?:Z(%(n)b) ?)?(?:E(%(n)b) ?)?(?:F(%(n)b) ?)?(?=[;\n]|\Z)"
    rb"|\n ?([GM][^;\n]*)" % {b"n": _NUMBER}
).findall
_modal_lines = re.compile(rb"\n((?:G2[0189]|G4|G9[012]|M8[23]|M20[1345]|M220|M600)(?![0-9])[^;\n]*)").findall
_last_feedrate = re.compile(rb".*\nG[0-3] [^;\n]*F([0-9]+\.?[0-9]*)", re.DOTALL).match
_command = re.compile(rb" ?([GM]) ?0*(\d+)").match
_waits = re.compile(rb"\n(?:M109|M190|M191|G28|G29)(?![0-9])").finditer


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintTime:
    """The computed time of a file. seconds_at[i]: when everything before the offset i * step_bytes is printed.

    begins_at: the offset behind the last wait of the file's head (heating, homing): from there on the pace can be measured.
    """

    step_bytes: int = PIECE_BYTES
    seconds_at: array[float] = field(default_factory=lambda: array("d", [0.0]))
    total_seconds: float = 0.0
    bytes_total: int = 0
    begins_at: int = 0

    def seconds_before(self, offset: int) -> float:
        """When everything before `offset` is printed."""
        if offset >= self.bytes_total:
            return self.total_seconds
        index, rest = divmod(offset, self.step_bytes)
        begin = self.seconds_at[index]
        is_last = index + 1 >= len(self.seconds_at)
        end = self.total_seconds if is_last else self.seconds_at[index + 1]
        width = self.bytes_total - index * self.step_bytes if is_last else self.step_bytes
        return begin + (end - begin) * rest / width


class PrintTimeScanner:
    """Fed with a file's whole lines, in order. Pure."""

    def __init__(self, bytes_expected: int = 0, limits: MotionLimits | None = None) -> None:
        """bytes_expected: the file's size, so that a large one is sampled; 0: run through all of it."""
        self._stride = max(1, -(-bytes_expected // FULL_BYTES))
        self._limits = limits or MotionLimits()
        self._step = PIECE_BYTES
        self._seconds_at = array("d", [0.0])
        self._seconds = 0.0
        self._at = 0
        self._held = b""
        self._held_at = 0
        self._pieces = 0
        self._per_byte = 0.0
        self._gap: list[tuple[float, int, int]] = []
        self._begins_at = 0
        self._move = _Moves(self._limits)

    def feed(self, text: bytes, at: int) -> None:
        r"""Whole lines that begin at the file's offset `at`, between two `\n` (so text[i + 1] is the file's byte at + i).
        Whatever is fed at once, the pieces are the same."""
        if at != self._held_at + len(self._held):
            self._take_held()
            self._held_at = at
        text = self._held + text[:-1]
        start = 0
        while (stop := text.find(b"\n", start + PIECE_BYTES)) >= 0:
            self._take(text[start:stop], self._held_at + start)
            start = stop
        self._held, self._held_at = text[start:], self._held_at + start

    def finish(self) -> PrintTime:
        """The time of what was fed; the scanner is spent."""
        self._take_held()
        self._fill_gap(self._per_byte)
        self._seconds += self._move.stop()
        return PrintTime(
            step_bytes=self._step,
            seconds_at=self._seconds_at,
            total_seconds=self._seconds,
            bytes_total=self._at,
            begins_at=self._begins_at,
        )

    def _take_held(self) -> None:
        if self._held:
            self._take(self._held, self._held_at)
            self._held = b""

    def _take(self, piece: bytes, at: int) -> None:
        """One piece; it begins with the line feed in front of its first line."""
        if self._seconds < LEAD_SECONDS:
            for wait in _waits(piece):
                self._begins_at = at + wait.end()
        end = at + len(piece)
        if at < HEAD_BYTES or self._pieces % self._stride == 0:
            seconds = self._move.run(piece)
            self._fill_gap(seconds / len(piece))
            self._note(seconds, at, end)
        else:
            self._gap.append((self._move.skip(piece), at, end))
        self._pieces += 1

    def _fill_gap(self, per_byte: float) -> None:
        """What was left out goes as its neighbours do: halfway between the piece before and the one behind."""
        middle = (self._per_byte + per_byte) / 2.0
        for seconds, begin, end in self._gap:
            self._note(seconds + middle * (end - begin), begin, end)
        self._gap.clear()
        self._per_byte = per_byte

    def _note(self, seconds: float, begin: int, end: int) -> None:
        """Add a piece, and write down the time at each border that it passes."""
        before = self._seconds
        self._seconds += seconds
        self._at = end
        while (border := len(self._seconds_at) * self._step) <= end:
            self._seconds_at.append(before + seconds * (border - begin) / (end - begin))
        if len(self._seconds_at) > MOST_PIECES:
            self._seconds_at = self._seconds_at[::2]
            self._step *= 2


Segment = tuple[float, float, float, float, float]
"""A straight piece of path: length, speed, direction in x and in y, acceleration."""

_TINY_MM = 1e-6

_REST: Segment = (_TINY_MM, 1.0, 0.0, 0.0, 1e6)
"""Stands for standing still before and behind moves."""


class _Moves:
    """The printer as the model sees it: where it is, how fast, in which modes."""

    def __init__(self, limits: MotionLimits) -> None:
        self._place = [0.0, 0.0, 0.0, 0.0]
        self._feedrate = 50.0
        self._modes = MotionModes(limits=limits)
        self._waiting = _REST
        """The last segment: how fast it ends depends on the next one."""
        self._entry = 0.0
        """Its speed at its beginning."""

    def run(self, text: bytes) -> float:
        """The seconds of these lines: of the move that waited, and of all but the last of them."""
        rows, done, seconds = _lines(text), 0, 0.0
        for index in [number for number, row in enumerate(rows) if row[6]]:
            seconds += self._pass(self._segments(rows[done:index])) + self._obey(rows[index][6])
            done = index + 1
        return seconds + self._pass(self._segments(rows[done:]))

    def skip(self, text: bytes) -> float:
        """The seconds of what is no move; of the moves counts only where they lead, and how fast."""
        seconds = self.stop() + sum(self._obey(line) for line in _modal_lines(text))
        if (found := _last_feedrate(text)) is not None:
            self._feedrate = float(found[1]) / 60.0 * self._modes.unit or self._feedrate
        self._segments([row for row in _lines(text[-LAST_BYTES:]) if not row[6]])
        return seconds

    def stop(self) -> float:
        """The printer comes to rest: the seconds of the move that waited."""
        return self._pass([_REST])

    # ------------------------------------------------------------------------------------------------- moves

    def _segments(self, rows: list[tuple[bytes, ...]]) -> list[Segment]:
        """Plain moves. Hot: some twenty operations a line."""
        modes = self._modes
        if modes.is_relative or modes.unit != 1.0 or not rows:
            return self._slow_segments(rows)
        limits, is_relative_e = modes.limits, modes.is_relative_e
        fastest, most_z, most_e = min(limits.feedrate_x, limits.feedrate_y), limits.feedrate_z, limits.feedrate_e
        printing, travelling = limits.acceleration, limits.travel_acceleration
        factor, feedrate, (x0, y0, z0, e0) = modes.factor, self._feedrate, self._place
        segments: list[Segment] = []
        for f_first, x, y, z, e, f, _ in rows:
            if f or f_first:
                feedrate = float(f or f_first) / 60.0 or feedrate  # F0 is ignored, as by Marlin
            dx = dy = dz = de = 0.0
            if x:
                dx, x0 = float(x) - x0, float(x)
            if y:
                dy, y0 = float(y) - y0, float(y)
            if z:
                dz, z0 = float(z) - z0, float(z)
            if e:
                de, e0 = float(e) - (0.0 if is_relative_e else e0), float(e)
            length = sqrt(dx * dx + dy * dy + dz * dz) or abs(de)
            if length < _TINY_MM:
                continue
            speed = min(feedrate * factor, fastest)
            if dz and abs(dz) * speed > most_z * length:
                speed = most_z * length / abs(dz)
            if de and abs(de) * speed > most_e * length:
                speed = most_e * length / abs(de)
            segments.append((length, speed, dx / length, dy / length, printing if de > 0.0 else travelling))
        self._feedrate, self._place = feedrate, [x0, y0, z0, e0]
        return segments

    def _pass(self, segments: list[Segment]) -> float:
        """Drive through them: the seconds of the one that waited and of all but the last of these. Hot."""
        jerk, entry, seconds = self._modes.limits.jerk, self._entry, 0.0
        length, speed, ux, uy, acceleration = self._waiting
        for segment in segments:
            next_length, next_speed, next_ux, next_uy, next_acceleration = segment
            jump = sqrt((next_ux - ux) ** 2 + (next_uy - uy) ** 2)
            junction = speed if speed < next_speed else next_speed
            if jump * junction > jerk:
                junction = jerk / jump
            reach = entry * entry + 2.0 * acceleration * length
            if junction * junction > reach:
                junction = sqrt(reach)
            ramps = (2.0 * speed * speed - entry * entry - junction * junction) / (2.0 * acceleration)
            if ramps <= length:
                seconds += (2.0 * speed - entry - junction) / acceleration + (length - ramps) / speed
            else:
                seconds += _short(length, entry, junction, acceleration)
            length, speed, ux, uy, acceleration, entry = (
                next_length,
                next_speed,
                next_ux,
                next_uy,
                next_acceleration,
                junction,
            )
        self._waiting, self._entry = (length, speed, ux, uy, acceleration), entry
        return seconds

    def _slow_segments(self, rows: list[tuple[bytes, ...]]) -> list[Segment]:
        """The same for relative moves and inches."""
        segments: list[Segment] = []
        for f_first, x, y, z, e, f, _ in rows:
            named = zip("FXYZE", (f or f_first, x, y, z, e), strict=True)
            segments += self._segment({letter: float(value) for letter, value in named if value})
        return segments

    def _segment(self, words: dict[str, float], *, arc: float = 0.0) -> list[Segment]:
        """One move, whatever the modes; arc: its length if it is not straight."""
        modes = self._modes
        if (fed := words.get("F", 0.0)) > 0.0:
            self._feedrate = fed * modes.unit / 60.0
        before, limits = list(self._place), modes.limits
        for axis, letter in enumerate("XYZE"):
            if letter in words:
                is_relative = modes.is_relative_e if letter == "E" else modes.is_relative
                self._place[axis] = words[letter] * modes.unit + (before[axis] if is_relative else 0.0)
        dx, dy, dz, de = (there - here for there, here in zip(self._place, before, strict=True))
        if modes.is_relative_e:
            self._place[3] = 0.0
            de = words.get("E", 0.0) * modes.unit
        length = arc or sqrt(dx * dx + dy * dy + dz * dz) or abs(de)
        if length < _TINY_MM:
            return []
        speed = min(self._feedrate * modes.factor, limits.feedrate_x, limits.feedrate_y)
        for travelled, most in ((dz, limits.feedrate_z), (de, limits.feedrate_e)):
            if travelled:
                speed = min(speed, most * length / abs(travelled))
        acceleration = limits.acceleration if de > 0.0 else limits.travel_acceleration
        return [(length, max(speed, _TINY_MM), dx / length, dy / length, acceleration)]

    # ------------------------------------------------------------------------------------------------- other lines

    def _obey(self, line: bytes) -> float:
        """A line that is no plain move: the seconds it takes beside the moves."""
        found = _command(line)
        if found is None:
            return 0.0
        command, words = found[1] + found[2], words_of(line, found.end())
        if self._modes.obey(command, words):
            if command == b"G92":
                self._set_place(words)
        elif command in (b"G0", b"G1"):
            return self._pass(self._segment(words))
        elif command in (b"G2", b"G3"):
            return self._pass(self._segment(words, arc=self._arc_length(words, is_clockwise=command == b"G2")))
        elif command in STANDING:
            return self.stop() + dwell_seconds(command, words)
        return 0.0

    def _set_place(self, words: dict[str, float]) -> None:
        unit = self._modes.unit
        for axis, letter in enumerate("XYZE"):
            self._place[axis] = words.get(letter, self._place[axis] / unit) * unit

    def _arc_length(self, words: dict[str, float], *, is_clockwise: bool) -> float:
        """Of a G2 or G3 in the plane, by its centre or (R) its radius."""
        x0, y0 = self._place[0], self._place[1]
        unit = self._modes.unit
        shift = (x0, y0) if self._modes.is_relative else (0.0, 0.0)
        x1 = words["X"] * unit + shift[0] if "X" in words else x0
        y1 = words["Y"] * unit + shift[1] if "Y" in words else y0
        chord = hypot(x1 - x0, y1 - y0)
        if "R" in words:
            radius = max(abs(words["R"]) * unit, chord / 2.0, _TINY_MM)
            return 2.0 * radius * asin(min(1.0, chord / 2.0 / radius))
        i, j = words.get("I", 0.0) * unit, words.get("J", 0.0) * unit
        begin, end = atan2(-j, -i), atan2(y1 - y0 - j, x1 - x0 - i)
        return hypot(i, j) * (((begin - end if is_clockwise else end - begin) % tau) or tau)


def _short(length: float, entry: float, junction: float, acceleration: float) -> float:
    """The seconds of a move that is too short for its full speed."""
    peak = sqrt(acceleration * length + (entry * entry + junction * junction) / 2.0)
    if peak <= entry or peak <= junction:
        return 2.0 * length / (entry + junction)
    return (2.0 * peak - entry - junction) / acceleration
