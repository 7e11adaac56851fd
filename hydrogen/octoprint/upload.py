"""`POST /api/files/local`: what slicers send. The file comes as a stream; its fields may stand before or behind it."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from hydrogen.auth.audit import AuditEntry, AuditLog
from hydrogen.errors import HydrogenError, InvalidMessage
from hydrogen.files.store import FileStore
from hydrogen.model.printer import PrinterStatus
from hydrogen.octoprint.answer import NotOperational, server_address, told
from hydrogen.octoprint.command import FaceCommander
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.file_entry import refs_of, resource_of
from hydrogen.octoprint.route import FaceRoute
from hydrogen.web.upload import Form, Uploader, Wanted

TRUE = frozenset({"true", "yes", "y", "1", "t"})

ONE_FILE = Wanted(part="file", may_be_empty=True, keep_field="noOverwrite")


class UploadRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, commander: FaceCommander, files: FileStore, audit: AuditLog) -> None:
        self._door = door
        self._commander = commander
        self._audit = audit
        self._uploader = Uploader(files, idle_seconds=door.web.settings.upload_idle_seconds)

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="upload", method="POST", path="/api/files/local", handler=self.upload, scope="files"),
            FaceRoute(
                name="upload_card", method="POST", path="/api/files/sdcard", handler=self.upload_card, scope="files"
            ),
        ]

    async def upload(self, visit: Visit) -> Response:
        """201 with `Location`: the file is stored, missing folders are made, one of its name is replaced. `select` and `print`
        are carried out if they can be: `effectiveSelect`, `effectivePrint`. Without a file, `foldername` makes a folder."""
        form = await self._received(visit)
        if not form.files:
            return await self._make_folder(visit, form)
        path = form.files[0].path
        is_print_wanted = _is_true(form.fields.get("print"))
        is_selected, trouble = self._selected(visit, path, form, is_print_wanted=is_print_wanted)
        is_printed = False
        if is_print_wanted and not trouble:
            is_printed, trouble = await self._printed(visit, path)
        base = server_address(visit.request, visit.face, self._door.web.proxies)
        name = path.rpartition("/")[2]
        body: dict[str, Any] = {
            "done": True,
            "effectiveSelect": is_selected,
            "effectivePrint": is_printed,
            "files": {
                "local": {"name": name, "display": name, "path": path, "origin": "local", "refs": refs_of(base, path)},
            },
        }
        if trouble:
            body["warning"] = trouble
        return told(body, status=201, headers={"Location": resource_of(base, path)})

    async def upload_card(self, _visit: Visit) -> Response:
        """409: the printer's own card is not used by this host."""
        raise NotOperational("the printer's SD card is not used here: upload to /api/files/local")

    async def _received(self, visit: Visit) -> Form:
        actor, source = visit.grant.principal.name, self._door.web.source_of(visit.request)
        end = self._audit.begin(
            AuditEntry(actor=actor, source=source, action="file.upload", printer=visit.face.printer or None)
        )
        try:
            form = await self._uploader.receive_form(visit.request, actor=actor, wanted=ONE_FILE)
            _check_userdata(form.fields.get("userdata"))
        except BaseException as error:
            end(error.code if isinstance(error, HydrogenError) else "broken_off")
            raise
        end("ok")
        return form

    def _selected(self, visit: Visit, path: str, form: Form, *, is_print_wanted: bool) -> tuple[bool, str]:
        """Whether the file is the selected one now; and why not, if it should be."""
        if not is_print_wanted and not _is_true(form.fields.get("select")):
            return False, ""
        if not visit.grant.principal.may("print"):
            return False, "the key may not print"
        printer = self._door.faces.printer(visit.face)
        if printer.status is not PrinterStatus.IDLE:
            return False, f"the printer is {printer.status.value}: the file was stored only"
        self._door.faces.select(visit.face, path)
        return True, ""

    async def _printed(self, visit: Visit, path: str) -> tuple[bool, str]:
        try:
            await self._commander.carry_out(visit, "job.start", {"file": path})
        except HydrogenError as error:
            return False, error.message
        return True, ""

    async def _make_folder(self, visit: Visit, form: Form) -> Response:
        folder, below = form.fields.get("foldername", "").strip("/"), form.fields.get("path", "").strip("/")
        if not folder:
            raise InvalidMessage("No file to upload and no folder to create", field="file")
        made = await self._commander.carry_out(
            visit, "file.make_folder", {"folder": f"{below}/{folder}" if below else folder}
        )
        base, path = server_address(visit.request, visit.face, self._door.web.proxies), str(made["folder"])
        name, resource = path.rpartition("/")[2], resource_of(base, path)
        body = {
            "done": True,
            "folder": {"name": name, "display": name, "path": path, "origin": "local", "refs": {"resource": resource}},
        }
        return told(body, status=201, headers={"Location": resource})


def _is_true(text: str | None) -> bool:
    return (text or "").strip().lower() in TRUE


def _check_userdata(text: str | None) -> None:
    """It is not kept, but what is no JSON is a mistake of the client. Raises InvalidMessage."""
    if text:
        try:
            json.loads(text)
        except ValueError:
            raise InvalidMessage("userdata is no JSON", field="userdata") from None
