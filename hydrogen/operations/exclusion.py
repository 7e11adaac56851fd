"""The operation that leaves an object out of a running print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Protocol

from pydantic import Field

from hydrogen.errors import Conflict, NotFound
from hydrogen.model.job import JobState
from hydrogen.operations.operation import Call, Operation, Params, PrinterFleet
from hydrogen.spooler.request import ExcludeObject

BY_FIRMWARE = frozenset({"m486", "exclude"})
"""Kinds of marks that a firmware acts on; the others are comments for people and hosts."""


class ExcludeParams(Params):
    object: Annotated[str, Field(min_length=1, max_length=120)]


class ObjectIndex(Protocol):
    """What this operation needs of the analyses."""

    async def info(self, path: str, printer: str | None) -> Mapping[str, Any]: ...


class ExclusionOperations:
    """The handler; what it promises to clients is its docstring."""

    def __init__(self, fleet: PrinterFleet, analyses: ObjectIndex, job_on: Callable[[str], JobState | None]) -> None:
        self._fleet = fleet
        self._analyses = analyses
        self._job_on = job_on

    async def exclude(self, call: Call) -> Mapping[str, Any]:
        """Leave an object out of the print from now on: `{"object", "name"}`. `object`: the `id` that `file.info` tells of it.

        For good: it cannot be taken back. The firmware does it (M486, Klipper's EXCLUDE_OBJECT), so the slicer must have marked
        the objects for the firmware; `conflict` where it has not, where the firmware does not know the command, and without a
        job. `not_found` for an object that the file has not.
        """
        job = self._job_on(call.target)
        if job is None:
            raise Conflict(f"{call.target} has no job", printer=call.target)
        found = await self._find(job.file, call.target, call.params.object)
        request = ExcludeObject(
            job=job.id,
            object=found["id"],
            name=found["name"],
            kind=found.get("kind", ""),
            actor=call.actor,
            idempotency_key=call.repeat_key,
        )
        await self._fleet.request(call.target, request)
        return {"object": found["id"], "name": found["name"]}

    async def _find(self, file: str, printer: str, wanted: str) -> Mapping[str, Any]:
        info = await self._analyses.info(file, printer)
        objects = (info.get("analysis") or {}).get("objects", ())
        found: Mapping[str, Any] | None = next((one for one in objects if one["id"] == wanted), None)
        if found is None:
            raise NotFound(f"{file} tells of no object {wanted[:80]!r}", object=wanted[:120])
        if found.get("kind", "") not in BY_FIRMWARE:
            raise Conflict(
                "the file marks its objects by comments, which no firmware reads: slice it again with object labels for "
                "the firmware (PrusaSlicer: Label objects, Firmware-specific)",
                object=wanted,
            )
        return found


def exclusion_operations(
    fleet: PrinterFleet, analyses: ObjectIndex, job_on: Callable[[str], JobState | None]
) -> list[Operation]:
    """All operations of this module."""
    does = ExclusionOperations(fleet, analyses, job_on)
    return [
        Operation(
            name="job.exclude_object",
            params=ExcludeParams,
            scope="print",
            summary="Leave an object out",
            handler=does.exclude,
            needs_printer=True,
            is_lasting=True,
        )
    ]
