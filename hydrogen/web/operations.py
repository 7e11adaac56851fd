"""`/api/operations`: everything that a client can ask over the WebSocket, one path for each operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import Conflict, DeviceError, DiskFull, FileRejected, InvalidMessage, NotFound, Replayed, TooLarge
from hydrogen.model.codec import encode_json
from hydrogen.operations.operation import Operation
from hydrogen.operations.registry import Registry
from hydrogen.web.answer import UnsupportedMedia, document_answer, json_answer
from hydrogen.web.command import Commander, Wish
from hydrogen.web.endpoint import JSON, Endpoint, Good, Handler

COMMAND_ERRORS = (InvalidMessage, NotFound, Conflict, Replayed, TooLarge, UnsupportedMedia, DeviceError)
"""What any operation may be refused with, beside what any path may."""


FILE_ERRORS = (FileRejected, DiskFull)
"""What those that have to do with files may be refused with, too."""


class CommandBody(Wish):
    """A command: the operation's parameters, checked strictly, and what surrounds them."""

    params: Annotated[dict[str, Any], Field(default_factory=dict)]


class OperationRoutes:
    """A path for each operation of the registry, and the list of them."""

    def __init__(self, commander: Commander, registry: Registry) -> None:
        self._commander = commander
        self._registry = registry
        self._list = b""

    @property
    def endpoints(self) -> list[Endpoint]:
        listing = Endpoint(
            name="operations",
            method="GET",
            path="/api/operations",
            handler=self.list,
            tag="operations",
            summary="List the operations",
            scope="read",
            answers={200: Good(summary="Each with its scope and its parameters", schema=LIST_SCHEMA)},
        )
        return [listing, *(self._endpoint_of(self._registry.get(name)) for name in self._registry.names)]

    def _endpoint_of(self, operation: Operation) -> Endpoint:
        chapter = operation.name.partition(".")[0]
        return Endpoint(
            name=operation.name,
            method="POST",
            path=f"/api/operations/{operation.name}",
            handler=self._handler_of(operation),
            tag=chapter,
            summary=operation.summary,
            scope=operation.scope,
            body=CommandBody,
            needs_body=not _may_be_left_out(operation.params),
            answers={200: Good(summary="It was accepted")},
            errors=(*COMMAND_ERRORS, *FILE_ERRORS) if chapter in ("file", "job", "queue") else COMMAND_ERRORS,
            operation=operation.name,
            is_urgent=operation.is_urgent,
        )

    def _handler_of(self, operation: Operation) -> Handler:
        async def handle(request: Request) -> Response:
            command = await self._commander.read(request, CommandBody, is_any_media=operation.is_urgent)
            result = await self._commander.carry_out(request, operation.name, command.params, wish=command)
            return json_answer({"result": dict(result)})

        handle.__doc__ = operation.description
        return handle

    async def list(self, request: Request) -> Response:
        """Every operation: its name, what it does, the scope it needs, and its parameters as a JSON Schema."""
        self._list = self._list or encode_json({"operations": list(self._registry.describe())})
        return document_answer(request, self._list, media_type=JSON)


def _may_be_left_out(params: type[BaseModel]) -> bool:
    try:
        params.model_validate({})
    except ValidationError:
        return False
    return True


LIST_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "operations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    **{name: {"type": "string"} for name in ("name", "summary", "description", "scope")},
                    "needs_printer": {"type": "boolean"},
                    "params": {"type": "object"},
                },
                "required": ["name", "summary", "description", "scope", "needs_printer", "params"],
            },
        }
    },
    "required": ["operations"],
}
