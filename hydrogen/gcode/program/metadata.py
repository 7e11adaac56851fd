r"""What a job file holds, found in one pass at C speed: lines, layers, times, and the first line that cannot be sent.

Theory of operation: files have hundreds of thousands of lines and this runs before every print, so no Python code runs per
line. Of a chunk all whole lines are taken (the rest waits for the next chunk); in them every carriage return becomes a line
feed of the same place, so that offsets stay true and a lone `\r` ends a line as it does for the firmware. Regular
expressions that begin with `\n` count the lines that are empty or pure comments, find the slicers' marks, and pick the few
odd lines which `line.prepare` has to judge itself: it alone decides what is a command and what is refused. Whatever the
borders of the chunks, the outline is the same.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from hydrogen.errors import LineRefused
from hydrogen.gcode.line import MAX_BODY_BYTES, prepare
from hydrogen.gcode.program.print_time import PrintTime, PrintTimeScanner
from hydrogen.gcode.program.stated_time import stated_seconds

LONGEST_LINE_BYTES = 65_536
"""More of one line is not looked at, so that a file without line ends cannot fill the memory. Slicers write comment lines
of some 10 KiB (settings, templates)."""

MOST_MARKS = 200_000
"""More layers or time marks than this are not kept; a metre of 0.01 mm layers has half of it."""

_empty_lines = re.compile(rb"\n[ \t]*+(?=[;\n])")
_long_lines = re.compile(rb"\n[^\n]{%d}" % (MAX_BODY_BYTES + 1))
_backslash = re.compile(rb"\\")
_unclean_byte = re.compile(rb"[^\t\n -\[\]-~]")
_lone_numbers = re.compile(rb"N-?\d+[ \t]*+(?=[*;\n])")
_line_number_words = (re.compile(rb"M[ \t]*0*110"), re.compile(rb"m[ \t]*0*110"))
_clean_bytes = bytes([9, 10, *(byte for byte in range(32, 127) if byte != ord("\\"))])

_LINE_ENDS = (b"\n", b"\r")

_layer_marks = re.compile(
    rb"\n(?:; ?(?:(?P<change>LAYER_CHANGE\b)|(?P<bambu>CHANGE_LAYER\b)|(?P<cura>LAYER: ?-?\d)|(?P<numbered>[Ll]ayer \d))"
    rb"|(?P<stats>SET_PRINT_STATS_INFO CURRENT_LAYER=\d))"
)
LAYER_STYLES = ("change", "bambu", "cura", "numbered", "stats")
"""PrusaSlicer, SuperSlicer and OrcaSlicer; Bambu Studio; Cura and ideaMaker; Simplify3D; Klipper's macro. In order of trust
where a file has two styles with equally many marks (a slicer's own, and one from the user's layer-change script)."""

_progress_lines = re.compile(rb"\nM73(?=[ \t])([^\n;]*)")
_progress_fields = re.compile(rb"([PR])[ \t]*(\d{1,7})")
_FINE_BELOW_SECONDS = 6_000.0
"""In shorter prints a hundredth of the whole (`M73 P`) tells more than a minute (`M73 R`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """Why the file must not be printed.

    line: from 1; None when it concerns the whole file.
    reason: one of `LineRefused`'s, or `binary` (NUL bytes), `empty` (no byte), `no_command`.
    """

    line: int | None
    reason: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOutline:
    """What is known of a job file before it is printed. Offsets are bytes from the start of the file.

    lines_total: lines that carry a command, by `line.prepare` (refused ones included).
    commands_end: behind the last of them, before its line feed; what follows are comments. 0 when there is none.
    layer_offsets: where each layer's mark begins, rising; empty when the slicer left no marks.
    estimated_seconds: the slicer's own figure, else that of the first `M73`; None when there is neither.
    time_marks: (offset of the mark, seconds then remaining), from `M73`; offsets rise, seconds fall.
    print_time: computed from the moves; None if that was not asked for.
    """

    lines_total: int = 0
    bytes_total: int = 0
    commands_end: int = 0
    layer_offsets: array[int] = field(default_factory=lambda: array("Q"))
    estimated_seconds: float | None = None
    time_marks: tuple[tuple[int, float], ...] = ()
    print_time: PrintTime | None = None
    problem: FileProblem | None = None


@dataclass(frozen=True, slots=True)
class _Progress:
    """One `M73`: per cent done and minutes remaining, where it told them."""

    offset: int
    percent: int | None
    minutes: int | None


class LineReader(Protocol):
    """Whoever reads a file's lines along with the outline."""

    def feed(self, text: bytes, at: int) -> None:
        r"""Whole lines in order, the only line end `\n`, between two of them; text[i + 1] is the file's byte at + i."""


class OutlineScanner:
    """Reads a file once, in chunks of any size. Memory is bounded by one chunk, one line and the marks."""

    def __init__(self, bytes_expected: int = 0, *, reader: LineReader | None = None) -> None:
        """bytes_expected: the file's size if it is known, so that the moves of a large one are sampled (print_time.py).
        reader: given the lines in the place of the motion model; `print_time` stays None then."""
        self._print_time = PrintTimeScanner(bytes_expected) if reader is None else None
        self._reader: LineReader = self._print_time or reader or PrintTimeScanner()
        self._tail = b""
        self._tail_at = 0
        self._skips_line = False
        self._nul_line: int | None = None
        self._line_ends = 0
        self._lines_total = 0
        self._last_commands = _CommandBlock()
        self._layers = {style: array("Q") for style in LAYER_STYLES}
        self._stated_seconds: float | None = None
        self._progress: list[_Progress] = []
        self._refused: FileProblem | None = None

    def feed(self, chunk: bytes) -> None:
        """The next bytes of the file."""
        if self._nul_line is None and b"\0" in chunk:
            before = self._tail + chunk[: chunk.find(b"\0")]
            self._nul_line = self._line_ends + _normalised(before + b"\0").count(b"\n") - 1
        if self._skips_line:
            chunk = self._skip(chunk)
        text = self._tail + chunk if self._tail else chunk
        whole = max(text.rfind(b"\n"), text.rfind(b"\r", 0, -1)) + 1
        if whole:
            self._scan(text[:whole])
        self._tail = text[whole:]
        if len(self._tail) > LONGEST_LINE_BYTES and not self._tail.endswith(b"\r"):
            rest = self._tail[LONGEST_LINE_BYTES:]
            self._scan(self._tail[:LONGEST_LINE_BYTES])
            self._tail = self._skip(rest)

    def finish(self) -> JobOutline:
        """The outline; the scanner is spent."""
        if self._tail:
            self._scan(self._tail)
        seconds = self._stated_seconds
        if seconds is None and self._progress and self._progress[0].minutes:
            seconds = self._progress[0].minutes * 60.0
        return JobOutline(
            lines_total=self._lines_total,
            bytes_total=self._tail_at,
            commands_end=self._last_commands.end(),
            layer_offsets=self._layers[layer_style({style: len(found) for style, found in self._layers.items()})],
            estimated_seconds=seconds,
            time_marks=tuple(_time_marks(self._progress, seconds)),
            print_time=None if self._print_time is None else self._print_time.finish(),
            problem=self._problem(),
        )

    def _skip(self, chunk: bytes) -> bytes:
        """What follows the rest of a line that is too long to be looked at."""
        ends = [end for end in (chunk.find(b"\n"), chunk.find(b"\r")) if end >= 0]
        dropped = min(ends, default=len(chunk))
        self._skips_line = not ends
        self._tail_at += dropped
        return chunk[dropped:]

    def _scan(self, lines: bytes) -> None:
        """Take in `lines`: whole ones, or the beginning of one that is too long."""
        text = _normalised(lines)
        count = text.count(b"\n") - 1
        self._find_marks(text, self._tail_at)
        self._reader.feed(text, self._tail_at)
        commands = count - len(_empty_lines.findall(text)) - self._judge_odd_lines(text)
        if commands:
            self._lines_total += commands
            self._last_commands = _CommandBlock(self._tail_at, text)
        self._line_ends += count if lines.endswith(_LINE_ENDS) else count - 1
        self._tail_at += len(lines)

    def _judge_odd_lines(self, text: bytes) -> int:
        """How many of the odd lines carry no command; the first refusal of the file is kept."""
        swallowed = 0
        for start in sorted(_odd_lines(text)):
            line = text[start + 1 : text.find(b"\n", start + 1)][:LONGEST_LINE_BYTES]
            try:
                swallowed += prepare(line) is None
            except LineRefused as refusal:
                if self._refused is None:
                    number = self._line_ends + text.count(b"\n", 0, start) + 1
                    self._refused = FileProblem(
                        line=number, reason=refusal.details["reason"], message=f"line {number}: {refusal.message}"
                    )
        return swallowed

    def _find_marks(self, text: bytes, at: int) -> None:
        for start, style in layer_marks(text):
            if len(self._layers[style]) < MOST_MARKS:
                self._layers[style].append(at + start)
        if b"\n;" in text and self._stated_seconds is None:
            self._stated_seconds = stated_seconds(text)
        for found in _progress_lines.finditer(text):
            told = {key: int(value) for key, value in _progress_fields.findall(found[1])}
            if told and len(self._progress) < MOST_MARKS:
                self._progress.append(_Progress(at + found.start(), told.get(b"P"), told.get(b"R")))

    def _problem(self) -> FileProblem | None:
        if self._nul_line is not None:
            message = f"line {self._nul_line}: the file holds NUL bytes, it is not a G-code text file or it is damaged"
            return FileProblem(line=self._nul_line, reason="binary", message=message)
        if self._refused is not None or self._lines_total:
            return self._refused
        if not self._tail_at:
            return FileProblem(line=None, reason="empty", message="the file is empty")
        return FileProblem(line=None, reason="no_command", message="the file holds no G-code command")


@dataclass(frozen=True, slots=True)
class _CommandBlock:
    """The last lines that held a command, kept until it is known that they are the last."""

    at: int = 0
    text: bytes = b""

    def end(self) -> int:
        """The offset behind the last line with a command."""
        end = len(self.text) - 1
        while end > 0:
            start = self.text.rfind(b"\n", 0, end)
            line = self.text[start + 1 : end][:LONGEST_LINE_BYTES]
            if _carries_command(line):
                return self.at + start + len(line)
            end = start
        return 0


def _carries_command(line: bytes) -> bool:
    try:
        return prepare(line) is not None
    except LineRefused:
        return True


def layer_marks(text: bytes) -> Iterator[tuple[int, str]]:
    r"""Where the lines begin that say that a layer does, and in which of LAYER_STYLES; `text` lies between two `\n`."""
    return ((mark.start(), str(mark.lastgroup)) for mark in _layer_marks.finditer(text))


def layer_style(counts: Mapping[str, int]) -> str:
    """The style that a file's layers go by: the one with most marks."""
    return max(LAYER_STYLES, key=lambda style: counts.get(style, 0))


def layer_at(outline: JobOutline, offset: int) -> int:
    """How many layers have begun when everything before `offset` has been printed: 0 before the first, then from 1."""
    return bisect_left(outline.layer_offsets, offset)


def _time_marks(progress: Iterable[_Progress], total_seconds: float | None) -> Iterator[tuple[int, float]]:
    """The marks at which the remaining time fell, by the finer of per cent and minutes."""
    marks = list(progress)
    has_percent = total_seconds is not None and any(mark.percent is not None for mark in marks)
    has_minutes = any(mark.minutes is not None for mark in marks)
    by_percent = has_percent and (not has_minutes or (total_seconds or 0.0) < _FINE_BELOW_SECONDS)
    lowest = float("inf")
    for mark in marks:
        if by_percent and mark.percent is not None:
            seconds = (total_seconds or 0.0) * max(0, 100 - mark.percent) / 100.0
        elif not by_percent and mark.minutes is not None:
            seconds = mark.minutes * 60.0
        else:
            continue
        if seconds < lowest:
            lowest = seconds
            yield mark.offset, seconds


def _odd_lines(text: bytes) -> set[int]:
    """Where the lines begin that may carry no command for an uncommon reason, or may be refused."""
    odd = {
        found.start()
        for found in _long_lines.finditer(text)
        if text.find(b";", found.start(), found.end()) < 0  # a comment may be as long as it likes
    }
    for word in _line_number_words:
        for found in word.finditer(text):
            odd.update(_line_around(text, found.start()))
    for found in _lone_numbers.finditer(text):
        odd.update(_line_around(text, found.start()))
    unclean = text.translate(None, _clean_bytes)
    if unclean:
        odd.update(_unclean_lines(text, _unclean_byte if unclean.strip(b"\\") else _backslash))
    return odd


def _unclean_lines(text: bytes, unclean: re.Pattern[bytes]) -> Iterator[int]:
    """The lines that hold `unclean` before their comment."""
    found = unclean.search(text)
    while found is not None:
        yield from _line_around(text, found.start())
        found = unclean.search(text, text.find(b"\n", found.start()))


def _line_around(text: bytes, place: int) -> Iterator[int]:
    """Where the line of `place` begins, unless `place` is in its comment."""
    start = text.rfind(b"\n", 0, place)
    if text.find(b";", start, place) < 0:
        yield start


def _normalised(lines: bytes) -> bytes:
    r"""`lines` between two `\n`, with `\n` as the only line end; every byte keeps its place (one behind)."""
    if b"\r" in lines:
        lines = lines.replace(b"\r\n", b" \n").replace(b"\r", b"\n")
    return b"\n%b" % lines if lines.endswith(b"\n") else b"\n%b\n" % lines
