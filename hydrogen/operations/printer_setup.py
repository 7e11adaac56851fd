"""Operations that add printers to the service, and take them out again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from pydantic import Field

from hydrogen.errors import Forbidden
from hydrogen.operations.operation import Call, NoParams, Operation, Params

Millimetres = Annotated[float, Field(gt=0, le=10_000)]


class AddPrinterParams(Params):
    """What can be told of a printer from afar. Nothing of it names a program: what runs programs is the owner's to write."""

    name: Annotated[str, Field(min_length=1, max_length=32)]
    port: Annotated[str, Field(min_length=1, max_length=200)]
    driver: Annotated[str, Field(min_length=1, max_length=40)] = "marlin"
    baud: Annotated[int, Field(ge=1200, le=10_000_000)] | None = None
    size_mm: Annotated[list[Millimetres], Field(min_length=3, max_length=3)] | None = None


class RemovePrinterParams(Params):
    name: Annotated[str, Field(min_length=1, max_length=32)]


class PrinterShelf(Protocol):
    """What these operations need of the configuration."""

    async def added(self) -> Mapping[str, Mapping[str, Any]]:
        """The tables of the added printers, by name. Raises ConfigurationInvalid."""

    async def add(self, name: str, table: Mapping[str, Any]) -> None:
        """Raises InvalidMessage, Conflict, HostError; then nothing has changed."""

    async def remove(self, name: str) -> None:
        """Raises NotFound, Conflict, HostError; then nothing has changed."""


class PrinterSetupOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, shelf: PrinterShelf) -> None:
        self._shelf = shelf

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The printers that were added by `printer.add`: `{"printers": [{"name", "driver", "port", "baud", "size_mm"}]}`.

        What is not set is null. Printers of the configuration's own file are not among them: they are changed there. Needs the
        scope `admin`, though it changes nothing.
        """
        _must_own_all(call, "printer.added")
        tables = await self._shelf.added()
        return {"printers": [shown(name, table) for name, table in sorted(tables.items())]}

    async def add(self, call: Call) -> Mapping[str, Any]:
        """Add a printer for good: `{"name", "driver", "port", "baud", "size_mm"}`. The service begins anew half a second later,
        in place and without its prints noticing; then the printer is in the state, and is connected to.

        `port` as `port.list` tells it in `bind`, or `virtual:` for a printer that is not there. `baud` null: found out.
        `size_mm`: how far x, y and z go, for files that do not fit. `invalid_message` for what the configuration would refuse,
        `conflict` for a name that is taken, `forbidden` for a key that may reach some printers only.
        """
        _must_own_all(call, "printer.add")
        wish: AddPrinterParams = call.params
        table: dict[str, Any] = {"driver": wish.driver, "port": wish.port}
        if wish.baud is not None:
            table["baud"] = wish.baud
        if wish.size_mm is not None:
            table["machine"] = {f"size_{axis}_mm": size for axis, size in zip("xyz", wish.size_mm, strict=True)}
        await self._shelf.add(wish.name, table)
        return shown(wish.name, table)

    async def remove(self, call: Call) -> Mapping[str, Any]:
        """Take an added printer out again: `{"name"}`. Its connection ends with its heaters off, and the service begins anew as
        for `printer.add`.

        `conflict` while it has a job or one that can be recovered, and for a printer of the configuration's own file.
        """
        _must_own_all(call, "printer.remove")
        wish: RemovePrinterParams = call.params
        await self._shelf.remove(wish.name)
        return {"name": wish.name}


def _must_own_all(call: Call, operation: str) -> None:
    """A key for some printers could else give itself a port that is another one's."""
    if not call.principal.may("admin") or call.principal.printers is not None:
        raise Forbidden(f"{operation} needs the scope admin, for all printers", scope="admin")


def shown(name: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
    """A printer's table as clients see it."""
    machine = table.get("machine", {})
    size = [machine.get(f"size_{axis}_mm") for axis in "xyz"] if isinstance(machine, Mapping) else []
    return {
        "name": name,
        "driver": table.get("driver", "marlin"),
        "port": table.get("port"),
        "baud": table.get("baud"),
        "size_mm": size if size and None not in size else None,
    }


def printer_setup_operations(shelf: PrinterShelf) -> list[Operation]:
    """All operations of this module, bound to `shelf`."""
    does = PrinterSetupOperations(shelf)
    return [
        Operation(
            name="printer.added",
            params=NoParams,
            scope="read",
            summary="List the printers that were added by clients",
            handler=does.list,
        ),
        Operation(
            name="printer.add",
            params=AddPrinterParams,
            scope="admin",
            summary="Add a printer",
            handler=does.add,
        ),
        Operation(
            name="printer.remove",
            params=RemovePrinterParams,
            scope="admin",
            summary="Take an added printer out",
            handler=does.remove,
        ),
    ]
