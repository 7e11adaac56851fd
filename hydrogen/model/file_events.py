"""What happens in the files folder. Known to the rest of the house by events.py, as all events are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hydrogen.model.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAdded(Event):
    """A file can be printed now that was not there before. actor: who brought it, "" for what appeared in the folder."""

    wire_type: ClassVar[str] = "file.added"

    path: str
    size_bytes: int
    modified_at: float
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanged(Event):
    """Other content under the same path."""

    wire_type: ClassVar[str] = "file.changed"

    path: str
    size_bytes: int
    modified_at: float
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRemoved(Event):
    """Gone; size_bytes and modified_at are its last ones."""

    wire_type: ClassVar[str] = "file.removed"

    path: str
    size_bytes: int
    modified_at: float
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMoved(Event):
    """The same content under another path; of a folder, one for each file in it. moved_from: the path before."""

    wire_type: ClassVar[str] = "file.moved"

    path: str
    moved_from: str
    size_bytes: int
    modified_at: float
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAnalysed(Event):
    """A file was read whole, or cannot be: `file.info` tells what is known of it. reason: of a failure, a sentence.

    sha256: of the content that was read. seconds: how long the print takes by the motion model.
    """

    wire_type: ClassVar[str] = "file.analysed"

    path: str
    outcome: str
    sha256: str = ""
    seconds: float | None = None
    layers: int | None = None
    reason: str = ""
