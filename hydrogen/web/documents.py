"""`/openapi.json` and `/docs`: made when somebody asks for the first time, in a thread, and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.model.codec import encode_json
from hydrogen.operations.registry import Registry
from hydrogen.web.answer import document_answer
from hydrogen.web.docs_page import docs_page
from hydrogen.web.endpoint import JSON, Endpoint, Good
from hydrogen.web.openapi import openapi_document
from hydrogen.web.page import HTML, PAGE_HEADERS
from hydrogen.web.person import PersonDoor

TAG = "documents"


@dataclass(frozen=True, slots=True)
class _Written:
    openapi: bytes
    page: bytes


class DocumentRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, person: PersonDoor, registry: Registry, table: Callable[[], Iterable[Endpoint]]) -> None:
        """table: all endpoints, these included; asked when the first document is made."""
        self._person = person
        self._registry = registry
        self._table = table
        self._written: _Written | None = None
        self._writing = asyncio.Lock()

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="documents.openapi",
                method="GET",
                path="/openapi.json",
                handler=self.openapi,
                tag=TAG,
                summary="Describe all paths for programs",
                scope="read",
                answers={200: Good(summary="OpenAPI 3.1", schema={"type": "object"})},
            ),
            *self._person.endpoints(
                name="documents.docs",
                path="/docs",
                tag=TAG,
                title="All paths, described",
                scope="read",
                make=self.docs,
            ),
        ]

    async def openapi(self, request: Request) -> Response:
        """This port as an OpenAPI 3.1 document."""
        return document_answer(request, (await self._documents()).openapi, media_type=JSON)

    async def docs(self, request: Request) -> Response:
        """The same for people."""
        return document_answer(request, (await self._documents()).page, media_type=HTML, headers=PAGE_HEADERS)

    async def _documents(self) -> _Written:
        async with self._writing:
            if self._written is None:
                self._written = await asyncio.to_thread(self._write)
            return self._written

    def _write(self) -> _Written:
        document = openapi_document(self._table(), self._registry.describe())
        return _Written(encode_json(document), docs_page(document))
