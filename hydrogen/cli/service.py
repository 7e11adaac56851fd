"""The commands that are, or end, a service: `serve`, `stop`, `check-config`."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from hydrogen.cli.address import Places, default_config_file, runtime_dir
from hydrogen.cli.exit_code import ExitCode, exit_code_of
from hydrogen.core.clock import Clock, SystemClock
from hydrogen.errors import ConfigurationInvalid, HydrogenError, ServiceUnreachable
from hydrogen.fleet.runtime import read_service_record
from hydrogen.spooler.wire.holder import is_held

if TYPE_CHECKING:
    from hydrogen.config import Configuration

STOP_SECONDS = 12.0
"""The service promises 10, a spooler with a job 8."""

ANSWER_SECONDS = 5.0
"""For a spooler that is to be stopped to say hello; it does within milliseconds unless it hangs."""

LOOK_SECONDS = 0.05

SIMULATED_NAME = "virtual"

FILE_MASK = 0o027
"""What the service writes is its own and its group's to read: files, database, runtime folder."""


def serve_command(options: argparse.Namespace) -> ExitCode:
    """`hydrogen serve`: returns when the service has ended."""
    os.umask(FILE_MASK)
    with ExitStack() as stack:
        folder = (
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hydrogen-"))) if options.simulate else None
        )
        try:
            ending = _serve(options, folder)
        except HydrogenError as error:
            print(f"hydrogen: {error}", file=sys.stderr)
            return ExitCode.USAGE if isinstance(error, ConfigurationInvalid) else ExitCode.FAILED
    if ending == "restart":
        _restart_in_place()
    if ending == "unclean":
        # Something does not let itself be cancelled: asyncio would wait for it for ever.
        sys.stdout.flush()
        os._exit(ExitCode.FAILED)
    return ExitCode.FAILED if ending == "failed" else ExitCode.DONE


def _serve(options: argparse.Namespace, folder: Path | None) -> str:
    configuration = _read_configuration(options, folder)

    from hydrogen.access import prepare_data_dir
    from hydrogen.app import Hydrogen, ServeOptions
    from hydrogen.core.log_ring import LogRing
    from hydrogen.core.notify import notifier_from
    from hydrogen.core.structured_log import configure_log
    from hydrogen.serving import serve

    section = configuration.logging
    json = None if section.format == "auto" else section.format == "json"
    ring = LogRing(SystemClock())
    log = configure_log(level=section.level, json=json, stream=sys.stderr, ring=ring)
    access = prepare_data_dir(configuration)
    if access.is_first:
        print(f"No API key is configured, so one was made: {access.keys[0]}", flush=True)
        print(f"It is kept in {configuration.server.data_dir / 'api_key'}; only this machine can connect.", flush=True)
    if configuration.is_plain_refused and not access.is_generated:
        log.warning(
            "only loopback served", reason="production without TLS: give tls.certificate or tls.trusted_proxies"
        )
    if configuration.has_short_key:
        log.warning("short api key configured", shortest=8, environment="development")
    serve_options = ServeOptions(
        own_spoolers=options.own_spoolers or folder is not None,
        has_lifeline=options.lifeline,
        may_restart=lambda: _read_configuration(options, folder),
        keeps_changes=folder is None or not configuration.server.data_dir.is_relative_to(folder),
        log_ring=ring,
    )

    async def live() -> str:
        house = Hydrogen(configuration, access, options=serve_options, clock=SystemClock(), log=log)
        notifier = notifier_from(os.environ, pid=os.getpid())
        return (await serve(house, options=serve_options, log=log, notifier=notifier)).value

    return asyncio.run(live())


def _read_configuration(options: argparse.Namespace, folder: Path | None) -> Configuration:
    from hydrogen.config import configuration_from_table, load_configuration

    if folder is None:
        return load_configuration(options.config or default_config_file())
    server: dict[str, str] = {"environment": "development"}
    for key in ("data_dir", "runtime_dir"):
        if f"HYDROGEN_SERVER__{key.upper()}" not in os.environ:
            server[key] = str(folder / key)
    printer = {"driver": "marlin", "port": f"virtual:speed={options.speed}"}
    here = {"host": "127.0.0.1"}
    table = {"server": server, "websocket": here, "web": here, "printers": {SIMULATED_NAME: printer}}
    return configuration_from_table(table, "hydrogen serve --simulate")


def _restart_in_place() -> None:
    """The same process runs the program anew, as it is on the disk now."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def check_config_command(options: argparse.Namespace) -> ExitCode:
    """`hydrogen check-config FILE`: silent but for one line when all is well."""
    from hydrogen.config import configured_printers, load_configuration

    configuration = load_configuration(options.file)
    names = [printer.name for printer in configured_printers(configuration)]
    print(f"{options.file}: fine; printers: {', '.join(names) or 'none'}")
    if not configuration.api_keys:
        print("no API key is configured: one will be generated, and only this machine can connect")
    elif configuration.is_plain_refused:
        print(
            "production without [tls]: only this machine can connect (hydrogen tls self-signed, or tls.trusted_proxies)"
        )
    return ExitCode.DONE


async def stop_command(options: argparse.Namespace) -> ExitCode:
    """`hydrogen stop`: the service; with --all every spooler too, its job included, heaters off."""
    clock = SystemClock()
    folder = runtime_dir(Places(runtime_dir=options.runtime_dir, config=options.client_config))
    record = read_service_record(folder)
    is_stopped = False
    if record is not None:
        is_stopped = await _stop_service(record.pid, clock)
        print("service stopped" if is_stopped else "service did not stop in time")
    elif not options.all:
        raise ServiceUnreachable(f"no Hydrogen service runs in {folder}", folder=str(folder))
    if not options.all:
        return ExitCode.DONE if is_stopped else ExitCode.FAILED
    code = ExitCode.DONE if is_stopped or record is None else ExitCode.FAILED
    for socket in sorted(folder.glob("*.sock")):
        code = max(code, await _stop_spooler(socket.stem, folder, clock))
    return code


async def _stop_service(pid: int, clock: Clock) -> bool:
    try:
        os.kill(pid, signal.SIGTERM)
        ends_at = clock.monotonic() + STOP_SECONDS
        while clock.monotonic() < ends_at:
            os.kill(pid, 0)
            await asyncio.sleep(LOOK_SECONDS)
    except ProcessLookupError:
        return True
    return False


async def _stop_spooler(name: str, folder: Path, clock: Clock) -> ExitCode:
    from hydrogen import __version__
    from hydrogen.spooler.port import DeafListener
    from hydrogen.spooler.request import StopSpooler
    from hydrogen.spooler.wire.address import RuntimeFiles
    from hydrogen.spooler.wire.client import SpoolerClient
    from hydrogen.spooler.wire.heart import HeartLimits

    files = RuntimeFiles(folder, name)
    if not is_held(files.lock):
        return ExitCode.DONE  # nobody there, only what a former one left
    heart = HeartLimits(gone_seconds=ANSWER_SECONDS)
    port = SpoolerClient(name, folder, clock, version=__version__, instance=f"stop-{os.getpid()}", heart=heart)
    try:
        await port.attach(DeafListener())
        await port.request(StopSpooler(actor="hydrogen stop"))
        async with asyncio.timeout(STOP_SECONDS):
            while is_held(files.lock):  # noqa: ASYNC110  another process tells nobody when it lets go
                await asyncio.sleep(LOOK_SECONDS)
    except HydrogenError as error:
        print(f"{name}: not stopped: {error}", file=sys.stderr)
        return exit_code_of(error)
    except TimeoutError:
        print(f"{name}: did not stop within {STOP_SECONDS:g} s", file=sys.stderr)
        return ExitCode.FAILED
    finally:
        await port.detach()
    print(f"{name}: stopped, heaters off")
    return ExitCode.DONE
