"""`hydrogen demo`: a virtual printer, a service of its own and one print, from nothing to the summary."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from hydrogen.cli.address import ServiceAddress, url_of
from hydrogen.cli.client import Client, connected
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.printing import PrintWatch, bring_file
from hydrogen.cli.render import Display, make_display
from hydrogen.cli.service import SIMULATED_NAME, STOP_SECONDS
from hydrogen.core.clock import Clock, SystemClock
from hydrogen.errors import HostError, PrinterSilent
from hydrogen.files.folder import check_printable
from hydrogen.fleet.runtime import read_service_record

SAMPLE = Path(__file__).parent.parent / "samples" / "cube.gcode"

START_SECONDS = 20.0
"""For a service to be there, on a slow card."""

READY_SECONDS = 30.0
"""For the virtual printer to be idle."""

LOOK_SECONDS = 0.05

LOG_LINES = 15
"""Of the service's log, shown when it did not come up."""


async def demo(options: argparse.Namespace) -> ExitCode:
    """Exit code DONE only for a completed print. Ctrl-C ends everything, heaters off."""
    file = Path(options.file) if options.file else SAMPLE
    check_printable(file)
    clock = SystemClock()
    display = make_display(sys.stdout, clock)
    task = asyncio.current_task()
    loop = asyncio.get_running_loop()
    if task is not None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
    try:
        with tempfile.TemporaryDirectory(prefix="hydrogen-demo-") as folder:
            return await _print_in(Path(folder), file, options.speed, display, clock)
    except asyncio.CancelledError:
        print("interrupted: the job was stopped, heaters are off")
        return ExitCode.INTERRUPTED
    finally:
        display.close()


async def _print_in(folder: Path, file: Path, speed: str, display: Display, clock: Clock) -> ExitCode:
    async with _service(folder, speed, clock) as address:
        display.note(f"virtual printer at {speed}x speed; watch it: {address.url}?key={address.key}")
        record = read_service_record(folder / "run")
        if record is not None and record.web_port:
            display.note(f"dashboard: http://127.0.0.1:{record.web_port}/ (key: {address.key})")
        name = await bring_file(str(file), address)
        async with connected(address) as client:
            await _await_idle(client)
            started = await client.command("job.start", SIMULATED_NAME, {"file": name})
        display.note(f"printing {name}: {started.get('lines_total')} lines")
        watch = PrintWatch(
            lambda: address, printer=SIMULATED_NAME, job=str(started["job"]), display=display, clock=clock
        )
        return await watch.run()


async def _await_idle(client: Client) -> None:
    """The printer is connected by the service; wait until it says so."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            async for frame in client.frames():
                state = frame.get("state")
                if frame.get("type") == "snapshot" and isinstance(state, Mapping):
                    frame = state.get("printers", {}).get(SIMULATED_NAME, {})
                elif frame.get("type") == "printer.attached" and isinstance(state, Mapping):
                    frame = state
                if frame.get("status") == "idle":
                    return
    except TimeoutError:
        raise PrinterSilent(f"the virtual printer did not become idle within {READY_SECONDS:g} s") from None


@asynccontextmanager
async def _service(folder: Path, speed: str, clock: Clock) -> AsyncIterator[ServiceAddress]:
    """A service of our own; ended with its spooler and its printer when the block is left, also by our death."""
    key = secrets.token_urlsafe(12)
    places = {"HYDROGEN_SERVER__DATA_DIR": folder / "data", "HYDROGEN_SERVER__RUNTIME_DIR": folder / "run"}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HYDROGEN_")},
        **{name: str(path) for name, path in places.items()},
        "HYDROGEN_AUTH__KEYS": key,
    }
    log = folder / "service.log"
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "hydrogen", "serve", "--simulate", "--speed", speed, "--lifeline"),
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=stream,
            env=environment,
            start_new_session=True,
        )
    try:
        url = await _await_service(process, folder / "run", log, clock)
        yield ServiceAddress(url=url, key=key, data_dir=folder / "data")
    finally:
        await _end(process)


async def _await_service(process: asyncio.subprocess.Process, folder: Path, log: Path, clock: Clock) -> str:
    ends_at = clock.monotonic() + START_SECONDS
    while clock.monotonic() < ends_at and process.returncode is None:
        record = read_service_record(folder)
        if record is not None:
            return url_of(record)
        await asyncio.sleep(LOOK_SECONDS)
    raise HostError(f"the service did not start:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
