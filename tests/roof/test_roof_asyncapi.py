"""docs/asyncapi.json is AsyncAPI 3: by the specification's own schema where that is at hand, by its rules everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from tests.roof.protocol_pages import DOCS

SPECIFICATION = Path(__file__).parents[2] / ".venv" / "asyncapi-3.0.0.json"
"""`make test` brings it along from the npm package @asyncapi/specs, if there is an npm."""

FRAME = re.compile(r'\{"type":')

NOT_OF_DRAFT_7 = frozenset(
    {
        "$defs",
        "prefixItems",
        "unevaluatedProperties",
        "unevaluatedItems",
        "dependentRequired",
        "dependentSchemas",
        "$anchor",
    }
)
"""Words of later drafts, which would say nothing there: AsyncAPI's schemas are a superset of draft 7."""


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads((DOCS / "asyncapi.json").read_text())


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(inner)


def targets(node: Any) -> set[str]:
    return {found["$ref"] for found in nodes(node) if isinstance(found.get("$ref"), str)}


def at(document: Any, reference: str) -> Any:
    assert reference.startswith("#/"), reference
    for step in reference[2:].split("/"):
        document = document[step]
    return document


@pytest.mark.skipif(
    not SPECIFICATION.exists(), reason="the specification's schema is not at hand (make test, with npm)"
)
def test_document_is_what_the_specification_wants(document: Any) -> None:
    validator = Draft7Validator(json.loads(SPECIFICATION.read_text()))
    assert [error.message[:300] for error in validator.iter_errors(document)] == []
    assert not validator.is_valid({**document, "channels": {"hydrogen": {"adress": "/"}}})


def test_every_reference_resolves_within_the_document(document: Any) -> None:
    for reference in targets(document):
        assert at(document, reference) is not None


def test_every_channel_operation_message_and_schema_is_reached(document: Any) -> None:
    operations, components = document["operations"], document["components"]
    assert {operation["action"] for operation in operations.values()} == {"send", "receive"}
    channels = {operation["channel"]["$ref"] for operation in operations.values()}
    assert channels == {f"#/channels/{name}" for name in document["channels"]}
    named = set()
    for operation in operations.values():
        for message in operation["messages"]:
            # 3.0, Operation Object: a message of the operation's own channel, by way of that channel.
            assert message["$ref"].startswith(f"{operation['channel']['$ref']}/messages/")
            named.add(at(document, message["$ref"])["$ref"])
    assert named == {f"#/components/messages/{name}" for name in components["messages"]}
    reached: set[str] = set()
    waiting = {message["payload"]["$ref"] for message in components["messages"].values()}
    while waiting:
        reached |= waiting
        waiting = {target for reference in waiting for target in targets(at(document, reference))} - reached
    assert reached == {f"#/components/schemas/{name}" for name in components["schemas"]}
    shown = {scheme["$ref"] for server in document["servers"].values() for scheme in server["security"]}
    assert shown == {f"#/components/securitySchemes/{name}" for name in components["securitySchemes"]}


def test_schemas_speak_the_draft_that_readers_take_them_for(document: Any) -> None:
    for name, schema in document["components"]["schemas"].items():
        Draft7Validator.check_schema(schema)
        assert not [word for node in nodes(schema) for word in NOT_OF_DRAFT_7 & set(node)], name


def test_every_message_is_named_as_on_the_wire(document: Any) -> None:
    for name, message in document["components"]["messages"].items():
        payload = at(document, message["payload"]["$ref"])
        told = {key: payload["properties"].get(key, {}).get("const") for key in ("type", "operation")}
        assert name in (told["type"], f"ask.{told['type']}", f"ask.command.{told['operation']}")
        assert message["name"] == name and message["summary"]


def whole_frames(text: str) -> Iterator[dict[str, Any]]:
    for match in FRAME.finditer(text):
        try:
            yield json.JSONDecoder().raw_decode(text, match.start())[0]
        except ValueError:
            continue  # cut short with an ellipsis


def test_every_whole_frame_in_the_documents_is_a_frame() -> None:
    schema = json.loads((DOCS / "protocol.schema.json").read_text())
    validator = Draft202012Validator(schema)
    frames = [frame for page in sorted(DOCS.glob("*.md")) for frame in whole_frames(page.read_text())]
    assert len(frames) >= 5
    for frame in frames:
        if frame.get("error", {}).get("code") == "…":
            frame["error"]["code"] = "conflict"
        assert [error.message for error in validator.iter_errors(frame)] == [], frame
