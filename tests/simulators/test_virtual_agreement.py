"""Two stand-ins for a Marlin that share no code agree on what was executed: the same moves, by the same hash.

The other one is ``fakemarlin``, a C program of a measuring rig. ``HYDROGEN_RIG_FOLDER`` names the folder that holds
``rigs/fakemarlin.c`` and ``gcode/``; without it, or without a C compiler, these tests are skipped. ``HYDROGEN_WHOLE_VASE=1``
prints the whole vase (360,000 lines) instead of its first 20,000.
"""

from __future__ import annotations

import gzip
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from operator import xor
from pathlib import Path

import pytest

import hydrogen_simulators
from hydrogen_simulators.ledger import job_hash

FOLDER = Path(os.environ.get("HYDROGEN_RIG_FOLDER", "."))
SOURCE = FOLDER / "rigs" / "fakemarlin.c"
VASE_LINES = 20_000
PATIENCE_SECONDS = 0.15
PROBE = b"N9999999 M105*46\n"

pytestmark = pytest.mark.skipif(
    "HYDROGEN_RIG_FOLDER" not in os.environ or not SOURCE.is_file() or shutil.which("cc") is None,
    reason="HYDROGEN_RIG_FOLDER names no folder with rigs/fakemarlin.c, or there is no C compiler",
)

WEATHERS = {
    "clean": ({}, ()),
    "corrupt": ({"corrupt_every": 100}, ("--corrupt-every", "100")),
    "resends": ({"resend_every": 80}, ("--resend-every", "80")),
    "lost lines": ({"drop_line_every": 500}, ("--drop-every", "500")),
    "lost oks": ({"drop_ok_every": 500}, ("--drop-ok-every", "500")),
}


class PatientHost:
    """One line in flight; asks for the last number when nothing is heard, and sends again what is asked for."""

    def __init__(self, port: Path) -> None:
        self._port = os.open(port, os.O_RDWR | os.O_NOCTTY)
        self._heard = b""
        self._write(b"M110 N0\n")
        self._line()

    def print(self, commands: list[str]) -> None:
        number = 1
        while number <= len(commands):
            body = f"N{number} {commands[number - 1]}".encode("latin-1")
            self._write(body + b"*%d\n" % reduce(xor, body, 0))
            number = self._next(number)

    def close(self) -> None:
        os.close(self._port)

    def _next(self, number: int) -> int:
        """The number to send after the answer to this one."""
        while True:
            line = self._line()
            if line is None:
                self._write(PROBE)
            elif line.startswith(b"Resend:"):
                self._line()
                return int(line.partition(b":")[2])
            elif line.startswith(b"ok"):
                return number + 1

    def _line(self) -> bytes | None:
        while b"\n" not in self._heard:
            if not select.select([self._port], [], [], PATIENCE_SECONDS)[0]:
                return None
            self._heard += os.read(self._port, 4096)
        line, _, self._heard = self._heard.partition(b"\n")
        return line

    def _write(self, data: bytes) -> None:
        os.write(self._port, data)


@pytest.fixture(scope="module")
def fakemarlin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("rig") / "fakemarlin"
    subprocess.run(["cc", "-O2", "-o", str(program), str(SOURCE)], check=True)
    return program


@contextmanager
def printer(command: list[str], link: Path, ledger: Path) -> Iterator[dict[str, object]]:
    """``hash`` is filled in when the printer has ended."""
    environment = os.environ | {"PYTHONPATH": str(Path(hydrogen_simulators.__file__).parents[1])}
    facts: dict[str, object] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"ready")
        yield facts
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    facts |= json.loads(ledger.read_text(encoding="utf-8"))


def commands_of(name: str) -> list[str]:
    if name == "cube":
        lines = (FOLDER / "gcode" / "cube.gcode").read_text(encoding="latin-1").splitlines()
    else:
        with gzip.open(FOLDER / "gcode" / "vase.gcode.gz", "rt", encoding="latin-1") as file:
            lines = file.read().splitlines()
        lines = lines if os.environ.get("HYDROGEN_WHOLE_VASE") else lines[:VASE_LINES]
    bare = [line.partition(";")[0].strip() for line in lines]
    return [line for line in bare if line]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("weather", WEATHERS)
@pytest.mark.parametrize("file", ["cube", "vase"])
def test_both_execute_the_same_moves(tmp_path: Path, fakemarlin: Path, file: str, weather: str) -> None:
    commands = commands_of(file)
    plan, options = WEATHERS[weather]
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    ours, theirs = tmp_path / "tty-ours", tmp_path / "tty-theirs"
    simulator = [sys.executable, "-m", "hydrogen_simulators", "--link", str(ours), "--ledger", str(tmp_path / "ours")]
    simulator += ["--speed", "max", "--faults", str(tmp_path / "plan.json"), "--no-advanced-ok"]
    rig = [str(fakemarlin), "--stats", str(tmp_path / "theirs"), *options, str(theirs)]
    hashes = []
    for command, link, ledger in ((simulator, ours, "ours"), (rig, theirs, "theirs")):
        with printer(command, link, tmp_path / ledger) as facts:
            host = PatientHost(link)
            host.print(commands)
            host.close()
        hashes.append(facts["job_hash"])
    assert hashes == [job_hash(commands)] * 2
