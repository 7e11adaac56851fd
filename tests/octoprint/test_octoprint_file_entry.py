from __future__ import annotations

from hydrogen.files.folder import StoredFile
from hydrogen.octoprint.file_entry import analysis_body, file_entry, prints_body, resource_of, statistics_body, tree
from hydrogen.octoprint.lore import FilePrints, Lore, filament_in
from hydrogen.octoprint.translate import FileFacts

FILE = StoredFile(path="sub/Würfel 1.gcode", size_bytes=10, modified_at=99.9)
ANALYSIS = {
    "tools": [{"tool": 0, "filament_mm": 810.5, "seconds": 1.0}, {"tool": 1, "filament_mm": 0.0, "seconds": 0.0}],
    "slicer": {"filament_cm3": [1.9]},
    "laid": {"low_mm": [1.0, 2.0, 0.2], "high_mm": [11.0, 22.0, 5.2]},
    "travelled": None,
}


def test_a_file_says_where_it_is_and_where_its_bytes_are() -> None:
    entry = file_entry(FILE, "http://pi:5000")
    assert entry["name"] == "Würfel 1.gcode"
    assert entry["refs"] == {
        "resource": "http://pi:5000/api/files/local/sub/W%C3%BCrfel%201.gcode",
        "download": "http://pi:5000/downloads/files/local/sub/W%C3%BCrfel%201.gcode",
    }
    assert (entry["type"], entry["typePath"], entry["size"], entry["date"]) == (
        "machinecode",
        ["machinecode", "gcode"],
        10,
        99,
    )
    assert "gcodeAnalysis" not in entry
    assert "prints" not in entry


def test_a_file_says_what_its_analysis_and_its_prints_tell() -> None:
    facts = FileFacts(path=FILE.path, estimated_seconds=120.0, filament=filament_in(ANALYSIS))
    last = {"outcome": "completed", "finished_at": "2026-01-01T00:00:00.000Z", "elapsed_seconds": 100.0}
    lore = Lore(
        file=FILE,
        facts=facts,
        analysis=ANALYSIS,
        thumbnails=(
            {"url": "/api/analysis/x/thumbnails/0", "width": 16},
            {"url": "/api/analysis/x/thumbnails/1", "width": 300},
        ),
        prints=FilePrints(completed=1, failed=2, last=last),
    )
    entry = file_entry(FILE, "http://pi", lore, thumbnail="plugin/x.png")
    assert entry["gcodeAnalysis"] == {
        "estimatedPrintTime": 120.0,
        "filament": {"tool0": {"length": 810.5, "volume": 1.9}},
        "printingArea": {"minX": 1.0, "minY": 2.0, "minZ": 0.2, "maxX": 11.0, "maxY": 22.0, "maxZ": 5.2},
        "dimensions": {"width": 10.0, "depth": 20.0, "height": 5.0},
    }
    assert entry["prints"]["success"] == 1
    assert entry["prints"]["failure"] == 2
    assert entry["prints"]["last"] == {"date": 1767225600.0, "success": True, "printTime": 100.0}
    assert entry["thumbnail"] == "plugin/x.png"
    assert entry["statistics"] == {"averagePrintTime": {}, "lastPrintTime": {}}


def test_how_long_prints_took_is_told_by_profile() -> None:
    facts = FileFacts(path="a", average_seconds=60.0, last_seconds=50.0)
    assert statistics_body(facts) == {"averagePrintTime": {"_default": 60.0}, "lastPrintTime": {"_default": 50.0}}


def test_what_nobody_knows_is_left_out() -> None:
    assert analysis_body(FileFacts(path="a"), {}) == {}
    assert prints_body(FilePrints()) == {"success": 0, "failure": 0}


def test_folders_hold_what_is_in_them() -> None:
    paths = ("b.gcode", "A.gcode", "x/c.gcode", "x/y/d.gcode")
    entries = [file_entry(StoredFile(path=path, size_bytes=2, modified_at=0.0), "") for path in paths]
    deep = tree(entries, ["x", "x/y", "z"], "", is_deep=True)
    assert [one["name"] for one in deep] == ["x", "z", "A.gcode", "b.gcode"]
    assert [one["name"] for one in deep[0]["children"]] == ["y", "c.gcode"]
    assert (deep[0]["size"], deep[0]["prints"]) == (4, {"success": 0, "failure": 0})
    assert deep[1]["children"] == []
    flat = tree(entries, ["x", "x/y", "z"], "", is_deep=False)
    assert flat[0]["children"] == []
    assert [one["name"] for one in tree(entries, ["x", "x/y"], "", within="x", is_deep=False)] == ["y", "c.gcode"]
    assert resource_of("http://pi", "x/ä b") == "http://pi/api/files/local/x/%C3%A4%20b"
