"""What is known of a file beside its bytes: its analysis and what became of its prints, kept until something changes.

Clients ask for the same file every second or two; what has been found out is told from memory until an event says that it
is no longer true.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hydrogen.auth.principal import Principal
from hydrogen.core.clock import Clock
from hydrogen.errors import HydrogenError, InvalidMessage, NotFound
from hydrogen.files.folder import StoredFile
from hydrogen.files.store import FileStore
from hydrogen.model.events import (
    FileAdded,
    FileChanged,
    FileMoved,
    FileRemoved,
    JobFinished,
    PrinterFirmwareIdentified,
    PublishedEvent,
)
from hydrogen.octoprint.translate import Filament, FileFacts
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.operation import Call
from hydrogen.operations.registry import Registry

MOST_KEPT = 1000
"""Files of all printers that are remembered; some kilobytes each at most."""

FRESH_SECONDS = 5.0
"""How long an incomplete answer (the analysis is under way) is repeated before it is asked for again."""

MOST_PRINTS = 100
"""Past prints of one file that its statistics rest on."""

READER = Principal(name="octoprint", scopes=frozenset({"read"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePrints:
    """What became of a file's prints on one printer. last: `finished_at`, `outcome`, `elapsed_seconds` of the youngest."""

    completed: int = 0
    failed: int = 0
    last: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lore:
    """Of one file for one printer. analysis: the document of `file.info`; empty where there is none (yet)."""

    file: StoredFile
    facts: FileFacts
    analysis: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    thumbnails: Sequence[Mapping[str, Any]] = ()
    prints: FilePrints = field(default_factory=FilePrints)


class FileLore:
    """Belongs to one event loop."""

    def __init__(self, files: FileStore, registry: Registry, clock: Clock) -> None:
        self._files = files
        self._registry = registry
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[Lore, float]] = OrderedDict()
        """By path and printer; with the monotonic time from which on it is asked for again."""

    async def facts(self, path: str, printer: str) -> FileFacts | None:
        """What is known of the file; None for one that is gone."""
        try:
            return (await self.of(path, printer)).facts
        except (NotFound, InvalidMessage):
            return None

    async def of(self, path: str, printer: str) -> Lore:
        """All of it. Raises NotFound, InvalidMessage."""
        kept = self._known(path, printer)
        return kept if kept is not None else await self.find_out(await self._files.stat(path), printer)

    def of_listed(self, file: StoredFile, printer: str) -> Lore | None:
        """What is kept of a file that was just listed; None where nothing is, or of another content."""
        kept = self._known(file.path, printer)
        is_same = kept is not None and (kept.file.size_bytes, kept.file.modified_at) == (
            file.size_bytes,
            file.modified_at,
        )
        return kept if is_same else None

    async def find_out(self, file: StoredFile, printer: str) -> Lore:
        """Ask the house, and keep what it says."""
        told = await self._ask("file.info", {"file": file.path}, printer)
        prints = await self._prints(file.path, printer)
        analysis = told.get("analysis") or {}
        facts = FileFacts(
            path=file.path,
            size_bytes=file.size_bytes,
            modified_at=file.modified_at,
            estimated_seconds=told.get("print_seconds"),
            filament=filament_in(analysis),
            average_seconds=_average(prints),
            last_seconds=_last(prints),
        )
        lore = Lore(
            file=file,
            facts=facts,
            analysis=analysis,
            thumbnails=tuple(told.get("thumbnails") or ()),
            prints=_counted(prints),
        )
        is_final = told.get("state") in ("ready", "failed") or "file.info" not in self._registry.names
        until = float("inf") if is_final else self._clock.monotonic() + FRESH_SECONDS
        self._kept[file.path, printer] = (lore, until)
        self._kept.move_to_end((file.path, printer))
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return lore

    def on_published(self, published: PublishedEvent) -> None:
        """A listener of the bus: what is no longer true is forgotten."""
        match published.event:
            case FileAdded(path=path) | FileChanged(path=path) | FileRemoved(path=path) | JobFinished(file=path):
                self._forget(path)
            case PrinterFirmwareIdentified(printer=printer):  # its limits may be others: the analysis is another one
                for key in [key for key in self._kept if key[1] == printer]:
                    del self._kept[key]
            case FileMoved(path=path, moved_from=before):
                self._forget(path)
                self._forget(before)

    def _known(self, path: str, printer: str) -> Lore | None:
        lore, until = self._kept.get((path, printer), (None, 0.0))
        return lore if lore is not None and self._clock.monotonic() < until else None

    def _forget(self, path: str) -> None:
        for key in [key for key in self._kept if key[0] == path]:
            del self._kept[key]

    async def _prints(self, path: str, printer: str) -> Sequence[Mapping[str, Any]]:
        told = await self._ask("job.history", {"file": path, "limit": MOST_PRINTS}, printer)
        return [job for job in told.get("jobs", ()) if job.get("outcome")]

    async def _ask(self, name: str, params: Mapping[str, Any], printer: str) -> Mapping[str, Any]:
        """A reading operation on the house's own behalf; nothing where there is none, or where it does not know."""
        if name not in self._registry.names:
            return {}
        operation = self._registry.get(name)
        checked = model_from_plain(operation.params, params, what=name)
        try:
            return await operation.handler(Call(principal=READER, printer=printer or None, params=checked))
        except HydrogenError:
            return {}


def filament_in(analysis: Mapping[str, Any]) -> Mapping[str, Filament]:
    """By tool: the length that its moves push, and the volume if the slicer told it."""
    slicer = analysis.get("slicer") or {}
    volumes = list(slicer.get("filament_cm3") or ())
    lengths = {
        int(tool["tool"]): float(tool["filament_mm"]) for tool in analysis.get("tools") or () if tool["filament_mm"]
    }
    used = {}
    for place, (tool, length) in enumerate(sorted(lengths.items())):
        at = place if len(volumes) == len(lengths) else tool if tool < len(volumes) else None
        used[f"tool{tool}"] = Filament(length_mm=length, volume_cm3=volumes[at] if at is not None else None)
    return MappingProxyType(used)


def _completed(prints: Sequence[Mapping[str, Any]]) -> list[float]:
    return [float(job["elapsed_seconds"] or 0.0) for job in prints if job["outcome"] == "completed"]


def _average(prints: Sequence[Mapping[str, Any]]) -> float | None:
    seconds = _completed(prints)
    return sum(seconds) / len(seconds) if seconds else None


def _last(prints: Sequence[Mapping[str, Any]]) -> float | None:
    seconds = _completed(prints)
    return seconds[0] if seconds else None


def _counted(prints: Sequence[Mapping[str, Any]]) -> FilePrints:
    completed = len(_completed(prints))
    return FilePrints(completed=completed, failed=len(prints) - completed, last=prints[0] if prints else None)
