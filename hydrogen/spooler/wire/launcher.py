"""Starts spooler processes and waits until their sockets answer.

Two ways: *own* spoolers are children tied to us by a pipe (tests, demo, `--own-spoolers`); the others detach themselves by a
double fork and outlive us. (Under systemd nobody launches: socket_unit.py.)
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

from hydrogen.errors import SpoolerLost
from hydrogen.spooler.wire.address import RuntimeFiles, socket_address

LAUNCH_SECONDS = 30.0
"""From the start of the interpreter to an answer on the socket; 0.2 s on a desktop, about 2 s on a Pi 3. One that ends is
noticed at once; this is for one that lives. Where everybody wants the processor or the card at once (a boot) that takes many
times as long, and who ends it to start another one never gets any."""

FEWEST_AT_ONCE = 2
"""So many are started at once at least, else one for each processor. Eight that share one would all be too late, be ended, and
begin anew for ever; and one that hangs must not keep the others waiting."""

POLL_SECONDS = 0.02

END_SECONDS = 9.0
"""For an own spooler to end: it promises 8."""

GIVEN_UP_SECONDS = 2.0
"""For an own spooler that has not answered yet: it has nothing to end in order, but a job that came back to it, and that one's
place is in its journal."""

LOG_BYTES = 1 << 20
"""A spooler's stderr file is begun anew at a launch when it is larger."""

TAIL_BYTES = 2000

EXIT_ALREADY_RUNNING = 3
"""spooler_process.py: somebody holds the printer's lock. Its socket will answer in a moment."""


class SpoolerLauncher:
    """Signs `Launcher` of client.py. `close` ends the own ones.

    An own spooler is known from its first moment to its last, whoever is cancelled meanwhile.
    """

    def __init__(
        self,
        runtime_dir: Path,
        *,
        python: str = sys.executable,
        own: bool = False,
        launch_seconds: float = LAUNCH_SECONDS,
        at_once: int | None = None,
    ) -> None:
        """at_once: how many are started at the same time; see FEWEST_AT_ONCE."""
        self._turn = asyncio.Semaphore(at_once or max(FEWEST_AT_ONCE, os.cpu_count() or 0))
        self._runtime_dir = runtime_dir
        self._python = python
        self._own = own
        self._launch_seconds = launch_seconds
        self._children: dict[str, asyncio.subprocess.Process] = {}
        self._spawning = asyncio.Lock()
        self._is_closed = False

    async def rouse(self, name: str) -> None:
        """Nothing: what we start listens only once it lives."""

    async def launch(self, name: str) -> None:
        """Start the spooler of printer `name`, once it is its turn; its `NAME.json` is there already. Returns once its socket
        answers. An own one that does not come so far, this being cancelled too, has ended before this does.

        Raises SpoolerLost with what it said on stderr.
        """
        async with self._turn:
            await self._launch(name)

    async def _launch(self, name: str) -> None:
        files = RuntimeFiles(self._runtime_dir, name)
        await self._end_own(name, END_SECONDS)
        said_before = _begin_log(files.log)
        try:
            child = await self._spawn(files)
        except OSError as error:
            raise SpoolerLost(f"the spooler of {name} cannot be started: {error}", printer=name) from error
        is_there = False
        try:
            async with asyncio.timeout(self._launch_seconds):
                await self._until_it_answers(files, child, said_before)
                if not self._own:
                    await child.wait()
            is_there = True
        except TimeoutError:
            raise _lost(name, f"did not answer within {self._launch_seconds:g} s", files.log, said_before) from None
        finally:
            if self._own and not is_there:
                await self._end_own(name, GIVEN_UP_SECONDS)
            elif child.returncode is None and not self._own:
                await _kill(child)

    async def _until_it_answers(self, files: RuntimeFiles, child: asyncio.subprocess.Process, said_before: int) -> None:
        while not await _answers(files.socket):
            if self._is_closed:
                raise _closed(files.name)
            if child.returncode not in (None, 0, EXIT_ALREADY_RUNNING):
                raise _lost(files.name, f"ended with code {child.returncode}", files.log, said_before)
            await asyncio.sleep(POLL_SECONDS)

    async def close(self) -> None:
        """End the own spoolers: heaters off, then gone; by force after END_SECONDS. None is started any more. May be called
        twice."""
        async with self._spawning:
            self._is_closed = self._own
        await asyncio.gather(*(self._end_own(name, END_SECONDS) for name in tuple(self._children)))

    async def _spawn(self, files: RuntimeFiles) -> asyncio.subprocess.Process:
        mode = "--lifeline" if self._own else "--detach"
        async with self._spawning:  # so that `close` knows of every child, and none comes behind it
            if self._is_closed:
                raise _closed(files.name)
            with files.log.open("ab") as log:
                child = await asyncio.create_subprocess_exec(
                    self._python,
                    "-P",
                    "-m",
                    "hydrogen.spooler_process",
                    files.name,
                    "--runtime-dir",
                    str(self._runtime_dir),
                    mode,
                    stdin=asyncio.subprocess.PIPE if self._own else asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=log,
                )
            if self._own:
                self._children[files.name] = child
        return child

    async def _end_own(self, name: str, within_seconds: float) -> None:
        """Asks it to end, and kills it after that time. Who is cancelled here has asked; `close` waits for it then."""
        child = self._children.get(name)
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            async with asyncio.timeout(within_seconds):
                await child.wait()
        except TimeoutError:
            await _kill(child)
        if self._children.get(name) is child:
            del self._children[name]


async def _answers(path: Path) -> bool:
    try:
        with socket_address(path) as address:
            transport, _ = await asyncio.get_running_loop().create_unix_connection(asyncio.Protocol, address)
    except OSError:
        return False
    transport.close()
    return True


async def _kill(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    await child.wait()


def _begin_log(path: Path) -> int:
    """Where in the log what comes now begins."""
    try:
        size = path.stat().st_size
        if size > LOG_BYTES:
            os.truncate(path, 0)
            return 0
        return size
    except OSError:
        return 0


def _closed(name: str) -> SpoolerLost:
    return SpoolerLost(f"the spooler of {name} is not started: the service ends", printer=name)


def _lost(name: str, what: str, log: Path, start: int) -> SpoolerLost:
    try:
        said = log.read_bytes()[start:][-TAIL_BYTES:].decode(errors="replace").strip()
    except OSError:
        said = ""
    return SpoolerLost(f"the spooler of {name} {what}{f'; it said: {said}' if said else ''}", printer=name)
