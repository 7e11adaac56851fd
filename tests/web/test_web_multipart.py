"""A form is read the same wherever it is cut, and what is no form is refused."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import InvalidMessage
from hydrogen.web.multipart import (
    LONGEST_HEADER_BYTES,
    MOST_HEADERS,
    MOST_PARTS,
    MultipartReader,
    PartBegun,
    PartData,
    PartEnded,
    boundary_of,
    part_from,
)
from tests.support.property_settings import REPEATABLE

BOUNDARY = b"b0undary"
CONTENT = b"G28\r\n--b0undar\r\n--b0undaryX\r\n-\r\n\r\n--" + random.Random(1).randbytes(300) + b"\r\n"


def form(*parts: tuple[str, bytes], boundary: bytes = BOUNDARY) -> bytes:
    """Parts of a Content-Disposition's rest and a content."""
    body = b""
    for rest, content in parts:
        body += b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (boundary, rest.encode(), content)
    return body + b"--%b--\r\n" % boundary


FORM = form(
    ('name="print"', b"true"),
    ('name="file"; filename="W\u00fcrfel 1.gcode"', CONTENT),
    ('name="path"', b""),
    ('name="file"; filename=""', b""),
)


def read(*chunks: bytes) -> list[tuple[str, str | None, bytes]]:
    """Name, file name and content of each part."""
    reader = MultipartReader(BOUNDARY)
    parts: list[tuple[str, str | None, bytes]] = []
    is_open = False
    for chunk in chunks:
        for event in reader.feed(chunk):
            match event:
                case PartBegun():
                    parts.append((event.name, event.filename, b""))
                    assert not is_open
                    is_open = True
                case PartData(data=data):
                    assert is_open
                    name, filename, content = parts[-1]
                    parts[-1] = (name, filename, content + data)
                case PartEnded():
                    is_open = False
    reader.finish()
    assert not is_open
    return parts


EXPECTED = [("print", None, b"true"), ("file", "Würfel 1.gcode", CONTENT), ("path", None, b""), ("file", "", b"")]


def test_a_form_is_read_cut_into_two_at_every_place() -> None:
    for border in range(len(FORM) + 1):
        assert read(FORM[:border], FORM[border:]) == EXPECTED


@REPEATABLE
@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_a_form_is_read_however_it_is_cut(sizes: list[int]) -> None:
    chunks, offset, turn = [], 0, 0
    while offset < len(FORM):
        chunks.append(FORM[offset : offset + sizes[turn % len(sizes)]])
        offset += len(chunks[-1])
        turn += 1
    assert read(*chunks) == EXPECTED


@REPEATABLE
@given(st.binary(max_size=400), st.integers(0, 400))
def test_no_bytes_do_worse_than_to_be_refused(noise: bytes, border: int) -> None:
    for body in (noise, FORM[:border] + noise):
        try:
            read(body)
        except InvalidMessage:
            pass


@pytest.mark.parametrize("cut", range(1, len(FORM) - 4, 7))
def test_a_form_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(InvalidMessage):
        read(FORM[:cut])


@pytest.mark.parametrize(
    "body",
    [
        form(*[('name="a"', b"")] * (MOST_PARTS + 1)),
        form(('name="' + "a" * LONGEST_HEADER_BYTES + '"', b"")),
        form(('name="a"' + "\r\nX: y" * MOST_HEADERS, b"")),
        form(("nothing", b"")),
        b"--b0undary\r\n\r\nno headers\r\n--b0undary--\r\n",
        b"--b0undary\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--b0undary--\r\n",
    ],
)
def test_what_is_too_much_or_has_no_name_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidMessage):
        read(body)


@pytest.mark.parametrize(
    ("rest", "filename"),
    [
        (b'filename="a.gcode"', "a.gcode"),
        (b"filename=a.gcode", "a.gcode"),
        ('filename="ü.gcode"'.encode(), "ü.gcode"),
        ('filename="ü.gcode"'.encode("latin-1"), "ü.gcode"),
        (b'filename="a\\"b.gcode"', 'a"b.gcode'),
        (b"filename*=utf-8''%C3%BC%20x.gcode", "ü x.gcode"),
        (b"filename=\"plain.gcode\"; filename*=utf-8''other.gcode", "plain.gcode"),
        (b'filename="C:\\Users\\me\\a.gcode"', "a.gcode"),
        (b'filename="../a.gcode"', "../a.gcode"),
    ],
)
def test_names_are_understood_as_the_clients_of_the_field_write_them(rest: bytes, filename: str) -> None:
    part = part_from({"content-disposition": b'form-data; name="file"; ' + rest})
    assert (part.name, part.filename) == ("file", filename)


def test_the_boundary_is_found_and_what_is_no_form_refused() -> None:
    assert boundary_of('multipart/form-data; boundary="a b"') == b"a b"
    assert boundary_of("Multipart/Form-Data; charset=utf-8; boundary=----x") == b"----x"
    for wrong in ("", "application/json", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 71):
        with pytest.raises(InvalidMessage):
            boundary_of(wrong)
