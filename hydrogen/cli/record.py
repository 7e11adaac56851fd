"""`hydrogen record`: what a printer says, written down without what is private, so that it can become a virtual one.

The format is the simulator's (docs/simulator.md): JSON lines, a header first. `hydrogen-sim --replay FILE` is that printer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from hydrogen.cli.address import find_service
from hydrogen.cli.client import Client, connected
from hydrogen.cli.command import places_of
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.redaction import CardListing, redact_sent
from hydrogen.cli.snapshot import snapshot_of
from hydrogen.core.clock import SystemClock
from hydrogen.errors import Conflict, FileUnreadable, NotFound

FORMAT_VERSION = 1

QUESTIONS = ("M115", "M503 S0", "M105", "M114", "M119", "M20", "M21", "M220", "M221", "M31", "M412", "M9998")
"""What a printer is asked: nothing here moves, heats, or changes anything. The last one is a command that nobody has."""

SETTLE_SECONDS = 0.5
"""Behind the last answer: lines are told in batches."""


async def record(options: argparse.Namespace) -> ExitCode:
    """Until `--seconds` are over, Ctrl-C, or, with neither, the last question is answered."""
    clock = SystemClock()
    async with connected(find_service(places_of(options))) as client:
        name, state = await _printer(client, options.printer)
        if not options.only_listen and state.get("status") != "idle":
            raise Conflict(
                f"{name} is {state.get('status')}: a printer is asked questions only while it is idle (or use --only-listen)"
            )
        await client.subscribe(topics=["terminal"], printers=[name])
        with await asyncio.to_thread(_open, options.output) as file:
            writing = Recording(file, name, state, clock.monotonic())
            await _listen(client, writing, options, name, clock)
    print(f"{writing.lines} lines of {name} in {options.output}; look at it before you publish it", file=sys.stderr)
    return ExitCode.DONE


class Recording:
    """Writes lines of the terminal, `> ` to the printer and `< ` from it."""

    def __init__(self, file: TextIO, printer: str, state: Mapping[str, Any], began: float) -> None:
        self.lines = 0
        self._file = file
        self._began = began
        self._listing = CardListing()
        firmware = (state.get("firmware") or {}).get("name", "")
        header = {
            "recording": FORMAT_VERSION,
            "printer": printer,
            "firmware": firmware,
            "simulated": state.get("simulated"),
        }
        self._write(header)

    def note(self, line: str, now: float) -> None:
        side, _, text = line.partition(" ")
        if side not in ("<", ">"):
            return
        shown = redact_sent(text) if side == ">" else self._listing.redact(text)
        self.lines += 1
        self._write({"at": round(now - self._began, 3), "from": "host" if side == ">" else "printer", "text": shown})

    def _write(self, record: Mapping[str, object]) -> None:
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _open(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise FileUnreadable(f"cannot write {path}: {error.strerror}", file=str(path)) from error


async def _printer(client: Client, wanted: str | None) -> tuple[str, Mapping[str, Any]]:
    printers = (await snapshot_of(client)).get("printers", {})
    name = wanted or next(iter(sorted(printers)), None)
    if name is None or name not in printers:
        raise NotFound(f"unknown printer {wanted!r} ({', '.join(sorted(printers)) or 'none is configured'})")
    return name, printers[name]


async def _listen(
    client: Client, writing: Recording, options: argparse.Namespace, name: str, clock: SystemClock
) -> None:
    asking = asyncio.create_task(_ask(client, name, options), name="questions")
    reading = asyncio.create_task(_read(client, writing, clock), name="terminal")
    try:
        await asking
    except asyncio.CancelledError:
        pass  # Ctrl-C: what was heard is kept
    finally:
        asking.cancel()
        reading.cancel()
        await asyncio.gather(asking, reading, return_exceptions=True)


async def _ask(client: Client, name: str, options: argparse.Namespace) -> None:
    if not options.only_listen:
        for question in QUESTIONS:
            await client.command("printer.send_gcode", name, {"lines": [question]})
    if options.seconds is not None:
        await asyncio.sleep(options.seconds)
    elif options.only_listen:
        await asyncio.Event().wait()
    await asyncio.sleep(SETTLE_SECONDS)


async def _read(client: Client, writing: Recording, clock: SystemClock) -> None:
    async for frame in client.frames():
        if frame.get("type") == "terminal.line":
            for line in frame.get("lines", []):
                writing.note(str(line), clock.monotonic())
