"""From the pass to the records."""

from __future__ import annotations

import pytest

from hydrogen.gcode.analysis.assembly import file_analysis, layer_index
from hydrogen.gcode.program.analysis import FileAnalysis, LayerIndex, SlicerNotes
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.model.codec import decode_json, encode_json, plain, value_from_plain
from tests.gcode.analysis.test_gcode_full_pass import CONFIG_A, passed


def records_of(text: str, limits: MotionLimits | None = None) -> tuple[FileAnalysis, LayerIndex]:
    full, outline = passed(text.encode(), limits=limits)
    layers = layer_index(full, outline)
    return file_analysis(full, outline, layers, limits=limits or MotionLimits(), slicer=SlicerNotes()), layers


PRINT = """\
M83
M104 S200
G28
;LAYER_CHANGE
G1 Z.2 F600
; printing object a.stl id:0 copy 0
G1 X10 E1 F1200
; stop printing object a.stl id:0 copy 0
; printing object b.stl id:1 copy 0
G1 X20 E1
; stop printing object b.stl id:1 copy 0
;LAYER_CHANGE
G1 Z.5 F600
; printing object a.stl id:0 copy 0
G1 X10 E1 F1200
T1
; stop printing object a.stl id:0 copy 0
G1 X0 E2
; the end
"""


def test_a_layer_goes_from_its_mark_to_the_next_one() -> None:
    analysis, layers = records_of(PRINT)
    first, second = PRINT.index(";LAYER_CHANGE"), PRINT.rindex(";LAYER_CHANGE")
    assert (analysis.layers, analysis.layer_source) == (2, "marks")
    assert layers.offset == (first, second)
    assert layers.end == (second, PRINT.index("\n; the end"))
    assert layers.line == (4, 12)
    assert (layers.z, layers.height) == ((0.2, 0.5), (0.2, 0.3))
    assert (layers.filament_mm, layers.moves) == ((2.0, 3.0), (3, 3))
    assert (layers.x, layers.z_start, layers.e, layers.feedrate) == (
        (0.0, 20.0),
        (0.0, 0.2),
        (0.0, 2.0),
        (3000.0, 1200.0),
    )
    assert (layers.tool, layers.modes) == ((0, 0), (2, 2))
    assert sum(layers.seconds) == pytest.approx(analysis.seconds, abs=0.01)


def test_objects_and_tools_have_their_share() -> None:
    analysis, _ = records_of(PRINT)
    assert [(thing.name, thing.filament_mm) for thing in analysis.objects] == [("a.stl", 2.0), ("b.stl", 1.0)]
    assert (analysis.objects[1].low_mm, analysis.objects[1].high_mm) == ((10.0, 0.0, 0.2), (20.0, 0.0, 0.2))
    assert [(tool.tool, tool.filament_mm) for tool in analysis.tools] == [(0, 3.0), (1, 2.0)]
    assert sum(tool.seconds for tool in analysis.tools) == pytest.approx(analysis.seconds, abs=0.01)


def test_two_layers_by_klippers_macro_and_two_objects_with_their_times() -> None:
    text = "\n".join(
        [
            "EXCLUDE_OBJECT_DEFINE NAME=cube",
            "EXCLUDE_OBJECT_DEFINE NAME=sphere",
            "G1 F3000",
            "SET_PRINT_STATS_INFO CURRENT_LAYER=0",
            "EXCLUDE_OBJECT_START NAME=cube",
            "G1 X10",
            "G1 X20",
            "EXCLUDE_OBJECT_END NAME=cube",
            "EXCLUDE_OBJECT_START NAME=sphere",
            "G1 X30",
            "G1 X40",
            "EXCLUDE_OBJECT_END NAME=sphere",
            "SET_PRINT_STATS_INFO CURRENT_LAYER=1",
            "G1 Y10",
        ]
    )
    analysis, layers = records_of(text, limits=CONFIG_A)
    assert [(thing.name, thing.seconds) for thing in analysis.objects] == [("cube", 0.5), ("sphere", 0.5)]
    assert layers.seconds == (1.0, 0.25)


def test_a_file_without_marks_has_layers_by_height() -> None:
    analysis, layers = records_of("M83\nG1 Z.2\nG1 X9 E1\nG1 Z.4\nG1 X1 E1\nG1 Z.6\nG1 X9 E1\n")
    assert (analysis.layers, analysis.layer_source, analysis.layer_height_mm) == (3, "height", 0.2)
    assert layers.z == (0.2, 0.4, 0.6)


def test_what_cannot_be_sent_is_told() -> None:
    analysis, _ = records_of("G1 X1\nG1 X2 " + "9" * 100 + "\n")
    assert analysis.problem is not None
    assert (analysis.problem.line, analysis.problem.reason) == (2, "too_long")


def test_an_empty_file_has_an_analysis_too() -> None:
    analysis, layers = records_of("")
    assert (analysis.seconds, analysis.layers, layers) == (0.0, 0, LayerIndex())
    assert analysis.laid is None


@pytest.mark.parametrize("text", ["", PRINT])
def test_records_survive_json(text: str) -> None:
    for record in records_of(text):
        assert value_from_plain(type(record), decode_json(encode_json(plain(record)))) == record
