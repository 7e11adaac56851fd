"""Operations on the log of the service and of its spoolers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Protocol

from pydantic import Field

from hydrogen.core.log_ring import LogLine, LogWish
from hydrogen.model.codec import time_from_iso
from hydrogen.operations.operation import Call, Operation, Params

MOST_LINES = 500
"""In one answer."""


class LogParams(Params):
    level: Literal["debug", "info", "warning", "error"] = "debug"
    part: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    since: Annotated[str, Field(max_length=40)] | None = None
    after: Annotated[int, Field(ge=0)] | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_LINES)] = 200


class LogShelf(Protocol):
    """What operations need of the log."""

    @property
    def number(self) -> int: ...

    def lines(self, wish: LogWish, *, limit: int) -> Sequence[LogLine]: ...


class LogOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, shelf: LogShelf) -> None:
        self._shelf = shelf

    async def logs(self, call: Call) -> Mapping[str, Any]:
        """The last lines of the service's and the spoolers' logs, the oldest first, without secrets:
        `{"lines": [{"number", "at", "level", "event", "part", "printer", "fields"}], "number"}`.

        `level`: this one and what is more important. `part`: `service`, `spooler`, or a part of the service that lines name.
        `since`: a time in ISO 8601 with a zone. `after`: the `number` of an earlier answer, for those who ask again and again.
        With `printer` only lines about that one. What is kept is bounded, and begins anew with the service.
        """
        params: LogParams = call.params
        wish = LogWish(
            level=params.level,
            part=params.part,
            printer=call.printer,
            since=None if params.since is None else time_from_iso(params.since),
            after=params.after,
            may_reach=call.principal.may_reach,
        )
        lines = self._shelf.lines(wish, limit=params.limit)
        return {"lines": [line.as_plain() for line in lines], "number": self._shelf.number}


def log_operations(shelf: LogShelf) -> list[Operation]:
    """All operations of this module, bound to `shelf`."""
    does = LogOperations(shelf)
    return [
        Operation(
            name="system.logs", params=LogParams, scope="admin", summary="Show the last log lines", handler=does.logs
        )
    ]
