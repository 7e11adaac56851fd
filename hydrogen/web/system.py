"""`/api/system` and `/api/version`: what runs here, and whether it does."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hydrogen.system.info import StatusBuilder
from hydrogen.web.answer import json_answer
from hydrogen.web.door import Door

OCTOPRINT_API = "0.1"
"""What slicers ask for before an upload (`api`), beside a `text` that must begin with OctoPrint."""


class SystemRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: Door, *, status: StatusBuilder, version: str) -> None:
        self._door = door
        self._status = status
        self._version = version

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/api/system/info", self.info, methods=["GET"]),
            Route("/api/system/health", self.health, methods=["GET"]),
            Route("/api/version", self.version, methods=["GET"]),
        ]

    async def info(self, request: Request) -> Response:
        """The status document, as the WebSocket's status frame has it; the long part only for the scope `admin`."""
        grant = await self._door.admit(request, "read")
        if self._status.is_stale:
            await self._status.refresh()
        return json_answer(self._status.build(is_long=grant.principal.may("admin")))

    async def health(self, _request: Request) -> Response:
        """Open to everybody: the service answers, so it lives."""
        return json_answer({"status": "Yes, I'm alive, thanks!"})

    async def version(self, request: Request) -> Response:
        """`{"api","server","text"}`, as OctoPrint's clients want it."""
        await self._door.admit(request, "read")
        text = f"OctoPrint (Hydrogen {self._version})"
        return json_answer({"api": OCTOPRINT_API, "server": self._version, "text": text})
