"""The commands that are clients: each finds the service, asks, and shows the answer."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from hydrogen.cli.address import Places, find_service
from hydrogen.cli.client import connected
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.follower import Follower
from hydrogen.cli.printing import PrintWatch, bring_file
from hydrogen.cli.render import duration_text, heater_text, make_display
from hydrogen.cli.snapshot import snapshot_of
from hydrogen.core.clock import SystemClock
from hydrogen.errors import NotFound


def places_of(options: argparse.Namespace) -> Places:
    """Where the command line says that the service is."""
    return Places(
        url=options.url, key_file=options.key_file, runtime_dir=options.runtime_dir, config=options.client_config
    )


async def print_file(options: argparse.Namespace) -> ExitCode:
    """`hydrogen print FILE`."""
    places = places_of(options)
    address = find_service(places)
    name = await bring_file(options.file, address)
    async with connected(address) as client:
        started = await client.command("job.start", options.printer, {"file": name})
        printer = options.printer or next(iter((await snapshot_of(client)).get("printers", {})), "?")
    print(f"{printer}: printing {name}, {started.get('lines_total', '?')} lines, job {started.get('job')}")
    if not options.wait:
        return ExitCode.DONE
    clock = SystemClock()
    watch = PrintWatch(
        lambda: find_service(places),
        printer=printer,
        job=str(started.get("job")),
        display=make_display(sys.stdout, clock),
        clock=clock,
    )
    try:
        return await watch.run()
    except asyncio.CancelledError:
        print("not watched any more; the print goes on (hydrogen cancel ends it)")
        raise


async def watch(options: argparse.Namespace) -> ExitCode:
    """`hydrogen watch`: until Ctrl-C."""
    clock = SystemClock()
    places = places_of(options)
    follower = Follower(lambda: find_service(places), clock=clock)
    display = None if options.json else make_display(sys.stdout, clock)
    try:
        async for frame in follower.frames():
            if display is None:
                print(json.dumps(frame), flush=True)
                continue
            if frame.get("type") == "client.away":
                display.note(f"the service is away, waiting for it: {frame.get('reason')}")
            printers = follower.view.printers
            if options.printer and follower.view.epoch and options.printer not in printers:
                raise _unknown(options.printer, printers)
            name = options.printer or next(iter(sorted(printers)), None)
            if name in printers:
                display.update(printers[name])
    finally:
        if display is not None:
            display.close()
    return ExitCode.DONE


async def status(options: argparse.Namespace) -> ExitCode:
    """`hydrogen status`."""
    address = find_service(places_of(options))
    async with connected(address) as client:
        service = await client.status()
        state = await snapshot_of(client)
    printers = state.get("printers", {})
    if options.json:
        print(json.dumps({"service": service, "printers": printers}))
        return ExitCode.DONE
    started = service.get("server_start_time")
    print(f"Hydrogen at {address.url}, since {started}, {service.get('active_connections')} clients")
    for name in sorted(printers):
        for line in _printer_lines(name, printers[name]):
            print(line)
    if not printers:
        print("no printer is configured")
    return ExitCode.DONE


async def act_on_job(options: argparse.Namespace) -> ExitCode:
    """`hydrogen pause`, `resume`, `cancel`."""
    async with connected(find_service(places_of(options))) as client:
        await client.command(f"job.{options.command}", options.printer)
    print(f"{options.command}: accepted")
    return ExitCode.DONE


async def switch_power(options: argparse.Namespace) -> ExitCode:
    """`hydrogen power on|off [PRINTER]`."""
    params = {"force": True} if options.force else {}
    async with connected(find_service(places_of(options))) as client:
        result = await client.command(f"power.{options.position}", options.printer, params)
    print(f"power: {result.get('power')}")
    return ExitCode.DONE


async def answer(options: argparse.Namespace) -> ExitCode:
    """`hydrogen answer [BUTTON]`."""
    params = (
        {}
        if options.button is None
        else {"button": int(options.button) if options.button.isdecimal() else options.button}
    )
    async with connected(find_service(places_of(options))) as client:
        result = await client.command("printer.answer_prompt", options.printer, params)
    print(f"answer: button {result.get('button')} pressed")
    return ExitCode.DONE


def _unknown(name: str, known: Mapping[str, object]) -> NotFound:
    return NotFound(f"unknown printer {name!r} ({', '.join(sorted(known)) or 'none is configured'})", printer=name)


def _printer_lines(name: str, printer: Mapping[str, Any]) -> list[str]:
    heaters = printer.get("heaters") or {}
    heat = "  ".join(f"{heater} {heater_text(heaters[heater])}" for heater in sorted(heaters))
    port = printer.get("port") or "no port"
    lines = [f"  {name}: {printer.get('status')}  ({printer.get('driver') or '?'} at {port})  {heat}".rstrip()]
    job = printer.get("job")
    if job:
        left = duration_text(job.get("remaining_seconds"))
        lines.append(f"    {job.get('file')}: {float(job.get('fraction') or 0):.1%}, {left} left, job {job.get('id')}")
    if printer.get("prompt"):
        lines.append(f"    asks: {printer['prompt']} (hydrogen answer)")
    recoverable = printer.get("recoverable")
    if recoverable:
        lines.append(f"    {recoverable.get('file')} was interrupted and can be recovered (hydrogen recover)")
    error = printer.get("error")
    if error:
        lines.append(f"    last error: {error.get('message')} [{error.get('code')}]")
    return lines
