"""A file that appears counts when it has come to rest; what we do ourselves is never news."""

from __future__ import annotations

from hydrogen.files.catalogue import Catalogue
from hydrogen.files.digest import FileIdentity
from hydrogen.files.folder import StoredFile


def file(path: str, size: int = 1) -> StoredFile:
    return StoredFile(path=path, size_bytes=size, modified_at=float(size), identity=FileIdentity(size, size, 1))


def look(catalogue: Catalogue, *files: StoredFile, written: str = "") -> list[tuple[str, str]]:
    changes = catalogue.compare({f.path: f for f in files}, is_being_written=lambda path: path == written)
    return [(change.kind.value, change.file.path) for change in changes]


def test_what_is_there_at_first_is_no_news() -> None:
    catalogue = Catalogue()
    catalogue.begin({"a.gcode": file("a.gcode")})
    assert look(catalogue, file("a.gcode")) == []


def test_a_file_that_appears_counts_when_two_looks_find_it_the_same() -> None:
    catalogue = Catalogue()
    assert look(catalogue, file("a.gcode")) == [] and not catalogue.is_growing("a.gcode")
    assert look(catalogue, file("a.gcode", 2)) == [] and catalogue.is_growing("a.gcode") and catalogue.is_settling
    assert look(catalogue, file("a.gcode", 2), written="a.gcode") == []
    assert look(catalogue, file("a.gcode", 2)) == [("added", "a.gcode")]
    assert not catalogue.is_growing("a.gcode") and not catalogue.is_settling
    assert look(catalogue, file("a.gcode", 2)) == []


def test_other_content_and_a_file_that_goes_are_told() -> None:
    catalogue = Catalogue()
    catalogue.begin({"a.gcode": file("a.gcode")})
    look(catalogue, file("a.gcode", 5))
    assert look(catalogue, file("a.gcode", 5)) == [("changed", "a.gcode")]
    assert look(catalogue) == [("removed", "a.gcode")]
    look(catalogue, file("b.gcode"))
    assert look(catalogue) == [] and not catalogue.is_settling


def test_what_we_put_or_take_is_known_at_once_and_makes_older_looks_void() -> None:
    catalogue = Catalogue()
    before = catalogue.revision
    assert catalogue.note(file("a.gcode")) is None
    assert catalogue.note(file("a.gcode", 2)) == file("a.gcode")
    assert look(catalogue, file("a.gcode", 2)) == []
    assert catalogue.forget("a.gcode") == file("a.gcode", 2)
    assert catalogue.forget("a.gcode") is None
    assert look(catalogue) == [] and catalogue.revision > before
