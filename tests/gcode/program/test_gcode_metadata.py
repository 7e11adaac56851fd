from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hydrogen.errors import LineRefused
from hydrogen.gcode.line import prepare
from hydrogen.gcode.program import metadata
from hydrogen.gcode.program.metadata import (
    FileProblem,
    JobOutline,
    OutlineScanner,
    layer_at,
)


def outline_of(content: bytes, sizes: Iterable[int] = ()) -> JobOutline:
    scanner = OutlineScanner()
    at = 0
    for size in sizes:
        scanner.feed(content[at : at + size])
        at += size
    scanner.feed(content[at:])
    return scanner.finish()


def lines_one_by_one(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Number, offset and bytes of every line, by the slow way: `\\r\\n`, `\\n` and a lone `\\r` end one."""
    for number, found in enumerate(re.finditer(rb"([^\r\n]*)(\r\n|\r|\n|\Z)", content), start=1):
        yield number, found.start(), found[1]


def problem_by_hand(content: bytes) -> tuple[int | None, str] | None:
    commands = 0
    refused: tuple[int | None, str] | None = None
    for number, _, line in lines_one_by_one(content):
        if b"\0" in line:
            return number, "binary"
        try:
            commands += prepare(line) is not None
        except LineRefused as error:
            commands += 1
            refused = refused or (number, error.details["reason"])
    if b"\0" in content:
        raise AssertionError
    if not content:
        return None, "empty"
    return refused if commands else (None, "no_command")


def commands_by_hand(content: bytes) -> list[tuple[int, bytes]]:
    found = []
    for _, offset, line in lines_one_by_one(content):
        try:
            carries = prepare(line) is not None
        except LineRefused:
            carries = True
        if carries:
            found.append((offset, line))
    return found


scraps = st.sampled_from(
    [
        b"G1 X10 Y20 E.5",
        b"M110 N0",
        b"M117 hello",
        b";",
        b"; layer 3",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"\t",
        b"N5",
        b"*12",
        b"\n;LAYER:3",
        b"\n;LAYER_CHANGE",
        b"\n; CHANGE_LAYER",
        b"\nM73 P10 R20\n",
        b"\n;TIME:600\n",
        b"\\",
        b"\x00",
        b"\xc3\xa4",
        b"M",
        b"110",
        b"0",
        b"m110",
        b"x" * 50,
        b"\xef\xbb\xbf",
        b"N-7 ",
        b"\x0b",
        b"\x07",
        b"G1 M110",
        b"N",
    ]
)
contents = st.lists(scraps, max_size=30).map(b"".join)


@given(contents)
@example(b"N5\\\nN 5\n N5*3 ;\nN5 M 110\n")
@example(b"G1 X1\r")
@example(b"\r\n\r\nG1\rG28\n\n")
def test_counts_and_refusals_are_those_of_a_reader_line_by_line(content: bytes) -> None:
    outline = outline_of(content)
    commands = commands_by_hand(content)
    assert outline.lines_total == len(commands)
    assert outline.bytes_total == len(content)
    problem = None if outline.problem is None else (outline.problem.line, outline.problem.reason)
    assert problem == problem_by_hand(content)
    if commands:
        offset, line = commands[-1]
        assert offset + len(line) <= outline.commands_end <= offset + len(line) + 1
    else:
        assert outline.commands_end == 0


@given(contents, st.lists(st.integers(0, 9), max_size=60))
@example(b"a\r\n\0b", [2, 1])
@example(b"a\r\nG1 M110", [2, 1])
@example(b"a\r\n", [2])
def test_chunk_borders_do_not_matter(content: bytes, sizes: list[int]) -> None:
    assert outline_of(content, sizes) == outline_of(content)


@given(contents, st.lists(st.integers(0, 9), max_size=60))
@example(b";" + b"x" * 40 + b"\r\nG1\n", [20, 10, 12])
def test_chunk_borders_do_not_matter_in_lines_that_are_too_long_to_be_kept(content: bytes, sizes: list[int]) -> None:
    longest = metadata.LONGEST_LINE_BYTES
    metadata.LONGEST_LINE_BYTES = 24
    try:
        cut, whole = outline_of(content, sizes), outline_of(content)
    finally:
        metadata.LONGEST_LINE_BYTES = longest
    assert (cut.bytes_total, cut.layer_offsets) == (whole.bytes_total, whole.layer_offsets)
    is_binary = b"\0" in content
    assert (cut.problem is not None and cut.problem.reason == "binary") == is_binary
    if is_binary:
        assert cut.problem == whole.problem


def test_the_sample_is_known_by_heart() -> None:
    content = files("hydrogen").joinpath("samples/cube.gcode").read_bytes()
    outline = outline_of(content, [1 << 14] * 20)
    assert content.count(b"\n") == 7_143
    assert outline.lines_total == len(commands_by_hand(content)) == 5_852
    assert outline.bytes_total == len(content)
    assert content[: outline.commands_end].endswith(b"M73 P100 R0")
    assert len(outline.layer_offsets) == 100
    assert all(content.startswith(b";LAYER_CHANGE", offset) for offset in outline.layer_offsets)
    assert outline.estimated_seconds == 18 * 60 + 10
    assert len(outline.time_marks) == 101
    assert all(content.startswith(b"M73", offset) for offset, _ in outline.time_marks)
    assert outline.problem is None


def test_a_file_without_a_line_end_at_its_end_keeps_its_last_command() -> None:
    assert outline_of(b"G28\nG1 X1").lines_total == 2
    assert outline_of(b"G28\nG1 X1").commands_end == 9


def test_comments_behind_the_last_command_do_not_count_as_print() -> None:
    outline = outline_of(b"G28\nG1 X1 ; go\n" + b"; setting\n" * 50)
    assert outline.commands_end == len(b"G28\nG1 X1 ; go")


@pytest.mark.parametrize(
    ("mark", "style"),
    [
        (b";LAYER_CHANGE\n;Z:0.%d\n", "PrusaSlicer"),
        (b";LAYER:%d\n", "Cura"),
        (b"; CHANGE_LAYER\n; Z_HEIGHT: 0.%d\n; layer num/total_layer_count: 1/9\n", "Bambu"),
        (b"; layer %d, Z = 0.200\n", "Simplify3D"),
        (b";LAYER_CHANGE\r\n;Z:0.%d\r\n", "PrusaSlicer on Windows"),
        (b";BEFORE_LAYER_CHANGE\n;LAYER_CHANGE\n;AFTER_LAYER_CHANGE\n;LAYER:%d\n", "two styles"),
    ],
)
def test_each_layer_is_counted_once(mark: bytes, style: str) -> None:
    content = b"; layer_height = 0.2\n;LAYER_COUNT:5\nG28\n" + b"".join(mark % layer + b"G1 X1\n" for layer in range(5))
    outline = outline_of(content)
    assert len(outline.layer_offsets) == 5, style
    assert list(outline.layer_offsets) == sorted(set(outline.layer_offsets))


def test_layer_begins_with_the_first_command_behind_its_mark() -> None:
    content = b"G28\n;LAYER:0\nG1 X1\n;LAYER:1\nG1 X2\n"
    outline = outline_of(content)
    homed, first, second = (content.index(line) + len(line) + 1 for line in (b"G28", b"G1 X1", b"G1 X2"))
    assert [layer_at(outline, offset) for offset in (0, homed, first, second)] == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("comment", "seconds"),
    [
        (b"; estimated printing time (normal mode) = 1d 2h 3m 4s", 93_784.0),
        (b"; estimated printing time = 18m 10s", 1_090.0),
        (b"; estimated printing time (silent mode) = 20m 0s", None),
        (b"; estimated first layer printing time (normal mode) = 30s", None),
        (b"; model printing time: 8m 57s; total estimated time: 15m 42s", 942.0),
        (b"; total estimated time: 1h 0m 1s", 3_601.0),
        (b";TIME:1234", 1_234.0),
        (b";TIME:1234.5", 1_234.5),
        (b";PRINT.TIME:600", 600.0),
        (b";Print Time: 3600", 3_600.0),
        (b";   Build time: 1 hour 2 minutes", 3_720.0),
        (b"; Estimated Build Time:   130.5 minutes", 7_830.0),
        (b";TIME_ELAPSED:12.5", None),
        (b";TIME:0", None),
        (b";TIME:soon", None),
    ],
)
def test_the_slicers_own_estimate_is_read(comment: bytes, seconds: float | None) -> None:
    assert outline_of(b"G28\n" + comment + b"\nG1 X1\n").estimated_seconds == seconds


def test_without_an_estimate_the_first_progress_mark_gives_one() -> None:
    assert outline_of(b"M73 P0 R18\nG28\nM73 P100 R0\n").estimated_seconds == 1_080.0


def test_short_prints_are_timed_by_per_cent_and_long_ones_by_minutes() -> None:
    short = outline_of(b"M73 P0 R10\nG1\nM73 P10 R10\nG1\nM73 P50 R5\nG1\nM73 P100 R0\n")
    assert [seconds for _, seconds in short.time_marks] == [600.0, 540.0, 300.0, 0.0]
    long = outline_of(b"M73 P0 R1000\nG1\nM73 P0 R995\nG1\nM73 P1 R995\nG1\nM73 P100 R0\n")
    assert [seconds for _, seconds in long.time_marks] == [60_000.0, 59_700.0, 0.0]


def test_progress_of_the_silent_mode_is_not_taken_for_ours() -> None:
    assert outline_of(b"M73 Q0 S20\nG28\n").time_marks == ()


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"", None, "empty"),
        (b"; nothing\n\n   \n", None, "no_command"),
        (b"M110 N0\n", None, "no_command"),
        (b"G28\nG1 " + b"X1 " * 40 + b"\n", 2, "too_long"),
        (b"G28\r\n\r\nG1 X1 M110\r\n", 3, "hides_m110"),
        (b"G28\rG1 X\xb2\r", 2, "not_ascii"),
        (b"G28\n\x89PNG\x00\n", 2, "binary"),
        (b"G1 X\xff\nG28\n; \x00\n", 3, "binary"),
        (b"G28\n" + b"x" * 300_000 + b"\nG1 M110\n", 2, "too_long"),
        (b"G28\n;" + b"x" * 300_000 + b"\nG1 M110\n", 3, "hides_m110"),
    ],
)
def test_what_must_not_be_printed_is_found_with_its_line(content: bytes, line: int | None, reason: str) -> None:
    for sizes in ([], [7] * 3, [65_536] * 8):
        problem = outline_of(content, sizes).problem
        assert isinstance(problem, FileProblem)
        assert (problem.line, problem.reason) == (line, reason)
        assert line is None or str(line) in problem.message


@pytest.mark.parametrize(
    "content",
    [
        b"M117 " + b"long " * 40 + b"\nG28\n",
        "G28 ; größer\n;TYPE:Überhang\nM117 Grüße\n".encode(),
        b"\xef\xbb\xbfG28\n",
        b"\xef\xbb\xbf; made by a careful editor\nG28\n",
        b"; C:\\temp\\part.stl\nG28\n",
        b"G28 ;" + b"x" * 200 + b"\n",
        b"N1 G28*18\nN2 G1 X1*99\n",
    ],
)
def test_harmless_oddities_are_printed(content: bytes) -> None:
    assert outline_of(content).problem is None
