"""What clients are told of a file: size and digest, its analysis or that it is on its way, and whether it fits a printer.

A file that comes or changes is analysed for every kind of printer there is (printers with the same limits are one kind). What
was analysed once is found by its content's digest, under whatever name it comes back.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from hydrogen.analysis.analyst import Outcome, Reading, Task
from hydrogen.analysis.kind import Kind
from hydrogen.analysis.shelf import AnalysisShelf
from hydrogen.errors import HydrogenError, NotFound, Unavailable
from hydrogen.files.digest import FileIdentity
from hydrogen.files.folder import StoredFile
from hydrogen.files.store import FileStore
from hydrogen.gcode.program.analysis import FileAnalysis, LayerIndex
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.preflight import MachineProfile, Preflight, judge
from hydrogen.model.codec import iso_time, plain
from hydrogen.model.events import Event, FileAdded, FileAnalysed, FileChanged, FileMoved, FileRemoved, PublishedEvent

MOST_FAILURES = 1000
"""Remembered, so that a file that cannot be analysed is not tried again and again. A restart forgets them."""


class Queue(Protocol):
    """What the desk needs of the analyst."""

    def ask(self, task: Task, limits: MotionLimits, *, is_urgent: bool = False, is_anew: bool = False) -> bool: ...

    def is_awaited(self, task: Task) -> bool: ...

    def forget(self, path: str) -> None: ...


class AnalysisDesk:
    """Belongs to the loop; what touches the disk goes to threads."""

    def __init__(
        self,
        *,
        files: FileStore,
        shelf: AnalysisShelf,
        kinds: Callable[[], Mapping[str, Kind]],
        publish: Callable[[Event], object],
        wall: Callable[[], float],
    ) -> None:
        """kinds: the printers as they are now, by name."""
        self._files = files
        self._shelf = shelf
        self._kinds = kinds
        self._publish = publish
        self._wall = wall
        self._queue: Queue | None = None
        self._failures: OrderedDict[tuple[str, float, str], HydrogenError] = OrderedDict()

    def work_with(self, queue: Queue) -> None:
        """The analyst, who in turn is given `on_end`."""
        self._queue = queue

    # ---------------------------------------------------------------------------------------------- what happens

    def on_published(self, published: PublishedEvent) -> None:
        """A listener of the bus: files that come are analysed."""
        event = published.event
        if isinstance(event, FileAdded | FileChanged):
            for kind in self._kinds_apart():
                self._ask(event.path, kind)
        elif isinstance(event, FileRemoved) and self._queue is not None:
            self._queue.forget(event.path)
        elif isinstance(event, FileMoved) and self._queue is not None:
            self._queue.forget(event.moved_from)
            for kind in self._kinds_apart():
                self._ask(event.path, kind)

    async def known(self, task: Task) -> Reading | None:
        """What was read of the same content before, under whatever name; None: it must be read."""
        file = await self._files.stat(task.path)
        if file.sha256 is None or file.identity is None:
            return None
        if await asyncio.to_thread(self._shelf.load, file.sha256, task.key) is None:
            return None
        identity = file.identity
        return Reading(
            sha256=file.sha256,
            size_bytes=identity.size_bytes,
            modified_ns=identity.modified_ns,
            inode=identity.inode,
        )

    async def on_end(self, task: Task, outcome: Outcome) -> None:
        """The analyst is done with a file."""
        if isinstance(outcome, Reading):
            identity = FileIdentity(outcome.size_bytes, outcome.modified_ns, outcome.inode)
            await asyncio.to_thread(self._files.remember_digest, task.path, identity, outcome.sha256)
            analysis = await asyncio.to_thread(self._shelf.load, outcome.sha256, task.key)
            if analysis is not None:
                self._tell(task.path, "ready", analysis=analysis)
                return
            outcome = NotFound(f"the analysis of {task.path} was not kept")
        elif isinstance(outcome, NotFound):
            return  # the file is gone meanwhile
        await self._fail(task, outcome)

    async def _fail(self, task: Task, error: HydrogenError) -> None:
        try:
            file = await self._files.stat(task.path)
        except HydrogenError:
            return
        self._failures[task.path, file.modified_at, task.key] = error
        if len(self._failures) > MOST_FAILURES:
            self._failures.popitem(last=False)
        self._tell(task.path, "failed", reason=error.message)

    def _tell(self, path: str, outcome: str, *, analysis: FileAnalysis | None = None, reason: str = "") -> None:
        self._publish(
            FileAnalysed(
                at=self._wall(),
                path=path,
                outcome=outcome,
                sha256=analysis.sha256 if analysis is not None else "",
                seconds=analysis.seconds if analysis is not None else None,
                layers=analysis.layers if analysis is not None else None,
                reason=reason,
            )
        )

    # ---------------------------------------------------------------------------------------------- what is asked

    async def info(self, path: str, printer: str | None) -> Mapping[str, Any]:
        """What is known of a file; its analysis is begun if it was not. Raises InvalidMessage, NotFound."""
        kind = self._kind(printer)
        file = await self._files.stat(path)
        analysis = await self._found(file, kind)
        body: dict[str, Any] = {
            "path": file.path,
            "size_bytes": file.size_bytes,
            "modified_at": iso_time(file.modified_at),
            "sha256": file.sha256,
            "state": "ready" if analysis is not None else "pending",
            "reason": "",
        }
        if analysis is None:
            failure = self._failures.get((file.path, file.modified_at, kind.key))
            if failure is not None:
                body |= {"state": "failed", "reason": failure.message}
            elif not self._ask(file.path, kind, is_urgent=True):
                raise Unavailable("too many files wait to be analysed", retry_after_seconds=60)
            return {**body, "print_seconds": None, "print_seconds_source": "", "thumbnails": [], "analysis": None}
        return {**body, **_told(analysis), "preflight": plain(judge(analysis, kind.machine))}

    async def analyse(self, path: str, printer: str | None) -> Mapping[str, Any]:
        """Analyse it anew, as the next one. Raises InvalidMessage, NotFound, Unavailable."""
        kind = self._kind(printer)
        file = await self._files.stat(path)
        self._failures.pop((file.path, file.modified_at, kind.key), None)
        task = Task(file.path, kind.key)
        if self._queue is not None and not self._queue.ask(task, kind.limits, is_urgent=True, is_anew=True):
            raise Unavailable("too many files wait to be analysed", retry_after_seconds=60)
        return {"path": file.path, "state": "pending"}

    async def layer(self, path: str, number: int, printer: str | None) -> Mapping[str, Any]:
        """One layer, from 1. Raises NotFound, Unavailable while there is no analysis yet."""
        kind = self._kind(printer)
        file = await self._files.stat(path)
        analysis = await self._found(file, kind)
        if analysis is None:
            self._ask(file.path, kind, is_urgent=True)
            raise Unavailable(f"{path} is not analysed yet", retry_after_seconds=2)
        index = await asyncio.to_thread(self._shelf.layer_index, analysis.sha256, kind.key)
        if not 1 <= number <= len(index.offset):
            raise NotFound(f"{path} has {len(index.offset)} layers, not {number}", file=path, layers=len(index.offset))
        return {"layer": number, "layers": len(index.offset), **_row(index, number - 1)}

    async def preflight(self, path: str, printer: str | None) -> Preflight | None:
        """Is the file right for the printer? None while nobody knows."""
        kind = self._kind(printer)
        analysis = await self._found(await self._files.stat(path), kind)
        return None if analysis is None else judge(analysis, kind.machine)

    def machine_of(self, printer: str) -> MachineProfile | None:
        """What is known of a printer's size and kind; None for an unknown one."""
        kind = self._kinds().get(printer)
        return None if kind is None else kind.machine

    async def document(self, sha256: str, printer: str | None) -> bytes:
        """The record as JSON. Raises NotFound."""
        return await asyncio.to_thread(self._shelf.document, sha256, self._kind(printer).key)

    async def layers(self, sha256: str, printer: str | None) -> bytes:
        """The layer index as JSON. Raises NotFound."""
        return await asyncio.to_thread(self._shelf.layers, sha256, self._kind(printer).key)

    async def thumbnail(self, sha256: str, number: int) -> tuple[str, bytes]:
        """Media type and bytes. Raises NotFound."""
        return await asyncio.to_thread(self._shelf.thumbnail, sha256, number)

    async def _found(self, file: StoredFile, kind: Kind) -> FileAnalysis | None:
        if file.sha256 is None:
            return None
        return await asyncio.to_thread(self._shelf.load, file.sha256, kind.key)

    def _ask(self, path: str, kind: Kind, *, is_urgent: bool = False) -> bool:
        task = Task(path, kind.key)
        return (
            self._queue is None
            or self._queue.is_awaited(task)
            or self._queue.ask(task, kind.limits, is_urgent=is_urgent)
        )

    def _kind(self, printer: str | None) -> Kind:
        """Of the printer; without a name of the only one, or of a usual Marlin. Raises NotFound."""
        kinds = self._kinds()
        if printer is not None:
            if printer not in kinds:
                raise NotFound(f"there is no printer {printer!r}", printer=printer)
            return kinds[printer]
        return next(iter(kinds.values())) if len(kinds) == 1 else Kind()

    def _kinds_apart(self) -> Sequence[Kind]:
        """One for each set of limits; a usual Marlin too where a client may leave the printer out."""
        kinds = self._kinds()
        apart = {kind.key: kind for kind in ([Kind()] if len(kinds) != 1 else [])}
        apart |= {kind.key: kind for kind in kinds.values()}
        return list(apart.values())


def _told(analysis: FileAnalysis) -> dict[str, Any]:
    """The part of the answer that rests on the analysis."""
    sha256 = analysis.sha256
    slicer = analysis.slicer.seconds
    return {
        "print_seconds": analysis.seconds or slicer,
        "print_seconds_source": "model" if analysis.seconds else "slicer" if slicer else "",
        "thumbnails": [
            {
                "url": f"/api/analysis/{sha256}/thumbnails/{number}",
                "width": t.width,
                "height": t.height,
                "media": t.media,
            }
            for number, t in enumerate(analysis.thumbnails)
        ],
        "analysis_url": f"/api/analysis/{sha256}",
        "layers_url": f"/api/analysis/{sha256}/layers",
        "analysis": plain(analysis),
    }


def _row(index: LayerIndex, row: int) -> dict[str, Any]:
    return {name: column[row] for name, column in plain(index).items()}
