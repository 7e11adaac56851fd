"""What is kept: whole, by digest and limits, and never too much."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.analysis.shelf import AnalysisShelf, limits_key
from hydrogen.errors import NotFound
from hydrogen.gcode.program.analysis import ANALYSIS_VERSION, FileAnalysis, LayerIndex
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.thumbnail import Thumbnail

SHA = "ab" * 32
KEY = limits_key(MotionLimits())
ANALYSIS = FileAnalysis(sha256=SHA, seconds=12.0)
LAYERS = LayerIndex(offset=(1, 5), end=(5, 9), z=(0.2, 0.4))
PICTURE = Thumbnail(width=1, height=1, form="jpg", media="image/jpeg", data=b"jpeg")


@pytest.fixture
def shelf(tmp_path: Path) -> AnalysisShelf:
    made = AnalysisShelf(tmp_path / "analysis")
    made.prepare()
    made.store(KEY, ANALYSIS, LAYERS, [PICTURE])
    return made


def test_what_was_stored_is_found_again(shelf: AnalysisShelf) -> None:
    assert shelf.load(SHA, KEY) == ANALYSIS
    assert shelf.layer_index(SHA, KEY) == LAYERS
    assert shelf.thumbnail(SHA, 0) == ("image/jpeg", b"jpeg")
    assert shelf.document(SHA, KEY).startswith(b"{")


def test_other_limits_are_another_analysis(shelf: AnalysisShelf) -> None:
    other = limits_key(MotionLimits(jerk=9.0))
    assert other != KEY
    assert shelf.load(SHA, other) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"sha256": 5}', b'{"version": %d}' % (ANALYSIS_VERSION + 1)])
def test_what_is_damaged_or_of_another_version_is_as_good_as_missing(shelf: AnalysisShelf, content: bytes) -> None:
    (shelf.folder / f"{SHA}-{KEY}.json").write_bytes(content)
    assert shelf.load(SHA, KEY) is None


@pytest.mark.parametrize("sha256", ["cd" * 32, "../" + "a" * 61, "AB" * 32, ""])
def test_what_is_not_there_is_not_found(shelf: AnalysisShelf, sha256: str) -> None:
    for ask in (
        lambda: shelf.document(sha256, KEY),
        lambda: shelf.layers(sha256, KEY),
        lambda: shelf.thumbnail(sha256, 0),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_damaged_index_is_not_found(shelf: AnalysisShelf) -> None:
    (shelf.folder / f"{SHA}-{KEY}.layers.json").write_bytes(b"{")
    with pytest.raises(NotFound):
        shelf.layer_index(SHA, KEY)
