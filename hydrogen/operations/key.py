"""Operations on the keys that are stored: who may come in, and with which rights."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field

from hydrogen.auth.key_store import KeyRecord
from hydrogen.auth.keys import ApiKey
from hydrogen.auth.principal import SCOPES
from hydrogen.errors import Forbidden, NotFound
from hydrogen.model.codec import iso_time, time_from_iso
from hydrogen.operations.app_key import PrinterName, ScopeName, rights_to_give
from hydrogen.operations.operation import Call, NoParams, Operation, Params

KeyName = Annotated[str, Field(min_length=1, max_length=64)]


class CreateKeyParams(Params):
    name: KeyName
    scopes: Annotated[list[ScopeName], Field(min_length=1, max_length=len(SCOPES))]
    printers: Annotated[list[PrinterName] | None, Field(max_length=100)] = None
    expires_at: Annotated[str, Field(max_length=40)] | None = None


class RevokeKeyParams(Params):
    id: Annotated[str, Field(min_length=1, max_length=40)]


class KeyShelf(Protocol):
    """What these operations need of the stored keys. Every method blocks, and raises FileUnreadable, HostError."""

    def records(self) -> Sequence[KeyRecord]: ...

    def create(
        self,
        name: str,
        *,
        scopes: frozenset[str],
        printers: frozenset[str] | None = None,
        created_at: float,
        expires_at: float | None = None,
    ) -> tuple[ApiKey, KeyRecord]: ...

    def revoke(self, name_or_id: str) -> KeyRecord: ...


class KeyOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(
        self, shelf: KeyShelf, *, on_changed: Callable[[], Awaitable[None]], wall: Callable[[], float]
    ) -> None:
        """on_changed: lets the house know; the change counts when it returns."""
        self._shelf = shelf
        self._on_changed = on_changed
        self._wall = wall

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The stored keys without the keys, the oldest first: `{"keys": [{"id", "name", "scopes", "printers", "created_at",
        "expires_at"}]}`.

        `printers` null: all. Keys of the configuration are not among them. Needs the scope `admin`, though it changes nothing.
        """
        must_be_admin(call, "key.list")
        records = await asyncio.to_thread(self._shelf.records)
        return {"keys": [_shown(record) for record in sorted(records, key=lambda one: one.created_at)]}

    async def create(self, call: Call) -> Mapping[str, Any]:
        """Make a key: `{"key", "id", "name", "scopes", "printers", "created_at", "expires_at"}`. `key` is told this once only.

        Nobody can give what he has not: `forbidden`. `conflict` for a name that is taken. `expires_at`: ISO 8601 with a zone.
        """
        wish: CreateKeyParams = call.params
        scopes, printers = rights_to_give(call.principal, wish.scopes, wish.printers)
        expires_at = None if wish.expires_at is None else time_from_iso(wish.expires_at)
        made, record = await asyncio.to_thread(
            lambda: self._shelf.create(
                wish.name, scopes=scopes, printers=printers, created_at=self._wall(), expires_at=expires_at
            )
        )
        await self._on_changed()
        return {"key": made.key, **_shown(record)}

    async def revoke(self, call: Call) -> Mapping[str, Any]:
        """Take a key away for good, with its sessions and open connections: `{"id", "name"}`. `not_found` for one that is not
        stored, `forbidden` for one with rights that the caller has not."""
        wanted = call.params.id
        records = await asyncio.to_thread(self._shelf.records)
        found = next((record for record in records if record.id == wanted), None)
        if found is None:
            raise NotFound(f"no stored key has the id {wanted!r}", id=wanted)
        rights_to_give(call.principal, found.scopes, found.printers)
        gone = await asyncio.to_thread(self._shelf.revoke, found.id)
        await self._on_changed()
        return {"id": gone.id, "name": gone.name}


def must_be_admin(call: Call, operation: str) -> None:
    """For what only administrators may read, without a record of each time they look. Raises Forbidden."""
    if not call.principal.may("admin"):
        raise Forbidden(f"{operation} needs the scope 'admin'", operation=operation, scope="admin")


def _shown(record: KeyRecord) -> Mapping[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "scopes": list(record.scopes),
        "printers": None if record.printers is None else list(record.printers),
        "created_at": iso_time(record.created_at),
        "expires_at": None if record.expires_at is None else iso_time(record.expires_at),
    }


def key_operations(
    shelf: KeyShelf, *, on_changed: Callable[[], Awaitable[None]], wall: Callable[[], float]
) -> list[Operation]:
    """All operations of this module, bound to `shelf`."""
    does = KeyOperations(shelf, on_changed=on_changed, wall=wall)
    return [
        Operation(name="key.list", params=NoParams, scope="read", summary="List the stored keys", handler=does.list),
        Operation(name="key.create", params=CreateKeyParams, scope="admin", summary="Make a key", handler=does.create),
        Operation(
            name="key.revoke", params=RevokeKeyParams, scope="admin", summary="Revoke a key", handler=does.revoke
        ),
    ]
