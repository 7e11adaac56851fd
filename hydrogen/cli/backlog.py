"""`hydrogen queue …`: what waits to be printed, and the word that a bed is clear."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from hydrogen.cli.address import Places, find_service
from hydrogen.cli.client import connected
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.printing import bring_file
from hydrogen.errors import NotFound

_PAGE = 500


def places_of(options: argparse.Namespace) -> Places:
    """Where the command line says that the service is."""
    return Places(
        url=options.url, key_file=options.key_file, runtime_dir=options.runtime_dir, config=options.client_config
    )


async def show_queue(options: argparse.Namespace) -> ExitCode:
    """`hydrogen queue`, `hydrogen queue list`."""
    entries: list[Mapping[str, Any]] = []
    async with connected(find_service(places_of(options))) as client:
        while True:
            page = await client.command("queue.list", options.printer, {"limit": _PAGE, "offset": len(entries)})
            entries += page.get("entries", [])
            if len(entries) >= int(page.get("total", 0)) or not page.get("entries"):
                break
    if options.json:
        print(json.dumps({"entries": entries, "printers": page.get("printers", {})}))
        return ExitCode.DONE
    for line in queue_lines(entries, page.get("printers", {})):
        print(line)
    return ExitCode.DONE


async def add_to_queue(options: argparse.Namespace) -> ExitCode:
    """`hydrogen queue add FILE`."""
    address = find_service(places_of(options))
    name = await bring_file(options.file, address)
    params = {"file": name, "copies": options.copies, "priority": options.priority}
    async with connected(address) as client:
        result = await client.command("queue.add", options.printer, params)
        listed = await client.command("queue.list", options.printer, {"limit": 1})
    entry = result.get("entry", {})
    print(f"queued {name} at place {int(result.get('position', 0)) + 1}, entry {entry.get('id')}")
    for line in obstacle_lines(listed.get("printers", {}), options.printer):
        print(line)
    return ExitCode.DONE


async def change_queue(options: argparse.Namespace) -> ExitCode:
    """`hydrogen queue remove`, `move`, `hold`, `release`, `clear-bed`."""
    async with connected(find_service(places_of(options))) as client:
        if options.action in ("remove", "move"):
            params: dict[str, Any] = {"id": await _full_id(client, options.entry)}
            if options.action == "move":
                params["position"] = options.place - 1
            result = await client.command(f"queue.{options.action}", None, params)
        elif options.action == "clear-bed":
            result = await client.command("printer.clear_bed", options.printer)
        else:
            params = {"reason": options.reason} if options.action == "hold" else {}
            result = await client.command(f"queue.{options.action}", options.printer, params)
    print(_answer(options.action, result))
    return ExitCode.DONE


async def _full_id(client: Any, beginning: str) -> str:
    """Ids are long; their ends are enough, as the list shows them. Raises NotFound."""
    page = await client.command("queue.list", None, {"limit": 1000})
    found = [str(entry["id"]) for entry in page.get("entries", []) if str(entry["id"]).endswith(beginning)]
    if len(found) != 1:
        what = "there is no entry" if not found else f"{len(found)} entries end with"
        raise NotFound(f"{what} {beginning!r} in the queue: see hydrogen queue", id=beginning)
    return found[0]


def _answer(action: str, result: Mapping[str, Any]) -> str:
    if action == "move":
        return f"moved to place {int(result.get('position', 0)) + 1}"
    if "held" in result:
        held = ", ".join(f"{name} ({reason})" for name, reason in result["held"].items())
        return f"held: {held}" if held else "the queue goes on"
    return {"remove": "removed", "clear-bed": "the bed is clear: the queue may start one job"}.get(action, "done")


def queue_lines(entries: list[Mapping[str, Any]], printers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The queue for people: an entry a line, then what keeps it from going on."""
    lines = [] if entries else ["the queue is empty"]
    for place, entry in enumerate(entries, 1):
        copies = f"  {entry['copies_done']}/{entry['copies']} copies" if entry["copies"] > 1 else ""
        where = entry.get("printing_on") or entry.get("printer") or "any printer"
        urgent = f"  priority {entry['priority']}" if entry["priority"] else ""
        why = f"  ({entry['reason']})" if entry.get("reason") else ""
        lines.append(
            f"{place:>3}  {entry['id'][-6:]}  {entry['state']:<9}  {entry['file']}  on {where}{copies}{urgent}{why}"
        )
    return lines + obstacle_lines(printers, None)


def obstacle_lines(printers: Mapping[str, Mapping[str, Any]], printer: str | None) -> list[str]:
    """Why nothing starts, and what to do about it."""
    lines = []
    for name in sorted(printers if printer is None else {printer} & set(printers)):
        desk = printers[name]
        if desk.get("held"):
            lines.append(f"{name}: held, {desk['held']} (hydrogen queue release --printer {name})")
        if desk.get("bed") != "clear":
            lines.append(f"{name}: the bed is {desk.get('bed')} (hydrogen queue clear-bed --printer {name})")
    return lines
