"""Every frame that a test sees is held against the schema that clients are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from hydrogen.model.schema import SchemaBook
from hydrogen.websocket.schema import define_frames

OPEN = frozenset({"status", "result", "authenticated"})
"""Frames with more in them than their schema lists."""


def check_frame(body: Mapping[str, Any]) -> None:
    """Raises ValidationError for a frame that is not as documented, or has a field that is not documented."""
    kind = body["type"]
    _validators()[str(kind)].validate(body)


@cache
def _validators() -> Mapping[str, Draft202012Validator]:
    book = SchemaBook(prefix="#/$defs/")
    define_frames(book, ())
    definitions = {name: schema if name in OPEN else _closed(schema) for name, schema in book.definitions.items()}
    return {
        name: Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": definitions})
        for name in definitions
        if not name.startswith("ask.")
    }


def _closed(node: Any) -> Any:
    """The same schema, letting nothing in that it does not name."""
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    if "required" in node and "additionalProperties" not in node:
        closed["additionalProperties"] = False
    return closed
