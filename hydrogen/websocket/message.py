"""What a client may send: JSON objects with a `type`. Unknown fields are ignored, known ones are never converted.

Reading is in two steps, so that an answer can carry the `id` even when the rest is wrong: `read_object` takes any text
apart, `message_from_plain` makes a message of it. Both raise InvalidMessage, and nothing else, for whatever comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import from_json

from hydrogen.errors import InvalidMessage
from hydrogen.operations.codec import model_from_plain

LONGEST_ID = 128
"""Characters of an `id`: it is only echoed."""

Identifier = Annotated[str, Field(max_length=LONGEST_ID)]

_RESUME_POINT = re.compile(r"([A-Za-z0-9-]{1,64})\.([0-9]{1,15})")


class Message(BaseModel):
    """A message from a client; `id` comes back in the answer."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, hide_input_in_errors=True)

    id: Identifier | None = None


class StatusRequest(Message):
    """`{"type":"status"}`: the status frame, now."""


class Ping(Message):
    """`{"type":"ping"}` → `{"type":"pong"}`."""


class Subscribe(Message):
    """Replaces the former subscription. topics None: all but `terminal`; printers None: all."""

    topics: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=64)] | None = None
    printers: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=64)] | None = None
    since: Annotated[str, Field(max_length=128)] | None = None


class Command(Message):
    """Carry out an operation. `id` is required, `params` are checked by the operation."""

    id: Identifier
    operation: Annotated[str, Field(min_length=1, max_length=128)]
    printer: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    params: dict[str, Any] = Field(default_factory=dict)
    idempotency_key: Annotated[str, Field(min_length=16, max_length=256)] | None = None
    issued_at: Annotated[str, Field(max_length=64)] | None = None


class Authenticate(Message):
    """Renew the credentials of this connection."""

    token: Annotated[str, Field(min_length=1, max_length=16_384)]


_KINDS: MappingProxyType[str, type[Message]] = MappingProxyType(
    {
        "status": StatusRequest,
        "ping": Ping,
        "subscribe": Subscribe,
        "command": Command,
        "authenticate": Authenticate,
    }
)


def message_schemas() -> dict[str, dict[str, Any]]:
    """By `type`, the JSON schema of each message, without its `type`."""
    return {kind: model.model_json_schema() for kind, model in _KINDS.items()}


def read_object(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a text message. Raises InvalidMessage for binary messages, bad JSON, and what is no object."""
    if isinstance(text, bytes):
        raise InvalidMessage("a binary message; this protocol speaks JSON in text messages")
    try:
        # Bounded in depth (200), without NaN, without half surrogate pairs: what it returns can be encoded again.
        value = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise InvalidMessage(f"not valid JSON: {str(error)[:200]}") from None
    if not isinstance(value, dict):
        raise InvalidMessage("a message must be a JSON object")
    return value


def readable_id(body: dict[str, Any]) -> str | None:
    """The `id` to put into the answer, if it is one."""
    value = body.get("id")
    return value if isinstance(value, str) and len(value) <= LONGEST_ID else None


def message_from_plain(body: dict[str, Any]) -> Message:
    """The message; raises InvalidMessage for a missing or unknown `type` and for a wrong field (details `field`)."""
    kind = body.get("type")
    if not isinstance(kind, str):
        raise InvalidMessage('a message needs a "type", and it must be a string', field="type")
    model = _KINDS.get(kind)
    if model is None:
        raise InvalidMessage(f"unknown type {kind[:64]!r}: {', '.join(_KINDS)}", field="type")
    return model_from_plain(model, body, what=kind)


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """Everything up to `seq` of the service's life `epoch` is known to the client."""

    epoch: str
    seq: int


def resume_point(text: str) -> ResumePoint:
    """`<epoch>.<seq>`; raises InvalidMessage."""
    match = _RESUME_POINT.fullmatch(text)
    if match is None:
        raise InvalidMessage("since must be <epoch>.<seq>", field="since")
    return ResumePoint(match[1], int(match[2]))
