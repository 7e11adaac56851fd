"""Starts the services in order, keeps them alive, and takes the house down in five phases.

::

    phase            what happens                                                      limit (default)
    signal           every service refuses what is new, last started first            at once
    close clients    every service bids its clients farewell, all at the same time     2 s
    stop tasks       every `run` is cancelled, all at the same time                    5 s
    release          every service gives back what it took, in reverse order           2 s
    fallback         whatever still lives is cancelled once more and named             0.5 s

A phase that runs over its limit is cut short, and the next one begins: nothing that hangs can hold the house. A farewell
that was cut short is `late` in the report (clients may be slow, that is no fault of ours); a task or a release that was
cut short is `hung`, and so is everything that did not end even then. With something hung the process should exit at once
with a code other than 0 (`os._exit`: `asyncio.run` would wait for a task that does not let itself be cancelled).

This is one of the three places that catch every exception: a service may fail in any way, the others live on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from hydrogen.core.backoff import Backoff
from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.service import Service


@dataclass(frozen=True, slots=True)
class ShutdownPhase:
    """One step of the shutdown and how long it may take, in seconds."""

    name: str
    limit_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownLimits:
    """The limits of the phases, in seconds. Together they must stay below the 10 s after which a SIGKILL is near."""

    close_clients_seconds: float = 2.0
    stop_tasks_seconds: float = 5.0
    release_seconds: float = 2.0
    fallback_seconds: float = 0.5

    @property
    def phases(self) -> tuple[ShutdownPhase, ...]:
        """The five phases in their order. The first one waits for nothing."""
        return (
            ShutdownPhase("signal", 0.0),
            ShutdownPhase("close clients", self.close_clients_seconds),
            ShutdownPhase("stop tasks", self.stop_tasks_seconds),
            ShutdownPhase("release", self.release_seconds),
            ShutdownPhase("fallback", self.fallback_seconds),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """A service that fails `failures` times within `window_seconds` is given up. make_backoff: pauses between restarts."""

    failures: int = 5
    window_seconds: float = 60.0
    make_backoff: Callable[[], Backoff] = Backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownReport:
    """How the shutdown went.

    phases: how long each took, in seconds. late: farewells that were cut short. hung: what did not end in its time, or not
    at all; each as `service: phase (file:line)`, the place where it was waiting.
    """

    phases: tuple[tuple[str, float], ...] = ()
    late: tuple[str, ...] = ()
    hung: tuple[str, ...] = ()
    elapsed_seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        """May the process exit with 0?"""
        return not self.hung


class Supervisor:
    """Owns the tasks of all services. One life: start, serve, shut_down."""

    def __init__(
        self,
        services: Sequence[Service],
        *,
        clock: Clock,
        log: Log,
        report: Callable[[str, BaseException], None],
        limits: ShutdownLimits = ShutdownLimits(),
        restart: RestartPolicy = RestartPolicy(),
    ) -> None:
        """services: in the order of their start. report(name, error): called for every failure; it publishes."""
        self._services = tuple(services)
        self._clock = clock
        self._log = log
        self._report = report
        self._limits = limits
        self._restart = restart
        self._started: list[Service] = []
        self._keepers: dict[asyncio.Task[None], Service] = {}
        self._ending = asyncio.Event()
        self._shutdown: asyncio.Task[ShutdownReport] | None = None

    # -------------------------------------------------------------------------------------------------- start, serve

    async def start(self) -> None:
        """Start in order. If one raises (or this is cancelled), those started are released in reverse; the error goes on.

        To shut down while this still runs, cancel it first.
        """
        for service in self._services:
            try:
                await service.start()
            except BaseException:
                await _Landing(self._started, {}, self._limits, self._clock, self._tell).release_only()
                self._started.clear()
                raise
            self._started.append(service)
            self._log.debug("service started", service=service.name)

    async def serve(self, stop: asyncio.Event) -> None:
        """Run all services until `stop` is set or `shut_down` is called; then the tasks still live, `shut_down` ends them.

        Raises what a service raised that failed too often (see RestartPolicy).
        """
        for service in self._started:
            keeper = asyncio.create_task(self._keep(service), name=f"{service.name}.run")
            self._keepers[keeper] = service
        signals: set[asyncio.Task[Any]] = {asyncio.create_task(stop.wait()), asyncio.create_task(self._ending.wait())}
        try:
            await _first_of(signals, {*self._keepers, *signals})
        finally:
            for signal in signals:
                signal.cancel()
            await asyncio.wait(signals)

    async def _keep(self, service: Service) -> None:
        backoff = self._restart.make_backoff()
        failures: deque[float] = deque(maxlen=self._restart.failures)
        while True:
            error = await _failure_of(service.run())
            if error is None:
                self._log.debug("service ended by itself", service=service.name)
                return
            if self._ending.is_set():
                self._tell(service.name, error)
                return
            now = self._clock.monotonic()
            if failures and now - failures[-1] > self._restart.window_seconds:
                backoff.reset()
            failures.append(now)
            self._tell(service.name, error)
            if len(failures) == self._restart.failures and now - failures[0] <= self._restart.window_seconds:
                self._log.error("service given up", service=service.name, failures=len(failures))
                raise error
            delay = backoff.next_delay()
            self._log.info("service restart scheduled", service=service.name, delay_seconds=round(delay, 3))
            await asyncio.sleep(delay)

    def _tell(self, name: str, error: BaseException) -> None:
        self._log.error("service failed", service=name, error=error)
        try:
            self._report(name, error)
        except Exception as broken:  # noqa: BLE001
            self._log.error("failure not reported", service=name, error=broken)

    # ------------------------------------------------------------------------------------------------------ shut down

    async def shut_down(self) -> ShutdownReport:
        """Take the house down. Called twice or from several tasks, it happens once, and everybody gets the one report."""
        if self._shutdown is None:
            self._ending.set()
            landing = _Landing(self._started, self._keepers, self._limits, self._clock, self._tell)
            self._shutdown = asyncio.create_task(self._land(landing), name="shutdown")
        return await asyncio.shield(self._shutdown)

    async def _land(self, landing: _Landing) -> ShutdownReport:
        report = await landing.run()
        if report.late:
            self._log.warning("shutdown cut short", late=report.late)
        if report.hung:
            self._log.error("shutdown incomplete", hung=report.hung)
        return report


async def _first_of(signals: set[asyncio.Task[Any]], watched: set[asyncio.Task[Any]]) -> None:
    """Return when one of the signals is there; raise what another of the watched tasks raised."""
    while signals <= watched:
        done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if not task.cancelled():
                task.result()


async def _failure_of(running: Coroutine[Any, Any, None]) -> BaseException | None:
    """Run it; what it raised, or None if it returned. A cancellation of the calling task goes through."""
    try:
        await running
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return error  # something inside was cancelled, not the service: a failure like any other
    except Exception as error:  # noqa: BLE001
        return error
    return None


@dataclass(frozen=True, slots=True)
class _Unfinished:
    service: str
    phase: str
    place: str


class _Landing:
    """The five phases, once."""

    def __init__(
        self,
        services: Sequence[Service],
        keepers: dict[asyncio.Task[None], Service],
        limits: ShutdownLimits,
        clock: Clock,
        tell: Callable[[str, BaseException], None],
    ) -> None:
        self._services = tuple(reversed(services))
        self._keepers = keepers
        self._limits = limits
        self._clock = clock
        self._tell = tell
        self._unfinished: dict[asyncio.Task[Any], _Unfinished] = {}
        self._late: list[str] = []
        self._hung: list[str] = []

    async def run(self) -> ShutdownReport:
        actions: tuple[Callable[[float], Awaitable[None]], ...] = (
            self._signal,
            self._close_clients,
            self._stop_tasks,
            self._release,
            self._fall_back,
        )
        began = self._clock.monotonic()
        durations: list[tuple[str, float]] = []
        for phase, action in zip(self._limits.phases, actions, strict=True):
            phase_began = self._clock.monotonic()
            await action(phase.limit_seconds)
            durations.append((phase.name, self._clock.monotonic() - phase_began))
        return ShutdownReport(
            phases=tuple(durations),
            late=tuple(self._late),
            hung=tuple(self._hung),
            elapsed_seconds=self._clock.monotonic() - began,
        )

    async def release_only(self) -> None:
        """The way back from a start that failed half-way."""
        await self._release(self._limits.release_seconds)
        await self._fall_back(self._limits.fallback_seconds)

    async def _signal(self, _limit_seconds: float) -> None:
        for service in self._services:
            try:
                service.refuse()
            except Exception as error:  # noqa: BLE001
                self._tell(service.name, error)

    async def _close_clients(self, limit_seconds: float) -> None:
        tasks: dict[asyncio.Task[Any], Service] = {
            asyncio.create_task(service.close_clients(), name=f"{service.name}.close_clients"): service
            for service in self._services
        }
        await self._finish(tasks, limit_seconds, "close clients")

    async def _stop_tasks(self, limit_seconds: float) -> None:
        for task in self._keepers:
            task.cancel()
        await self._finish(dict(self._keepers), limit_seconds, "stop tasks")

    async def _release(self, limit_seconds: float) -> None:
        ends_at = self._clock.monotonic() + limit_seconds
        share = limit_seconds / (4 * max(1, len(self._services)))
        for index, service in enumerate(self._services):
            # Whoever is slow may use up the time, but a share of it is kept for each of those behind.
            kept = share * (len(self._services) - index - 1)
            own = max(share, ends_at - self._clock.monotonic() - kept)
            task = asyncio.create_task(service.release(), name=f"{service.name}.release")
            await self._finish({task: service}, own, "release")

    async def _finish(self, tasks: dict[asyncio.Task[Any], Service], limit_seconds: float, phase: str) -> None:
        """Wait for the tasks; cancel those over the limit and leave them to the fallback."""
        if not tasks:
            return
        done, pending = await asyncio.wait(tasks, timeout=limit_seconds)
        for task in done:
            # A run that failed was told of by its keeper.
            if phase != "stop tasks":
                self._tell_failure_of(task, tasks[task].name)
        for task in pending:
            self._unfinished[task] = _Unfinished(tasks[task].name, phase, _place_of(task))
            task.cancel()

    async def _fall_back(self, limit_seconds: float) -> None:
        if not self._unfinished:
            return
        for task in self._unfinished:
            task.cancel()
        _, pending = await asyncio.wait(self._unfinished, timeout=limit_seconds)
        for task, what in self._unfinished.items():
            is_late = what.phase == "close clients" and task not in pending
            (self._late if is_late else self._hung).append(f"{what.service}: {what.phase}{what.place}")
            if task not in pending:
                self._tell_failure_of(task, what.service)

    def _tell_failure_of(self, task: asyncio.Task[Any], service: str) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._tell(service, error)


def _place_of(task: asyncio.Task[Any]) -> str:
    """` (file.py:12)`: the innermost line at which the task waits, or nothing if that cannot be told."""
    waiting: Any = task.get_coro()
    place = ""
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None)
        if frame is not None:
            place = f" ({frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno})"
        waiting = getattr(waiting, "cr_await", None)
    return place
