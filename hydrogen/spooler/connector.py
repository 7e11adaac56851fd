"""The printer's port: opening it, closing it, losing it. Holds the one PrinterConnection there is at a time."""

from __future__ import annotations

import asyncio
from typing import Protocol

from hydrogen.core.log import Log
from hydrogen.devices.driver import ConnectionListener, LineJournal, PrinterConnection, PrinterDriver, ResumePoint
from hydrogen.errors import (
    Conflict,
    DeviceError,
    HydrogenError,
    LinkLost,
    PortMissing,
    PrinterHalted,
    PrinterSilent,
)
from hydrogen.model.events import Event, PrinterConnected, PrinterDisconnected, PrinterFirmwareIdentified
from hydrogen.model.printer import PrinterStatus
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.errand import Errands

CONNECT_TASK = "connect to the printer"

CONNECT_DEADLINE_SECONDS = 60.0
"""For a driver's whole handshake; drivers have shorter deadlines of their own, this one catches one that hangs."""

COOL_DEADLINE_SECONDS = 5.0
"""For heaters-off before a port is closed."""

CLOSE_DEADLINE_SECONDS = 5.0
"""For closing a port; a hung USB stack can hold close(2)."""


class Follower(Protocol):
    """Whom the connector tells what is not its own business."""

    def resume_point(self) -> ResumePoint | None:
        """Where a job that waits for this printer left its numbering; None without one."""

    def on_connected(self, connection: PrinterConnection) -> None:
        """The handshake is done; the follower sets the status."""

    def on_action(self, action: str, text: str) -> None:
        """A host action command of the firmware's."""

    def on_traffic(self, line: str) -> None:
        """A line of the conversation."""

    def on_lost(self, error: DeviceError) -> None:
        """The connection ended by itself. Called between `error.raised` and `printer.disconnected`."""


class Connector:
    """Calls in flight fold: whoever asks to connect while somebody does waits for the same handshake."""

    def __init__(
        self,
        driver: PrinterDriver,
        journal: LineJournal,
        announcer: Announcer,
        follower: Follower,
        errands: Errands,
        log: Log,
        *,
        connect_deadline_seconds: float = CONNECT_DEADLINE_SECONDS,
    ) -> None:
        self._driver = driver
        self._journal = journal
        self._announcer = announcer
        self._follower = follower
        self._errands = errands
        self._log = log
        self._connect_deadline_seconds = connect_deadline_seconds
        self._opening: asyncio.Task[None] | None = None
        self.connection: PrinterConnection | None = None
        self.is_disconnecting = False
        """The heaters are going off, and then the port is closed: nothing new begins on it."""

    async def connect(self) -> None:
        """Open and shake hands; nothing to do when connected. Raises DeviceError, or Conflict if a disconnect came between."""
        if self.connection is not None:
            return
        if self._opening is None:
            self._opening = self._errands.start(self._open(), name=CONNECT_TASK)
        opening = self._opening
        await asyncio.wait({opening})
        if opening.cancelled():
            raise Conflict("connecting was broken off by a disconnect")
        opening.result()

    async def disconnect(self, reason: str) -> None:
        """Heaters off, close; or break off a handshake. Nothing to do when offline."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait({self._opening}, timeout=CLOSE_DEADLINE_SECONDS)
        connection = self.connection
        if connection is not None:
            self.is_disconnecting = True
            try:
                await self.cool_down(connection)
            finally:
                self.is_disconnecting = False
            if self.connection is not connection:
                return
            self.connection = None
            await self._close(connection)
            self._announcer.publish(PrinterDisconnected(at=self._announcer.now, reason=reason))
        self._announcer.set_status(PrinterStatus.OFFLINE, reason)

    async def cool_down(self, connection: PrinterConnection) -> bool:
        """Heaters off within COOL_DEADLINE_SECONDS; False (and a warning) if the printer did not acknowledge it."""
        try:
            async with asyncio.timeout(COOL_DEADLINE_SECONDS):
                await connection.cool_down()
        except (HydrogenError, TimeoutError) as error:
            self._log.warning("heaters-off was not acknowledged", error=str(error) or "no answer in time")
            return False
        return True

    def drop(self, connection: PrinterConnection, error: DeviceError) -> None:
        """End a connection that has become useless, as if it had been lost. Nothing if it is over already."""
        if self.connection is connection:
            self._lose(connection, error)

    # -------------------------------------------------------------------------------------------------- opening

    async def _open(self) -> None:
        announcer, listener = self._announcer, _Listener(self)
        resume = self._follower.resume_point()
        if resume is None:
            announcer.set_status(PrinterStatus.CONNECTING)
        failure: HydrogenError | None = None
        try:
            connection = await self._shake_hands(listener, resume)
            self._adopt(connection, listener)
        except HydrogenError as error:
            failure = error
            raise
        finally:
            self._opening = None
            if self.connection is None:
                listener.is_over = True
                if resume is None:
                    self._report(failure)

    async def _shake_hands(self, listener: _Listener, resume: ResumePoint | None) -> PrinterConnection:
        """A printer with a past is waited for as long as it shows that it lives; its driver knows."""
        deadline = self._connect_deadline_seconds if resume is None else None
        try:
            async with asyncio.timeout(deadline):
                return await self._driver.connect(listener, self._journal, resume)
        except TimeoutError:
            raise PrinterSilent(
                f"the driver did not finish its handshake on {self._driver.port} within {deadline:g} s",
                port=self._driver.port,
            ) from None

    def _adopt(self, connection: PrinterConnection, listener: _Listener) -> None:
        if listener.error is not None:
            self._errands.start(self._close(connection), name="close the port")
            raise listener.error
        listener.connection = self.connection = connection
        at = self._announcer.now
        told = PrinterConnected(at=at, port=connection.port, baud=connection.baud, simulated=connection.is_simulated)
        self._announcer.publish(told)
        self._announcer.publish(PrinterFirmwareIdentified(at=at, firmware=connection.firmware))
        self._follower.on_connected(connection)

    def _report(self, failure: HydrogenError | None) -> None:
        """The handshake came to nothing: say why. None: it was broken off, whoever did that sets the status."""
        if failure is None:
            self._announcer.set_status(PrinterStatus.OFFLINE)
            return
        self._announcer.raise_error(failure)
        is_away = isinstance(failure, PortMissing)
        self._announcer.set_status(PrinterStatus.OFFLINE if is_away else PrinterStatus.ERROR, failure.message)

    # -------------------------------------------------------------------------------------------------- listening

    def heard(self, event: Event) -> None:
        self._announcer.publish(event)

    def acted(self, action: str, text: str) -> None:
        self._follower.on_action(action, text)

    def overheard(self, line: str) -> None:
        self._follower.on_traffic(line)

    def _lose(self, connection: PrinterConnection, error: DeviceError) -> None:
        self.connection = None
        self._errands.start(self._close(connection), name="close the port")
        self._announcer.raise_error(error)
        self._follower.on_lost(error)
        self._announcer.publish(PrinterDisconnected(at=self._announcer.now, reason=error.message))
        if self._announcer.state.status is not PrinterStatus.LINK_LOST:  # a job that waits for the printer has said so
            self._announcer.set_status(_status_after(error), error.message)

    async def _close(self, connection: PrinterConnection) -> None:
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_SECONDS):
                await connection.close()
        except TimeoutError:
            self._log.error("the port did not close", port=connection.port, waited_seconds=CLOSE_DEADLINE_SECONDS)
        except HydrogenError as error:
            self._log.warning("closing the port failed", port=connection.port, error=str(error))


class _Listener(ConnectionListener):
    """Listens to one connection; deaf once that is over."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self.connection: PrinterConnection | None = None
        self.error: DeviceError | None = None
        self.is_over = False

    def on_event(self, event: Event) -> None:
        if not self._is_deaf():
            self._connector.heard(event)

    def on_action(self, action: str, text: str) -> None:
        if not self._is_deaf():
            self._connector.acted(action, text)

    def on_traffic(self, line: str) -> None:
        if not self._is_deaf():
            self._connector.overheard(line)

    def on_lost(self, error: DeviceError) -> None:
        self.error = error
        if self.connection is not None:
            self._connector.drop(self.connection, error)

    def _is_deaf(self) -> bool:
        return self.is_over or (self.connection is not None and self.connection is not self._connector.connection)


def _status_after(error: DeviceError) -> PrinterStatus:
    if isinstance(error, PrinterHalted):
        return PrinterStatus.HALTED
    if isinstance(error, LinkLost | PortMissing | PrinterSilent):
        return PrinterStatus.LINK_LOST
    return PrinterStatus.ERROR
