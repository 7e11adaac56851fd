"""`hydrogen printers`: all printers of a service, a line each; printers that are added, and taken out again."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from hydrogen.cli.address import find_service
from hydrogen.cli.client import connected
from hydrogen.cli.command import places_of
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.render import heater_text
from hydrogen.cli.snapshot import snapshot_of

HEAD = ("PRINTER", "STATUS", "MACHINE", "PORT", "HEAT", "JOB")
NONE = "-"


async def list_printers(options: argparse.Namespace) -> ExitCode:
    """`hydrogen printers`: those that the key may see."""
    async with connected(find_service(places_of(options))) as client:
        printers: Mapping[str, Mapping[str, Any]] = (await snapshot_of(client)).get("printers") or {}
    if options.json:
        print(json.dumps(printers))
        return ExitCode.DONE
    if not printers:
        print("no printer is configured, or none that this key may see")
    else:
        for line in table_of([HEAD, *(row_of(name, printers[name]) for name in sorted(printers))]):
            print(line)
    return ExitCode.DONE


async def add_printer(options: argparse.Namespace) -> ExitCode:
    """`hydrogen printers add`: returns when the service has taken it; then it begins anew by itself."""
    wish = {"name": options.name, "port": options.port, "driver": options.driver}
    wish |= {key: value for key, value in (("baud", options.baud), ("size_mm", options.size)) if value is not None}
    async with connected(find_service(places_of(options))) as client:
        await client.command("printer.add", None, wish)
    print(f"{options.name} was added; the service begins anew and connects to it (hydrogen printers)")
    return ExitCode.DONE


async def remove_printer(options: argparse.Namespace) -> ExitCode:
    """`hydrogen printers remove`: one of those that were added."""
    async with connected(find_service(places_of(options))) as client:
        await client.command("printer.remove", None, {"name": options.name})
    print(f"{options.name} was removed; the service begins anew")
    return ExitCode.DONE


def row_of(name: str, printer: Mapping[str, Any]) -> tuple[str, ...]:
    """One printer's cells."""
    firmware = printer.get("firmware") or {}
    heaters = printer.get("heaters") or {}
    job = printer.get("job")
    return (
        name,
        str(printer.get("status") or NONE),
        str(firmware.get("machine_type") or firmware.get("name") or NONE),
        str(printer.get("port") or NONE),
        ", ".join(f"{heater} {heater_text(heaters[heater])}" for heater in sorted(heaters)) or NONE,
        f"{job.get('file')} {float(job.get('fraction') or 0):.0%}" if job else NONE,
    )


def table_of(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
