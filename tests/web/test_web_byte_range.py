"""Which part of a file is wanted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.web.byte_range import ByteRange, FileVersion, Unsatisfiable, disposition, is_unchanged, wanted_range
from tests.support.property_settings import REPEATABLE

SHA = "ab" * 32
KNOWN = FileVersion(size_bytes=100, modified_ns=1_700_000_000_500_000_000, inode=7, sha256=SHA)
UNKNOWN = FileVersion(size_bytes=100, modified_ns=1_700_000_000_500_000_000, inode=7)
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-0", ByteRange(0, 0)),
        ("bytes=10-19", ByteRange(10, 19)),
        ("bytes=90-", ByteRange(90, 99)),
        ("bytes=90-1000", ByteRange(90, 99)),
        ("bytes=-10", ByteRange(90, 99)),
        ("bytes=-1000", ByteRange(0, 99)),
        ("Bytes = 5 - 6", ByteRange(5, 6)),
        ("bytes=20-10", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-1,5-6", None),
        ("lines=0-1", None),
        ("bytes=0-" + "9" * 40, None),
        ("", None),
    ],
)
def test_a_range_is_understood_or_the_whole_is_sent(asked: str, part: ByteRange | None) -> None:
    assert wanted_range({"range": asked}, KNOWN) == part


@pytest.mark.parametrize("asked", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_behind_the_end_cannot_be_satisfied(asked: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted_range({"range": asked}, KNOWN)


@REPEATABLE
@given(st.text(max_size=30), st.integers(0, 10**6))
def test_no_text_leads_out_of_the_file(text: str, size: int) -> None:
    version = FileVersion(size_bytes=size, modified_ns=0, inode=1)
    for asked in (text, f"bytes={text}"):
        try:
            part = wanted_range({"range": asked}, version)
        except Unsatisfiable:
            continue
        assert part is None or 0 <= part.first <= part.last < size


@pytest.mark.parametrize(
    ("version", "condition", "is_part"),
    [
        (KNOWN, f'"{SHA}"', True),
        (KNOWN, f'W/"{SHA}"', False),
        (KNOWN, '"other"', False),
        (KNOWN, DATE, True),
        (KNOWN, "Tue, 14 Nov 2023 22:13:21 GMT", False),
        (UNKNOWN, UNKNOWN.tag, False),
    ],
)
def test_a_part_is_sent_only_of_the_version_that_the_client_has(
    version: FileVersion, condition: str, is_part: bool
) -> None:
    assert (wanted_range({"range": "bytes=1-2", "if-range": condition}, version) is not None) is is_part


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"if-none-match": f'"x", "{SHA}"'}, True),
        ({"if-none-match": f'W/"{SHA}"'}, True),
        ({"if-none-match": "*"}, True),
        ({"if-none-match": '"x"', "if-modified-since": DATE}, False),
        ({"if-modified-since": DATE}, True),
        ({"if-modified-since": "nonsense"}, False),
    ],
)
def test_what_the_client_has_is_not_sent_again(headers: dict[str, str], expected: bool) -> None:
    assert is_unchanged(headers, KNOWN) is expected


def test_tags_are_strong_only_where_the_content_is_known() -> None:
    assert KNOWN.tag == f'"{SHA}"'
    assert UNKNOWN.tag.startswith('W/"')
    assert KNOWN.modified == DATE


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.gcode", 'attachment; filename="a b.gcode"'),
        ("ü.gcode", "attachment; filename=\"_.gcode\"; filename*=UTF-8''%C3%BC.gcode"),
        ('a"b%.gcode', "attachment; filename=\"a_b_.gcode\"; filename*=UTF-8''a%22b%25.gcode"),
    ],
)
def test_a_download_has_a_name_that_no_client_takes_for_anything_else(name: str, header: str) -> None:
    assert disposition(name) == header
