"""JSON Schemas of model values, as `codec.plain` writes them; draft 2020-12, and draft 7 but for where definitions lie.

The rules are the codec's: dataclasses are objects with all their fields, mappings objects, tuples arrays, a number may be
null (NaN has no JSON), fields called `at` or ending in `_at` are times in ISO 8601. Objects stay open: a later version may
say more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from hydrogen.model.events import Event, TerminalLineReported

Schema = dict[str, Any]

_PLAIN: Mapping[type, Schema] = {str: {"type": "string"}, bool: {"type": "boolean"}, int: {"type": "integer"}}


class SchemaBook:
    """Schemas that refer to each other. `definitions` grows with everything that was asked for."""

    def __init__(self, *, prefix: str) -> None:
        """prefix: of a reference, `#/$defs/`."""
        self._prefix = prefix
        self.definitions: dict[str, Schema] = {}

    def refer(self, name: str) -> Schema:
        """A reference to a definition."""
        return {"$ref": self._prefix + name}

    def define(self, name: str, schema: Schema) -> Schema:
        """Add a definition; returns the reference to it."""
        self.definitions[name] = schema
        return self.refer(name)

    def of_event(self, kind: type[Event]) -> Schema:
        """Of an event's frame, defined under its wire type. Returns the reference."""
        properties: dict[str, Schema] = {"type": {"const": kind.wire_type}}
        if kind is not TerminalLineReported:
            properties["seq"] = {"type": "integer", "minimum": 1}
        properties |= self._properties_of(kind)
        properties["printer"] = _PLAIN[str]
        required = [name for name in properties if name != "printer"]
        return self.define(kind.wire_type, _object(properties, required, _sentence(kind)))

    def of_value(self, kind: type) -> Schema:
        """Of a dataclass, defined under its name. Returns the reference."""
        name = kind.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # so that a value that holds its like comes to an end
            properties = self._properties_of(kind)
            self.definitions[name] = _object(properties, list(properties), _sentence(kind))
        return self.refer(name)

    def _properties_of(self, kind: Any) -> dict[str, Schema]:
        hints = get_type_hints(kind)
        return {f.name: self._of_field(f.name, hints[f.name]) for f in fields(kind)}

    def _of_field(self, name: str, hint: Any) -> Schema:
        if name == "at" or name.endswith("_at"):
            moment: Schema = {"type": "string", "format": "date-time"}
            return _or_null(moment) if NoneType in get_args(hint) else moment
        return self._of_hint(hint)

    def _of_hint(self, hint: Any) -> Schema:
        origin, arguments = get_origin(hint), get_args(hint)
        if origin in (UnionType, Union):
            return _or_null(self._of_hint(next(a for a in arguments if a is not NoneType)))
        if origin is not None and issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self._of_hint(arguments[1])}
        if origin in (tuple, frozenset):
            return {"type": "array", "items": self._of_hint(arguments[0])}
        if hint is float:
            return {"type": ["number", "null"]}
        if isinstance(hint, type) and issubclass(hint, StrEnum):
            return {"type": "string", "enum": [str(member) for member in hint]}
        if is_dataclass(hint) and isinstance(hint, type):
            return self.of_value(hint)
        return dict(_PLAIN.get(hint, {}))


def _object(properties: dict[str, Schema], required: list[str], description: str) -> Schema:
    return {"type": "object", "description": description, "properties": properties, "required": required}


def _or_null(schema: Schema) -> Schema:
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    types = schema.get("type")
    if types is None:
        return schema
    listed = types if isinstance(types, list) else [types]
    return {**schema, "type": listed if "null" in listed else [*listed, "null"]}


def _sentence(kind: type) -> str:
    """The first paragraph of the docstring; dataclasses without one are described by their name alone."""
    text = kind.__doc__ or ""
    return "" if text.startswith(f"{kind.__name__}(") else " ".join(text.split("\n\n")[0].split())
