"""Operations on an interrupted job: see what recovering it would do, do it after approval, or give it up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from hydrogen.operations.operation import Call, Handler, JobIdSource, Operation, Params, PrinterFleet
from hydrogen.spooler.recovery.recovery_plan import StartAt
from hydrogen.spooler.request import DiscardRecovery, PlanRecovery, RecoverJob

JobName = Annotated[str, Field(min_length=1, max_length=100)]

Height = Annotated[float, Field(ge=-10, le=2000)]
"""mm in the file's coordinates; a nozzle may stand a little below a bed that was shifted by G92."""


class PlanParams(Params):
    job: JobName
    start: Literal["record", "layer", "line", "height"] = "record"
    line: Annotated[int, Field(ge=1)] | None = None
    height_mm: Height | None = None
    z_mm: Height | None = None


class RecoverParams(PlanParams):
    plan_digest: Annotated[str, Field(min_length=1, max_length=64)]


class DiscardParams(Params):
    job: JobName


class JobRecoverer(Protocol):
    """What taking a job up again needs of the queue."""

    async def recover_now(self, printer: str, request: RecoverJob) -> Mapping[str, Any]:
        """Take the bed, then ask the spooler. Raises Conflict, and what the spooler raises."""


class RecoveryOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, fleet: PrinterFleet, ids: JobIdSource, starter: JobRecoverer) -> None:
        self._fleet = fleet
        self._ids = ids
        self._starter = starter

    async def plan(self, call: Call) -> Mapping[str, Any]:
        """What recovering an interrupted job would do. Nothing is sent.

        `start` chooses where: `record` (the last place on disk), `layer` (the beginning of its layer), `line` or `height_mm`;
        `z_mm` is how high the nozzle stands, where somebody measured it. The answer has `digest`, `line`, `layer`, `z_mm`,
        `doubt` (the print stopped between these lines), `options`, `steps` (every command with its reason), `warnings`.
        `conflict` where nobody knows enough, `file_rejected` when the file is another one now.
        """
        params: PlanParams = call.params
        request = PlanRecovery(
            job=params.job,
            start=StartAt(params.start),
            line=params.line,
            height_mm=params.height_mm,
            z_mm=params.z_mm,
            actor=call.actor,
        )
        return await self._fleet.request(call.target, request)

    async def recover(self, call: Call) -> Mapping[str, Any]:
        """Carry out the plan with this `plan_digest`, as a new job: `{"job", "continues", "lines_total", …}`.

        It takes the bed, on which what was printed lies. The choice must be the plan's. `conflict` unless the printer is idle,
        and when anything changed since the plan was shown; then nothing was sent.
        """
        params: RecoverParams = call.params
        job = self._ids.new()
        request = RecoverJob(
            job=params.job,
            new_job=job,
            plan_digest=params.plan_digest,
            start=StartAt(params.start),
            line=params.line,
            height_mm=params.height_mm,
            z_mm=params.z_mm,
            actor=call.actor,
            idempotency_key=call.repeat_key,
        )
        return {"job": job, **await self._starter.recover_now(call.target, request)}

    async def discard(self, call: Call) -> Mapping[str, Any]:
        """Throw away what was kept of an interrupted job. `not_found` if there is no such job."""
        request = DiscardRecovery(job=call.params.job, actor=call.actor, idempotency_key=call.repeat_key)
        return await self._fleet.request(call.target, request)


def recovery_operations(fleet: PrinterFleet, ids: JobIdSource, starter: JobRecoverer) -> list[Operation]:
    """All operations of this module."""
    does = RecoveryOperations(fleet, ids, starter)

    def declare(name: str, params: type[Params], summary: str, handler: Handler) -> Operation:
        return Operation(
            name=f"job.{name}", params=params, scope="print", summary=summary, handler=handler, needs_printer=True
        )

    return [
        declare("recovery_plan", PlanParams, "Show how an interrupted job would be recovered", does.plan),
        declare("recover", RecoverParams, "Recover an interrupted job as its plan says", does.recover),
        declare("discard_recovery", DiscardParams, "Give an interrupted job up", does.discard),
    ]
