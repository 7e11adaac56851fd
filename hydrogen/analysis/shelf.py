"""What analyses found, kept by the content's digest: `<data_dir>/analysis/`. All of it blocks.

`DIGEST-KEY.json` is a FileAnalysis, `DIGEST-KEY.layers.json` its LayerIndex; KEY stands for the printer's limits, so that
printers that differ have records of their own. `DIGEST-N.png` and `.jpg` are the thumbnails. Everything here can be made
again: what is damaged, or of another version, is as good as missing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from hydrogen.core.disk import make_folder, write_atomically
from hydrogen.errors import HydrogenError, NotFound
from hydrogen.gcode.program.analysis import ANALYSIS_VERSION, FileAnalysis, LayerIndex
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.thumbnail import Thumbnail
from hydrogen.model.codec import decode_json, encode_json, plain, value_from_plain

MOST_BYTES = 256 << 20
"""That the whole shelf is kept to (retention/): an analysis has some 50 KiB, with thumbnails 100."""

LARGEST_RECORD_BYTES = 64 << 20

is_digest = re.compile(r"[0-9a-f]{64}").fullmatch
SUFFIXES: Mapping[str, str] = {"image/png": "png", "image/jpeg": "jpg"}


def limits_key(limits: MotionLimits) -> str:
    """Names the limits, and the version of the records."""
    told = encode_json({"version": ANALYSIS_VERSION, **asdict(limits)})
    return hashlib.sha256(told).hexdigest()[:12]


class AnalysisShelf:
    """One folder; used by the service for reading and by the analyser for writing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Raises HostError when it cannot be written."""
        make_folder(self.folder)

    def load(self, sha256: str, key: str) -> FileAnalysis | None:
        """The record; None if there is none that can be understood."""
        try:
            found = value_from_plain(FileAnalysis, decode_json(self._read(f"{_checked(sha256)}-{key}.json")))
        except (OSError, HydrogenError):
            return None
        return found if found.version == ANALYSIS_VERSION and found.sha256 == sha256 else None

    def document(self, sha256: str, key: str) -> bytes:
        """The record as it lies there. Raises NotFound."""
        return self._told(f"{_checked(sha256)}-{key}.json", sha256)

    def layers(self, sha256: str, key: str) -> bytes:
        """The layer index as it lies there. Raises NotFound."""
        return self._told(f"{_checked(sha256)}-{key}.layers.json", sha256)

    def layer_index(self, sha256: str, key: str) -> LayerIndex:
        """Raises NotFound."""
        try:
            return value_from_plain(LayerIndex, decode_json(self.layers(sha256, key)))
        except NotFound:
            raise
        except HydrogenError:
            raise _not_there(sha256) from None

    def thumbnail(self, sha256: str, number: int) -> tuple[str, bytes]:
        """Media type and bytes. Raises NotFound."""
        for media, suffix in SUFFIXES.items():
            try:
                return media, self._read(f"{_checked(sha256)}-{number:d}.{suffix}")
            except OSError:
                continue
        raise NotFound(f"there is no thumbnail {number} of {sha256[:12]}", sha256=sha256, number=number)

    def store(self, key: str, analysis: FileAnalysis, layers: LayerIndex, thumbnails: Sequence[Thumbnail]) -> None:
        """The record itself comes last: where it is, the others are. Raises HostError, DiskFull."""
        name = analysis.sha256
        for number, picture in enumerate(thumbnails):
            write_atomically(self.folder / f"{name}-{number}.{SUFFIXES[picture.media]}", picture.data, 0o640)
        write_atomically(self.folder / f"{name}-{key}.layers.json", encode_json(plain(layers)), 0o640)
        write_atomically(self.folder / f"{name}-{key}.json", encode_json(plain(analysis)), 0o640)

    def _told(self, name: str, sha256: str) -> bytes:
        try:
            return self._read(name)
        except OSError:
            raise _not_there(sha256) from None

    def _read(self, name: str) -> bytes:
        with (self.folder / name).open("rb") as file:
            return file.read(LARGEST_RECORD_BYTES)


def _checked(sha256: str) -> str:
    if not is_digest(sha256):
        raise NotFound(f"{sha256[:80]!r} is no SHA-256 in lower-case hex", sha256=sha256[:80])
    return sha256


def _not_there(sha256: str) -> NotFound:
    return NotFound(f"there is no analysis of {sha256[:12]}", sha256=sha256)
