"""`/api/system/logs`: the last lines of the log, as `system.logs` tells them, or as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import InvalidMessage, NotFound
from hydrogen.operations.log import MOST_LINES
from hydrogen.operations.registry import Registry
from hydrogen.web.answer import json_answer
from hydrogen.web.door import Door, grant_of, query_of
from hydrogen.web.endpoint import Endpoint, Good


class LogQuery(BaseModel):
    """What may stand behind the `?`; beside it a ticket or a key, which the door reads."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    level: Literal["debug", "info", "warning", "error"] = "debug"
    part: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    printer: Annotated[str, Field(min_length=1, max_length=32)] | None = None
    since: Annotated[str, Field(max_length=40)] | None = None
    after: Annotated[int, Field(ge=0)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_LINES)] = 200
    format: Literal["json", "text"] = "json"


class LogRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: Door, registry: Registry) -> None:
        self._door = door
        self._registry = registry

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="system.logs.show",
                method="GET",
                path="/api/system/logs",
                handler=self.show,
                tag="system",
                summary="Show the last log lines",
                scope="admin",
                query=LogQuery,
                operation="system.logs",
                answers={200: Good(summary="The lines, the oldest first", schema={"type": "object"})},
                errors=(InvalidMessage, NotFound),
            )
        ]

    async def show(self, request: Request) -> Response:
        """`{"lines": [{"number", "at", "level", "event", "part", "printer", "fields"}], "number"}`, or with `format=text` one
        line each. Secrets are masked. `after` takes the `number` of an earlier answer."""
        query = query_of(request, LogQuery)
        params = query.model_dump(exclude={"printer", "format"}, exclude_none=True)
        who, source = grant_of(request).principal, self._door.source_of(request)
        told = await self._registry.execute(who, "system.logs", query.printer, params, source=source)
        if query.format == "json":
            return json_answer(told)
        text = "".join(f"{text_of(line)}\n" for line in told["lines"])
        return Response(text, media_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})


def text_of(line: Mapping[str, Any]) -> str:
    """One line for people, whatever the fields hold."""
    facts = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in line["fields"].items())
    head = f"{line['at']} {line['level']:<7} {line['part']}: {line['event']}"
    return f"{head} {facts}".replace("\n", "\\n").rstrip()
