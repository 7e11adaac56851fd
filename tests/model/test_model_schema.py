"""Schemas of model values say what the codec writes."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given

from hydrogen.model.codec import plain, plain_event
from hydrogen.model.events import ALL_EVENTS, Event, TerminalLineReported
from hydrogen.model.schema import SchemaBook
from hydrogen.model.state import State
from tests.support.model_strategies import any_event
from tests.support.property_settings import REPEATABLE

BOOK = SchemaBook(prefix="#/$defs/")
SCHEMAS = {kind: BOOK.of_event(kind) for kind in ALL_EVENTS}
STATE_SCHEMA = BOOK.of_value(State)


def validator_of(schema: Any) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**schema, "$defs": BOOK.definitions})


EVENTS = {kind: validator_of(schema) for kind, schema in SCHEMAS.items()}
STATE = validator_of(STATE_SCHEMA)


def check(validator: jsonschema.Draft202012Validator, value: Any) -> None:
    validator.validate(value)


@REPEATABLE
@given(event=any_event)
def test_whatever_event_the_codec_writes_fits_its_schema(event: Event) -> None:
    body = plain_event(event)
    if not isinstance(event, TerminalLineReported):
        body["seq"] = 1
    check(EVENTS[type(event)], body)


def test_empty_state_fits() -> None:
    check(STATE, plain(State()))


def test_every_schema_is_one_and_every_reference_leads_somewhere() -> None:
    for schema in BOOK.definitions.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for name in _references(BOOK.definitions):
        assert name.removeprefix("#/$defs/") in BOOK.definitions


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for value in node.values() for found in _references(value)]
    return [found for value in node for found in _references(value)] if isinstance(node, list) else []


@pytest.mark.parametrize(
    "change",
    [{"seq": 0}, {"at": 1.0}, {"actual_celsius": "20"}, {"heater": None}, {"printer": 5}, {"type": "job.started"}],
)
def test_what_the_codec_would_never_write_does_not_fit(change: dict[str, Any]) -> None:
    body = {
        "type": "temperature.measured",
        "seq": 1,
        "at": "2026-11-22T18:44:11.123Z",
        "printer": "p",
        "heater": "bed",
        "actual_celsius": 20.0,
        "target_celsius": None,
        "power": None,
    }
    kind = next(kind for kind in ALL_EVENTS if kind.wire_type == "temperature.measured")
    check(EVENTS[kind], body)
    with pytest.raises(jsonschema.ValidationError):
        check(EVENTS[kind], body | change)
    for missing in ("seq", "heater", "power"):
        with pytest.raises(jsonschema.ValidationError):
            check(EVENTS[kind], {key: value for key, value in body.items() if key != missing})
