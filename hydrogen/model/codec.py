"""The one JSON codec: WebSocket frames, the spooler's socket, receipts.

Values become JSON by shape: dataclasses objects with their field names, mappings objects, tuples arrays, NaN and
infinities null (JSON has none), fields called `at` or ending in `_at` ISO 8601 in UTC with milliseconds and `Z`.
Decoding goes by the type hints of the dataclass; unknown fields are ignored, so that an older reader understands a newer
writer. Nothing here accepts a NaN, a duplicate event type or a value of another type in silence.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from hydrogen.errors import InvalidMessage
from hydrogen.model.events import ALL_EVENTS, Event, PublishedEvent

type_of_event: Mapping[str, type[Event]] = MappingProxyType({kind.wire_type: kind for kind in ALL_EVENTS})
"""Event class by wire type."""

T = TypeVar("T")

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_encode_ascii = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def encode_json(value: Any) -> bytes:
    """Compact JSON of values that are JSON already (see `plain`); raises ValueError on NaN."""
    try:
        return _encode(value).encode()
    except UnicodeEncodeError:
        # Half a surrogate pair, which JSON can write (as an escape) and UTF-8 cannot: a stranger's `id` may hold one.
        return _encode_ascii(value).encode()


def decode_json(data: bytes | str) -> Any:
    """JSON to Python; raises InvalidMessage that says where, also for NaN and 1e999, which no double can hold."""
    try:
        text = data if isinstance(data, str) else data.decode(json.detect_encoding(data), "surrogatepass")
        return _decode(text)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage(f"not valid JSON: {error}") from None


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]} is out of range")
    return value


_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite_float).decode
"""Made once: `json.loads` with arguments makes one for every call, which costs more than a frame."""


def iso_time(at: float) -> str:
    """Unix seconds as `2026-11-22T18:44:11.123Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def time_from_iso(text: str) -> float:
    """The reverse of `iso_time`; raises InvalidMessage for anything without a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidMessage(f"not a time in ISO 8601: {text[:40]!r}") from None
    if moment.tzinfo is None:
        raise InvalidMessage(f"a time needs its zone (Z): {text[:40]!r}")
    return moment.timestamp()


# ------------------------------------------------------------------------------------------------------- encoding


def _layout_of(kind: Any) -> tuple[tuple[str, bool], ...]:
    """Field names of a dataclass, each with whether it is a time."""
    return tuple((f.name, f.name == "at" or f.name.endswith("_at")) for f in fields(kind))


_layout: Callable[[Any], tuple[tuple[str, bool], ...]] = cache(_layout_of)


def plain(value: Any) -> Any:
    """A model value as JSON values (see the module's docstring)."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [plain(item) for item in value]
    if is_dataclass(value):
        return {name: _plain_field(getattr(value, name), is_time) for name, is_time in _layout(type(value))}
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _plain_field(value: Any, is_time: bool) -> Any:
    return iso_time(value) if is_time and isinstance(value, float | int) else plain(value)


def plain_event(event: Event) -> dict[str, Any]:
    """`{"type", "at", "printer", …}`, flat; `printer` is left out for events of the house."""
    body: dict[str, Any] = {"type": event.wire_type}
    for name, is_time in _layout(type(event)):
        value = getattr(event, name)
        if name != "printer" or value is not None:
            body[name] = _plain_field(value, is_time)
    return body


def encode_event(published: PublishedEvent) -> bytes:
    """The frame of an event: `{"type", "seq", "at", …}`; terminal lines carry no `seq`."""
    body = plain_event(published.event)
    if published.seq:
        body = {"type": body.pop("type"), "seq": published.seq, **body}
    return encode_json(body)


# ------------------------------------------------------------------------------------------------------- decoding


def event_from_plain(body: Mapping[str, Any]) -> Event | None:
    """The event of a decoded frame; None for a type this version does not know. Raises InvalidMessage on a bad field."""
    if not isinstance(body, Mapping):
        raise InvalidMessage(f"an event must be an object, not {type(body).__name__}")
    kind = type_of_event.get(str(body.get("type")))
    return None if kind is None else value_from_plain(kind, body)


def value_from_plain(kind: type[T], body: Mapping[str, Any]) -> T:
    """A dataclass from JSON values; raises InvalidMessage naming the field that is missing or of the wrong type."""
    if not isinstance(body, Mapping):
        raise InvalidMessage(f"{kind.__name__} must be an object, not {type(body).__name__}")
    values: dict[str, Any] = {}
    for name, read, required in _reader(kind):
        if name in body:
            values[name] = _read_field(kind, name, read, body[name])
        elif required:
            raise InvalidMessage(f"{kind.__name__}.{name} is missing", field=name)
    return kind(**values)


def _read_field(kind: type, name: str, read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except (TypeError, ValueError) as error:
        raise InvalidMessage(f"{kind.__name__}.{name}: {error}", field=name) from None


def _reader_of(kind: Any) -> tuple[tuple[str, Callable[[Any], Any], bool], ...]:
    hints = get_type_hints(kind)
    times = {name for name, is_time in _layout(kind) if is_time}
    return tuple(
        (
            f.name,
            _converter(hints[f.name], read_number=_read_time if f.name in times else _read_float),
            f.default is MISSING and f.default_factory is MISSING,
        )
        for f in fields(kind)
    )


_reader: Callable[[Any], tuple[tuple[str, Callable[[Any], Any], bool], ...]] = cache(_reader_of)


def _converter(hint: Any, *, read_number: Callable[[Any], float] | None = None) -> Callable[[Any], Any]:
    """A function that turns a JSON value into `hint`, or raises TypeError. read_number: how a float is read."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):
        inner = _converter(next(a for a in arguments if a is not NoneType), read_number=read_number)
        return lambda value: None if value is None else inner(value)
    if origin is not None and issubclass(origin, Mapping):
        item = _converter(arguments[1])
        return lambda value: MappingProxyType({str(k): item(v) for k, v in _checked(value, Mapping).items()})
    if origin is tuple:
        item = _converter(arguments[0])
        return lambda value: tuple(item(v) for v in _checked(value, list))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    if is_dataclass(hint) and isinstance(hint, type):
        return lambda value: value_from_plain(hint, value)
    if hint is float:
        return read_number or _read_float
    if hint in (int, str, bool):
        return lambda value: _checked(value, hint)
    return lambda value: value


def _read_time(value: Any) -> float:
    return time_from_iso(_checked(value, str))


def _read_float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"expected a number, found {type(value).__name__}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value
