"""The protocol as documents that programs read: a JSON Schema of every frame, and an AsyncAPI 3 description.

Both are made from what the code itself goes by: the events, the models of messages, the operations with their parameters. What
is written by hand below are the frames that the service puts together by hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hydrogen.errors import ErrorCodes
from hydrogen.model.events import ALL_EVENTS, TOPICS
from hydrogen.model.schema import Schema, SchemaBook
from hydrogen.model.state import State
from hydrogen.system.info import API_VERSION
from hydrogen.websocket.message import message_schemas

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer", "minimum": 0}
MOMENT: Schema = {"type": "string", "format": "date-time"}
TOPIC_NAMES: Schema = {"type": "array", "items": {"type": "string", "enum": sorted(TOPICS)}}

Operations = Sequence[Mapping[str, Any]]
"""What `Registry.describe` tells."""


def protocol_schema(operations: Operations) -> Schema:
    """One JSON Schema (draft 2020-12) of all frames, both ways; each frame is a definition of its own."""
    book = SchemaBook(prefix="#/$defs/")
    from_service, from_client = define_frames(book, operations)
    ways = {"from_service": {"oneOf": from_service}, "from_client": {"oneOf": from_client}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Hydrogen protocol {API_VERSION}",
        "description": "Frames of the WebSocket, JSON in text messages. Unknown fields and types are to be ignored.",
        "anyOf": [book.refer(way) for way in ways],
        "$defs": ways | book.definitions,
    }


def asyncapi_document(operations: Operations) -> Schema:
    """AsyncAPI 3.0: the service's point of view, so it sends what clients receive."""
    book = SchemaBook(prefix="#/components/schemas/")
    from_service, from_client = define_frames(book, operations)
    sent, received = _names(from_service), _names(from_client)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hydrogen",
            "version": API_VERSION,
            "description": "The service beside a 3D printer: one WebSocket for state, events and commands. Words and rules "
            "are in docs/protocol.md, examples in docs/clients.md.",
        },
        "defaultContentType": "application/json",
        "servers": {"printer_host": {"host": "localhost:5001", "protocol": "ws", "security": _security()}},
        "channels": {"hydrogen": _channel([*sent, *received])},
        "operations": {
            "tellClients": _operation("send", sent, "Status, snapshot, events, answers."),
            "hearClients": _operation("receive", received, "Questions, subscriptions, commands."),
        },
        "components": {
            "messages": {name: _message(name, book) for name in (*sent, *received)},
            "schemas": book.definitions,
            "securitySchemes": {
                "keyHeader": {
                    "type": "httpApiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "Key <key>",
                },
                "keyQuery": {"type": "httpApiKey", "in": "query", "name": "key"},
            },
        },
    }


def define_frames(book: SchemaBook, operations: Operations) -> tuple[list[Schema], list[Schema]]:
    """Define every frame; returns the references to those of the service and to those of clients."""
    from_service = [book.define(name, schema) for name, schema in _own_frames(book).items()]
    from_service += [book.of_event(kind) for kind in ALL_EVENTS]
    from_client = [
        book.define(f"ask.{kind}", _with_type(kind, schema))
        for kind, schema in message_schemas().items()
        if kind != "command"
    ]
    general = message_schemas()["command"]
    from_client += [book.define(f"ask.command.{told['name']}", _command(general, told)) for told in operations]
    return from_service, from_client


# ------------------------------------------------------------------------------------------- frames of the service


def _own_frames(book: SchemaBook) -> dict[str, Schema]:
    error = book.define("error_object", _error_object())
    counters = dict.fromkeys(("active_connections", "total_connections", "total_requests"), NUMBER)
    return {
        "status": _frame("status", "How the service is.", id=TEXT, **_status_fields(counters), may_lack=("id",)),
        "snapshot": _frame("snapshot", "The whole truth at seq.", epoch=TEXT, seq=NUMBER, state=book.of_value(State)),
        "subscribed": _frame(
            "subscribed",
            "What is heard from now on.",
            id=TEXT,
            epoch=TEXT,
            seq=NUMBER,
            topics=TOPIC_NAMES,
            printers={"type": ["array", "null"], "items": TEXT},
            resumed={"type": "boolean"},
            may_lack=("id",),
        ),
        "result": _frame("result", "A command was accepted.", id=TEXT, result={"type": "object"}),
        "error": _frame("error", "A message was refused.", id=TEXT, error=error, may_lack=("id",)),
        "pong": _frame("pong", "The answer to ping.", id=TEXT, may_lack=("id",)),
        "lagged": _frame("lagged", "Events were left out; a snapshot follows."),
        "authenticated": _frame(
            "authenticated",
            "The credentials were renewed: who it is, and until when.",
            id=TEXT,
            principal=TEXT,
            scopes={"type": "array", "items": TEXT},
            expires_at=_or_null(MOMENT),
            may_lack=("id",),
        ),
        "auth.expiring": _frame("auth.expiring", "The credentials end soon.", expires_at=MOMENT),
    }


def _frame(kind: str, description: str, *, may_lack: Sequence[str] = (), **properties: Schema) -> Schema:
    """may_lack: fields that are there only sometimes."""
    told: dict[str, Schema] = {"type": {"const": kind}, **properties}
    required = [name for name in told if name not in may_lack]
    return {"type": "object", "description": description, "properties": told, "required": required}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _status_fields(counters: Mapping[str, Schema]) -> dict[str, Schema]:
    words = ("sysname", "nodename", "release", "version", "machine")
    figures = ("totalThreads", "totalVirtualMemoryBytes", "totalResidentMemoryBytes")
    flags = ("running", "shutting_down")
    return {
        "server_start_time": MOMENT,
        **counters,
        "epoch": TEXT,
        "version": {"type": "object"},
        "system": _open_object(dict.fromkeys(words, TEXT)),
        "status": _open_object(
            {flag: {"type": "boolean"} for flag in flags} | {figure: {"type": "integer"} for figure in figures}
        ),
        "services": {"type": "object"},
    }


def _open_object(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": True,
    }


def _error_object() -> Schema:
    codes = sorted(ErrorCodes.known())
    return {
        "type": "object",
        "description": "Codes never change their meaning; a later version may have more of them.",
        "properties": {"code": {"type": "string", "enum": codes}, "message": TEXT, "details": {"type": "object"}},
        "required": ["code", "message", "details"],
    }


# ------------------------------------------------------------------------------------------------ messages of clients


def _with_type(kind: str, schema: Schema) -> Schema:
    plain: Schema = _without_titles(schema)
    properties = {"type": {"const": kind}, **plain.get("properties", {})}
    return {**plain, "properties": properties, "required": ["type", *plain.get("required", [])]}


def _command(general: Schema, told: Mapping[str, Any]) -> Schema:
    schema = _with_type("command", general)
    params = _without_titles(told["params"])
    params.pop("description", None)
    properties = {**schema["properties"], "operation": {"const": told["name"]}, "params": params}
    required = [*schema["required"], *(["params"] if params.get("required") else [])]
    return {
        **schema,
        "title": told["summary"],
        "description": f"{told['description']} Needs the scope `{told['scope']}`.",
        "properties": properties,
        "required": required,
    }


def _without_titles(node: Any) -> Any:
    """The same schema without the titles that pydantic makes of the names."""
    if isinstance(node, dict):
        return {
            key: {name: _without_titles(inner) for name, inner in value.items()}
            if key == "properties"
            else _without_titles(value)
            for key, value in node.items()
            if key != "title"
        }
    return [_without_titles(item) for item in node] if isinstance(node, list) else node


# ----------------------------------------------------------------------------------------------------------- AsyncAPI


def _names(references: Sequence[Schema]) -> list[str]:
    return [str(reference["$ref"]).rpartition("/")[2] for reference in references]


def _message(name: str, book: SchemaBook) -> Schema:
    return {"name": name, "summary": book.definitions[name].get("description", ""), "payload": book.refer(name)}


def _operation(action: str, names: Sequence[str], summary: str) -> Schema:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/hydrogen"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/hydrogen/messages/{name}"} for name in names],
    }


def _channel(names: Sequence[str]) -> Schema:
    query = {
        "since": {"type": "string", "description": "<epoch>.<seq>: resume behind it"},
        "topics": {"type": "string", "description": "topics to hear, separated by commas"},
        "printers": {"type": "string", "description": "printers to hear of, separated by commas"},
    }
    return {
        "address": "/",
        "description": "Also at /websocket; subprotocol hydrogen-protocol.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"ws": {"query": {"type": "object", "properties": query}, "bindingVersion": "0.1.0"}},
    }


def _security() -> list[Schema]:
    return [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("keyHeader", "keyQuery")]
