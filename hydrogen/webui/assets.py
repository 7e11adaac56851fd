"""The files of the built dashboard, in memory: each as it is, and packed with gzip."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

INDEX = "index.html"

BUILT = Path(__file__).parent / "built"
"""Where building.py puts it; part of the wheel."""

MEDIA: Mapping[str, str] = MappingProxyType(
    {
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".css": "text/css; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
"""What the dashboard is made of; nothing else is served."""

MOST_BYTES = 4 << 20
"""Of one file: ten times what there is. A foreign file in the folder does not fill the memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file. packed: the same with gzip. tag: its ETag, with the quotation marks."""

    media: str
    content: bytes
    packed: bytes
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetSet:
    """index: the page, None where nothing was built. by_name: what it loads; the name holds a digest of the content."""

    index: Asset | None = None
    by_name: Mapping[str, Asset] = field(default_factory=lambda: MappingProxyType({}))


def read_assets(folder: Path) -> AssetSet:
    """What is in the folder, which may be missing. Blocks. Raises OSError for a file that cannot be read."""
    if not (folder / INDEX).is_file():
        return AssetSet()
    names = sorted(path for path in (folder / "assets").glob("*") if path.suffix in MEDIA)
    by_name = {path.name: _read(path) for path in names}
    return AssetSet(index=_read(folder / INDEX), by_name=MappingProxyType(by_name))


def _read(path: Path) -> Asset:
    with path.open("rb") as stream:
        content = stream.read(MOST_BYTES)
    packed = path.with_name(f"{path.name}.gz").read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Asset(media=MEDIA[path.suffix], content=content, packed=packed, tag=tag)
