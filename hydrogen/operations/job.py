"""Operations on jobs: one file on its way through one printer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from hydrogen.model.codec import plain
from hydrogen.operations.operation import (
    Call,
    FileShelf,
    Handler,
    JobIdSource,
    JobLedger,
    NoParams,
    Operation,
    Params,
    PrinterFleet,
)
from hydrogen.spooler.request import CancelJob, PauseJob, ResumeJob, StartJob


class StartParams(Params):
    file: Annotated[str, Field(min_length=1, max_length=1024)]


class CancelParams(Params):
    reason: Annotated[str, Field(max_length=200)] = ""


class HistoryParams(Params):
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class JobOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, fleet: PrinterFleet, files: FileShelf, ids: JobIdSource, ledger: JobLedger | None) -> None:
        self._fleet = fleet
        self._files = files
        self._ids = ids
        self._ledger = ledger

    async def start(self, call: Call) -> Mapping[str, Any]:
        """Print a file of the files folder. Answered once the file was checked from end to end and printing begins:

        `{"job", "lines_total", "bytes_total", "layers_total"}`. `not_found` for a missing file, `file_rejected` for one that
        must not be printed, `conflict` unless the printer is idle.
        """
        file = call.params.file
        path = await asyncio.to_thread(self._files.resolve, file)
        job = self._ids.new()
        request = StartJob(job=job, path=str(path), file=file, actor=call.actor, idempotency_key=call.repeat_key)
        return {"job": job, **await self._fleet.request(call.target, request)}

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
        """The last jobs of the printers the caller may see, newest first: `{"jobs": [...]}`."""
        if self._ledger is None:
            return {"jobs": []}
        jobs = [plain(job) for job in await self._ledger.history(call.params.limit)]
        return {"jobs": [job for job in jobs if call.principal.may_reach(job.get("printer"))]}


def job_operations(
    fleet: PrinterFleet, files: FileShelf, ids: JobIdSource, ledger: JobLedger | None = None
) -> list[Operation]:
    """All operations of this module. Without a ledger there is no `job.history`."""
    does = JobOperations(fleet, files, ids, ledger)

    def declare(name: str, params: type[Params], summary: str, handler: Handler) -> Operation:
        return Operation(
            name=f"job.{name}", params=params, scope="print", summary=summary, handler=handler, needs_printer=True
        )

    operations = [
        declare("start", StartParams, "Print a file", does.start),
        declare("pause", NoParams, "Pause the job", does.pause),
        declare("resume", NoParams, "Resume the job", does.resume),
        declare("cancel", CancelParams, "Cancel the job", does.cancel),
    ]
    if ledger is not None:
        operations.append(
            Operation(
                name="job.history", params=HistoryParams, scope="read", summary="List past jobs", handler=does.history
            )
        )
    return operations
