from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hydrogen.errors import FileUnreadable
from hydrogen.spooler.job import file_survey as module
from hydrogen.spooler.job.file_survey import (
    executed_range,
    line_at,
    offset_of_height,
    offset_of_line,
    offset_of_plastic,
    survey,
    tuning_lines,
)

HEAD = ["G28", "M83", "G92 E0"]


def layered(layers: int = 6, moves: int = 40) -> list[str]:
    lines = list(HEAD)
    for layer in range(1, layers + 1):
        lines += [";LAYER_CHANGE", f"G1 Z{layer * 0.2 + 0.5:.1f} F600", "G1 X0 Y0 F6000", f"G1 Z{layer * 0.2:.1f}"]
        lines += [f"G1 X{n % 7} Y{n % 5} E.1 F1200" for n in range(1, moves)]
    return lines


@pytest.fixture(params=["\n", "\r\n", "\r"])
def laid(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, list[int]]:
    """A file, and the offset at which each of its lines begins; read in small blocks."""
    monkeypatch.setattr(module, "BLOCK_BYTES", 256)
    path, starts, at = tmp_path / "part.gcode", [], 0
    for line in layered():
        starts.append(at)
        at += len(line) + len(request.param)
    path.write_bytes("".join(line + request.param for line in layered()).encode())
    return path, starts


def test_lines_and_offsets_belong_together(laid: tuple[Path, list[int]]) -> None:
    path, starts = laid
    for number in (1, 2, 3, 50, 51, 52, 130, len(starts)):
        assert line_at(path, starts[number - 1]) == number
        assert offset_of_line(path, number) == starts[number - 1]
    assert offset_of_line(path, len(starts) + 2) is None


def test_height_is_where_plastic_is_laid_and_not_where_the_head_was_lifted(laid: tuple[Path, list[int]]) -> None:
    path, starts = laid
    lines = layered()
    expected = next(n for n, line in enumerate(lines) if line == "G1 Z0.6") + 1
    assert offset_of_height(path, 0.6) == starts[expected]
    assert offset_of_height(path, 0.1) == starts[lines.index("G1 Z0.2") + 1]
    assert offset_of_height(path, 99.0) is None


def test_plastic_of_a_layer_is_found_behind_its_mark(laid: tuple[Path, list[int]]) -> None:
    path, starts = laid
    marks = [number for number, line in enumerate(layered()) if line == ";LAYER_CHANGE"]
    for mark in marks:
        assert offset_of_plastic(path, starts[mark]) == starts[mark + 4]
        assert offset_of_plastic(path, starts[mark + 9]) == starts[mark + 9]
    assert offset_of_plastic(path, path.stat().st_size) is None


def test_survey_tells_what_the_file_is(laid: tuple[Path, list[int]]) -> None:
    found = survey(laid[0])
    data = laid[0].read_bytes()
    assert (found.size_bytes, found.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert len(found.outline.layer_offsets) == 6
    with pytest.raises(FileUnreadable):
        survey(laid[0].with_name("missing"))


def test_range_of_what_was_executed(laid: tuple[Path, list[int]]) -> None:
    path, starts = laid
    at = starts[120]
    given = executed_range(path, at, seconds=None, given_offset=starts[124])
    assert starts[50] < given.certain_offset < at
    assert given.possible_offset == starts[124]
    exact = executed_range(path, at, seconds=None, given_offset=at)
    assert exact.possible_offset == at
    second = executed_range(path, at, seconds=1.0, given_offset=None)
    longer = executed_range(path, at, seconds=2.0, given_offset=None)
    assert at < second.possible_offset < longer.possible_offset
    whole = executed_range(path, at, seconds=1e6, given_offset=None)
    assert whole.possible_offset == path.stat().st_size
    assert whole.highest_z_mm == pytest.approx(1.7)
    assert executed_range(path, 0, seconds=0.0, given_offset=None).certain_offset == 0


def test_lines_between_two_places_that_concern_fans_speed_and_flow(tmp_path: Path) -> None:
    path = tmp_path / "part.gcode"
    lines = [b"M106 S255", b"G1 X1", b" M220 S80 ; slower", b"T1", b"M221 S95", b"M117 M106 S1", b"; M107", b"M107"]
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    start, stop = len(lines[0]) + 1, path.stat().st_size - len(lines[-1]) - 1
    assert tuning_lines(path, start, stop) == [b"M220 S80", b"T1", b"M221 S95"]
    assert tuning_lines(path, 0, path.stat().st_size)[-1] == b"M107"
    assert tuning_lines(path, stop, start) == []
