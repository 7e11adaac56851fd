"""Operations on the service itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from hydrogen.errors import Conflict
from hydrogen.operations.operation import Call, NoParams, Operation, StatusSource


class HostHands(Protocol):
    """What can be done to the host."""

    @property
    def actions(self) -> tuple[str, ...]: ...

    async def perform(self, action: str) -> None:
        """Raises NotFound, HostError."""


class SystemOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, status: StatusSource) -> None:
        self._status = status

    async def status(self, call: Call) -> Mapping[str, Any]:
        """The status document, as the status frame has it; the long part only for the scope `admin`."""
        return self._status.build(is_long=call.principal.may("admin"))


class HostOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, hands: HostHands, is_printing: Callable[[], Sequence[str]]) -> None:
        """is_printing: the printers that have a job."""
        self._hands = hands
        self._is_printing = is_printing

    async def actions(self, _call: Call) -> Mapping[str, Any]:
        """What can be asked of the host: `{"actions": ["restart", ...]}`."""
        return {"actions": list(self._hands.actions)}

    async def restart(self, _call: Call) -> Mapping[str, Any]:
        """Begin the service anew, half a second after the answer; what prints, prints on."""
        await self._hands.perform("restart")
        return {}

    async def shutdown(self, _call: Call) -> Mapping[str, Any]:
        """Turn the host off, by the configured program. `conflict` while anything prints, `not_found` where there is none."""
        return await self._turn_off("shutdown")

    async def reboot(self, _call: Call) -> Mapping[str, Any]:
        """Start the host anew, by the configured program. Refused as `system.shutdown`."""
        return await self._turn_off("reboot")

    async def _turn_off(self, action: str) -> Mapping[str, Any]:
        printing = self._is_printing()
        if action in self._hands.actions and printing:
            raise Conflict(f"{', '.join(printing)} would lose a job", printers=list(printing))
        await self._hands.perform(action)
        return {}


def host_operations(hands: HostHands, is_printing: Callable[[], Sequence[str]]) -> list[Operation]:
    """What can be done to the host."""
    does = HostOperations(hands, is_printing)
    told = Operation(
        name="system.actions", params=NoParams, scope="read", summary="List what the host can do", handler=does.actions
    )
    wishes = (
        ("restart", "Begin the service anew", does.restart),
        ("shutdown", "Turn the host off", does.shutdown),
        ("reboot", "Start the host anew", does.reboot),
    )
    return [
        told,
        *(
            Operation(name=f"system.{name}", params=NoParams, scope="admin", summary=summary, handler=handler)
            for name, summary, handler in wishes
        ),
    ]


def system_operations(status: StatusSource) -> list[Operation]:
    """All operations of this module, bound to `status`."""
    does = SystemOperations(status)
    return [
        Operation(
            name="system.status", params=NoParams, scope="read", summary="Describe the service", handler=does.status
        )
    ]
