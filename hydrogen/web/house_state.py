"""`/api/state`, `/api/printers`: what is true now, as a WebSocket's snapshot has it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.core.context import Context, Snapshot
from hydrogen.errors import NotFound
from hydrogen.operations.view import plain_state, printers_seen_by
from hydrogen.web.answer import json_answer
from hydrogen.web.door import grant_of
from hydrogen.web.endpoint import Endpoint, Good

TAG = "state"


class StateRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="state.show",
                method="GET",
                path="/api/state",
                handler=self.state,
                tag=TAG,
                summary="Tell everything that is true now",
                scope="read",
                answers={200: Good(summary="The snapshot", schema=_reference("Snapshot"))},
            ),
            Endpoint(
                name="printers.list",
                method="GET",
                path="/api/printers",
                handler=self.printers,
                tag=TAG,
                summary="Tell what every printer is doing",
                scope="read",
                answers={200: Good(summary="The printers by name", schema=_reference("Printers"))},
            ),
            Endpoint(
                name="printers.show",
                method="GET",
                path="/api/printers/{name}",
                handler=self.printer,
                tag=TAG,
                summary="Tell what a printer is doing",
                scope="read",
                answers={200: Good(summary="The printer", schema=_reference("PrinterState"))},
                errors=(NotFound,),
            ),
        ]

    async def state(self, request: Request) -> Response:
        """`{"epoch","seq","state"}`, as the WebSocket's snapshot. `?since=<epoch>.<seq>` there goes on behind it."""
        snapshot, state = self._seen(request)
        return json_answer({"epoch": snapshot.epoch, "seq": snapshot.seq, "state": state})

    async def printers(self, request: Request) -> Response:
        """`{"printers": {NAME: {...}}}`: all that the caller may see, each with its status, heaters, job."""
        _, state = self._seen(request)
        return json_answer({"printers": state["printers"]})

    async def printer(self, request: Request) -> Response:
        """One of them, as the snapshot has it."""
        name = str(request.path_params["name"])
        printers = self._seen(request)[1]["printers"]
        if name not in printers:
            raise NotFound(f"unknown printer {name[:64]!r}", printer=name[:64])
        return json_answer(printers[name])

    def _seen(self, request: Request) -> tuple[Snapshot, dict[str, Any]]:
        snapshot = self._context.snapshot()
        return snapshot, plain_state(printers_seen_by(grant_of(request).principal), snapshot.state)


def _reference(name: str) -> dict[str, Any]:
    """What openapi.py defines for all documents."""
    return {"$ref": f"#/components/schemas/{name}"}
