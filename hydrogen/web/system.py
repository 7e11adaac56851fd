"""`/api/system`: what runs here, and whether it does."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.model.codec import encode_json
from hydrogen.system.info import StatusBuilder
from hydrogen.web.answer import document_answer, json_answer
from hydrogen.web.door import grant_of
from hydrogen.web.endpoint import JSON, Endpoint, Good, object_schema

OCTOPRINT_API = "0.1"
"""What slicers ask for before an upload (`api`), beside a `text` that must begin with OctoPrint."""

OCTOPRINT_VERSION = "1.11.8"
"""The OctoPrint whose API is served below `/api`: clients switch features on by it (`server`), so our own version stands in
`text`."""


class SystemRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, *, status: StatusBuilder, version: str, configuration: Callable[[], Mapping[str, Any]]) -> None:
        """configuration: what the service was told, without secrets."""
        self._status = status
        self._version = version
        self._configuration = configuration

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="system.info",
                method="GET",
                path="/api/system/info",
                handler=self.info,
                tag="system",
                summary="Describe the service and its host",
                scope="read",
                answers={200: Good(summary="The status document", schema={"type": "object"})},
            ),
            Endpoint(
                name="system.health",
                method="GET",
                path="/api/system/health",
                handler=self.health,
                tag="system",
                summary="Say whether the service lives",
                scope=None,
                answers={200: Good(summary="It does", schema=object_schema(status="string"))},
            ),
            Endpoint(
                name="system.version",
                method="GET",
                path="/api/system/version",
                handler=self.version,
                tag="system",
                summary="Tell the versions",
                scope="read",
                answers={
                    200: Good(
                        summary="The versions", schema=object_schema(api="string", server="string", text="string")
                    )
                },
            ),
            Endpoint(
                name="system.config",
                method="GET",
                path="/api/system/config",
                handler=self.config,
                tag="system",
                summary="Tell how the service is configured",
                scope="admin",
                answers={200: Good(summary="It", schema=object_schema(config="object", sources="object"))},
            ),
        ]

    async def info(self, request: Request) -> Response:
        """The status document, as the WebSocket's status frame has it; the long part only for the scope `admin`. `systeminfo`
        is what OctoPrint's clients look up under this path."""
        grant = grant_of(request)
        if self._status.is_stale:
            await self._status.refresh()
        document = self._status.build(is_long=grant.principal.may("admin"))
        return json_answer({**document, "systeminfo": system_info(document)})

    async def health(self, _request: Request) -> Response:
        """Open to everybody: the service answers, so it lives."""
        return json_answer({"status": "Yes, I'm alive, thanks!"})

    async def config(self, request: Request) -> Response:
        """`{"config","sources"}`: every key with its value, secrets masked, and where those that are no defaults come from
        (`file` or `environment`)."""
        return document_answer(request, encode_json(self._configuration()), media_type=JSON)

    async def version(self, _request: Request) -> Response:
        """`{"api","server","text"}`, as OctoPrint's clients want it."""
        text = f"OctoPrint (Hydrogen {self._version})"
        return json_answer({"api": OCTOPRINT_API, "server": self._version, "text": text})


def system_info(document: Mapping[str, Any]) -> dict[str, Any]:
    """What OctoPrint tells of itself and its host (`systeminfo`), as far as the status document knows it."""
    system = document["system"]
    memory = system.get("memory") or {}
    return {
        "octoprint.version": OCTOPRINT_VERSION,
        "octoprint.safe_mode": False,
        "env.os.id": system["sysname"].lower(),
        "env.os.platform": f"{system['sysname']}-{system['release']}-{system['machine']}",
        "env.os.bits": 64 if sys.maxsize > 2**32 else 32,
        "env.hardware.cores": os.cpu_count(),
        "env.hardware.ram": memory.get("total"),
        "env.python.version": platform.python_version(),
        "systeminfo.generator": "systemapi",
    }
