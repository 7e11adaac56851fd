"""What was found in a file, in Moonraker's words."""

from __future__ import annotations

import pytest

from hydrogen.files.folder import StoredFile
from hydrogen.moonraker.metadata import metadata_of, picture_in, thumbnails_of

FILE = StoredFile(path="a/cube.gcode", size_bytes=9, modified_at=1.5)
INFO = {
    "print_seconds": 61.5,
    "thumbnails": [{"url": "/x/0", "width": 32, "height": 24, "media": "image/png"}],
    "analysis": {
        "sha256": "ab",
        "layers": 12,
        "layer_height_mm": 0.2,
        "laid": {"low_mm": [0.0, 0.0, 0.2], "high_mm": [9.0, 9.0, 2.4]},
        "tools": [{"tool": 0, "filament_mm": 10.25}, {"tool": 1, "filament_mm": 0.0}],
        "slicer": {
            "name": "PrusaSlicer",
            "version": "2.9.0",
            "first_layer_height_mm": 0.35,
            "filament_g": [1.25, 0.5],
            "filament_types": ["PLA", "PETG"],
            "nozzle_celsius": [215.0],
            "bed_celsius": [60.0],
            "nozzle_mm": 0.4,
        },
    },
}


def test_what_is_known_is_told() -> None:
    assert metadata_of(FILE, INFO) == {
        "filename": "a/cube.gcode",
        "size": 9,
        "modified": 1.5,
        "uuid": "ab",
        "slicer": "PrusaSlicer",
        "slicer_version": "2.9.0",
        "estimated_time": 61.5,
        "layer_count": 12,
        "object_height": 2.4,
        "layer_height": 0.2,
        "first_layer_height": 0.35,
        "first_layer_extr_temp": 215.0,
        "first_layer_bed_temp": 60.0,
        "nozzle_diameter": 0.4,
        "filament_total": 10.25,
        "filament_weight_total": 1.75,
        "filament_type": "PLA;PETG",
        "thumbnails": [{"width": 32, "height": 24, "relative_path": ".thumbs/ab-0.png"}],
    }


def test_what_is_not_known_is_left_out() -> None:
    assert metadata_of(FILE, {"analysis": None}) == {"filename": "a/cube.gcode", "size": 9, "modified": 1.5}
    assert thumbnails_of({}) == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".thumbs/ab-0.png", ("ab", 0)),
        ("sub/.thumbs/ab-12.png", ("ab", 12)),
        (".thumbs/ab.png", None),
        (".thumbs/ab-x.png", None),
        ("ab-0.png", None),
        ("cube.gcode", None),
    ],
)
def test_pictures_are_told_from_files(path: str, found: tuple[str, int] | None) -> None:
    assert picture_in(path) == found
