"""Operations on what is known of files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from pydantic import Field

from hydrogen.operations.operation import Call, Operation, Params

Path = Annotated[str, Field(min_length=1, max_length=1024)]


class FileParams(Params):
    file: Path


class LayerParams(Params):
    file: Path
    layer: Annotated[int, Field(ge=1, le=1_000_000)]


class AnalysisCounter(Protocol):
    """What these operations need of the analyses. Every method raises InvalidMessage, NotFound, Unavailable."""

    async def info(self, path: str, printer: str | None) -> Mapping[str, Any]: ...

    async def analyse(self, path: str, printer: str | None) -> Mapping[str, Any]: ...

    async def layer(self, path: str, number: int, printer: str | None) -> Mapping[str, Any]: ...


class AnalysisOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, desk: AnalysisCounter) -> None:
        self._desk = desk

    async def info(self, call: Call) -> Mapping[str, Any]:
        """Tell what is known of a file: `{"path", "size_bytes", "modified_at", "sha256", "state", "reason", "print_seconds",
        "print_seconds_source", "thumbnails", "analysis", "preflight"}`.

        `state` is `pending` while it is being analysed (`file.analysed` tells when that is over), `ready`, or `failed` with
        its `reason`. Times and the pre-flight report are those for `printer`; left out, for the only one, or for a usual
        Marlin. Texts that come from the file are data, to be shown as text.
        """
        return await self._desk.info(call.params.file, call.printer)

    async def analyse(self, call: Call) -> Mapping[str, Any]:
        """Analyse a file anew, before others that wait: `{"path", "state"}`. `file.analysed` tells when it is done."""
        return await self._desk.analyse(call.params.file, call.printer)

    async def layer(self, call: Call) -> Mapping[str, Any]:
        """Tell where a layer (from 1) lies in the file and what it is: `{"layer", "layers", "offset", "end", "line", "z",
        "height", "seconds", "filament_mm", "moves", "x", "y", "z_start", "e", "feedrate", "tool", "modes"}`.

        Its moves are the file's bytes from `offset` to `end`, read from where the printer then stands. `unavailable` while the
        file is not analysed.
        """
        return await self._desk.layer(call.params.file, call.params.layer, call.printer)


def analysis_operations(desk: AnalysisCounter) -> list[Operation]:
    """All operations of this module, bound to `desk`."""
    does = AnalysisOperations(desk)
    return [
        Operation(name="file.info", params=FileParams, scope="read", summary="Describe a file", handler=does.info),
        Operation(
            name="file.analyse", params=FileParams, scope="files", summary="Analyse a file anew", handler=does.analyse
        ),
        Operation(
            name="file.layer", params=LayerParams, scope="read", summary="Locate a layer of a file", handler=does.layer
        ),
    ]
