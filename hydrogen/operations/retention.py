"""Operations on what is kept on the disk, and for how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from hydrogen.model.codec import iso_time
from hydrogen.operations.operation import Call, Operation, Params
from hydrogen.retention.keeper import Report

MOST_TOLD = 400
"""Deletions in one answer, so that it fits a frame; the figures are of all."""


class RetentionParams(Params):
    apply: bool = False


class Housekeeper(Protocol):
    """What operations need of the retention."""

    async def survey(self) -> Report: ...

    async def apply(self) -> Report: ...


class RetentionOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, keeper: Housekeeper) -> None:
        self._keeper = keeper

    async def retention(self, call: Call) -> Mapping[str, Any]:
        """What would be deleted by the limits of `[retention]`, and why; with `apply` it is deleted now: `{"applied",
        "deletions": [{"kind", "name", "size_bytes", "touched_at", "reason"}], "count", "bytes", "needed", "failed"}`.

        At most 400 deletions are told, the oldest first; `count` and `bytes` are of all. `needed`: how many more would go if
        no job, queue or recovery needed them.
        """
        report = await (self._keeper.apply() if call.params.apply else self._keeper.survey())
        return {
            "applied": call.params.apply,
            "deletions": [
                {
                    "kind": deletion.item.kind,
                    "name": deletion.item.name,
                    "size_bytes": deletion.item.size_bytes,
                    "touched_at": iso_time(deletion.item.touched_at),
                    "reason": deletion.reason,
                }
                for deletion in report.deletions[:MOST_TOLD]
            ],
            "count": len(report.deletions),
            "bytes": report.freed_bytes,
            "needed": report.needed,
            "failed": list(report.failed),
        }


def retention_operations(keeper: Housekeeper) -> list[Operation]:
    """All operations of this module, bound to `keeper`."""
    does = RetentionOperations(keeper)
    return [
        Operation(
            name="system.retention",
            params=RetentionParams,
            scope="admin",
            summary="Show what is to be deleted, or delete it",
            handler=does.retention,
        )
    ]
