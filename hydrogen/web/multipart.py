"""multipart/form-data as events, chunk by chunk (RFC 7578); pure, within limits.

The parts may come in any order and be cut anywhere. What is not said at the end of a body (its last boundary) was not sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from hydrogen.errors import InvalidMessage

MOST_PARTS = 64
MOST_HEADERS = 8
"""Of one part; RFC 7578 knows three."""

LONGEST_HEADER_BYTES = 4096

_EXTENDED_NAME = re.compile(rb"""filename\*\s*=\s*(?:utf-8|iso-8859-1)'[^']*'([^;\s]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PartBegun:
    """filename: None for a field; "" for a file that was not chosen."""

    name: str
    filename: str | None
    content_encoding: str = ""


@dataclass(frozen=True, slots=True)
class PartData:
    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnded:
    pass


PartEvent = PartBegun | PartData | PartEnded


def boundary_of(content_type: str) -> bytes:
    """The boundary that the header names. Raises InvalidMessage for another kind of body."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise InvalidMessage("the body must be multipart/form-data", field="Content-Type", reason="type")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise InvalidMessage(
            "the Content-Type names no boundary of 1 to 70 characters", field="Content-Type", reason="boundary"
        )
    return boundary


class MultipartReader:
    """`feed` what arrives, `finish` at the end."""

    def __init__(self, boundary: bytes) -> None:
        self._events: list[PartEvent] = []
        self._headers: dict[str, bytes] = {}
        self._field = bytearray()
        self._value = bytearray()
        self._parts = 0
        self._is_complete = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_part_data": self._take_data,
                "on_part_end": lambda: self._events.append(PartEnded()),
                "on_header_field": self._take_field,
                "on_header_value": self._take_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._end_headers,
                "on_end": self._end,
            },
            max_header_count=MOST_HEADERS,
            max_header_size=LONGEST_HEADER_BYTES,
        )

    def feed(self, data: bytes) -> list[PartEvent]:
        """What these bytes say. Raises InvalidMessage."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise InvalidMessage(f"the body is no multipart/form-data: {error}", reason="multipart") from None
        events, self._events = self._events, []
        return events

    def finish(self) -> None:
        """Raises InvalidMessage for a body that is cut off."""
        if not self._is_complete:
            raise InvalidMessage("the body ends before its last boundary", reason="cut_off")

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise InvalidMessage(f"the body has more than {MOST_PARTS} parts", limit=MOST_PARTS)
        self._headers = {}

    def _take_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(PartData(data[start:end]))

    def _take_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._field.decode("latin-1").strip().lower()] = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _end_headers(self) -> None:
        self._events.append(part_from(self._headers))

    def _end(self) -> None:
        self._is_complete = True


def part_from(headers: Mapping[str, bytes]) -> PartBegun:
    """What a part's headers say of it. Raises InvalidMessage.

    Names are UTF-8, whatever the client thinks of RFC 5987: older ones say `filename*=utf-8''…` and nothing else.
    """
    disposition = headers.get("content-disposition", b"")
    kind, options = parse_options_header(disposition.decode("latin-1"))
    if kind != b"form-data" or b"name" not in options:
        raise InvalidMessage("a part of the body has no name", field="Content-Disposition", reason="multipart")
    filename = options.get(b"filename")
    if filename is None and (extended := _EXTENDED_NAME.search(disposition)):
        filename = unquote_to_bytes(extended[1])
    encoding = headers.get("content-encoding", b"").decode("latin-1").strip().lower()
    return PartBegun(_text(options[b"name"]), None if filename is None else _text(filename), encoding)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
