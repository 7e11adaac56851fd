"""`/api/files` and `/downloads`: what can be printed, seen, selected, copied, moved, deleted, fetched."""

from __future__ import annotations

import asyncio
import shutil
from typing import Any, Literal

from starlette.responses import Response

from hydrogen.errors import Conflict, HydrogenError, InvalidMessage, NotFound
from hydrogen.files.folder import StoredFile
from hydrogen.files.name import made_parts
from hydrogen.files.store import FileStore
from hydrogen.model.printer import PrinterStatus
from hydrogen.octoprint.answer import done, server_address, told
from hydrogen.octoprint.command import START_SECONDS, Body, FaceCommander, command_of
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.file_entry import file_entry, folder_entry, refs_of, resource_of, tree
from hydrogen.octoprint.lore import FileLore, Lore
from hydrogen.octoprint.picture import PictureRoutes
from hydrogen.octoprint.route import FaceRoute
from hydrogen.web.download import download

COMMANDS = ("select", "unselect", "copy", "move", "analyse", "slice", "uploadSd")

MOST_ASKED = 32
"""Files of one listing that are looked up; the others are told without their analysis, until somebody asks for them."""

MOST_TRIED = 20
"""Names that are suggested in the place of a taken one."""

TRUE = frozenset({"true", "yes", "y", "1", "t"})


class TestBody(Body):
    """storage: `local`. path: the folder."""

    __test__ = False

    command: Literal["sanitize", "exists"]
    storage: str = "local"
    path: str | None = None
    filename: str


class FileRoutes:
    """What each promises to clients is its docstring."""

    def __init__(
        self,
        door: FaceDoor,
        commander: FaceCommander,
        lore: FileLore,
        files: FileStore,
        pictures: PictureRoutes,
    ) -> None:
        self._pictures = pictures
        self._door = door
        self._commander = commander
        self._lore = lore
        self._files = files

    @property
    def routes(self) -> list[FaceRoute]:
        one, download_path = "/api/files/local/{path:path}", "/downloads/files/local/{path:path}"
        return [
            FaceRoute(name="files", method="GET", path="/api/files", handler=self.list_all, scope="read"),
            FaceRoute(name="files_local", method="GET", path="/api/files/local", handler=self.list_all, scope="read"),
            FaceRoute(name="files_card", method="GET", path="/api/files/sdcard", handler=self.list_card, scope="read"),
            FaceRoute(name="files_test", method="POST", path="/api/files/test", handler=self.test, scope="read"),
            FaceRoute(name="file", method="GET", path=one, handler=self.show, scope="read"),
            FaceRoute(name="file_command", method="POST", path=one, handler=self.command),
            FaceRoute(name="file_delete", method="DELETE", path=one, handler=self.delete),
            FaceRoute(name="download", method="GET", path=download_path, handler=self.download, scope="read"),
        ]

    # ------------------------------------------------------------------------------------------------------- looking

    async def list_all(self, visit: Visit) -> Response:
        """`{"files", "free", "total"}`; with `?recursive=true` each folder with all that is in it."""
        disk = await asyncio.to_thread(shutil.disk_usage, self._files.folder)
        return told({"files": await self._tree(visit, ""), "free": self._files.free_bytes(), "total": disk.total})

    async def list_card(self, _visit: Visit) -> Response:
        """The printer's own card is not used by this host."""
        return told({"files": []})

    async def show(self, visit: Visit) -> Response:
        """A file, or a folder with its `children`."""
        path = _path(visit)
        if await self._files.is_folder(path):
            return told(folder_entry(path, self._base(visit), await self._tree(visit, path)))
        lore = await self._lore.of(path, visit.face.printer)
        return told(self._entry(lore.file, self._base(visit), lore))

    async def test(self, visit: Visit) -> Response:
        """How a name would be stored; or whether there is one, and which one there is not."""
        body = await self._commander.read(visit, TestBody)
        if body.storage != "local":
            raise InvalidMessage("there is one storage: local", field="storage")
        folder = (body.path or "").strip("/")
        path = f"{folder}/{body.filename.strip()}" if folder else body.filename.strip()
        if body.command == "sanitize":
            return told({"sanitized": "/".join(made_parts(path)[len(folder.split("/")) if folder else 0 :])})
        if not await self._exists(path):
            return told({"exists": False})
        return told({"exists": True, "suggestion": await self._free_name(path), **await self._size_and_date(path)})

    async def download(self, visit: Visit) -> Response:
        """The file's bytes; `Range` and `If-None-Match` are understood."""
        path = _path(visit)
        stored = await self._files.stat(path)
        real = await asyncio.to_thread(self._files.find, path)
        request = visit.request
        return await download(real, stored, request.headers, is_head=request.method == "HEAD")

    # --------------------------------------------------------------------------------------------------------- doing

    async def command(self, visit: Visit) -> Response:
        """select (with `print`), unselect and analyse: 204; copy and move: 201 with what came of it."""
        body, path = await self._commander.body(visit), _path(visit)
        match command_of(body, COMMANDS):
            case "select":
                return await self._select(visit, path, is_printed=body.get("print") in (True, "true"))
            case "unselect":
                self._door.faces.select(visit.face, None)
                return done()
            case "analyse":
                return await self._commander.promptly(visit, "file.analyse", {"file": path})
            case "copy" | "move" as command:
                return await self._relocate(visit, path, body.get("destination"), is_copy=command == "copy")
            case command:
                raise Conflict(f"{command} is not available here")

    async def delete(self, visit: Visit) -> Response:
        """204. A folder goes with all that is in it; 409 for a file that prints."""
        path = _path(visit)
        if await self._files.is_folder(path):
            await self._commander.carry_out(visit, "file.delete_folder", {"folder": path, "recursive": True})
        else:
            await self._commander.carry_out(visit, "file.delete", {"file": path})
        return done()

    async def _select(self, visit: Visit, path: str, *, is_printed: bool) -> Response:
        await self._files.stat(path)
        if not visit.grant.principal.may("print"):
            await self._commander.carry_out(visit, "job.start", {"file": path})  # refused there, and on record
        self._commander.need_operational(visit)
        if self._door.faces.printer(visit.face).status is not PrinterStatus.IDLE:
            raise Conflict("Printer is already printing, cannot select a new file")
        self._door.faces.select(visit.face, path)
        if not is_printed:
            return done()
        return await self._commander.promptly(visit, "job.start", {"file": path}, seconds=START_SECONDS)

    async def _relocate(self, visit: Visit, path: str, destination: object, *, is_copy: bool) -> Response:
        if not isinstance(destination, str):
            raise InvalidMessage("where to? `destination` is missing", field="destination")
        target = destination.strip("/")
        if not target or await self._files.is_folder(target):
            target = f"{target}/{path.rpartition('/')[2]}".lstrip("/")
        if await self._files.is_folder(path):
            await self._relocate_folder(visit, path, target, is_copy=is_copy)
        else:
            params = {"file": path, "to": target}
            result = await self._commander.carry_out(visit, "file.copy" if is_copy else "file.move", params)
            target = str(result["file"]["path"])
        base, name = self._base(visit), target.rpartition("/")[2]
        body = {"origin": "local", "name": name, "display": name, "path": target, "refs": refs_of(base, target)}
        return told(body, status=201, headers={"Location": resource_of(base, target)})

    async def _relocate_folder(self, visit: Visit, path: str, target: str, *, is_copy: bool) -> None:
        if not is_copy:
            await self._commander.carry_out(visit, "file.move_folder", {"folder": path, "to": target})
            return
        if await self._files.is_folder(target):
            raise Conflict(f"there is a folder {target} already")
        await self._commander.carry_out(visit, "file.make_folder", {"folder": target})
        for file in await self._files.list():
            if file.path.startswith(f"{path}/"):
                params = {"file": file.path, "to": target + file.path.removeprefix(path)}
                await self._commander.carry_out(visit, "file.copy", params)

    # ----------------------------------------------------------------------------------------------------- privately

    async def _tree(self, visit: Visit, within: str) -> list[dict[str, Any]]:
        is_deep = visit.request.query_params.get("recursive", "").lower() in TRUE
        prefix = f"{within}/" if within else ""
        files = [
            file
            for file in await self._files.list()
            if file.path.startswith(prefix) and (is_deep or "/" not in file.path.removeprefix(prefix))
        ]
        entries = await self._entries(visit, files)
        return tree(entries, await self._files.folders(), self._base(visit), within=within, is_deep=is_deep)

    async def _entries(self, visit: Visit, files: list[StoredFile]) -> list[dict[str, Any]]:
        base, printer, asked = self._base(visit), visit.face.printer, 0
        entries = []
        for file in files:
            lore = self._lore.of_listed(file, printer)
            if lore is None and asked < MOST_ASKED:
                asked += 1
                lore = await self._lore.find_out(file, printer)
            entries.append(self._entry(file, base, lore))
        return entries

    def _entry(self, file: StoredFile, base: str, lore: Lore | None) -> dict[str, Any]:
        picture = None if lore is None else self._pictures.address_of(lore.analysis, lore.thumbnails)
        return file_entry(file, base, lore, thumbnail=picture)

    async def _exists(self, path: str) -> bool:
        try:
            await self._files.stat(path)
        except HydrogenError:
            return await self._files.is_folder(path)
        return True

    async def _size_and_date(self, path: str) -> dict[str, Any]:
        if await self._files.is_folder(path):
            return {}
        file = await self._files.stat(path)
        return {"size": file.size_bytes, "date": int(file.modified_at)}

    async def _free_name(self, path: str) -> str | None:
        """`a_1.gcode` for `a.gcode`; None where many of these are taken too."""
        stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
        folder = path[: len(path) - len(stem + dot + suffix)]
        for number in range(1, MOST_TRIED + 1):
            name = f"{stem}_{number}.{suffix}" if stem else f"{suffix}_{number}"
            if not await self._exists(folder + name):
                return name
        return None

    def _base(self, visit: Visit) -> str:
        return server_address(visit.request, visit.face, self._door.web.proxies)


def _path(visit: Visit) -> str:
    path = str(visit.request.path_params["path"]).strip("/")
    if not path:
        raise NotFound("which file? The path names none")
    return path
