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
_MODES = frozenset({b"G20", b"G21", b"G90", b"G91", b"G92", b"M82", b"M83", b"M220"})
_LIMITS = frozenset({b"M201", b"M203", b"M204", b"M205"})
_STANDING = frozenset({b"G4", b"G28", b"G29", b"M0", b"M1", b"M109", b"M190", b"M191", b"M400", b"M600"})
"""Commands before which the printer comes to rest."""

_lines = re.compile(
    rb"\nG[01] (?:F(%(n)b) ?)?(?:X(%(n)b) ?)?(?:Y(%(n)b) ?)?(?:Z(%(n)b) ?)?(?:E(%(n)b) ?)?(?:F(%(n)b) ?)?(?=[;\n]|\Z)"
    rb"|\n ?([GM][^;\n]*)" % {b"n": _NUMBER}
).findall
_modal_lines = re.compile(rb"\n((?:G2[0189]|G4|G9[012]|M8[23]|M20[1345]|M220|M600)(?![0-9])[^;\n]*)").findall
_words = re.compile(rb"([A-Z]) ?([-+]?[0-9]+\.?[0-9]*|[-+]?\.[0-9]+)").findall
_last_feedrate = re.compile(rb".*\nG[0-3] [^;\n]*F([0-9]+\.?[0-9]*)", re.DOTALL).match
_command = re.compile(rb" ?([GM]) ?0*(\d+)").match
_waits = re.compile(rb"\n(?:M109|M190|M191|G28|G29)(?![0-9])").finditer


@dataclass(slots=True, kw_only=True)
class MotionLimits:
    """Millimetres and seconds. The defaults are those of Marlin's example configuration (Configuration.h: DEFAULT_MAX_FEEDRATE,
    DEFAULT_ACCELERATION, DEFAULT_TRAVEL_ACCELERATION, DEFAULT_XJERK); files of most slicers set their printer's own."""

    feedrate_x: float = 300.0
    feedrate_y: float = 300.0
    feedrate_z: float = 5.0
    feedrate_e: float = 25.0
    acceleration: float = 3000.0
    travel_acceleration: float = 3000.0
    axis_acceleration: float = 3000.0
    jerk: float = 10.0

    def bound(self) -> None:
        """No move speeds up faster than the slower of the axes may."""
        self.acceleration = min(self.acceleration, self.axis_acceleration)
        self.travel_acceleration = min(self.travel_acceleration, self.axis_acceleration)


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
        self._limits = limits
        self._place = [0.0, 0.0, 0.0, 0.0]
        self._feedrate = 50.0
        self._factor = 1.0
        self._unit = 1.0
        self._is_relative = False
        self._is_relative_e = False
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
            self._feedrate = float(found[1]) / 60.0 * self._unit or self._feedrate
        self._segments([row for row in _lines(text[-LAST_BYTES:]) if not row[6]])
        return seconds

    def stop(self) -> float:
        """The printer comes to rest: the seconds of the move that waited."""
        return self._pass([_REST])

    # ------------------------------------------------------------------------------------------------- moves

    def _segments(self, rows: list[tuple[bytes, ...]]) -> list[Segment]:
        """Plain moves. Hot: some twenty operations a line."""
        if self._is_relative or self._unit != 1.0 or not rows:
            return self._slow_segments(rows)
        limits, is_relative_e = self._limits, self._is_relative_e
        fastest, most_z, most_e = min(limits.feedrate_x, limits.feedrate_y), limits.feedrate_z, limits.feedrate_e
        printing, travelling = limits.acceleration, limits.travel_acceleration
        factor, feedrate, (x0, y0, z0, e0) = self._factor, self._feedrate, self._place
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
        jerk, entry, seconds = self._limits.jerk, self._entry, 0.0
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
        if (fed := words.get("F", 0.0)) > 0.0:
            self._feedrate = fed * self._unit / 60.0
        before, limits = list(self._place), self._limits
        for axis, letter in enumerate("XYZE"):
            if letter in words:
                is_relative = self._is_relative_e if letter == "E" else self._is_relative
                self._place[axis] = words[letter] * self._unit + (before[axis] if is_relative else 0.0)
        dx, dy, dz, de = (there - here for there, here in zip(self._place, before, strict=True))
        if self._is_relative_e:
            self._place[3] = 0.0
            de = words.get("E", 0.0) * self._unit
        length = arc or sqrt(dx * dx + dy * dy + dz * dz) or abs(de)
        if length < _TINY_MM:
            return []
        speed = min(self._feedrate * self._factor, limits.feedrate_x, limits.feedrate_y)
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
        command = found[1] + found[2]
        words = {letter.decode(): float(value) for letter, value in _words(line, found.end())}
        if command in _MODES:
            self._change_mode(command, words)
        elif command in _LIMITS:
            self._change_limits(command, words)
        elif command in (b"G0", b"G1"):
            return self._pass(self._segment(words))
        elif command in (b"G2", b"G3"):
            return self._pass(self._segment(words, arc=self._arc_length(words, is_clockwise=command == b"G2")))
        elif command in _STANDING:
            dwell = words.get("S", words.get("P", 0.0) / 1000.0) if command == b"G4" else 0.0
            return self.stop() + dwell
        return 0.0

    def _change_mode(self, command: bytes, words: dict[str, float]) -> None:
        match command:
            case b"G20" | b"G21":
                self._unit = 25.4 if command == b"G20" else 1.0
            case b"G90" | b"G91":
                self._is_relative = self._is_relative_e = command == b"G91"
            case b"M82" | b"M83":
                self._is_relative_e = command == b"M83"
            case b"M220":
                self._factor = max(words.get("S", 100.0 * self._factor), 1.0) / 100.0
            case _:  # G92
                for axis, letter in enumerate("XYZE"):
                    self._place[axis] = words.get(letter, self._place[axis] / self._unit) * self._unit

    def _change_limits(self, command: bytes, words: dict[str, float]) -> None:
        """M201, M203, M204, M205; what makes no sense is left as it was. The axes' own limits bound the rest."""
        limits = self._limits
        if command == b"M201":
            most = min(
                _above_zero(words, "X", limits.axis_acceleration), _above_zero(words, "Y", limits.axis_acceleration)
            )
            limits.axis_acceleration = most
        elif command == b"M203":
            limits.feedrate_x = _above_zero(words, "X", limits.feedrate_x)
            limits.feedrate_y = _above_zero(words, "Y", limits.feedrate_y)
            limits.feedrate_z = _above_zero(words, "Z", limits.feedrate_z)
            limits.feedrate_e = _above_zero(words, "E", limits.feedrate_e)
        elif command == b"M204":
            both = _above_zero(words, "S", 0.0)
            limits.acceleration = _above_zero(words, "P", both or limits.acceleration)
            limits.travel_acceleration = _above_zero(words, "T", both or limits.travel_acceleration)
        else:
            limits.jerk = _above_zero(words, "X", limits.jerk)
        limits.bound()

    def _arc_length(self, words: dict[str, float], *, is_clockwise: bool) -> float:
        """Of a G2 or G3 in the plane, by its centre or (R) its radius."""
        x0, y0 = self._place[0], self._place[1]
        shift = (x0, y0) if self._is_relative else (0.0, 0.0)
        x1 = words["X"] * self._unit + shift[0] if "X" in words else x0
        y1 = words["Y"] * self._unit + shift[1] if "Y" in words else y0
        chord = hypot(x1 - x0, y1 - y0)
        if "R" in words:
            radius = max(abs(words["R"]) * self._unit, chord / 2.0, _TINY_MM)
            return 2.0 * radius * asin(min(1.0, chord / 2.0 / radius))
        i, j = words.get("I", 0.0) * self._unit, words.get("J", 0.0) * self._unit
        begin, end = atan2(-j, -i), atan2(y1 - y0 - j, x1 - x0 - i)
        return hypot(i, j) * (((begin - end if is_clockwise else end - begin) % tau) or tau)


def _short(length: float, entry: float, junction: float, acceleration: float) -> float:
    """The seconds of a move that is too short for its full speed."""
    peak = sqrt(acceleration * length + (entry * entry + junction * junction) / 2.0)
    if peak <= entry or peak <= junction:
        return 2.0 * length / (entry + junction)
    return (2.0 * peak - entry - junction) / acceleration


def _above_zero(words: dict[str, float], letter: str, otherwise: float) -> float:
    value = words.get(letter, 0.0)
    return value if value > 0.0 else otherwise
