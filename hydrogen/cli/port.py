"""`hydrogen ports`: what hangs on this machine, and what to write as a printer's `port`.

The service is asked, because it knows which printer uses which port. Where none runs, this program looks for itself: the first
configuration has to be written before there is a service.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from hydrogen.cli.address import Places, find_service
from hydrogen.cli.client import connected
from hydrogen.cli.command import places_of
from hydrogen.cli.exit_code import ExitCode
from hydrogen.devices.port_identity import DeviceTree
from hydrogen.errors import ServiceUnreachable
from hydrogen.fleet.discovery import found_ports

NO_PORT = "no serial port is there: plug the printer in, and switch it on"


async def list_ports(options: argparse.Namespace, tree: DeviceTree | None = None) -> ExitCode:
    """`hydrogen ports`. tree: where devices are, for a look without a service; the machine's own."""
    places = places_of(options)
    try:
        ports = await _asked(places)
    except ServiceUnreachable:
        if places.url or os.environ.get("HYDROGEN_URL"):
            raise
        found = await asyncio.to_thread(found_ports, {}, tree or DeviceTree())
        ports = [asdict(port) for port in found]
    if options.json:
        print(json.dumps(ports))
        return ExitCode.DONE
    for line in port_lines(ports):
        print(line)
    return ExitCode.DONE


async def _asked(places: Places) -> list[Mapping[str, Any]]:
    async with connected(find_service(places)) as client:
        told = await client.command("port.list")
    return list(told.get("ports") or [])


def port_lines(ports: Iterable[Mapping[str, Any]]) -> list[str]:
    """For people: what to write, what it is, where it is now, who uses it; below it what has to be known."""
    lines: list[str] = []
    for port in ports:
        what = port.get("title") or port.get("words") or "unknown"
        user = f", used by {port['printer']}" if port.get("printer") else ", in use" if port.get("in_use") else ""
        where = "" if port.get("path") == port.get("bind") else f" at {port.get('path')}"
        lines.append(f'port = "{port.get("bind")}"   {what}{where}{user}')
        lines += [f"    {words}" for words in (port.get("note"), port.get("advice")) if words]
    return lines or [NO_PORT]
