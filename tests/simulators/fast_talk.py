"""A talk with a virtual printer as fast as it can, written down: `fast_talk.py FILE SEED`. Standard library only, so that any
Python can have it."""

from __future__ import annotations

import os
import select
import sys
import threading
from functools import reduce
from operator import xor
from pathlib import Path

from hydrogen_simulators.endpoints.pseudo_terminal import PortOptions, PseudoTerminalPrinter
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.firmware.settings import MarlinSettings

MOVES = [f"G1 X{10 + n % 90} Y{10 + n // 9} E{n / 20:.3f} F{1200 + n}" for n in range(150)]
BEFORE = ["M115", "M155 S2", "M104 S205", "M140 S60", "G28", "M190 S60", "M109 S205", "G92 E0"]
BEHIND = ["M105", "G4 S1800", "M114", "M400", "M31"]
SCRIPT = [*BEFORE, *MOVES, *BEHIND]
PATIENCE_SECONDS = 20


def ask(descriptor: int, line: str) -> str:
    """Send a line, return everything up to its ok."""
    os.write(descriptor, line.encode("ascii"))
    said = b""
    while not (said.startswith(b"ok") or b"\nok" in said) or not said.endswith(b"\n"):
        if not select.select([descriptor], [], [], PATIENCE_SECONDS)[0]:
            raise SystemExit(f"no ok for {line!r}, only {said!r}")
        said += os.read(descriptor, 4096)
    return said.decode("latin-1")


def talk(file: Path, seed: int) -> None:
    """Every line is sent when the one before it is acknowledged; what is asked for again is sent again."""
    options = PortOptions(
        link=file.with_name(f"tty-{file.name}"),
        speed=None,
        seed=seed,
        record_file=file,
        faults=FaultPlan(corrupt_every=13),
    )
    printer = PseudoTerminalPrinter(options, MarlinSettings(temperature_noise_celsius=0.3))
    thread = threading.Thread(target=printer.run)
    thread.start()
    descriptor = os.open(printer.name, os.O_RDWR | os.O_NOCTTY)
    ask(descriptor, "M110 N0\n")
    for number, command in enumerate(SCRIPT, 1):
        body = f"N{number} {command}"
        while "Resend" in ask(descriptor, f"{body}*{reduce(xor, body.encode('ascii'), 0)}\n"):
            continue
    printer.stop()
    thread.join()
    os.close(descriptor)


if __name__ == "__main__":
    talk(Path(sys.argv[1]), int(sys.argv[2]))
