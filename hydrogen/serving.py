"""One life of the service, from its first signal handler to its end: what `hydrogen serve` runs once, or again after SIGHUP."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from enum import Enum

from hydrogen import __version__
from hydrogen.app import Hydrogen, ServeOptions
from hydrogen.core.clock import SystemClock
from hydrogen.core.log import Log
from hydrogen.core.notify import Notifier
from hydrogen.core.watchdog import Watchdog
from hydrogen.errors import HydrogenError
from hydrogen.model.state import State

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Ending(Enum):
    """Why `serve` returned."""

    STOPPED = "stopped"
    RESTART = "restart"
    FAILED = "failed"
    UNCLEAN = "unclean"


async def serve(house: Hydrogen, *, options: ServeOptions, log: Log, notifier: Notifier | None = None) -> Ending:
    """Run until a signal says otherwise. Raises what keeps the house from starting. notifier: who is told how it goes.

    SIGTERM and SIGINT end it (once; a second one changes nothing), SIGHUP ends it with RESTART. FAILED: a part failed for
    good; UNCLEAN: something did not end, the process should exit at once. The three signals are blocked when this returns,
    so that none is lost before the next life listens, and none breaks into the end.
    """
    notifier = notifier or Notifier()
    doorbell = _Doorbell(options, log)
    doorbell.install()
    supervisor = house.supervisor
    stopping = asyncio.create_task(doorbell.stop.wait(), name="stop")
    serving = asyncio.create_task(_start_and_serve(house, doorbell.stop, log, notifier), name="serve")
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not house.is_started:
            serving.cancel()
        await asyncio.wait({serving})
    finally:
        stopping.cancel()
        if doorbell.is_restart:
            house.will_come_back()
            notifier.reloading("restarting in place", SystemClock().monotonic())
        else:
            notifier.stopping("stopping; what prints, prints on")
        report = await supervisor.shut_down()
        await doorbell.close()
        log.info("shutdown complete", elapsed_seconds=round(report.elapsed_seconds, 3), hung=list(report.hung))
    error = None if serving.cancelled() else serving.exception()
    if error is not None and not house.is_started:
        raise error
    if not report.is_clean:
        return Ending.UNCLEAN
    if error is not None:
        log.error("service failed for good", error=error)
        return Ending.FAILED
    return Ending.RESTART if doorbell.is_restart else Ending.STOPPED


async def _start_and_serve(house: Hydrogen, stop: asyncio.Event, log: Log, notifier: Notifier) -> None:
    await house.supervisor.start()
    house.is_started = True
    log.info("service ready", pid=os.getpid(), websocket_port=house.bound_port, version=__version__)
    notifier.ready(status_sentence(house.state))
    watchdog = Watchdog(
        notifier, is_healthy=lambda: house.is_serving, sentence=lambda: status_sentence(house.state), log=log
    )
    feeding = asyncio.create_task(watchdog.run(), name="watchdog")
    try:
        await house.supervisor.serve(stop)
    finally:
        feeding.cancel()
        await asyncio.wait({feeding})


def status_sentence(state: State) -> str:
    """What every printer does, in one line: `ender3 printing 41 % of cube.gcode; mk3 idle`."""
    words = []
    for name, printer in sorted(state.printers.items()):
        job = f" {printer.job.fraction:.0%} of {printer.job.file}" if printer.job is not None else ""
        words.append(f"{name} {printer.status}{job}")
    return "; ".join(words) or "no printer is configured"


class _Doorbell:
    """Signals and the lifeline, as one event."""

    def __init__(self, options: ServeOptions, log: Log) -> None:
        self._options = options
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._checking: asyncio.Task[None] | None = None
        self.stop = asyncio.Event()
        self.is_restart = False

    def install(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._end, number.name)
        self._loop.add_signal_handler(signal.SIGHUP, self._restart)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        if self._options.has_lifeline:
            self._loop.add_reader(sys.stdin.fileno(), self._on_lifeline)

    async def close(self) -> None:
        """Signals are blocked from here on."""
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        if self._options.has_lifeline:
            self._loop.remove_reader(sys.stdin.fileno())
        if self._checking is not None:
            await asyncio.wait({self._checking})

    def _end(self, reason: str) -> None:
        if not self.stop.is_set():
            self._log.info("shutdown begun", reason=reason)
            self.stop.set()
        self.is_restart = False

    def _restart(self) -> None:
        if self._checking is None and not self.stop.is_set():
            self._checking = self._loop.create_task(self._check_and_restart(), name="restart")

    async def _check_and_restart(self) -> None:
        try:
            await asyncio.to_thread(self._options.may_restart)
        except HydrogenError as error:
            self._log.error("restart refused", reason=str(error))
            return
        finally:
            self._checking = None
        if not self.stop.is_set():
            self._log.info("restart begun", reason="SIGHUP")
            self.is_restart = True
            self.stop.set()

    def _on_lifeline(self) -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            self._loop.remove_reader(sys.stdin.fileno())
            self._end("lifeline")
