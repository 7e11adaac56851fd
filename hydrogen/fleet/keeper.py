"""The keeper of one printer: always attached to its spooler, and through it to the printer if that is wanted.

::

    detached ──attach──► attached ──spooler gone──► detached (pause, then again)
                            │
                            └─ offline and autoconnect and not held off by a person: connect, with growing pauses

What the spooler says is published under the printer's name. Facts go to the recorder as well, which acknowledges them.

`watch_over` looks at how long nobody has held a printer that was hot (supervision.py); after that its power is cut, if there is
a program for it, and `printer.unsafe` is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from math import inf
from types import MappingProxyType
from typing import Any

from hydrogen.core.backoff import Backoff
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.core.rhythm import until_beat
from hydrogen.devices.port_address import PortAddress, PortKind, parse_port
from hydrogen.devices.port_identity import DeviceTree, presence_of
from hydrogen.errors import Conflict, HydrogenError, SpoolerLost, Unavailable
from hydrogen.fleet.facts import FactRecorder
from hydrogen.fleet.power import PowerDesk
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.fleet.supervision import Supervision, holds_port
from hydrogen.model.events import (
    ErrorRaised,
    Event,
    PrinterAttached,
    PrinterDisconnected,
    PrinterHeartbeatMissed,
    PrinterStateChanged,
    PrinterUnsafe,
)
from hydrogen.model.printer import ErrorReport, PrinterState, PrinterStatus
from hydrogen.spooler.heat.power_switch import PowerOff
from hydrogen.spooler.port import SpoolerPort
from hydrogen.spooler.request import ConnectPrinter, DisconnectPrinter, Request, StopSpooler

ATTACH_DEADLINE_SECONDS = 20.0
"""For finding a spooler or starting one: a Raspberry Pi Zero needs about 4 s for the latter."""

STEADY_SECONDS = 30.0
"""An attachment that lasted this long was a good one: the next loss starts from the shortest pause again."""

RETRY_WITH_JOB_SECONDS = 1.0
"""The longest pause while a job waits: its nozzle stands hot on the part, however often the process has died before."""

RETRY_UNKNOWN_SECONDS = 4.0
"""The longest pause before a service's first attachment, when nobody knows yet whether a job waits: what kept the spooler from
starting (an upgrade that is half done) may be over at any moment. A start costs a Raspberry Pi Zero about 4 s of work."""

FIRST_RETRY_SECONDS = 0.25
"""A spooler that died is replaced at once; the pause grows only if that does not help."""

SUPERVISION_LOOK_SECONDS = 0.5

PORT_LOOK_SECONDS = 1.0
"""How often a missing device file is looked for; a printer that is switched on should be there at once."""

_AWAY = (PrinterStatus.OFFLINE, PrinterStatus.ERROR, PrinterStatus.LINK_LOST)
"""States from which connecting may help. `halted` is left to a person: the firmware stopped for a reason."""


def unchanged(event: Event) -> Event:
    """For houses that have nothing to add."""
    return event


class Keeper:
    """Signs SpoolerListener. `keep` is its life."""

    def __init__(
        self,
        printer: ConfiguredPrinter,
        *,
        context: Context,
        clock: Clock,
        log: Log,
        make_port: Callable[[str], SpoolerPort],
        recorder: FactRecorder,
        is_outdated: bool = False,
        tree: DeviceTree | None = None,
        annotate: Callable[[Event], Event] = unchanged,
    ) -> None:
        """tree: where devices are; the machine's own. is_outdated: the settings changed since a spooler that may still run was
        started; it is replaced if idle. annotate: adds to a spooler's event what only the service knows, before it is stored
        and published."""
        self._printer = printer
        self._context = context
        self._clock = clock
        self._log = log
        self._make_port = make_port
        self._recorder = recorder
        self._is_outdated = is_outdated
        self._tree = tree or DeviceTree()
        self._address = _address_of(printer.port)
        self._tried: object = None
        self._annotate = annotate
        self._supervision = Supervision()
        self._power = PowerDesk(printer.name, printer.policy.power, context=context, clock=clock, log=log)
        self._port: SpoolerPort | None = None
        self._loss: str | None = None
        self._told = ""
        self._is_held = False
        self._is_leaving = False
        self._was_attached = False
        self._changed = asyncio.Event()
        self._nudged = asyncio.Event()
        self._gone = asyncio.Event()

    @property
    def name(self) -> str:
        return self._printer.name

    @property
    def is_attached(self) -> bool:
        return self._port is not None and self._loss is None

    # ---------------------------------------------------------------------------------------------------- requests

    async def request(self, request: Request) -> Mapping[str, Any]:
        """Ask the spooler. Raises Unavailable while there is none, else what the spooler raises."""
        port = self._port
        if port is None or self._loss is not None:
            raise Unavailable(
                f"the process that holds printer {self.name} is not reachable; it is being started again",
                printer=self.name,
                retry_after_seconds=1,
            )
        if isinstance(request, ConnectPrinter | DisconnectPrinter):
            self._is_held = isinstance(request, DisconnectPrinter)
            if self._is_held:
                self._supervision.regained()
            self._nudged.set()
        try:
            return await port.request(request)
        except Conflict:
            if isinstance(request, DisconnectPrinter):
                self._is_held = False
            raise

    async def switch_power(self, *, is_on: bool, actor: str, is_forced: bool) -> Mapping[str, Any]:
        """See PowerDesk.turn."""
        return await self._power.turn(is_on=is_on, actor=actor, is_forced=is_forced)

    async def dismiss(self) -> None:
        """End the spooler for good; `keep` starts no other one. Returns when it has ended. Raises Conflict for one with a job,
        and what the spooler raises; then all is as before."""
        port = self._port
        if port is not None and self._loss is None:
            self._is_leaving = True
            try:
                await port.request(StopSpooler(actor="service", only_if_idle=True))
            except BaseException:
                self._is_leaving = False
                raise
            await self._gone.wait()
        await self.detach()

    async def leave(self, *, stop_job: bool) -> None:
        """End of the service: an idle spooler is asked to end, one with a job only with stop_job.

        Returns when it has ended or was let go. The caller sets the deadline, and calls `detach` after it.
        """
        self._is_leaving = True
        port = self._port
        if port is not None and self._loss is None:
            try:
                await port.request(StopSpooler(actor="service", only_if_idle=not stop_job))
                await self._gone.wait()  # its last facts come before that; the caller has the deadline
            except Conflict:
                self._log.info("spooler left printing", printer=self.name)
            except HydrogenError as error:
                self._log.debug("spooler gone before its answer", printer=self.name, error=str(error))
        await self.detach()

    async def detach(self) -> None:
        """Let go of the spooler; it lives on. May be called twice."""
        self._is_leaving = True
        port, self._port = self._port, None
        if port is not None:
            await port.detach()

    # -------------------------------------------------------------------------------------------------------- life

    async def keep(self) -> None:
        """Attach, stay, and again; until cancelled or left. Cancelling leaves the attachment as it is (see `leave`)."""
        backoff = Backoff(first_seconds=FIRST_RETRY_SECONDS)
        await self._drop_port()
        while not self._is_leaving:
            began = self._clock.monotonic()
            try:
                port = await self._attach()
                await self._stay(port)
                loss = SpoolerLost(
                    f"the process that holds printer {self.name} is gone: {self._loss}", printer=self.name
                )
            except HydrogenError as error:
                loss = SpoolerLost(f"printer {self.name} has no spooler: {error}", printer=self.name, cause=error.code)
            if self._is_leaving:
                return
            await self._drop_port()
            if self._clock.monotonic() - began > STEADY_SECONDS:
                backoff.reset()
                self._told = ""
            self._tell(loss)
            await asyncio.sleep(min(backoff.next_delay(), self._longest_pause))

    @property
    def _longest_pause(self) -> float:
        if self._state.job is not None:
            return RETRY_WITH_JOB_SECONDS
        return inf if self._was_attached else RETRY_UNKNOWN_SECONDS

    async def look_at_power(self) -> None:
        """How its switch stands, told once."""
        await self._power.look()

    async def watch_over(self) -> None:
        """Until cancelled: tell, and cut the power, when nobody holds a printer that was hot."""
        while True:
            await until_beat(SUPERVISION_LOOK_SECONDS)
            if self._supervision.is_unsafe_now(self._clock.monotonic()) and not self._is_leaving:
                reason = f"the process that held printer {self.name} is gone, and its heaters were on"
                self._log.error("printer unsafe", printer=self.name, reason=reason)
                done = await self._power.cut(reason)
                unsafe = PrinterUnsafe(at=self._clock.wall(), printer=self.name, reason=reason, power_off=done.value)
                self._context.publish(unsafe)

    async def _attach(self) -> SpoolerPort:
        self._loss = None
        self._gone.clear()
        port = self._make_port(self.name)
        self._port = port
        try:
            async with asyncio.timeout(ATTACH_DEADLINE_SECONDS):
                await port.attach(self)
        except TimeoutError:
            raise SpoolerLost(f"no answer within {ATTACH_DEADLINE_SECONDS:g} s", printer=self.name) from None
        self._told = ""
        self._was_attached = True
        self._log.info("spooler attached", printer=self.name, status=str(self._state.status))
        return port

    async def _drop_port(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            await port.detach()

    async def _stay(self, port: SpoolerPort) -> None:
        """Returns when the spooler is lost."""
        if self._is_outdated:
            self._is_outdated = False
            await self._retire(port)
        backoff = Backoff(first_seconds=1.0)
        while self._loss is None:
            self._changed.clear()
            self._nudged.clear()
            if not self._should_connect():
                await self._changed.wait()
            elif await self._connect(port) and not self._should_connect():
                backoff.reset()
            else:
                await self._pause(backoff.next_delay())

    async def _retire(self, port: SpoolerPort) -> None:
        """A spooler with former settings ends, unless it has a job; the loss that follows starts one with the new ones."""
        try:
            await port.request(StopSpooler(actor="service", only_if_idle=True))
        except Conflict:
            self._log.warning(
                "settings changed while printing", printer=self.name, takes_effect="with the next spooler"
            )
        except HydrogenError as error:
            self._log.debug("spooler gone before its answer", printer=self.name, error=str(error))

    def _should_connect(self) -> bool:
        state = self._state
        is_wanted = self._printer.autoconnect and not self._is_held and not self._is_leaving
        return is_wanted and state.status in _AWAY and state.job is None

    async def _connect(self, port: SpoolerPort) -> bool:
        if self._address is not None:
            self._tried = presence_of(self._address, self._tree)
        try:
            await port.request(ConnectPrinter(actor="autoconnect"))
        except HydrogenError as error:
            self._log.info("printer not connected", printer=self.name, code=error.code, reason=str(error))
            return False
        return True

    async def _pause(self, delay_seconds: float) -> None:
        """The pause between attempts; as long as the port is missing, until it is there."""
        await self._nudge_within(delay_seconds)
        while self.misses_port and not self._nudged.is_set():
            await self._nudge_within(PORT_LOOK_SECONDS)

    async def _nudge_within(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._nudged.wait()

    @property
    def is_looking(self) -> bool:
        """Is the printer away, and wanted?"""
        return self._address is not None and self.is_attached and self._should_connect()

    @property
    def misses_port(self) -> bool:
        """Is there no such port now? Blocks, shortly."""
        return self._address is not None and presence_of(self._address, self._tree) is None

    def look_for_port(self) -> bool:
        """Has the port come since the last attempt, or since it was seen to be away? Blocks, shortly."""
        seen = None if self._address is None else presence_of(self._address, self._tree)
        if seen is None:
            self._tried = None
        return seen is not None and seen != self._tried

    def nudge(self) -> None:
        """Try again now."""
        self._nudged.set()

    # --------------------------------------------------------------------------------------------------- listening

    def on_attached(self, state: PrinterState) -> None:
        self._publish_attached(PrinterAttached(at=self._clock.wall(), printer=self.name, state=state))

    def on_event(self, event: Event, fact_id: str | None) -> None:
        if isinstance(event, PrinterAttached):
            self._publish_attached(event)  # the state once more, behind facts from before it
            return
        if event.printer is None:
            event = replace(event, printer=self.name)
        event = self._annotate(event)
        if fact_id is not None and not self._admit(event, fact_id):
            return
        self._note_incident(event)
        self._context.publish(event)
        if isinstance(event, PrinterStateChanged):
            self._note_state()

    def _note_incident(self, event: Event) -> None:
        if isinstance(event, PrinterDisconnected):
            self._supervision.disconnected(self._state)
        elif isinstance(event, PrinterStateChanged) and event.status is PrinterStatus.LINK_LOST:
            self._supervision.link_lost(self._state)
        elif isinstance(event, PrinterUnsafe) and event.power_off == PowerOff.DONE.value:
            self._supervision.regained()  # its spooler has cut the power: once for an incident

    def on_late(self, silent_seconds: float) -> None:
        self._log.warning("spooler heartbeat late", printer=self.name, silent_seconds=round(silent_seconds, 1))
        at, silent = self._clock.wall(), round(silent_seconds, 1)
        self._context.publish(PrinterHeartbeatMissed(at=at, printer=self.name, silent_seconds=silent))

    def on_detached(self, reason: str) -> None:
        self._loss = reason
        self._supervision.lost(self._state, self._clock.monotonic())
        self._gone.set()
        self._changed.set()
        self._nudged.set()

    def on_log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        write = {"debug": self._log.debug, "warning": self._log.warning, "error": self._log.error}
        own = {key: value for key, value in fields.items() if key not in ("printer", "process")}
        write.get(level, self._log.info)(event, printer=self.name, process="spooler", **own)

    def _admit(self, event: Event, fact_id: str) -> bool:
        port = self._port
        if port is None:
            return False
        if self._is_repetition(event):
            port.acknowledge(fact_id)
            return False
        return self._recorder.admit(event, fact_id, port.acknowledge)

    def _is_repetition(self, event: Event) -> bool:
        """The same failure of one more attempt to connect: a printer that is off must not fill the record."""
        known, state = self._state.error, self._state
        if not isinstance(event, ErrorRaised) or known is None or state.status is not PrinterStatus.CONNECTING:
            return False
        return (known.code, known.message) == (event.error.code, event.error.message)

    def _publish_attached(self, event: PrinterAttached) -> None:
        # The spooler knows the driver's module only, and before it connects not the speed; the configuration knows both.
        printer = self._printer
        # What lies on the bed no spooler knows; what made the printer unsafe is over when somebody holds its port, not when
        # somebody looks for it.
        known = self._state
        state = replace(
            event.state,
            driver=printer.driver,
            baud=event.state.baud or printer.baud,
            unsafe=event.state.unsafe if holds_port(event.state) else event.state.unsafe or known.unsafe,
            bed=known.bed,
            bed_job=known.bed_job,
            power=known.power if known.power in ("on", "off") else event.state.power or known.power,
        )
        self._context.publish(replace(event, printer=self.name, state=state))
        self._note_state()

    def _note_state(self) -> None:
        if holds_port(self._state):
            self._supervision.regained()
        self._changed.set()

    @property
    def _state(self) -> PrinterState:
        return self._context.state.printers.get(self.name, PrinterState())

    def _tell(self, loss: SpoolerLost) -> None:
        """Publish the loss, once for each reason."""
        if self._is_leaving or loss.message == self._told:
            return
        self._told = loss.message
        self._log.warning("spooler lost", printer=self.name, reason=loss.message)
        at = self._clock.wall()
        if self._state.status is not PrinterStatus.OFFLINE:
            changed = PrinterStateChanged(at=at, printer=self.name, status=PrinterStatus.LINK_LOST, reason=loss.message)
            self._context.publish(self._annotate(changed))
        report = ErrorReport(code=loss.code, message=loss.message, details=MappingProxyType(dict(loss.details)))
        self._context.publish(ErrorRaised(at=at, printer=self.name, error=report))


def _address_of(port: str) -> PortAddress | None:
    """None for what is no port of ours to look for: a bridge, or another driver's own words."""
    try:
        address = parse_port(port)
    except ValueError:
        return None
    is_local = address.kind is PortKind.ADAPTER or port.startswith("/")
    return address if is_local else None
