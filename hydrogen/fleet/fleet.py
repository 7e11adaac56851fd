"""All printers of this service: one keeper each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.devices.port_identity import DeviceTree
from hydrogen.errors import HostError, InvalidMessage, NotFound, Unavailable
from hydrogen.fleet.facts import FactRecorder, KeepFact
from hydrogen.fleet.keeper import Keeper, unchanged
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.model.events import ErrorRaised, Event
from hydrogen.model.printer import ErrorReport
from hydrogen.spooler.port import SpoolerPort
from hydrogen.spooler.request import CoolDown, EmergencyStop, Request

LEAVE_SECONDS = 4.5
"""How much of the phase "stop tasks" is spent on waiting for idle spoolers that end."""

OWN_LEAVE_SECONDS = 5.2
"""The same for spoolers of our own, which stop a job; their phase is longer."""

LAST_LEAVE_SECONDS = 0.9
"""And of the phase "release", for the slowest: a stopping job may take 6.5 s in all."""

DRAIN_SECONDS = 1.0
"""For the last facts to reach the disk; what does not, its spooler keeps or (own spoolers) is lost with the log line."""


async def _nothing() -> None:
    pass


class Fleet(Service):
    """Knows the printers by name, hands requests to their spoolers and publishes what these say.

    With own_spoolers every spooler ends with the service, its job too; else one with a job prints on.
    """

    name = "fleet"

    def __init__(
        self,
        printers: Sequence[ConfiguredPrinter],
        *,
        context: Context,
        clock: Clock,
        log: Log,
        make_port: Callable[[str], SpoolerPort],
        keep_fact: KeepFact,
        own_spoolers: bool,
        is_outdated: Callable[[str], bool] = lambda _name: False,
        end_own: Callable[[], Awaitable[None]] = _nothing,
        tree: DeviceTree | None = None,
        annotate: Callable[[Event], Event] = unchanged,
    ) -> None:
        """is_outdated(name): has this printer's configuration changed since the last service in this runtime folder?
        end_own: ends the spooler processes that are our children, also those that were never attached. annotate: see Keeper.
        tree: where devices are; the machine's own.
        """
        self._context = context
        self._clock = clock
        self._log = log
        self._recorder = FactRecorder(keep_fact, log=log, on_trouble=self._report)
        self._make_port = make_port
        self._is_outdated = is_outdated
        self._end_own = end_own
        self._tree = tree
        self._annotate = annotate
        self._printers = tuple(printers)
        self._keepers: dict[str, Keeper] = {}
        self._own_spoolers = own_spoolers
        self._recording: asyncio.Task[None] | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._is_refusing = False
        self._is_coming_back = False
        self.names: tuple[str, ...] = tuple(printer.name for printer in printers)

    @property
    def attached(self) -> frozenset[str]:
        """The printers whose spooler is there."""
        return frozenset(name for name, keeper in self._keepers.items() if keeper.is_attached)

    def resolve(self, printer: str | None) -> str:
        """The printer that is meant; it may be left out when there is exactly one. Raises NotFound, InvalidMessage."""
        if printer is not None:
            if printer in self.names:
                return printer
            known = ", ".join(self.names) or "none is configured"
            raise NotFound(f"unknown printer {printer[:40]!r} ({known})", printer=printer[:40], known=list(self.names))
        if len(self.names) == 1:
            return self.names[0]
        if not self.names:
            raise NotFound("no printer is configured", known=[])
        raise InvalidMessage(
            f"which printer? There are {len(self.names)}: {', '.join(self.names)}",
            field="printer",
            reason="missing",
            known=list(self.names),
        )

    async def request(self, printer: str, request: Request) -> Mapping[str, Any]:
        """What the spooler answers; what makes a printer safe is asked as long as its spooler is there, at our end too.

        Raises NotFound, Unavailable, and what the spooler raises.
        """
        is_urgent = isinstance(request, EmergencyStop | CoolDown)
        return await self._keeper_of(printer, is_urgent=is_urgent).request(request)

    async def look_for_ports(self) -> bool:
        """Wake up the keepers whose ports have come since they tried last; False if nobody misses a printer."""
        looking = [keeper for keeper in self._keepers.values() if keeper.is_looking]
        if not looking:
            return False
        come = await asyncio.to_thread(lambda: [keeper for keeper in looking if keeper.look_for_port()])
        for keeper in come:
            if keeper.is_looking:
                keeper.nudge()
        return True

    async def switch_power(
        self, printer: str, *, is_on: bool, actor: str, is_forced: bool = False
    ) -> Mapping[str, Any]:
        """Work the printer's switch; needs no spooler. Raises NotFound, Conflict, Unavailable, HostError."""
        return await self._keeper_of(printer).switch_power(is_on=is_on, actor=actor, is_forced=is_forced)

    async def dismiss(self, printer: str) -> None:
        """End the printer's spooler, heaters off, for good: nobody starts it again in this life. Returns when it has ended.

        Raises NotFound, Unavailable, Conflict for one with a job.
        """
        await self._keeper_of(printer).dismiss()

    def _keeper_of(self, printer: str, *, is_urgent: bool = False) -> Keeper:
        keeper = self._keepers.get(self.resolve(printer))
        if keeper is None or (self._is_refusing and not is_urgent):
            raise Unavailable("the service is starting or shutting down", retry_after_seconds=2)
        return keeper

    # -------------------------------------------------------------------------------------------------------- life

    async def start(self) -> None:
        self._keepers = {printer.name: self._make_keeper(printer) for printer in self._printers}
        self._recording = asyncio.create_task(self._recorder.run(), name="fleet.facts")

    async def run(self) -> None:
        """Keep every printer attached; ends only by cancellation, and then lets the spoolers go."""
        ended_at = self._clock.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                for keeper in self._keepers.values():
                    group.create_task(keeper.keep(), name=f"fleet.{keeper.name}")
                    group.create_task(keeper.watch_over(), name=f"fleet.{keeper.name}.supervision")
                    group.create_task(keeper.look_at_power(), name=f"fleet.{keeper.name}.power")
                try:
                    await asyncio.Event().wait()
                finally:
                    ended_at = self._clock.monotonic()
        finally:
            if self._leaving is not None:
                patience = OWN_LEAVE_SECONDS if self._own_spoolers else LEAVE_SECONDS
                patience -= self._clock.monotonic() - ended_at  # launches that had to be ended took their share
                await asyncio.wait({self._leaving}, timeout=max(0.0, patience))

    def will_come_back(self) -> None:
        """The service only restarts: idle spoolers stay too, for the next life to take over. Own ones end all the same.

        If nobody comes after all, they turn their heaters off and end by themselves.
        """
        self._is_coming_back = not self._own_spoolers

    def refuse(self) -> None:
        """Heaters come first: the spoolers that are to end are told so before any client is bid farewell."""
        self._is_refusing = True
        self._leave()

    async def release(self) -> None:
        leaving = self._leave()
        await asyncio.wait({leaving}, timeout=LAST_LEAVE_SECONDS)
        if leaving.done() and (error := leaving.exception()) is not None:
            self._log.error("spoolers not let go in order", error=error)
        leaving.cancel()
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.cancel()
            await asyncio.wait({recording})
        for keeper in self._keepers.values():
            await keeper.detach()

    def _make_keeper(self, printer: ConfiguredPrinter) -> Keeper:
        return Keeper(
            printer,
            context=self._context,
            clock=self._clock,
            log=self._log,
            make_port=self._make_port,
            recorder=self._recorder,
            is_outdated=self._is_outdated(printer.name),
            tree=self._tree,
            annotate=self._annotate,
        )

    def _leave(self) -> asyncio.Task[None]:
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._let_go(), name="fleet.leave")
        return self._leaving

    async def _let_go(self) -> None:
        keepers = self._keepers.values()
        if self._is_coming_back:
            await asyncio.gather(*(keeper.detach() for keeper in keepers))
        else:
            await asyncio.gather(*(keeper.leave(stop_job=self._own_spoolers) for keeper in keepers))
        await self._end_own()
        if self._recording is None:
            return
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._recorder.drained()
        except TimeoutError:
            self._log.warning("facts left unstored at the end", printers=list(self.names))

    def _report(self, error: HostError) -> None:
        report = ErrorReport(code=error.code, message=error.message, details=MappingProxyType(dict(error.details)))
        self._context.publish(ErrorRaised(at=self._clock.wall(), error=report))
