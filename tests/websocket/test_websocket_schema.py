"""The documents that programs read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from hydrogen.model.events import ALL_EVENTS
from hydrogen.websocket.schema import asyncapi_document, protocol_schema
from tests.websocket.conftest import StartHouse
from tests.websocket.frame_check import check_frame
from tests.websocket.house import House


def told_by(house: House) -> list[Any]:
    return list(house.server._dispatcher._registry.describe())


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def at(document: Any, reference: str) -> Any:
    for step in reference.removeprefix("#/").split("/"):
        document = document[step]
    return document


async def test_schema_is_one_and_knows_every_frame_and_every_operation(house: House) -> None:
    schema = protocol_schema(told_by(house))
    Draft202012Validator.check_schema(schema)
    for event in ALL_EVENTS:
        assert event.wire_type in schema["$defs"]
    for name in house.server._dispatcher._registry.names:
        assert f"ask.command.{name}" in schema["$defs"]


async def test_every_reference_leads_somewhere_and_every_message_is_used(house: House) -> None:
    for document in (protocol_schema(told_by(house)), asyncapi_document(told_by(house))):
        for reference in references(document):
            assert at(document, reference) is not None
    document = asyncapi_document(told_by(house))
    used = {ref.rpartition("/")[2] for ref in references(document["operations"]) if "/messages/" in ref}
    assert used == set(document["components"]["messages"]) == set(document["channels"]["hydrogen"]["messages"])


@pytest.mark.parametrize(
    ("message", "is_good"),
    [
        ({"type": "status"}, True),
        ({"type": "ping", "id": "p"}, True),
        ({"type": "ping", "id": 5}, False),
        ({"type": "subscribe", "topics": ["job"], "since": "e.1"}, True),
        ({"type": "command", "id": "c", "operation": "printer.home"}, True),
        ({"type": "command", "id": "c", "operation": "printer.home", "params": {"axes": "xy"}}, True),
        ({"type": "command", "id": "c", "operation": "printer.home", "params": {"axis": "x"}}, False),
        ({"type": "command", "operation": "printer.home"}, False),
        ({"type": "command", "id": "c", "operation": "job.start", "params": {"file": "cube.gcode"}}, True),
        ({"type": "command", "id": "c", "operation": "job.start"}, False),
        ({"type": "command", "id": "c", "operation": "no.such"}, False),
        ({"type": "no-such"}, False),
    ],
)
async def test_what_the_schema_lets_through_is_what_the_service_takes(
    house: House, message: dict[str, Any], is_good: bool
) -> None:
    schema = protocol_schema(told_by(house))
    validator = Draft202012Validator({**schema, "anyOf": [{"$ref": "#/$defs/from_client"}]})
    assert validator.is_valid(message) is is_good
    if "id" in message and isinstance(message["id"], str):
        client = await house.greeted()
        await client.send(message | ({"printer": "ender3"} if message["type"] == "command" else {}))
        answer = await client.answer_to(message["id"])
        assert (answer["type"] != "error") is is_good


async def test_frame_with_a_field_that_is_not_documented_is_found(start_house: StartHouse) -> None:
    house = await start_house()
    client = await house.greeted()
    pong = await client.ask(type="ping")
    check_frame(pong)
    with pytest.raises(ValidationError):
        check_frame(pong | {"secret": 1})
