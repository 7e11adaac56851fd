"""`SpoolerPort`: how the service speaks to a spooler, wherever that runs.

Two implementations sign it: `SpoolerClient` (client.py) over the Unix socket of another process, and `LocalSpooler`
(local.py) in this process, for tests. Above this contract nothing can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from hydrogen.model.events import Event
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.request import Request


class SpoolerListener(Protocol):
    """Whom a port tells. Called on the loop; must return at once and never raise."""

    def on_attached(self, state: PrinterState) -> None:
        """The spooler is there; `state` is its whole truth. Facts it kept for us follow by `on_event`."""

    def on_event(self, event: Event, fact_id: str | None) -> None:
        """Something happened. Facts that must survive carry an id: `acknowledge(fact_id)` once it is stored."""

    def on_detached(self, reason: str) -> None:
        """The spooler is gone or unreachable. Requests in flight have failed with SpoolerLost."""

    def on_late(self, silent_seconds: float) -> None:
        """No sign of life for so long. Told once for each silence; what follows is one, or the end of the spooler."""

    def on_log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """A log line of the spooler's."""


class DeafListener:
    """Signs SpoolerListener and listens to nothing: facts are left for a service that has this printer."""

    def on_attached(self, state: PrinterState) -> None:
        pass

    def on_event(self, event: Event, fact_id: str | None) -> None:
        pass

    def on_detached(self, reason: str) -> None:
        pass

    def on_late(self, silent_seconds: float) -> None:
        pass

    def on_log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        pass


class SpoolerPort(Protocol):
    """One attachment to one printer's spooler; attaching anew is the fleet's business."""

    @property
    def printer(self) -> str: ...

    async def attach(self, listener: SpoolerListener) -> None:
        """Reach the spooler and take its lease. Raises SpoolerLost or ProtocolMismatch."""

    async def request(self, request: Request) -> Mapping[str, Any]:
        """The spooler's result. Raises what the spooler raised (rebuilt from its code), or SpoolerLost."""

    def acknowledge(self, fact_id: str) -> None:
        """This fact is stored; the spooler may forget it."""

    async def detach(self) -> None:
        """Let go; the spooler lives on. May be called twice."""
