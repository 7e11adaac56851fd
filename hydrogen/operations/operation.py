"""What an operation is, and what operations need of the rest of the house."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from hydrogen.auth.audit import AuditEntry
from hydrogen.auth.principal import Principal
from hydrogen.spooler.request import Request


class Params(BaseModel):
    """Parameters of an operation: nothing is converted, nothing unknown is let in."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


class NoParams(Params):
    """For operations that need nothing but the printer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One wish, checked: the caller may do it, the printer exists, `params` is an instance of the operation's model.

    printer is None only for operations that can do without. repeat_key is the idempotency key as the spooler gets it:
    made unique per caller; None when the caller gave none.
    """

    principal: Principal
    printer: str | None
    params: Any
    idempotency_key: str | None = None

    @property
    def actor(self) -> str:
        """Who asks, for the events that follow."""
        return self.principal.name

    @property
    def repeat_key(self) -> str | None:
        return None if self.idempotency_key is None else f"{self.principal.name}:{self.idempotency_key}"

    @property
    def target(self) -> str:
        """The printer, for operations that need one."""
        if self.printer is None:
            raise LookupError("this operation was declared without a printer")
        return self.printer


Handler = Callable[[Call], Awaitable[Mapping[str, Any]]]
"""Does it; the result holds JSON values only. Raises HydrogenError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing a client may ask. The handler's docstring is its description for people.

    needs_printer: the registry finds out which one (or refuses); otherwise the handler gets what the caller said.
    is_urgent: makes the printer safe, so it is never queued, limited, taken for a repeat or refused for its age.
    is_lasting: what it begins goes on without the service, so that a repeat must be known to the next one, too.
    """

    name: str
    params: type[Params]
    scope: str
    summary: str
    handler: Handler
    needs_printer: bool = False
    is_urgent: bool = False
    is_lasting: bool = False

    @property
    def is_mutating(self) -> bool:
        """Does it change something? Then every attempt is a record of the audit log."""
        return self.scope != "read"

    @property
    def description(self) -> str:
        """The handler's docstring, unwrapped."""
        return " ".join((self.handler.__doc__ or self.summary).split())


class AuditTrail(Protocol):
    """What the registry needs of the audit log."""

    def begin(self, entry: AuditEntry) -> Callable[[str], None]:
        """Something begins; what is returned is called with how it ended: `ok`, or an error's code. Neither ever waits."""


class PrinterFleet(Protocol):
    """What operations need of the fleet."""

    @property
    def names(self) -> tuple[str, ...]:
        """All configured printers."""

    def resolve(self, printer: str | None) -> str:
        """The printer that is meant. Raises NotFound; InvalidMessage when it may not be left out."""

    async def request(self, printer: str, request: Request) -> Mapping[str, Any]:
        """Ask its spooler. Raises Unavailable, SpoolerLost, or what the spooler raised."""

    async def switch_power(
        self, printer: str, *, is_on: bool, actor: str, is_forced: bool = False
    ) -> Mapping[str, Any]:
        """Work its switch. Raises NotFound if there is none, Conflict while there is a job (unless forced), HostError."""


class StoredFile(Protocol):
    """A file in the files folder; `path` is relative, with slashes; `modified_at` Unix seconds."""

    @property
    def path(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def modified_at(self) -> float: ...


class FileShelf(Protocol):
    """What operations need of the files folder."""

    async def list(self) -> Sequence[StoredFile]: ...

    def resolve(self, path: str) -> Path:
        """The absolute path; may block. Raises InvalidMessage for a path that leads astray, NotFound for a missing one."""

    def name_of(self, path: str) -> str:
        """The path under which the file is listed, whatever spelling was asked with; may block. Raises as `resolve`."""


class JobIdSource(Protocol):
    """Gives ids that are unique for ever."""

    def new(self) -> str: ...


class StatusSource(Protocol):
    """Builds the status document."""

    def build(self, *, is_long: bool) -> Mapping[str, Any]: ...
