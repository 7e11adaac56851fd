"""`/server/files/...` and `/printer/print/...`: what is known of a file, its pictures, its bytes; and its print."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from hydrogen.errors import InvalidMessage, NotFound
from hydrogen.files.folder import StoredFile
from hydrogen.moonraker.door import MoonrakerDoor, MoonrakerVisit
from hydrogen.moonraker.metadata import metadata_of, picture_in, thumbnails_of
from hydrogen.web.answer import document_answer, json_answer
from hydrogen.web.download import download
from hydrogen.web.house import WebHouse

JOB_OPERATIONS: Mapping[str, str] = {"pause": "job.pause", "resume": "job.resume", "cancel": "job.cancel"}


class MoonrakerFiles:
    """What each promises to clients is its docstring."""

    def __init__(self, door: MoonrakerDoor, house: WebHouse) -> None:
        self._door = door
        self._files = house.files
        self._analyses = house.analyses
        self._registry = house.registry
        self._displays = house.displays

    async def metadata(self, visit: MoonrakerVisit) -> Response:
        """`?filename=`: what is known of it. What the analysis tells is missing while it is under way."""
        file, info = await self._info(visit)
        return json_answer({"result": metadata_of(file, info)})

    async def thumbnails(self, visit: MoonrakerVisit) -> Response:
        """`?filename=`: its pictures, each with `thumbnail_path` below `/server/files/gcodes/`."""
        _, info = await self._info(visit)
        told = [{**one, "thumbnail_path": one["relative_path"]} for one in thumbnails_of(info)]
        return json_answer({"result": told})

    async def list(self, visit: MoonrakerVisit) -> Response:
        """Every file of `gcodes`, with its folder in its path."""
        root = visit.request.query_params.get("root", "gcodes")
        files = await self._files.list() if root == "gcodes" else []
        told = [
            {"path": one.path, "modified": one.modified_at, "size": one.size_bytes, "permissions": "rw"}
            for one in files
        ]
        return json_answer({"result": told})

    async def fetch(self, visit: MoonrakerVisit) -> Response:
        """The bytes of a file, or of a picture that `metadata` names."""
        request, path = visit.request, str(visit.request.path_params["path"]).strip("/")
        picture = picture_in(path)
        if picture is not None:
            media, content = await self._analyses.thumbnail(*picture)
            return document_answer(request, content, media_type=media, headers={"X-Content-Type-Options": "nosniff"})
        stored = await self._files.stat(path)
        real = await asyncio.to_thread(self._files.find, path)
        return await download(real, stored, request.headers, is_head=request.method == "HEAD")

    async def webcams(self, visit: MoonrakerVisit) -> Response:
        """The printer's camera, if it has one."""
        display = self._displays.get(visit.printer)
        webcam = None if display is None else display.webcam
        told = (
            []
            if webcam is None
            else [
                {
                    "name": webcam.name,
                    "enabled": True,
                    "service": "mjpegstreamer",
                    "location": "printer",
                    "stream_url": webcam.stream_url,
                    "snapshot_url": webcam.snapshot_url,
                    "flip_horizontal": webcam.flip_horizontal,
                    "flip_vertical": webcam.flip_vertical,
                    "rotation": 270 if webcam.rotate_90 else 0,
                    "aspect_ratio": webcam.aspect_ratio,
                    "source": "config",
                }
            ]
        )
        return json_answer({"result": {"webcams": told}})

    async def start(self, visit: MoonrakerVisit) -> Response:
        """`?filename=`: print it. `{"result": "ok"}`."""
        return await self._command(visit, "job.start", {"file": _filename(visit)})

    async def steer(self, visit: MoonrakerVisit) -> Response:
        """pause, resume, cancel."""
        return await self._command(visit, JOB_OPERATIONS[visit.request.url.path.rpartition("/")[2]], {})

    async def _command(self, visit: MoonrakerVisit, operation: str, params: Mapping[str, Any]) -> Response:
        source = self._door.web.source_of(visit.request)
        printer = visit.printer or None
        await self._registry.execute(visit.grant.principal, operation, printer, params, source=source)
        return json_answer({"result": "ok"})

    async def _info(self, visit: MoonrakerVisit) -> tuple[StoredFile, Mapping[str, Any]]:
        path = _filename(visit)
        return await self._files.stat(path), await self._analyses.info(path, visit.printer or None)


def _filename(visit: MoonrakerVisit) -> str:
    """Raises InvalidMessage, NotFound."""
    name = visit.request.query_params.get("filename", "").strip("/")
    if not name:
        raise InvalidMessage("which file? `filename` is missing", field="filename")
    if len(name) > 1000:
        raise NotFound("there is no such file")
    return name
