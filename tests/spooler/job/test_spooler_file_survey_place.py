"""A place in a job's file: what lies before it, and what the printer is in there."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.errors import FileUnreadable
from hydrogen.spooler.job import file_survey
from hydrogen.spooler.job.file_survey import outline_of, state_before

LINES = ["; a part", "G28", "M83", "G1 X10 Y20 Z0.2 F1500", "M104 S210", "G1 X11 E0.5", "", "G90", "G1 X12", "G91"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "part.gcode"
    path.write_text("".join(f"{line}\n" for line in LINES))
    return path


def offset_behind(count: int) -> int:
    return sum(len(line) + 1 for line in LINES[:count])


@pytest.mark.parametrize("block_bytes", [32, 1 << 20])
def test_lines_with_a_command_are_counted_up_to_the_place(
    file: Path, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_survey, "BLOCK_BYTES", block_bytes)
    assert [outline_of(file, offset_behind(count))[1] for count in (0, 1, 2, 6, 7, 10)] == [0, 0, 1, 5, 5, 8]
    assert outline_of(file, 0)[0].lines_total == 8


@pytest.mark.parametrize("block_bytes", [32, 1 << 20])
def test_state_is_that_behind_the_last_line_before_the_place(
    file: Path, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_survey, "BLOCK_BYTES", block_bytes)
    middle, end = state_before(file, offset_behind(6)), state_before(file, offset_behind(10))
    assert (middle.x_mm, middle.z_mm, middle.feedrate_mm_per_minute) == (11.0, 0.2, 1500.0)
    assert (middle.is_extruder_relative, middle.is_relative, middle.homed) == (True, False, "xyz")
    assert middle.targets_celsius == {"tool0": 210.0}
    assert (end.x_mm, end.is_relative) == (12.0, True)
    assert state_before(file, 0).x_mm is None


def test_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="No such file"):
        state_before(tmp_path / "part.gcode", 10)
