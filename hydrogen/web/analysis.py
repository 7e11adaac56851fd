"""`/api/analysis`: what was found in files, by the SHA-256 of their content. It never changes, so it may be kept for ever."""

from __future__ import annotations

from typing import Annotated, Protocol

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import InvalidMessage, NotFound
from hydrogen.operations.operation import Params
from hydrogen.web.answer import document_answer
from hydrogen.web.door import query_of
from hydrogen.web.endpoint import Endpoint, Good

KEPT = "private, max-age=604800, immutable"
"""Thumbnails: other content has another digest."""


class PrinterQuery(Params):
    printer: Annotated[str, Field(max_length=64)] | None = None


class AnalysisSource(Protocol):
    """What these routes need of the analyses. Every method raises NotFound."""

    async def document(self, sha256: str, printer: str | None) -> bytes: ...

    async def layers(self, sha256: str, printer: str | None) -> bytes: ...

    async def thumbnail(self, sha256: str, number: int) -> tuple[str, bytes]: ...


class AnalysisRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, desk: AnalysisSource) -> None:
        self._desk = desk

    @property
    def endpoints(self) -> list[Endpoint]:
        anything = {"type": "object"}
        return [
            Endpoint(
                name="analysis.document",
                method="GET",
                path="/api/analysis/{sha256}",
                handler=self.document,
                tag="files",
                summary="Get the analysis of a file's content",
                scope="read",
                query=PrinterQuery,
                answers={200: Good(summary="The analysis", schema=anything)},
                errors=(NotFound, InvalidMessage),
            ),
            Endpoint(
                name="analysis.layers",
                method="GET",
                path="/api/analysis/{sha256}/layers",
                handler=self.layers,
                tag="files",
                summary="Get the layer index of a file's content",
                scope="read",
                query=PrinterQuery,
                answers={200: Good(summary="The index, one array a column", schema=anything)},
                errors=(NotFound, InvalidMessage),
            ),
            Endpoint(
                name="analysis.thumbnail",
                method="GET",
                path="/api/analysis/{sha256}/thumbnails/{number:int}",
                handler=self.thumbnail,
                tag="files",
                summary="Get a picture of a file's content",
                scope="read",
                answers={200: Good(summary="PNG or JPEG", media="image/png")},
                errors=(NotFound,),
            ),
        ]

    async def document(self, request: Request) -> Response:
        """All that is known of a content, for a printer's limits (`?printer=NAME`; left out: the only one's, or a usual
        Marlin's). `file.info` tells the digest, and what is wrong with the file for the printer."""
        printer = query_of(request, PrinterQuery).printer
        content = await self._desk.document(request.path_params["sha256"], printer)
        return document_answer(request, content, media_type="application/json")

    async def layers(self, request: Request) -> Response:
        """Where each layer lies in the file and where the printer stands before it: an object of arrays, one value a layer.
        A viewer takes the bytes from `offset` to `end` of the file (a Range download) and draws them."""
        printer = query_of(request, PrinterQuery).printer
        content = await self._desk.layers(request.path_params["sha256"], printer)
        return document_answer(request, content, media_type="application/json")

    async def thumbnail(self, request: Request) -> Response:
        """A picture that the slicer put into the file, counted from 0 in its order; QOI pictures come as PNG."""
        media, content = await self._desk.thumbnail(request.path_params["sha256"], request.path_params["number"])
        headers = {"Cache-Control": KEPT, "X-Content-Type-Options": "nosniff"}
        return document_answer(request, content, media_type=media, headers=headers)
