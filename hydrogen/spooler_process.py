"""The spooler process: `python -m hydrogen.spooler_process NAME --runtime-dir DIR [--detach | --lifeline]`.

Holds `NAME.lock` for its life, reads `NAME.json`, imports the driver it names, serves `NAME.sock`. Everything is imported
before it is ready and nothing after, so that an upgrade under its feet changes nothing.

====================== ===============================================================================================
SIGTERM                no job: heaters off, exit 0. Job: stop at a line's end, heaters off, `job.finished` failed with
                       `interrupted`, exit 0 within 8 s
SIGINT, SIGHUP         as SIGTERM in the foreground; ignored with --detach and --lifeline
--lifeline             the end of stdin acts as SIGTERM
300 s alone            without a service and without a job: as SIGTERM
LISTEN_FDS             the socket that systemd handed over is served, and left to it (spooler/wire/activation.py)
NOTIFY_SOCKET          in the foreground: told when the socket is served, and when the end has begun
====================== ===============================================================================================

Exit codes: 0 ended as asked, 2 the settings or the driver cannot be used, 3 another spooler holds this printer.
"""

from __future__ import annotations

import argparse
import asyncio
import concurrent.futures.thread  # asyncio.to_thread would import it only when the first file is read
import contextlib
import fcntl
import gc
import importlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydrogen import __version__
from hydrogen.core.clock import Clock, SystemClock
from hydrogen.core.notify import Notifier, notifier_from
from hydrogen.devices.driver import PrinterDriver
from hydrogen.errors import ConfigurationInvalid, HydrogenError
from hydrogen.model.codec import value_from_plain
from hydrogen.spooler.heat.solitude import Solitude
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen.spooler.outbox import Outbox
from hydrogen.spooler.policy import SpoolerPolicy
from hydrogen.spooler.spooler import Spooler
from hydrogen.spooler.spooler_log import SpoolerLog
from hydrogen.spooler.wire.activation import inherited_listener
from hydrogen.spooler.wire.address import RuntimeFiles
from hydrogen.spooler.wire.frame import PROTOCOL, protocol_version
from hydrogen.spooler.wire.server import SpoolerServer

EXIT_UNUSABLE = 2
EXIT_ALREADY_RUNNING = 3

AUTOGROUP = Path("/proc/self/autogroup")

NICENESS = -5
"""Three times the processor's share of a service that takes an upload, while both want it: a line that comes late is a blob on
the print, an upload that comes late is nothing."""

STOP_SECONDS = 7.8
"""After this a stop that hangs is ended by SIGALRM: the promise is 8 s."""

SOLITUDE_SECONDS = 5.0
"""How often it is asked whether anybody is there."""

THREADS = (concurrent.futures.thread.ThreadPoolExecutor,)
"""What file reading needs of the standard library beyond asyncio's own imports."""


@dataclass(frozen=True, slots=True)
class Settings:
    """`NAME.json`, as the service wrote it; `driver` is the name clients see."""

    printer: str
    driver: str
    make_driver: Callable[[Mapping[str, Any]], PrinterDriver]
    settings: Mapping[str, Any]
    policy: SpoolerPolicy
    spool_dir: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """How this process was started. is_deaf: SIGINT and SIGHUP are not meant for it. is_tied: it ends with its stdin.
    inherited: a socket that listens already. after_crash: whoever held this printer before died.
    """

    after_crash: bool
    inherited: socket.socket | None
    is_deaf: bool
    is_tied: bool
    notifier: Notifier


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    options = _parse(arguments)
    os.umask(0o007)
    try:
        files = RuntimeFiles(Path(options.runtime_dir).absolute(), options.name)
        lock = _take_lock(files.lock)
        if lock is None:
            print(f"another spooler holds the printer {files.name} ({files.lock})", file=sys.stderr)
            return EXIT_ALREADY_RUNNING
        after_crash = _was_left_alone(lock)
        inherited = inherited_listener(files.socket, os.environ, pid=os.getpid())
        settings = _load_settings(files.settings)
        driver = settings.make_driver(settings.settings)
    except (HydrogenError, OSError, TypeError, ValueError, KeyError) as error:
        print(f"the spooler of {options.name} cannot start: {error}", file=sys.stderr)
        return EXIT_UNUSABLE
    if options.detach and not _become_daemon(files.log):
        return 0
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    _take_precedence(has_own_session=options.detach)
    is_child = options.detach or options.lifeline
    circumstances = Circumstances(
        after_crash=after_crash,
        inherited=inherited,
        is_deaf=is_child,
        is_tied=options.lifeline,
        notifier=Notifier() if is_child else notifier_from(os.environ, pid=os.getpid()),
    )
    asyncio.run(_serve(files, settings, driver, circumstances))
    os.ftruncate(lock, 0)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="hydrogen-spooler", description="Runs one printer: its port, its job.")
    parser.add_argument("name", metavar="NAME", help="the printer's name")
    parser.add_argument("--runtime-dir", required=True, help="where NAME.json is, and NAME.sock will be")
    lifetime = parser.add_mutually_exclusive_group()
    lifetime.add_argument("--detach", action="store_true", help="go to the background and outlive the caller")
    lifetime.add_argument("--lifeline", action="store_true", help="end when stdin is closed")
    return parser.parse_args(arguments)


# ----------------------------------------------------------------------------------------------------------- before


def _take_precedence(*, has_own_session: bool) -> None:
    """Where the system allows it (root, CAP_SYS_NICE, LimitNICE of a unit); elsewhere all stay equals.

    With the kernel's autogroups (Debian's default) a process's own value counts within its session only, and the session's
    value against others (``man 7 sched``): a spooler with a session of its own raises both; a unit has its weight.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, min(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    if has_own_session:
        with contextlib.suppress(OSError):
            AUTOGROUP.write_text(str(NICENESS), encoding="ascii")


def _take_lock(path: Path) -> int | None:
    """The descriptor that holds the lock, never closed; None if somebody else has it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def _was_left_alone(lock: int) -> bool:
    """Does the lock's file still name the process that held it? One that ends in order takes its name out."""
    was_named = os.fstat(lock).st_size > 0
    os.ftruncate(lock, 0)
    return was_named


def _load_settings(path: Path) -> Settings:
    body = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(body, dict) or not isinstance(body.get("settings", {}), dict):
        raise ConfigurationInvalid(f"{path} holds no settings of a spooler", file=str(path))
    contract = body.get("contract", PROTOCOL)
    if protocol_version(contract).major != protocol_version(PROTOCOL).major:
        raise ConfigurationInvalid(f"{path} follows contract {contract}, this spooler {PROTOCOL}", file=str(path))
    factory = str(body["factory"])
    return Settings(
        printer=str(body["printer"]),
        driver=str(body.get("driver") or factory.partition(":")[0].removesuffix(".driver").rpartition(".")[2]),
        make_driver=_imported(factory),
        settings=body.get("settings", {}),
        policy=value_from_plain(SpoolerPolicy, body.get("policy", {})),
        spool_dir=Path(body["spool_dir"]),
    )


def _imported(factory: str) -> Callable[[Mapping[str, Any]], PrinterDriver]:
    module, _, attribute = factory.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise ConfigurationInvalid(f"the driver {factory!r} cannot be imported: {error}", factory=factory) from error
    if not callable(found):
        raise ConfigurationInvalid(f"the driver {factory!r} is not callable", factory=factory)
    made: Callable[[Mapping[str, Any]], PrinterDriver] = found
    return made


def _become_daemon(log: Path) -> bool:
    """Double fork; False in the processes that are to end. Locks and modules go along."""
    if os.fork():
        return False
    os.setsid()
    if os.fork():
        os._exit(0)
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    for target, source in ((0, nothing), (1, nothing), (2, errors)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(errors)
    return True


# ----------------------------------------------------------------------------------------------------------- the life


async def _serve(files: RuntimeFiles, settings: Settings, driver: PrinterDriver, circumstances: Circumstances) -> None:
    clock = SystemClock()
    log = SpoolerLog(sys.stderr)
    instance = os.urandom(6).hex()
    journal = HotJournal(files.journal)
    outbox = Outbox(
        files.outbox,
        instance=instance,
        on_overflow=lambda event: log.error("outbox full, fact dropped", fact=event.wire_type),
        on_disk_error=lambda error: log.error("outbox not on disk", error=error.strerror),
    )
    spooler = Spooler(
        driver=driver,
        driver_name=settings.driver,
        files=files,
        spool_dir=settings.spool_dir,
        policy=settings.policy,
        journal=journal,
        outbox=outbox,
        clock=clock,
        log=log,
        after_crash=circumstances.after_crash,
    )
    server = SpoolerServer(
        spooler,
        files.socket,
        instance=instance,
        version=__version__,
        clock=clock,
        log=log,
        inherited=circumstances.inherited,
    )
    log.sink = server.send_log
    stop = _StopSwitch(spooler)
    stop.listen_to_signals(is_deaf=circumstances.is_deaf)
    if circumstances.is_tied:
        stop.listen_to_lifeline()
    spooler.start()
    await server.start()
    gc.collect()
    gc.freeze()
    circumstances.notifier.ready(f"holds {files.name}")
    try:
        reason = await stop.wanted(server, clock)
    finally:
        circumstances.notifier.stopping("heaters off")
        signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS)
        await spooler.shut_down("the spooler was stopped")
        await server.close()
        journal.close()
    log.info("spooler ended", reason=reason)


class _StopSwitch:
    """Waits for whatever ends this process."""

    def __init__(self, spooler: Spooler) -> None:
        self._spooler = spooler
        self._reason: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def listen_to_signals(self, *, is_deaf: bool) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._throw, "SIGTERM")
        for name in ("SIGINT", "SIGHUP"):
            if is_deaf:
                signal.signal(signal.Signals[name], signal.SIG_IGN)
            else:
                loop.add_signal_handler(signal.Signals[name], self._throw, name)

    def listen_to_lifeline(self) -> None:
        try:
            os.set_blocking(0, False)
            asyncio.get_running_loop().add_reader(0, self._lifeline)
        except OSError:  # closed, or a file that cannot be waited for: nobody holds the other end
            self._throw("lifeline")

    async def wanted(self, server: SpoolerServer, clock: Clock) -> str:
        """Why it is to end, once it is."""
        asked = asyncio.create_task(self._spooler.stop_wanted.wait(), name="stop request")
        alone = asyncio.create_task(self._alone(server, clock), name="solitude")
        try:
            ends: set[asyncio.Future[Any]] = {self._reason, asked, alone}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            return self._reason.result() if self._reason.done() else "asked for" if asked.done() else "alone"
        finally:
            asked.cancel()
            alone.cancel()
            await asyncio.gather(asked, alone, return_exceptions=True)

    async def _alone(self, server: SpoolerServer, clock: Clock) -> None:
        solitude = Solitude()
        while True:
            if solitude.observe(clock.monotonic(), has_service=server.has_service, has_job=self._spooler.has_job):
                return
            await asyncio.sleep(SOLITUDE_SECONDS)

    def _throw(self, reason: str) -> None:
        if not self._reason.done():
            self._reason.set_result(reason)

    def _lifeline(self) -> None:
        if not os.read(0, 4096):
            asyncio.get_running_loop().remove_reader(0)
            self._throw("lifeline")


if __name__ == "__main__":
    sys.exit(main())
