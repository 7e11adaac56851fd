"""A fleet in a house of its own, with everything it publishes written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock, SystemClock
from hydrogen.core.context import Context
from hydrogen.devices.port_identity import DeviceTree
from hydrogen.fleet.fleet import Fleet
from hydrogen.fleet.keeper import unchanged
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.model.events import Event, PublishedEvent
from hydrogen.model.printer import PrinterState
from hydrogen.model.state import State
from hydrogen.spooler.port import SpoolerPort
from tests.fleet.scripted_port import ScriptedPort
from tests.support.recording_log import RecordingLog

E = TypeVar("E", bound=Event)


def configured(name: str = "bench", *, port: str = "", autoconnect: bool = True) -> ConfiguredPrinter:
    return ConfiguredPrinter(
        name=name, driver="marlin", factory="m:f", settings={}, port=port, baud=115200, autoconnect=autoconnect
    )


class FleetHouse:
    """`async with FleetHouse(...) as house`; `house.kept` is what reached the permanent record."""

    def __init__(
        self,
        *printers: ConfiguredPrinter,
        ports: dict[str, ScriptedPort] | None = None,
        own_spoolers: bool = False,
        is_outdated: Callable[[str], bool] = lambda _name: False,
        tree: DeviceTree | None = None,
        make_port: Callable[[str], SpoolerPort] | None = None,
        annotate: Callable[[Event], Event] = unchanged,
        clock: Clock | None = None,
    ) -> None:
        printers = printers or (configured(),)
        self.ports = ports or {printer.name: ScriptedPort(printer.name) for printer in printers}
        self.log = RecordingLog()
        self.published: list[PublishedEvent] = []
        self.failures: list[BaseException] = []
        self.kept: list[tuple[Event, str]] = []
        self.keep_errors: list[Exception] = []
        bus = Bus(lambda name, error: self.failures.append(error))
        bus.listen(self.published.append, name="test")
        initial = State(printers={p.name: PrinterState(driver=p.driver, port=p.port, baud=p.baud) for p in printers})
        self.context = Context(epoch="e1", initial=initial, bus=bus)
        self.fleet = Fleet(
            printers,
            context=self.context,
            clock=clock or SystemClock(),
            log=self.log,
            make_port=make_port or (lambda name: self.ports[name]),
            keep_fact=self._keep,
            own_spoolers=own_spoolers,
            is_outdated=is_outdated,
            tree=tree,
            annotate=annotate,
        )
        self._running: asyncio.Task[None] | None = None

    @property
    def port(self) -> ScriptedPort:
        return next(iter(self.ports.values()))

    def state(self, name: str = "bench") -> PrinterState:
        return self.context.state.printers[name]

    def events(self, kind: type[E]) -> list[E]:
        return [published.event for published in self.published if isinstance(published.event, kind)]

    async def __aenter__(self) -> FleetHouse:
        await self.fleet.start()
        self._running = asyncio.create_task(self.fleet.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.shut_down()

    async def shut_down(self) -> None:
        """As the supervisor does it."""
        self.fleet.refuse()
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
        await self.fleet.release()

    async def _keep(self, event: Event, fact_id: str) -> None:
        await asyncio.sleep(0)
        if self.keep_errors:
            raise self.keep_errors.pop(0)
        self.kept.append((event, fact_id))
