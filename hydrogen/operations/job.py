"""Operations on jobs: one file on its way through one printer, and what became of those before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from hydrogen.errors import NotFound
from hydrogen.jobs.store import HistoryFilter
from hydrogen.model.codec import plain
from hydrogen.operations.operation import (
    Call,
    FileShelf,
    Handler,
    JobIdSource,
    NoParams,
    Operation,
    Params,
    PrinterFleet,
)
from hydrogen.spooler.request import CancelJob, PauseJob, ResumeJob, StartJob

JobId = Annotated[str, Field(min_length=1, max_length=100)]


class StartParams(Params):
    file: Annotated[str, Field(min_length=1, max_length=1024)]


class CancelParams(Params):
    reason: Annotated[str, Field(max_length=200)] = ""


class HistoryParams(Params):
    limit: Annotated[int, Field(ge=1, le=500)] = 50
    outcome: Literal["printing", "completed", "cancelled", "failed", "interrupted"] | None = None
    before: JobId | None = None
    file: Annotated[str, Field(min_length=1, max_length=1024)] | None = None


class JobParams(Params):
    job: JobId


class JobStarter(Protocol):
    """What a person's start needs of the queue."""

    async def start_now(self, printer: str, request: StartJob) -> Mapping[str, Any]:
        """Take the bed, then ask the spooler. Raises Conflict, and what the spooler raises."""


class JobLedger(Protocol):
    """What operations need of the record of jobs."""

    async def history(self, limit: int, wanted: HistoryFilter) -> list[dict[str, Any]]:
        """The last jobs, newest first, as JSON values."""

    async def job(self, job: str) -> Mapping[str, Any] | None:
        """One of them; None for one that nobody knows."""

    async def receipt(self, job: str) -> tuple[str, dict[str, Any]] | None:
        """The printer and the receipt as JSON values; None for a job that has none."""


class JobOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(
        self, fleet: PrinterFleet, files: FileShelf, ids: JobIdSource, starter: JobStarter, ledger: JobLedger
    ) -> None:
        self._fleet = fleet
        self._files = files
        self._ids = ids
        self._starter = starter
        self._ledger = ledger

    async def start(self, call: Call) -> Mapping[str, Any]:
        """Print a file of the files folder now. Answered once the file was checked from end to end and printing begins:

        `{"job", "lines_total", "bytes_total", "layers_total"}`. Who starts a job by hand says with it that the bed is clear.
        `not_found` for a missing file, `file_rejected` for one that must not be printed, `conflict` unless the printer is idle.
        """
        path = await asyncio.to_thread(self._files.resolve, call.params.file)
        file = await asyncio.to_thread(self._files.name_of, call.params.file)
        job = self._ids.new()
        request = StartJob(job=job, path=str(path), file=file, actor=call.actor, idempotency_key=call.repeat_key)
        return {"job": job, **await self._starter.start_now(call.target, request)}

    async def pause(self, call: Call) -> Mapping[str, Any]:
        """Stop at a line border and keep the heat. The job is paused when the event says so."""
        return await self._fleet.request(call.target, PauseJob(actor=call.actor, idempotency_key=call.repeat_key))

    async def resume(self, call: Call) -> Mapping[str, Any]:
        """Go on with a paused job."""
        return await self._fleet.request(call.target, ResumeJob(actor=call.actor, idempotency_key=call.repeat_key))

    async def cancel(self, call: Call) -> Mapping[str, Any]:
        """End the job for good. `reason` is kept with it."""
        request = CancelJob(reason=call.params.reason, actor=call.actor, idempotency_key=call.repeat_key)
        return await self._fleet.request(call.target, request)

    async def history(self, call: Call) -> Mapping[str, Any]:
        """The last jobs of the printers the caller may see, newest first: `{"jobs": [...], "next"}`.

        Of one printer if it is named, with one outcome (also `printing`: not over) and of one `file` if they are given. `next`
        is null on the last page, else the `before` of the following one.
        """
        wish = call.params
        wanted = HistoryFilter(
            printer=call.printer,
            file=wish.file,
            state=wish.outcome,
            before=wish.before,
            printers=call.principal.printers,
        )
        jobs = [plain(job) for job in await self._ledger.history(wish.limit, wanted)]
        return {"jobs": jobs, "next": jobs[-1]["job"] if len(jobs) == wish.limit else None}

    async def show(self, call: Call) -> Mapping[str, Any]:
        """One job, past or under way, as the history has it: `{"job": {...}}`. `not_found` for one that nobody knows."""
        found = await self._ledger.job(call.params.job)
        if found is None or not call.principal.may_reach(found["printer"]):
            raise NotFound(f"there is no job {call.params.job!r}", job=call.params.job)
        return {"job": plain(found)}

    async def receipt(self, call: Call) -> Mapping[str, Any]:
        """What really happened in a job that is over: `{"printer", "receipt": {...}}`. `not_found` for one that has none."""
        found = await self._ledger.receipt(call.params.job)
        if found is None or not call.principal.may_reach(found[0]):
            raise NotFound(f"there is no receipt of job {call.params.job!r}", job=call.params.job)
        return {"printer": found[0], "receipt": found[1]}


def job_operations(
    fleet: PrinterFleet, files: FileShelf, ids: JobIdSource, starter: JobStarter, ledger: JobLedger
) -> list[Operation]:
    """All operations of this module."""
    does = JobOperations(fleet, files, ids, starter, ledger)

    def declare(
        name: str, params: type[Params], summary: str, handler: Handler, *, is_lasting: bool = False
    ) -> Operation:
        return Operation(
            name=f"job.{name}",
            params=params,
            scope="print",
            summary=summary,
            handler=handler,
            needs_printer=True,
            is_lasting=is_lasting,
        )

    return [
        declare("start", StartParams, "Print a file", does.start, is_lasting=True),
        declare("pause", NoParams, "Pause the job", does.pause),
        declare("resume", NoParams, "Resume the job", does.resume),
        declare("cancel", CancelParams, "Cancel the job", does.cancel),
        Operation(
            name="job.history", params=HistoryParams, scope="read", summary="List past jobs", handler=does.history
        ),
        Operation(name="job.show", params=JobParams, scope="read", summary="Show a job", handler=does.show),
        Operation(
            name="job.receipt", params=JobParams, scope="read", summary="Show a job's receipt", handler=does.receipt
        ),
    ]
