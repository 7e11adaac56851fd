"""Files and folders as OctoPrint lists them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from hydrogen.files.folder import StoredFile
from hydrogen.model.codec import time_from_iso
from hydrogen.octoprint.lore import FilePrints, Lore
from hydrogen.octoprint.profiles import PROFILE
from hydrogen.octoprint.translate import FileFacts, filament_body

TYPE_PATH = ("machinecode", "gcode")


def quoted(path: str) -> str:
    """A path as it stands in an address."""
    return quote(path, safe="/")


def resource_of(base: str, path: str) -> str:
    """The address of a file or folder. base: the server's address."""
    return f"{base}/api/files/local/{quoted(path)}"


def refs_of(base: str, path: str) -> dict[str, str]:
    """Where a file is, and where its bytes are."""
    return {"resource": resource_of(base, path), "download": f"{base}/downloads/files/local/{quoted(path)}"}


def file_entry(
    file: StoredFile, base: str, lore: Lore | None = None, *, thumbnail: str | None = None
) -> dict[str, Any]:
    """A file; what is not known of it is left out, as OctoPrint does. thumbnail: address of its picture, relative to base."""
    name = file.path.rpartition("/")[2]
    entry: dict[str, Any] = {
        "name": name,
        "display": name,
        "path": file.path,
        "type": "machinecode",
        "typePath": list(TYPE_PATH),
        "origin": "local",
        "size": file.size_bytes,
        "date": int(file.modified_at),
        "refs": refs_of(base, file.path),
    }
    if file.sha256 is not None:
        entry["hash"] = file.sha256
    if lore is None:
        return entry
    if analysis := analysis_body(lore.facts, lore.analysis):
        entry["gcodeAnalysis"] = analysis
    if lore.prints.last is not None:
        entry["prints"] = prints_body(lore.prints)
        entry["statistics"] = statistics_body(lore.facts)
    if thumbnail is not None:
        entry |= {"thumbnail": thumbnail, "thumbnail_src": "hydrogen"}
    return entry


def folder_entry(path: str, base: str, children: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A folder with what is in it, as far as that was asked for."""
    name = path.rpartition("/")[2]
    dates = [child["date"] for child in children if child.get("date")]
    prints = [child["prints"] for child in children if "prints" in child]
    return {
        "name": name,
        "display": name,
        "path": path,
        "type": "folder",
        "typePath": ["folder"],
        "origin": "local",
        "refs": {"resource": resource_of(base, path)},
        "children": list(children),
        "size": sum(child.get("size") or 0 for child in children),
        **({"date": max(dates)} if dates else {}),
        "prints": {key: sum(one[key] for one in prints) for key in ("success", "failure")},
    }


def analysis_body(facts: FileFacts, analysis: Mapping[str, Any]) -> dict[str, Any]:
    """`gcodeAnalysis`: what the analysis has told, no more."""
    body: dict[str, Any] = {}
    if facts.estimated_seconds:
        body["estimatedPrintTime"] = facts.estimated_seconds
    if filament := filament_body(facts):
        body["filament"] = filament
    for reach, area, dimensions in (
        (analysis.get("laid"), "printingArea", "dimensions"),
        (analysis.get("travelled"), "travelArea", "travelDimensions"),
    ):
        if reach:
            low, high = reach["low_mm"], reach["high_mm"]
            body[area] = {
                **{f"min{axis}": value for axis, value in zip("XYZ", low, strict=False)},
                **{f"max{axis}": value for axis, value in zip("XYZ", high, strict=False)},
            }
            sizes = [top - bottom for bottom, top in zip(low, high, strict=False)]
            body[dimensions] = dict(zip(("width", "depth", "height"), sizes, strict=False))
    return body


def prints_body(prints: FilePrints) -> dict[str, Any]:
    """`prints`: what became of the file's prints."""
    body: dict[str, Any] = {"success": prints.completed, "failure": prints.failed}
    if prints.last is not None:
        finished_at = prints.last.get("finished_at")
        body["last"] = {
            "date": time_from_iso(finished_at) if isinstance(finished_at, str) else finished_at,
            "success": prints.last["outcome"] == "completed",
            "printTime": prints.last.get("elapsed_seconds"),
        }
    return body


def statistics_body(facts: FileFacts) -> dict[str, dict[str, float]]:
    """`statistics`: how long the prints of a file took that were completed, by printer profile; there is one."""
    known = {"averagePrintTime": facts.average_seconds, "lastPrintTime": facts.last_seconds}
    return {name: {} if seconds is None else {PROFILE: seconds} for name, seconds in known.items()}


def tree(
    entries: Iterable[Mapping[str, Any]], folders: Iterable[str], base: str, *, within: str = "", is_deep: bool
) -> list[dict[str, Any]]:
    """What lies in the folder `within` ("" for the topmost): folders first, then files, each by name. Without `is_deep` the
    folders come without what is in them."""
    by_folder: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        by_folder.setdefault(entry["path"].rpartition("/")[0], []).append(dict(entry))
    below: dict[str, list[str]] = {}
    for folder in folders:
        below.setdefault(folder.rpartition("/")[0], []).append(folder)

    def inside(folder: str) -> list[dict[str, Any]]:
        nested = [
            folder_entry(one, base, inside(one) if is_deep else ())
            for one in sorted(below.get(folder, ()), key=str.casefold)
        ]
        return nested + sorted(by_folder.get(folder, ()), key=lambda entry: str(entry["name"]).casefold())

    return inside(within)
