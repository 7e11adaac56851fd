"""The memory card below the printer."""

from __future__ import annotations

from hydrogen_simulators.firmware.medium import Medium


def test_files_have_short_names_and_are_found_by_both():
    medium = Medium({"t.gco": b"G90\n", "Long File Name Test.gcode": b"G91\n", "Long File Name Two.gcode": b""})
    assert [f.short_name for f in medium.files] == ["T.GCO", "LONGFI~1.GCO", "LONGFI~2.GCO"]
    assert medium.find("/T.gco").content == b"G90\n"
    assert medium.find("long file name test.GCODE").content == b"G91\n"
    assert medium.find("nofile.g") is None


def test_lines_come_without_comments_and_the_position_counts_all_bytes():
    medium = Medium({"a.g": b"; head\n\nG90 ; abs\r\nG91"})
    medium.select(medium.find("a.g"))
    assert medium.next_line() == "G90"
    assert medium.position == 19
    assert medium.next_line() == "G91"
    assert medium.next_line() is None
    assert medium.position == 22


def test_no_card_has_nothing():
    medium = Medium(None)
    assert not medium.is_present
    assert medium.find("a.g") is None
    assert medium.next_line() is None


def test_what_is_written_can_be_read_and_deleted():
    medium = Medium({})
    medium.begin_writing("up.gco")
    medium.write("G90")
    medium.end_writing()
    file = medium.find("UP.GCO")
    assert file.content == b"G90\n"
    medium.select(file)
    medium.delete(file)
    assert medium.selected is None
    assert medium.files == []
