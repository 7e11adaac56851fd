"""Operations on the service itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydrogen.operations.operation import Call, NoParams, Operation, StatusSource


class SystemOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, status: StatusSource) -> None:
        self._status = status

    async def status(self, call: Call) -> Mapping[str, Any]:
        """The status document, as the status frame has it; the long part only for the scope `admin`."""
        return self._status.build(is_long=call.principal.may("admin"))


def system_operations(status: StatusSource) -> list[Operation]:
    """All operations of this module, bound to `status`."""
    does = SystemOperations(status)
    return [
        Operation(
            name="system.status", params=NoParams, scope="read", summary="Describe the service", handler=does.status
        )
    ]
