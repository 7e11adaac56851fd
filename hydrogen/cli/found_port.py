"""The serial ports that are plugged in, each by the steadiest of its names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDERS = ("hydrogen", "serial/by-id", "serial/by-path")
"""Folders of links below /dev: ours (udev/70-hydrogen.rules) and udev's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPort:
    """device: `/dev/ttyUSB0`, which is another one tomorrow. port: the name to configure. is_bound_to_place: whatever is
    plugged in there is meant; otherwise this one, wherever it is plugged in."""

    device: str
    port: str
    is_bound_to_place: bool


def found_ports(dev: Path = Path("/dev")) -> list[FoundPort]:
    """By device. dev: the folder that stands for /dev."""
    names: dict[Path, list[Path]] = {}
    for link in _links(dev):
        names.setdefault(link.resolve(), []).append(link)
    return [
        FoundPort(device=str(device), port=str(best), is_bound_to_place=_rank(best, dev) > _BY_ID)
        for device, links in sorted(names.items())
        for best in [min(links, key=lambda link: (_rank(link, dev), str(link)))]
    ]


def _links(dev: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        try:
            links = sorted((dev / folder).iterdir())
        except OSError:
            continue
        yield from (link for link in links if link.is_symlink() and link.exists())


_BY_ID = 1


def _rank(link: Path, dev: Path) -> int:
    """Steadiest first: the piece itself, then the place."""
    if link.parent == dev / "hydrogen":
        return 2 if link.name.startswith("at-") else 0
    return _BY_ID if link.parent.name == "by-id" else 3
