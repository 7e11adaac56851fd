"""The operation that reads the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field

from hydrogen.auth.audit_files import AuditPage, AuditWish
from hydrogen.operations.key import must_be_admin
from hydrogen.operations.operation import Call, Operation, Params

MOST_RECORDS = 200
"""In one answer."""

Text = Annotated[str, Field(min_length=1, max_length=100)]


class AuditParams(Params):
    limit: Annotated[int, Field(ge=1, le=MOST_RECORDS)] = 50
    before: Annotated[int, Field(ge=1)] | None = None
    actor: Text | None = None
    action: Text | None = None


class AuditShelf(Protocol):
    """What this operation needs of the audit log."""

    def newest(self, wish: AuditWish, limit: int) -> AuditPage:
        """Blocks. Raises FileUnreadable."""


class AuditOperations:
    """The handler; what it promises to clients is its docstring."""

    def __init__(self, shelf: AuditShelf) -> None:
        self._shelf = shelf

    async def list(self, call: Call) -> Mapping[str, Any]:
        """Who did what, the newest first: `{"records": [{"n", "at", "actor", "source", "action", "printer", "params",
        "result"}], "next"}`.

        Of one printer if it is named, of one `actor`, of actions that begin with `action`, if they are given. `next` is null
        where the log begins, else the `before` of the following page; a page may be empty where little fits. Records of
        printers that the caller may not reach are left out. Whether the log is whole tells `hydrogen audit verify`. Needs the
        scope `admin`, though it changes nothing.
        """
        must_be_admin(call, "audit.list")
        wish: AuditParams = call.params
        wanted = AuditWish(
            before=wish.before,
            actor=wish.actor,
            action=wish.action or "",
            printer=call.printer,
            may_reach=call.principal.may_reach,
        )
        page = await asyncio.to_thread(self._shelf.newest, wanted, wish.limit)
        return {"records": [_shown(record) for record in page.records], "next": page.next}


def _shown(record: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: record.get(name) for name in SHOWN}


SHOWN: Sequence[str] = ("n", "at", "actor", "source", "action", "printer", "params", "result")
"""What a record has beside the chain's digests."""


def audit_operations(shelf: AuditShelf) -> list[Operation]:
    """All operations of this module, bound to `shelf`."""
    does = AuditOperations(shelf)
    return [
        Operation(name="audit.list", params=AuditParams, scope="read", summary="Read the audit log", handler=does.list),
    ]
