"""PrusaLink's upload: `GET /api/v1/storage`, `PUT /api/v1/files/local/<path>`.

PrusaSlicer's host type "PrusaLink" uses it where `/api/version` says so. Source: PrusaLink's OpenAPI document, and what
PrusaSlicer sends (`Overwrite`, `Print-After-Upload`: structured booleans, RFC 9651).
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from starlette.responses import Response

from hydrogen.auth.audit import AuditEntry, AuditLog
from hydrogen.errors import HydrogenError
from hydrogen.files.folder import StoredFile
from hydrogen.files.store import FileStore
from hydrogen.octoprint.answer import server_address, told
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.route import FaceRoute
from hydrogen.operations.registry import Registry
from hydrogen.web.upload import Uploader

STORAGE = "local"


class PrusaLinkRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, *, files: FileStore, registry: Registry, audit: AuditLog) -> None:
        self._door = door
        self._files = files
        self._registry = registry
        self._audit = audit
        self._uploader = Uploader(files, idle_seconds=door.web.settings.upload_idle_seconds)

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="prusalink.storage", method="GET", path="/api/v1/storage", handler=self.storage),
            FaceRoute(
                name="prusalink.put",
                method="PUT",
                path=f"/api/v1/files/{STORAGE}/{{path:path}}",
                handler=self.put,
                scope="files",
            ),
        ]

    async def storage(self, visit: Visit) -> Response:
        """The one place for files."""
        free_bytes = await asyncio.to_thread(self._files.free_bytes)
        storage = {
            "type": "LOCAL",
            "name": "Hydrogen",
            "path": f"/{STORAGE}",
            "available": True,
            "read_only": not visit.grant.principal.may("files"),
            "free_space": free_bytes,
        }
        return told({"storage_list": [storage]})

    async def put(self, visit: Visit) -> Response:
        """201: the body is stored under the path. Without `Overwrite: ?1` what is there stays (409). `Print-After-Upload: ?1`
        prints it; a refusal of that leaves the file where it is."""
        headers = visit.request.headers
        stored = await self._stored(visit, may_replace=is_true(headers.get("overwrite")))
        if is_true(headers.get("print-after-upload")):
            source = self._door.web.source_of(visit.request)
            await self._registry.execute(
                visit.grant.principal, "job.start", visit.face.printer or None, {"file": stored.path}, source=source
            )
        address = server_address(visit.request, visit.face, self._door.web.proxies)
        location = f"{address}/api/v1/files/{STORAGE}/{quote(stored.path)}"
        body = {
            "name": stored.path.rpartition("/")[2],
            "path": f"/{STORAGE}/{stored.path}",
            "display_name": stored.path.rpartition("/")[2],
            "size": stored.size_bytes,
            "m_timestamp": int(stored.modified_at),
            "type": "PRINT_FILE",
        }
        return told(body, status=201, headers={"Location": location})

    async def _stored(self, visit: Visit, *, may_replace: bool) -> StoredFile:
        path, actor = visit.request.path_params["path"], visit.grant.principal.name
        source = self._door.web.source_of(visit.request)
        end = self._audit.begin(
            AuditEntry(actor=actor, source=source, action="file.upload", params={"file": path[:200]})
        )
        try:
            stored = await self._uploader.receive_raw(visit.request, path, actor=actor, may_replace=may_replace)
        except BaseException as error:
            end(error.code if isinstance(error, HydrogenError) else "broken_off")
            raise
        end("ok")
        return stored


def is_true(value: str | None) -> bool:
    """`?1` is true (RFC 9651, 3.3.6); PrusaLink takes `1` and `true` as well."""
    return value is not None and value.strip().lower() in ("?1", "1", "true")
