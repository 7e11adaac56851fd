"""Has files analysed: one after the other, in a process that is started when there is something to do, and ended when not.

The process may die, hang or be killed for its memory: that is a failure of the file it was reading, of nothing else. Nobody
waits for an analysis: what is asked for is queued, and an event tells when it is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hydrogen.analysis.shelf import AnalysisShelf
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import HostError, HydrogenError, InvalidMessage, error_from_wire
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.model.codec import decode_json, encode_json

IDLE_SECONDS = 30.0
"""Without work the process ends: it holds 50 MiB."""

LEAST_SECONDS, BYTES_PER_SECOND = 60.0, 256 << 10
"""How long one file may take: a minute, and its size at a fiftieth of the usual speed. A print has the processor first."""

MOST_WAITING = 10_000
"""Files that wait; as many as the folder lists."""

LONGEST_ANSWER = 1 << 20

END_SECONDS = 1.0
"""For the process to end when its input does; then it is killed."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file, under the limits of one kind of printer."""

    path: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read: the file as it was then."""

    sha256: str
    size_bytes: int
    modified_ns: int
    inode: int


Outcome = Reading | HydrogenError

Ending = Callable[[Task, Outcome], Awaitable[None]]


def analyser_command() -> Sequence[str]:
    """The process, behind everybody else at the disk too where the host has a tool for that."""
    ionice = shutil.which("ionice")
    return (*([ionice, "-c", "3"] if ionice else []), sys.executable, "-m", "hydrogen.analyser_process")


class Analyst(Service):
    """The queue and the process. `ask` from the loop only."""

    name = "analysis"

    def __init__(
        self,
        locate: Callable[[str], Path],
        *,
        shelf: AnalysisShelf,
        known: Callable[[Task], Awaitable[Reading | None]],
        on_end: Ending,
        log: Log,
        command: Callable[[], Sequence[str]] = analyser_command,
        idle_seconds: float = IDLE_SECONDS,
        least_seconds: float = LEAST_SECONDS,
    ) -> None:
        """locate: the file behind a client's path, in a thread; raises HydrogenError. known:
        what need not be read again; raises HydrogenError. on_end: told of every task that was taken up."""
        self._locate = locate
        self._shelf = shelf
        self._known = known
        self._on_end = on_end
        self._log = log
        self._command = command
        self._idle_seconds = idle_seconds
        self._least_seconds = least_seconds
        self._waiting: OrderedDict[Task, tuple[MotionLimits, bool]] = OrderedDict()
        self._current: Task | None = None
        self._is_wanted = asyncio.Event()
        self._child: asyncio.subprocess.Process | None = None

    @property
    def has_process(self) -> bool:
        return self._child is not None

    def ask(self, task: Task, limits: MotionLimits, *, is_urgent: bool = False, is_anew: bool = False) -> bool:
        """Have it done, once; is_urgent: next; is_anew: even if it is known. False: too many wait."""
        if task not in self._waiting and len(self._waiting) >= MOST_WAITING:
            return False
        self._waiting[task] = (limits, is_anew or (task in self._waiting and self._waiting[task][1]))
        if is_urgent:
            self._waiting.move_to_end(task, last=False)
        self._is_wanted.set()
        return True

    def is_awaited(self, task: Task) -> bool:
        """Does it wait, or is it being done?"""
        return task in self._waiting or task == self._current

    def forget(self, path: str) -> None:
        """The file is gone: what was asked of it need not be done."""
        for task in [task for task in self._waiting if task.path == path]:
            del self._waiting[task]

    async def start(self) -> None:
        """Raises HostError when the shelf cannot be written."""
        await asyncio.to_thread(self._shelf.prepare)

    async def run(self) -> None:
        try:
            while True:
                await self._rest()
                task, (limits, is_anew) = self._waiting.popitem(last=False)
                self._current = task
                outcome = await self._attempt(task, limits, is_anew=is_anew)
                self._current = None
                await self._on_end(task, outcome)
        finally:
            self._current = None
            await self._end_process()

    async def release(self) -> None:
        await self._end_process()

    async def _rest(self) -> None:
        """Until there is work; the process ends meanwhile if it takes long."""
        while not self._waiting:
            self._is_wanted.clear()
            try:
                async with asyncio.timeout(self._idle_seconds if self._child is not None else None):
                    await self._is_wanted.wait()
            except TimeoutError:
                await self._end_process()

    async def _attempt(self, task: Task, limits: MotionLimits, *, is_anew: bool) -> Outcome:
        try:
            if not is_anew and (known := await self._known(task)) is not None:
                return known
            path = await asyncio.to_thread(self._locate, task.path)
            size = (await asyncio.to_thread(path.stat)).st_size
            wish = {"path": str(path), "folder": str(self._shelf.folder), "key": task.key, "limits": asdict(limits)}
            answer = await self._answer(encode_json(wish) + b"\n", self._least_seconds + size / BYTES_PER_SECOND)
            if "error" in answer:
                return error_from_wire(answer["error"])
            return Reading(**answer)
        except HydrogenError as error:
            return error
        except (OSError, TypeError) as error:
            return HostError(f"{task.path} cannot be analysed: {error}", file=task.path)

    async def _answer(self, wish: bytes, seconds: float) -> Mapping[str, Any]:
        """What the process says to a wish. Raises HostError when it says nothing in time, or dies; it is gone then."""
        if self._child is not None and self._child.returncode is not None:
            self._child = None  # it died while it had nothing to do: no file's fault
        child = self._child or await self._start_process()
        assert child.stdin is not None and child.stdout is not None
        reason = "the analyser died"
        try:
            async with asyncio.timeout(seconds):
                child.stdin.write(wish)
                await child.stdin.drain()
                line = await child.stdout.readline()
            if line.endswith(b"\n") and isinstance(answer := decode_json(line), dict):
                return answer
        except TimeoutError:
            reason = f"it took longer than {seconds:.0f} s"
        except (OSError, ValueError, InvalidMessage):
            pass  # a broken pipe, a line without end, no JSON
        except asyncio.CancelledError:
            self._kill()
            raise
        self._kill()
        code = await _end_of(child)
        self._child = None
        self._log.warning("analyser ended", reason=reason, code=code)
        raise HostError(f"the file cannot be analysed: {reason}", reason=reason)

    async def _start_process(self) -> asyncio.subprocess.Process:
        """One thread for arrays: the other cores are for those who print."""
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        self._child = await asyncio.create_subprocess_exec(
            *self._command(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=LONGEST_ANSWER,
            env=environment,
            start_new_session=True,
        )
        return self._child

    def _kill(self) -> None:
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError):
                self._child.kill()

    async def _end_process(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        try:
            async with asyncio.timeout(END_SECONDS if self._current is None else 0.0):
                await _end_of(child)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await _end_of(child)


async def _end_of(child: asyncio.subprocess.Process) -> int:
    """The exit code, once it is gone and what it had said is read: a pipe that nobody reads to its end is never closed."""
    assert child.stdin is not None and child.stdout is not None
    child.stdin.close()
    await child.stdout.read()
    return await child.wait()
