"""The records survive JSON, and a reader of another age understands them."""

from __future__ import annotations

from types import MappingProxyType

from hydrogen.gcode.program.analysis import (
    CommandUse,
    FileAnalysis,
    HeatTarget,
    LayerIndex,
    ObjectUse,
    Reach,
    SlicerNotes,
    ThumbnailNote,
    ToolUse,
)
from hydrogen.model.codec import decode_json, encode_json, plain, value_from_plain

ANALYSIS = FileAnalysis(
    sha256="ab" * 32,
    slicer=SlicerNotes(name="X", filament_mm=(1.0, 2.0)),
    thumbnails=(ThumbnailNote(width=1, height=2, form="qoi"),),
    limits=MappingProxyType({"jerk": 8.0}),
    tools=(ToolUse(tool=0, filament_mm=3.0, seconds=4.0),),
    objects=(ObjectUse(name="a", id="0", seconds=1.0, filament_mm=2.0),),
    laid=Reach(low_mm=(0.0, 0.0, 0.0), high_mm=(1.0, 1.0, 1.0), low_lines=(1, 2, 3), high_lines=(4, 5, 6)),
    targets=MappingProxyType({"bed": HeatTarget(celsius=60.0, line=3)}),
    commands=(CommandUse(command="G1", count=2, line=1),),
)


def test_an_analysis_survives_json() -> None:
    assert value_from_plain(FileAnalysis, decode_json(encode_json(plain(ANALYSIS)))) == ANALYSIS


def test_a_field_that_is_not_known_yet_is_ignored() -> None:
    assert value_from_plain(FileAnalysis, {**plain(ANALYSIS), "colour": "blue"}) == ANALYSIS


def test_an_empty_index_survives_json() -> None:
    assert value_from_plain(LayerIndex, decode_json(encode_json(plain(LayerIndex())))) == LayerIndex()
