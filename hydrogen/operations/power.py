"""Operations on a printer's power."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydrogen.errors import Forbidden
from hydrogen.operations.operation import Call, NoParams, Operation, Params, PrinterFleet


class PowerOffParams(Params):
    force: bool = False


class PowerOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, fleet: PrinterFleet) -> None:
        self._fleet = fleet

    async def turn_on(self, call: Call) -> Mapping[str, Any]:
        """Switch the printer on: `{"power": "on"}`. `not_found` where nothing does, `conflict` while there is a job."""
        return await self._fleet.switch_power(call.target, is_on=True, actor=call.actor)

    async def turn_off(self, call: Call) -> Mapping[str, Any]:
        """Switch the printer off: `{"power": "off"}`. `not_found` where nothing does, `conflict` while there is a job. With
        `force` also then, for callers with the scope `emergency`: the job is lost, and a hot nozzle's fan stands still."""
        is_forced = call.params.force
        if is_forced and not call.principal.may("emergency"):
            raise Forbidden("to cut the power of a printer with a job needs the scope emergency", scope="emergency")
        return await self._fleet.switch_power(call.target, is_on=False, actor=call.actor, is_forced=is_forced)


def power_operations(fleet: PrinterFleet) -> list[Operation]:
    """All operations of this module."""
    does = PowerOperations(fleet)
    return [
        Operation(
            name="power.on",
            params=NoParams,
            scope="control",
            summary="Switch the printer on",
            handler=does.turn_on,
            needs_printer=True,
        ),
        Operation(
            name="power.off",
            params=PowerOffParams,
            scope="control",
            summary="Switch the printer off",
            handler=does.turn_off,
            needs_printer=True,
        ),
    ]
