"""`/server/info`, `/printer/info`: what slicers ask before they upload, the upload itself, and the paths of files.py.

Source: PrusaSlicer and OrcaSlicer, host type "Moonraker"; Moonraker's documents, `server/files/upload`.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.auth.audit import AuditEntry
from hydrogen.errors import HydrogenError, InvalidMessage, Unavailable
from hydrogen.files.folder import StoredFile
from hydrogen.model.printer import PrinterStatus
from hydrogen.moonraker.door import MoonrakerDoor, MoonrakerVisit, refusal
from hydrogen.moonraker.files import JOB_OPERATIONS, MoonrakerFiles
from hydrogen.web.answer import json_answer
from hydrogen.web.door import Door
from hydrogen.web.endpoint import Endpoint, Good, object_schema
from hydrogen.web.house import WebHouse
from hydrogen.web.upload import Form, Uploader

MOONRAKER_VERSION = "v0.9.3-0-hydrogen"
"""The version whose answers ours are like; clients compare it with what they need."""

ROOT = "gcodes"
PREFIX = "/printers/{printer}"

STATES: Mapping[PrinterStatus, str] = {
    PrinterStatus.OFFLINE: "disconnected",
    PrinterStatus.CONNECTING: "startup",
    PrinterStatus.LINK_LOST: "startup",
    PrinterStatus.ERROR: "error",
    PrinterStatus.HALTED: "shutdown",
}
"""`klippy_state`; `ready` for every other status."""

Visited = Callable[[MoonrakerVisit], Awaitable[Response]]


class MoonrakerRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: Door, house: WebHouse) -> None:
        self._door = MoonrakerDoor(door, house.context)
        self._files = house.files
        self._registry = house.registry
        self._audit = house.audit
        self._version = house.version
        self._about = MoonrakerFiles(self._door, house)
        self._uploader = Uploader(house.files, idle_seconds=door.settings.upload_idle_seconds)

    @property
    def endpoints(self) -> list[Endpoint]:
        table: tuple[tuple[str, str, str, str, Visited], ...] = (
            ("server_info", "GET", "/server/info", "read", self.server_info),
            ("printer_info", "GET", "/printer/info", "read", self.printer_info),
            ("upload", "POST", "/server/files/upload", "files", self.upload),
            ("metadata", "GET", "/server/files/metadata", "read", self._about.metadata),
            ("thumbnails", "GET", "/server/files/thumbnails", "read", self._about.thumbnails),
            ("list", "GET", "/server/files/list", "read", self._about.list),
            ("fetch", "GET", "/server/files/gcodes/{path:path}", "read", self._about.fetch),
            ("webcams", "GET", "/server/webcams/list", "read", self._about.webcams),
            ("start", "POST", "/printer/print/start", "print", self._about.start),
            *((name, "POST", f"/printer/print/{name}", "print", self._about.steer) for name in JOB_OPERATIONS),
        )
        return [
            self._endpoint(f"{family}.{name}", method, f"{prefix}{path}", scope, handler)
            for prefix, family in (("", "moonraker"), (PREFIX, "moonraker_of"))
            for name, method, path, scope, handler in table
        ]

    async def server_info(self, visit: MoonrakerVisit) -> Response:
        """That there is a Moonraker, as far as slicers need one; `result` stands first."""
        state = STATES.get(visit.state.status, "ready")
        return json_answer(
            {
                "result": {
                    "klippy_connected": state != "disconnected",
                    "klippy_state": state,
                    "components": ["file_manager"],
                    "failed_components": [],
                    "registered_directories": [ROOT],
                    "warnings": [],
                    "moonraker_version": MOONRAKER_VERSION,
                    "api_version": [1, 5, 0],
                    "api_version_string": "1.5.0",
                }
            }
        )

    async def printer_info(self, visit: MoonrakerVisit) -> Response:
        """What the printer is doing, in Klipper's words."""
        state = STATES.get(visit.state.status, "ready")
        error = visit.state.error
        message = error.message if error is not None else f"the printer is {visit.state.status.value}"
        return json_answer(
            {
                "result": {
                    "state": state,
                    "state_message": message,
                    "hostname": socket.gethostname(),
                    "software_version": self._version,
                    "app": "Hydrogen",
                }
            }
        )

    async def upload(self, visit: MoonrakerVisit) -> Response:
        """201: the file of the form is stored below `root` (`gcodes`) in the folder `path`, and printed if `print` is `true`.

        A `checksum` (SHA-256) that is another one than the file's is refused, and nothing stays. Where the file is stored and
        cannot be printed now, that is told as an error: the person at the slicer waits for a print.
        """
        form = await self._received(visit)
        file = form.files[0]
        is_started = await self._print(visit, file, form.fields)
        return json_answer(
            {
                "item": {
                    "path": file.path,
                    "root": ROOT,
                    "modified": file.modified_at,
                    "size": file.size_bytes,
                    "permissions": "rw",
                },
                "print_started": is_started,
                "print_queued": False,
                "action": "create_file",
            },
            status=201,
            headers={"Location": f"/server/files/{ROOT}/{quote(file.path)}"},
        )

    async def _received(self, visit: MoonrakerVisit) -> Form:
        entry = AuditEntry(
            actor=visit.grant.principal.name, source=self._source(visit), action="file.upload", params={}
        )
        end = self._audit.begin(entry)
        try:
            form = await self._uploader.receive_form(visit.request, actor=visit.grant.principal.name)
            await self._check(form)
        except BaseException as error:
            end(error.code if isinstance(error, HydrogenError) else "broken_off")
            raise
        end("ok")
        return form

    async def _check(self, form: Form) -> None:
        """What could only be known once the whole form was there; else nothing of it stays."""
        file, wanted = form.files[0], form.fields.get("checksum", "").strip().lower()
        root = form.fields.get("root", ROOT)
        if root != ROOT or (wanted and file.sha256 is not None and wanted != file.sha256):
            for stored in form.files:
                await self._files.remove(stored.path)
        if root != ROOT:
            raise InvalidMessage(f"files go to the root {ROOT!r}, not to {root[:40]!r}", field="root")
        if wanted and file.sha256 is not None and wanted != file.sha256:
            raise InvalidMessage("the file is not what `checksum` says", field="checksum")

    async def _print(self, visit: MoonrakerVisit, file: StoredFile, fields: Mapping[str, str]) -> bool:
        if fields.get("print", "").lower() != "true":
            return False
        if not visit.printer:
            raise Unavailable("the file is stored, but there is no printer here to print it", file=file.path)
        params: dict[str, Any] = {"file": file.path}
        await self._registry.execute(
            visit.grant.principal, "job.start", visit.printer, params, source=self._source(visit)
        )
        return True

    def _source(self, visit: MoonrakerVisit) -> str:
        return self._door.web.source_of(visit.request)

    def _endpoint(self, name: str, method: str, path: str, scope: str, handler: Visited) -> Endpoint:
        async def handle(request: Request) -> Response:
            try:
                return await handler(await self._door.admit(request, scope))
            except HydrogenError as error:
                return refusal(error)

        return Endpoint(
            name=name,
            method=method,
            path=path,
            handler=handle,
            tag="moonraker",
            summary=name,
            scope=scope,
            admits_itself=True,
            error_schema=object_schema(error="object"),
            answers={200: Good(summary="As Moonraker answers")},
            is_documented=False,
        )
