"""What was found in a file, in Moonraker's words. Pure; what is not known is left out, as Moonraker does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hydrogen.files.folder import StoredFile


def metadata_of(file: StoredFile, info: Mapping[str, Any]) -> dict[str, Any]:
    """`server.files.metadata`. info: as `file.info` tells it."""
    analysis: Mapping[str, Any] = info.get("analysis") or {}
    slicer: Mapping[str, Any] = analysis.get("slicer") or {}
    laid: Mapping[str, Any] = analysis.get("laid") or {}
    lengths = [tool["filament_mm"] for tool in analysis.get("tools") or () if tool["filament_mm"]]
    told = {
        "filename": file.path,
        "size": file.size_bytes,
        "modified": file.modified_at,
        "uuid": analysis.get("sha256") or None,
        "slicer": slicer.get("name"),
        "slicer_version": slicer.get("version"),
        "estimated_time": info.get("print_seconds"),
        "layer_count": analysis.get("layers") or slicer.get("layers"),
        "object_height": laid["high_mm"][2] if laid else None,
        "layer_height": slicer.get("layer_height_mm") or analysis.get("layer_height_mm"),
        "first_layer_height": slicer.get("first_layer_height_mm"),
        "first_layer_extr_temp": _first(slicer.get("nozzle_celsius")),
        "first_layer_bed_temp": _first(slicer.get("bed_celsius")),
        "nozzle_diameter": slicer.get("nozzle_mm"),
        "filament_total": round(sum(lengths), 3) or None,
        "filament_weight_total": round(sum(slicer.get("filament_g") or ()), 3) or None,
        "filament_type": ";".join(slicer.get("filament_types") or ()) or None,
        "thumbnails": thumbnails_of(info) or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def thumbnails_of(info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The file's pictures. relative_path: below `/server/files/gcodes/`; it is served as any other path there."""
    sha256 = (info.get("analysis") or {}).get("sha256")
    return [
        {"width": one["width"], "height": one["height"], "relative_path": f"{THUMBNAILS}/{sha256}-{number}.png"}
        for number, one in enumerate(info.get("thumbnails") or ())
    ]


THUMBNAILS = ".thumbs"
"""Where Moonraker keeps pictures, beside the files. There is no such folder here: names with a dot in front are nobody's."""


def picture_in(path: str) -> tuple[str, int] | None:
    """Digest and number of the picture that a path below `gcodes` names; None: it names none."""
    folder, _, name = path.rpartition("/")
    if folder.rpartition("/")[2] != THUMBNAILS:
        return None
    sha256, _, number = name.removesuffix(".png").rpartition("-")
    return (sha256, int(number)) if number.isascii() and number.isdecimal() and len(number) < 4 else None


def _first(values: Sequence[float] | None) -> float | None:
    return values[0] if values else None
