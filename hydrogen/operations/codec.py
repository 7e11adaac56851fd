"""From what strangers send to checked values, and back: models, refusals that help, digests, descriptions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from hydrogen.errors import InvalidMessage
from hydrogen.model.codec import encode_json
from hydrogen.operations.operation import Operation

Model = TypeVar("Model", bound=BaseModel)

_LIMITS = ("ge", "gt", "le", "lt", "max_length", "min_length", "multiple_of")
"""Names of limits in pydantic's error contexts."""

_LONGEST_FIELD = 100
"""Characters of a field's name that an error repeats: an unknown field may be as long as a whole message."""


def model_from_plain(model: type[Model], values: object, *, what: str = "message") -> Model:
    """An instance of `model` from decoded JSON, without conversion.

    Raises InvalidMessage about the first thing that is wrong: details `field`, `reason` and, out of range, `limit`.
    The value itself is never repeated: it may be long, or a secret.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _refusal(error, what) from None


def _refusal(error: ValidationError, what: str) -> InvalidMessage:
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"])[:_LONGEST_FIELD]
    reason = first["msg"].removeprefix("Value error, ")[:300]
    details: dict[str, Any] = {"field": field, "reason": reason}
    context = first.get("ctx", {})
    for name in _LIMITS:
        if isinstance(context.get(name), int | float):
            details["limit"] = context[name]
            break
    where = f"{what}: {field}: " if field else f"{what}: "
    return InvalidMessage(where + reason, **details)


def digest_of(operation: Operation, printer: str | None, params: BaseModel) -> bytes:
    """What makes two commands the same: operation, printer and parameters, defaults filled in."""
    body = [operation.name, printer, params.model_dump(mode="json")]
    return hashlib.sha256(encode_json(body)).digest()


def describe(operation: Operation) -> Mapping[str, Any]:
    """An operation as JSON values, for documentation and OpenAPI; `params` is a JSON schema."""
    return {
        "name": operation.name,
        "summary": operation.summary,
        "description": operation.description,
        "scope": operation.scope,
        "needs_printer": operation.needs_printer,
        "params": operation.params.model_json_schema(),
    }
