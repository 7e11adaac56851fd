"""All operations of the house, and the one way to carry one out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hydrogen.auth.audit import AuditEntry
from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.auth.rate_limit import RateLimit
from hydrogen.errors import Forbidden, HydrogenError, NotFound
from hydrogen.operations.codec import describe, digest_of, model_from_plain
from hydrogen.operations.freshness import Freshness
from hydrogen.operations.operation import AuditTrail, Call, Operation, PrinterFleet
from hydrogen.operations.repeat import RepeatMemory


class Registry:
    """Finds, checks, carries out. Every surface comes through here, so that all have the same rights and refusals."""

    def __init__(
        self,
        operations: Iterable[Operation],
        *,
        fleet: PrinterFleet,
        repeats: RepeatMemory,
        freshness: Freshness | None = None,
        limit: RateLimit | None = None,
        audit: AuditTrail | None = None,
    ) -> None:
        """freshness: looks at `issued_at`; None for a house that does not. limit: how many commands a principal may give,
        urgent ones apart; None for as many as it likes. audit: where every attempt to change something is recorded; None for
        a house without a record.

        Raises ValueError for two operations of one name, or a scope that does not exist.
        """
        by_name: dict[str, Operation] = {}
        for operation in operations:
            if operation.name in by_name or operation.scope not in SCOPES:
                raise ValueError(f"operation {operation.name} (scope {operation.scope}) cannot be registered")
            by_name[operation.name] = operation
        self._operations: Mapping[str, Operation] = MappingProxyType(by_name)
        self._fleet = fleet
        self._repeats = repeats
        self._audit = audit
        self._freshness = freshness
        self._limit = limit

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._operations)

    def get(self, name: str) -> Operation:
        """Raises NotFound."""
        operation = self._operations.get(name)
        if operation is None:
            raise NotFound(f"unknown operation {name[:100]!r}", operation=name[:100])
        return operation

    def is_urgent(self, name: str) -> bool:
        """Must this one never wait? False for an unknown name."""
        operation = self._operations.get(name)
        return operation is not None and operation.is_urgent

    def describe(self) -> Sequence[Mapping[str, Any]]:
        """Every operation with its parameters as a JSON schema."""
        return [describe(operation) for operation in self._operations.values()]

    async def execute(
        self,
        principal: Principal,
        name: str,
        printer: str | None,
        params: object,
        idempotency_key: str | None = None,
        issued_at: str | None = None,
        *,
        source: str = "",
    ) -> Mapping[str, Any]:
        """Carry it out and return its result (JSON values). source: for the audit log, the surface and the address.

        params: decoded JSON, checked here. A key that is known wins over an `issued_at` that has grown old.

        Raises NotFound (operation, printer), Forbidden (scope, printer), InvalidMessage (details `field`, `reason`,
        `limit`), RateLimited, Replayed, Conflict, Unavailable, or what the printer's side raised.
        """
        operation = self.get(name)
        end = self._begin_record(operation, principal, printer, params, source)
        try:
            result = await self._carry_out(operation, principal, printer, params, idempotency_key, issued_at)
        except HydrogenError as error:
            end(error.code)
            raise
        except BaseException:
            end("broken_off")  # cancelled, out of time, or a defect: whether it happened is not known
            raise
        end("ok")
        return result

    def _begin_record(
        self, operation: Operation, principal: Principal, printer: str | None, params: object, source: str
    ) -> Callable[[str], None]:
        if self._audit is None or not operation.is_mutating:
            return _nowhere
        given = params if isinstance(params, Mapping) else {}
        entry = AuditEntry(actor=principal.name, source=source, action=operation.name, printer=printer, params=given)
        return self._audit.begin(entry)

    async def _carry_out(
        self,
        operation: Operation,
        principal: Principal,
        printer: str | None,
        params: object,
        idempotency_key: str | None,
        issued_at: str | None,
    ) -> Mapping[str, Any]:
        name = operation.name
        if self._limit is not None and not operation.is_urgent:
            self._limit.take(principal.name)
        if not principal.may(operation.scope):
            raise Forbidden(f"{name} needs the scope {operation.scope!r}", operation=name, scope=operation.scope)
        checked = model_from_plain(operation.params, params, what=name)
        target = self._target_of(operation, principal, printer)
        call = Call(principal=principal, printer=target, params=checked, idempotency_key=idempotency_key)
        if operation.is_urgent:
            return await operation.handler(call)
        is_known = idempotency_key is not None and self._repeats.knows(principal.name, idempotency_key)
        if self._freshness is not None and not is_known:
            self._freshness.check(issued_at)
        if idempotency_key is None:
            return await operation.handler(call)
        digest = digest_of(operation, target, checked)
        return await self._repeats.once(
            principal.name,
            idempotency_key,
            digest,
            lambda: operation.handler(call),
            is_lasting=operation.is_lasting,
        )

    def _target_of(self, operation: Operation, principal: Principal, printer: str | None) -> str | None:
        if printer is None and not operation.needs_printer:
            return None
        target = self._fleet.resolve(printer)
        if not principal.may_reach(target):
            raise Forbidden(f"printer {target!r} is not yours to control", printer=target)
        return target


def _nowhere(_result: str) -> None:
    """Where the end of something is told that nobody records."""
