"""`/api/jobs`: what was printed, and what really happened in it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import InvalidMessage, NotFound
from hydrogen.operations.job import JobId
from hydrogen.web.answer import json_answer
from hydrogen.web.command import Commander
from hydrogen.web.door import query_of
from hydrogen.web.endpoint import Endpoint, Good
from hydrogen.web.print_queue import PrinterName

TAG = "jobs"


class HistoryQuery(BaseModel):
    """Which past jobs."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    printer: PrinterName | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    outcome: Literal["printing", "completed", "cancelled", "failed", "interrupted"] | None = None
    before: JobId | None = None
    file: Annotated[str, Field(min_length=1, max_length=1024)] | None = None


class JobRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, commander: Commander) -> None:
        self._commander = commander

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="jobs.list",
                method="GET",
                path="/api/jobs",
                handler=self.list,
                tag=TAG,
                summary="List past jobs",
                scope="read",
                query=HistoryQuery,
                answers={200: Good(summary="A page of jobs, newest first")},
                errors=(InvalidMessage, NotFound),
                operation="job.history",
            ),
            Endpoint(
                name="jobs.show",
                method="GET",
                path="/api/jobs/{id}",
                handler=self.show,
                tag=TAG,
                summary="Show a job",
                scope="read",
                answers={200: Good(summary="The job")},
                errors=(InvalidMessage, NotFound),
                operation="job.show",
            ),
            Endpoint(
                name="jobs.receipt",
                method="GET",
                path="/api/jobs/{id}/receipt",
                handler=self.receipt,
                tag=TAG,
                summary="Show a job's receipt",
                scope="read",
                answers={200: Good(summary="The printer and the receipt")},
                errors=(InvalidMessage, NotFound),
                operation="job.receipt",
            ),
        ]

    async def list(self, request: Request) -> Response:
        """The last jobs, newest first. `next` is null on the last page, else the `before` of the following one."""
        query = query_of(request, HistoryQuery)
        params = query.model_dump(exclude={"printer"}, exclude_none=True)
        return json_answer(await self._commander.carry_out(request, "job.history", params, printer=query.printer))

    async def show(self, request: Request) -> Response:
        """One job, past or under way, as the history has it."""
        return json_answer(await self._commander.carry_out(request, "job.show", _named(request)))

    async def receipt(self, request: Request) -> Response:
        """What really happened in a job that is over."""
        return json_answer(await self._commander.carry_out(request, "job.receipt", _named(request)))


def _named(request: Request) -> dict[str, str]:
    return {"job": str(request.path_params["id"])}
