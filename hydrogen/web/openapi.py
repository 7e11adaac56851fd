"""The HTTP port as an OpenAPI 3.1 document, made from what the code itself goes by: the route table, the operations with their
parameters and results, the models of bodies and queries, the tree of errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel

from hydrogen.errors import (
    AuthFailed,
    DeviceError,
    ErrorCodes,
    Forbidden,
    HydrogenError,
    RateLimited,
    ServerFault,
    Unavailable,
)
from hydrogen.model.printer import PrinterState
from hydrogen.model.schema import Schema, SchemaBook
from hydrogen.model.state import State
from hydrogen.operations.result import ANYTHING, COUNT, TEXT, answer_object, by_printer, result_schemas
from hydrogen.system.info import API_VERSION
from hydrogen.web.answer import status_of
from hydrogen.web.endpoint import JSON, Endpoint, Good

PREFIX = "#/components/schemas/"

TAGS: Mapping[str, str] = {
    "auth": "From a key or a token to a ticket or a session.",
    "system": "The service and its host.",
    "state": "What is true now.",
    "operations": "What can be asked; each operation is a path of its own in the chapters below.",
    "printer": "Connection, heat, motion, G-code, and what makes a printer safe.",
    "job": "One file on its way through one printer.",
    "jobs": "What was printed.",
    "queue": "What is to be printed.",
    "file": "The files folder.",
    "files": "The files folder.",
    "documents": "What describes all this.",
}

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")

ALWAYS: tuple[type[HydrogenError], ...] = (Forbidden, RateLimited, ServerFault, Unavailable)
"""What any path may refuse with, open ones too: the page's name is foreign, too many requests, a defect, the way down."""

ABOUT = (
    "The service beside a 3D printer. Everything that a client can ask over the WebSocket (port 5001) can be asked here; "
    "events are told there. How to call, with examples: docs/http.md. Unknown fields of answers are to be ignored."
)

Operations = Sequence[Mapping[str, Any]]
"""What `Registry.describe` tells."""


def openapi_document(endpoints: Iterable[Endpoint], operations: Operations) -> Schema:
    """The document. Endpoints that are not documented are left out."""
    writer = _Writer(operations)
    table = [endpoint for endpoint in endpoints if endpoint.is_documented]
    paths: dict[str, dict[str, Schema]] = {}
    for endpoint in table:
        path = _PARAMETER.sub(r"{\1}", endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = writer.operation(endpoint)
    used = dict.fromkeys(endpoint.tag for endpoint in table)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hydrogen",
            "version": API_VERSION,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": TAGS.get(tag, f"Operations `{tag}.*`.")} for tag in used],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(writer.book.definitions.items())),
            "responses": dict(sorted(writer.refusals.items())),
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


_SECURITY_SCHEMES: Mapping[str, Schema] = {
    "keyHeader": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Key <key>`"},
    "bearer": {"type": "http", "scheme": "bearer", "description": "A session, or a token of the OpenID provider"},
    "keyQuery": {"type": "apiKey", "in": "query", "name": "key", "description": "For who cannot send headers"},
    "ticketQuery": {"type": "apiKey", "in": "query", "name": "ticket", "description": "Of POST /api/auth/ticket; once"},
}


class _Writer:
    """Puts endpoints down; what they share is defined in `book` and `refusals`."""

    def __init__(self, operations: Operations) -> None:
        self.book = SchemaBook(prefix=PREFIX)
        self.refusals: dict[str, Schema] = {}
        self._operations = {told["name"]: told for told in operations}
        self._results = result_schemas(self.book)
        self._define_what_all_share()

    def _define_what_all_share(self) -> None:
        book = self.book
        code = {"type": "string", "enum": sorted(ErrorCodes.known())}
        error = book.define("ErrorObject", answer_object(code=code, message=TEXT, details=ANYTHING))
        book.define("ErrorAnswer", answer_object(error=error))
        state = book.of_value(State)
        book.define("Snapshot", answer_object(epoch=TEXT, seq=COUNT, state=state))
        book.define("Printers", answer_object(printers=by_printer(book.of_value(PrinterState))))

    def operation(self, endpoint: Endpoint) -> Schema:
        """The Operation Object of OpenAPI."""
        told: Schema = {
            "operationId": endpoint.name,
            "tags": [endpoint.tag],
            "summary": endpoint.summary,
            "description": _description(endpoint),
            "security": _security(endpoint),
        }
        if parameters := [*_in_path(endpoint), *self._in_query(endpoint), *_headers(endpoint)]:
            told["parameters"] = parameters
        if body := self._body(endpoint):
            told["requestBody"] = body
        told["responses"] = self._answers(endpoint)
        return told

    # ------------------------------------------------------------------------------------------------------ what goes in

    def _in_query(self, endpoint: Endpoint) -> list[Schema]:
        if endpoint.query is None:
            return []
        schema = self._of_model(endpoint.query)
        required = schema.get("required", ())
        return [
            {"name": name, "in": "query", "required": name in required, "schema": _for_query(inner)}
            for name, inner in schema.get("properties", {}).items()
        ]

    def _body(self, endpoint: Endpoint) -> Schema | None:
        content: dict[str, Schema] = {media: {"schema": dict(schema)} for media, schema in endpoint.body_media.items()}
        if endpoint.body is not None:
            schema = self._of_model(endpoint.body)
            if endpoint.name == endpoint.operation:
                schema = self._with_params(schema, self._operations[endpoint.operation], endpoint.needs_body)
            content = {JSON: {"schema": schema}, **content}
        return {"required": endpoint.needs_body, "content": content} if content else None

    def _with_params(self, schema: Schema, told: Mapping[str, Any], is_needed: bool) -> Schema:
        params = self._adopt(told["params"])
        params.pop("description", None)
        required = [*schema.get("required", ()), *(["params"] if is_needed else [])]
        return {**schema, "properties": {**schema["properties"], "params": params}, "required": required}

    def _of_model(self, model: type[BaseModel]) -> Schema:
        return self._adopt(model.model_json_schema())

    def _adopt(self, schema: Mapping[str, Any]) -> Schema:
        """The same schema without pydantic's titles; what it defines moves to where all definitions are."""
        plain = _moved(schema)
        for name, definition in plain.pop("$defs", {}).items():
            self.book.definitions[name] = definition
        return dict(plain)

    # ----------------------------------------------------------------------------------------------------- what comes out

    def _answers(self, endpoint: Endpoint) -> dict[str, Schema]:
        answers = {str(status): self._good(endpoint, status, good) for status, good in endpoint.answers.items()}
        errors: dict[int, list[type[HydrogenError]]] = {}
        for kind in dict.fromkeys((*endpoint.errors, *((AuthFailed,) if endpoint.scope else ()), *ALWAYS)):
            errors.setdefault(status_of(kind), []).append(kind)
        for status, kinds in sorted(errors.items()):
            shared = self._refusal(status, kinds)
            answers[str(status)] = (
                shared if endpoint.error_schema is None else _refusal(status, kinds, endpoint.error_schema)
            )
        return answers

    def _refusal(self, status: int, kinds: Sequence[type[HydrogenError]]) -> Schema:
        """A reference: paths that refuse with the same codes share an answer."""
        codes = sorted({kind.code for kind in kinds})
        name = "_".join((f"Refusal{status}", *codes))
        if name not in self.refusals:
            self.refusals[name] = _refusal(status, kinds)
        return {"$ref": f"#/components/responses/{name}"}

    def _good(self, endpoint: Endpoint, status: int, good: Good) -> Schema:
        headers = dict(_REQUEST_ID_HEADER)
        if status == 201:
            headers["Location"] = {"description": "Where it is now", "schema": TEXT}
        answer: Schema = {"description": good.summary, "headers": headers}
        if good.media:
            schema = good.schema if good.schema is not None else self._result_of(endpoint)
            answer["content"] = {good.media: {} if schema is None else {"schema": dict(schema)}}
        return answer

    def _result_of(self, endpoint: Endpoint) -> Schema | None:
        if endpoint.operation is None:
            return None
        result = self._results.get(endpoint.operation, ANYTHING)
        return answer_object(result=result) if endpoint.name == endpoint.operation else result


def _description(endpoint: Endpoint) -> str:
    needs = f" Needs the scope `{endpoint.scope}`." if endpoint.scope else ""
    urgent = " Never limited, never delayed." if endpoint.is_urgent else ""
    carries = f" Carries out `{endpoint.operation}`." if endpoint.operation not in (None, endpoint.name) else ""
    return f"{endpoint.description}{carries}{needs}{urgent}"


def _security(endpoint: Endpoint) -> list[Schema]:
    if endpoint.scope is None and AuthFailed not in endpoint.errors:
        return []
    roles = [endpoint.scope] if endpoint.scope else []
    return [{name: roles} for name in _SECURITY_SCHEMES]


def _in_path(endpoint: Endpoint) -> list[Schema]:
    schema = {"type": "string", "minLength": 1}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema} for name in _PARAMETER.findall(endpoint.path)
    ]


def _headers(endpoint: Endpoint) -> list[Schema]:
    if endpoint.operation is None or endpoint.method in ("GET", "DELETE"):
        return []
    schema = {"type": "string", "minLength": 16, "maxLength": 256}
    about = "As `idempotency_key` in the body, which decides where there are both"
    return [{"name": "Idempotency-Key", "in": "header", "required": False, "description": about, "schema": schema}]


_REQUEST_ID_HEADER: Mapping[str, Schema] = {
    "X-Request-Id": {"description": "The request's own, or one that was made; it is in the log", "schema": TEXT}
}
_RETRY_HEADER: Mapping[str, Schema] = {
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 0}}
}
_CHALLENGE_HEADER: Mapping[str, Schema] = {"WWW-Authenticate": {"description": "What to show", "schema": TEXT}}


def _refusal(status: int, kinds: Sequence[type[HydrogenError]], own_schema: Mapping[str, Any] | None = None) -> Schema:
    """own_schema: of refusals that come from the path's handler, not from what stands in front of it."""
    schema: Schema = {"$ref": f"{PREFIX}ErrorAnswer"}
    if own_schema is not None:
        schema = {"anyOf": [dict(own_schema), schema]}
    codes = ", ".join(f"`{code}`" for code in sorted({kind.code for kind in kinds if kind is not DeviceError}))
    device = ", or what is wrong with the printer, its port or its wire" if DeviceError in kinds else ""
    what = f"{HTTPStatus(status).phrase}: {codes}{device}"
    headers = dict(_REQUEST_ID_HEADER)
    if status in (429, 503):
        headers |= _RETRY_HEADER
    if status == 401:
        headers |= _CHALLENGE_HEADER
    return {
        "description": what,
        "headers": headers,
        "content": {JSON: {"schema": schema}},
    }


def _for_query(schema: Schema) -> Schema:
    """A parameter that may be left out is not null in a URL: it is not there."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**options[0], **rest}


def _moved(node: Any) -> Any:
    if isinstance(node, dict):
        moved: dict[str, Any] = {}
        for key, value in node.items():
            if key == "title" and isinstance(value, str):
                continue
            if key == "$ref":
                moved[key] = value.replace("#/$defs/", PREFIX)
            elif key in ("properties", "$defs"):
                moved[key] = {name: _moved(inner) for name, inner in value.items()}
            else:
                moved[key] = _moved(value)
        return moved
    return [_moved(item) for item in node] if isinstance(node, list) else node
