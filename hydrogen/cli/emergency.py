"""`hydrogen emergency`: the service is asked first, then the printer's spooler, and if neither answers its port is taken.

Each has a moment only: a person who types this does not wait. Sending M112 twice does no harm.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from hydrogen import __version__
from hydrogen.cli.address import Places, find_service, runtime_dir
from hydrogen.cli.client import connected
from hydrogen.cli.exit_code import ExitCode, exit_code_of
from hydrogen.cli.last_word import printers_in, say_last_word
from hydrogen.core.clock import SystemClock
from hydrogen.errors import HydrogenError, InvalidMessage, NotFound, Unavailable
from hydrogen.spooler.port import DeafListener
from hydrogen.spooler.request import EmergencyStop
from hydrogen.spooler.wire.address import RuntimeFiles
from hydrogen.spooler.wire.client import SpoolerClient
from hydrogen.spooler.wire.holder import is_held

SERVICE_SECONDS = 0.8
"""For the whole conversation with the service; it answers within milliseconds, unless a spooler hangs behind it."""

SPOOLER_SECONDS = 0.3
"""For the spooler. With the start of this program and the port itself it stays within 2 s."""

REMOTE_SECONDS = 10.0
"""For a service elsewhere: there is nothing else that could be tried."""


async def emergency(options: argparse.Namespace) -> ExitCode:
    """Stop one printer, or all of them. The exit code says whether every one of them was told."""
    places = Places(
        url=options.url, key_file=options.key_file, runtime_dir=options.runtime_dir, config=options.client_config
    )
    if places.url or os.environ.get("HYDROGEN_URL"):
        failed = await _by_service(places, options.printer, REMOTE_SECONDS)
        return _tell_failures(failed)
    folder = runtime_dir(places)
    try:
        failed = await _by_service(places, options.printer, SERVICE_SECONDS)
    except (NotFound, InvalidMessage):
        raise
    except HydrogenError as error:
        names = (options.printer,) if options.printer else printers_in(folder)
        if not names:
            raise
        print(f"hydrogen: the service did not do it ({error}); trying without it", file=sys.stderr)
        failed = dict.fromkeys(names, error)
    outcomes = await asyncio.gather(*(_without_service(folder, name) for name in failed))
    return _tell_failures({name: error for name, error in zip(failed, outcomes, strict=True) if error is not None})


async def _by_service(places: Places, printer: str | None, seconds: float) -> Mapping[str, HydrogenError]:
    """The printers that the service could not stop. Raises what kept it from trying."""
    asking = asyncio.create_task(_ask_service(places, printer), name="ask the service")
    await asyncio.wait({asking}, timeout=seconds)
    if not asking.done():
        asking.cancel()  # its farewell to a service that hangs takes a second: not waited for
        raise Unavailable(f"no answer within {seconds:g} s")
    return asking.result()


async def _ask_service(places: Places, printer: str | None) -> Mapping[str, HydrogenError]:
    async with connected(find_service(places)) as client:
        result = await client.command("printer.emergency_stop", printer)
        stopped = result.get("stopped") or ([printer] if printer else [])
        if stopped:
            print(f"emergency stop sent to {', '.join(stopped)}; a printer that was stopped so needs a reset")
        failed = result.get("failed") or {}
        return {name: Unavailable(str(error.get("message"))) for name, error in failed.items()}


async def _without_service(folder: Path, name: str) -> HydrogenError | None:
    """What kept us from stopping it; None if it was told."""
    try:
        files = RuntimeFiles(folder, name)
        if await _by_spooler(folder, name):
            print(f"{name}: emergency stop sent by its spooler; it needs a reset")
            return None
        spoken = await asyncio.to_thread(say_last_word, files, SystemClock())
    except HydrogenError as error:
        return error
    how = f" (process {spoken.killed_pid}, which held it, was killed)" if spoken.killed_pid is not None else ""
    then = "and the printer has halted" if spoken.is_confirmed else "but the printer has not confirmed it: look at it"
    print(f"{name}: M112 was written to {spoken.port}{how}, {then}")
    return None


async def _by_spooler(folder: Path, name: str) -> bool:
    if not is_held(RuntimeFiles(folder, name).lock):
        return False  # calling a socket unit would start a spooler that knows nothing of the printer yet
    client = SpoolerClient(name, folder, SystemClock(), version=__version__, instance=f"emergency-{os.getpid()}")
    try:
        async with asyncio.timeout(SPOOLER_SECONDS):
            await client.attach(DeafListener())
            await client.request(EmergencyStop(actor="command line"))
    except (HydrogenError, TimeoutError):
        return False
    finally:
        await client.detach()
    return True


def _tell_failures(failed: Mapping[str, HydrogenError]) -> ExitCode:
    for name, error in failed.items():
        print(f"{name}: NOT STOPPED: {error}", file=sys.stderr)
    return next((exit_code_of(error) for error in failed.values()), ExitCode.DONE)
