"""Stands in for a socket unit of systemd: binds `NAME.sock`, and starts the spooler with the first connection.

As `hydrogen-spooler@.socket` has it: the socket is descriptor 3 of the spooler, connections that nobody took are refused
when it ends (FlushPending=), and one that failed is started again (Restart=on-failure, but for the codes 2 and 3). Each start
is a line `start PID` on standard output, each end `end CODE`. Lives until its standard input ends; the spooler lives on.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import select
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

FIRST_DESCRIPTOR = 3
ROOT = Path(__file__).resolve().parents[2]
LASTING_FAILURES = (2, 3)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    os.chdir(options.folder)  # a socket's address is short
    listener.bind(f"{options.name}.sock")
    listener.listen(16)
    print("listening", flush=True)
    is_failed = False
    while True:
        if not is_failed:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                return
        code = _run(options.name, options.folder, listener)
        is_failed = code != 0 and code not in LASTING_FAILURES
        if not is_failed:
            _refuse_pending(listener)
        print(f"end {code}", flush=True)


def _run(name: str, folder: Path, listener: socket.socket) -> int:
    """Start the spooler; its exit code, once it has ended."""
    pid = os.fork()
    if pid == 0:
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="spooler")
        os.dup2(listener.fileno(), FIRST_DESCRIPTOR)
        os.set_inheritable(FIRST_DESCRIPTOR, True)  # it may have been that one before
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        module = ["-P", "-m", "hydrogen.spooler_process", name, "--runtime-dir", str(folder)]
        os.execv(sys.executable, [sys.executable, *module])
    print(f"start {pid}", flush=True)
    pin = os.pidfd_open(pid)
    ready, _, _ = select.select([pin, sys.stdin], [], [])
    if pin not in ready:
        os._exit(0)
    os.close(pin)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _refuse_pending(listener: socket.socket) -> None:
    listener.setblocking(False)
    while True:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            break
        connection.close()
    listener.setblocking(True)


class Activator:
    """What the activator has said; `ended` holds the exit codes of its spoolers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    @property
    def starts(self) -> list[int]:
        return [int(line.split()[1]) for line in self.said if line.startswith("start")]

    @property
    def ends(self) -> list[int]:
        return [int(line.split()[1]) for line in self.said if line.startswith("end")]


@asynccontextmanager
async def socket_activator(name: str, folder: Path) -> AsyncIterator[Activator]:
    """Listening already when it is entered; gone, without its spooler, when it is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__)),
        name,
        str(folder),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    activator = Activator()
    assert await process.stdout.readline() == b"listening\n"
    output = process.stdout

    async def listen() -> None:
        async for line in output:
            activator.said.append(line.decode().strip())

    listening = asyncio.create_task(listen())
    try:
        yield activator
    finally:
        process.stdin.close()
        await process.wait()
        await listening


if __name__ == "__main__":
    main()
