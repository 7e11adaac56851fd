"""A fleet that does what the test says, and a way to call an operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydrogen.auth.principal import Principal
from hydrogen.errors import HydrogenError, InvalidMessage, NotFound
from hydrogen.jobs.store import HistoryFilter
from hydrogen.operations.operation import Call, Operation, PrinterFleet
from hydrogen.spooler.request import RecoverJob, Request, StartJob

OWNER = Principal(name="owner")


class WillingFleet:
    """Remembers every request; answers `result`, or raises what `failures` has for the printer."""

    def __init__(self, *names: str) -> None:
        self.names: tuple[str, ...] = names or ("ender3",)
        self.requests: list[tuple[str, Request]] = []
        self.result: Mapping[str, Any] = {}
        self.switched: list[tuple[str, bool, str, bool]] = []
        self.failures: dict[str, HydrogenError] = {}

    async def switch_power(
        self, printer: str, *, is_on: bool, actor: str, is_forced: bool = False
    ) -> Mapping[str, Any]:
        self.switched.append((printer, is_on, actor, is_forced))
        if printer in self.failures:
            raise self.failures[printer]
        return {"power": "on" if is_on else "off"}

    def resolve(self, printer: str | None) -> str:
        if printer is None and len(self.names) == 1:
            return self.names[0]
        if printer is None:
            raise InvalidMessage("say which printer", field="printer")
        if printer not in self.names:
            raise NotFound(f"unknown printer {printer!r}")
        return printer

    async def request(self, printer: str, request: Request) -> Mapping[str, Any]:
        self.requests.append((printer, request))
        if printer in self.failures:
            raise self.failures[printer]
        return self.result


class DirectStarter:
    """Hands a person's start to the fleet, as the queue does."""

    def __init__(self, fleet: PrinterFleet) -> None:
        self._fleet = fleet

    async def start_now(self, printer: str, request: StartJob) -> Mapping[str, Any]:
        return await self._fleet.request(printer, request)

    async def recover_now(self, printer: str, request: RecoverJob) -> Mapping[str, Any]:
        return await self._fleet.request(printer, request)


class Ledger:
    """Two jobs, one receipt; remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, HistoryFilter]] = []

    async def history(self, limit: int, wanted: HistoryFilter) -> list[dict[str, Any]]:
        self.asked.append((limit, wanted))
        return [{"job": "2", "printer": "ender3"}, {"job": "1", "printer": "voron"}][:limit]

    async def job(self, job: str) -> Mapping[str, Any] | None:
        return next((one for one in await self.history(9, HistoryFilter()) if one["job"] == job), None)

    async def receipt(self, job: str) -> tuple[str, dict[str, Any]] | None:
        return ("voron", {"job": "1", "outcome": "completed"}) if job == "1" else None


def named(operations: list[Operation], name: str) -> Operation:
    return next(operation for operation in operations if operation.name == name)


async def call(
    operation: Operation,
    params: Mapping[str, Any] | None = None,
    *,
    printer: str | None = "ender3",
    principal: Principal = OWNER,
    key: str | None = None,
) -> Mapping[str, Any]:
    """Call the handler as the registry does, with params that are valid."""
    checked = operation.params.model_validate(dict(params or {}))
    return await operation.handler(Call(principal=principal, printer=printer, params=checked, idempotency_key=key))
