"""Operations on the machine's serial ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Protocol

from hydrogen.fleet.discovery import FoundPort
from hydrogen.operations.operation import Call, NoParams, Operation


class PortFinder(Protocol):
    """What operations need of the discovery."""

    async def look(self) -> Sequence[FoundPort]: ...


class PortOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, finder: PortFinder) -> None:
        self._finder = finder

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The serial ports of the machine, adapters first; nothing is opened for it: `{"ports": [{"path", "bind", "bound_by",
        "note", "identity", "vendor", "product", "serial_number", "socket", "by_id", "by_path", "words", "driver", "kind",
        "title", "printer", "advice", "in_use"}]}`.

        `bind` is what to write as a printer's `port`; `bound_by` tells what it rests on (`serial_number`, `socket`, `path`),
        `note` why it is not the serial number. `kind` is a guess: `printer`, `board`, `adapter`, `uart`, `unknown`. `printer`
        is the one that is configured to use the port, null where there is none or where the caller may not see it; `in_use`
        is true for both.
        """
        ports = []
        for port in await self._finder.look():
            told = asdict(port) | {"in_use": port.printer is not None}
            if not call.principal.may_reach(port.printer):
                told |= {"printer": None, "advice": ""}
            ports.append(told)
        return {"ports": ports}


def port_operations(finder: PortFinder) -> list[Operation]:
    """All operations of this module, bound to `finder`."""
    does = PortOperations(finder)
    return [
        Operation(
            name="port.list",
            params=NoParams,
            scope="read",
            summary="List the machine's serial ports and what uses them",
            handler=does.list,
        )
    ]
