"""`/api/storage`, and the upload paths of the original server: bring, fetch, list and delete what can be printed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.auth.audit import AuditEntry
from hydrogen.errors import (
    Conflict,
    DiskFull,
    FileRejected,
    HydrogenError,
    InvalidMessage,
    NotFound,
    TooLarge,
    Unavailable,
)
from hydrogen.files.folder import StoredFile
from hydrogen.model.codec import iso_time
from hydrogen.web.answer import AnotherVersion, json_answer, status_of
from hydrogen.web.byte_range import FileVersion, is_another
from hydrogen.web.door import Door, grant_of, query_of
from hydrogen.web.download import MEDIA, download
from hydrogen.web.endpoint import Endpoint, Good, object_schema
from hydrogen.web.house import WebHouse
from hydrogen.web.upload import Form, Uploader

ORIGINAL_UPLOADS = ("/api/upload", "/api/system/upload", "/upload")
"""Where the original server takes uploads; its answers have their own shape."""

UPLOAD_ERRORS = (InvalidMessage, Conflict, TooLarge, FileRejected, DiskFull, Unavailable)

FILE_SCHEMA: Mapping[str, Any] = {
    **object_schema(path="string", size_bytes="integer", modified_at="string"),
    "properties": {
        "path": {"type": "string"},
        "size_bytes": {"type": "integer"},
        "modified_at": {"type": "string", "format": "date-time"},
        "sha256": {"type": ["string", "null"]},
    },
}

PRINT_SCHEMA: Mapping[str, Any] = {
    "type": ["object", "null"],
    "description": "null: not asked for. `started` false: `error` tells why; the file is stored nevertheless.",
}

FORM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary", "description": "One or more, each with its name."},
        "path": {"type": "string", "description": "The folder; made if it is missing."},
        "print": {"type": "string", "enum": ["true", "false", "queue"]},
        "printer": {"type": "string"},
        "overwrite": {"type": "string", "enum": ["true", "false"]},
    },
    "required": ["file"],
}


BYTES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {"application/octet-stream": {"type": "string", "format": "binary"}}
)


class ListQuery(BaseModel):
    """As the parameters of `file.list`."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    after: str | None = None
    folder: str | None = None


class DeleteQuery(BaseModel):
    """As the parameters of `file.delete` and `file.delete_folder`."""

    model_config = ConfigDict(extra="forbid")

    force: bool | None = None
    recursive: bool | None = None


class PutQuery(BaseModel):
    """print: as the form's field."""

    model_config = ConfigDict(extra="forbid")

    print: str | None = None
    printer: str | None = None


class FileRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: Door, house: WebHouse) -> None:
        self._door = door
        self._files = house.files
        self._registry = house.registry
        self._audit = house.audit
        self._uploader = Uploader(house.files, idle_seconds=door.settings.upload_idle_seconds)

    @property
    def endpoints(self) -> list[Endpoint]:
        return [*self._looking, *self._bringing, *(self._original_endpoint(path) for path in ORIGINAL_UPLOADS)]

    @property
    def _bringing(self) -> list[Endpoint]:
        one = {"type": "object", "properties": {"file": FILE_SCHEMA, "print": PRINT_SCHEMA}, "required": ["file"]}
        several = {
            "type": "object",
            "properties": {"files": {"type": "array", "items": FILE_SCHEMA}, "print": PRINT_SCHEMA},
            "required": ["files", "print"],
        }
        return [
            Endpoint(
                name="files.upload",
                method="POST",
                path="/api/storage",
                handler=self.upload,
                tag="files",
                summary="Upload files",
                scope="files",
                body_media={"multipart/form-data": FORM_SCHEMA},
                answers={201: Good(summary="They are stored", schema=several)},
                errors=UPLOAD_ERRORS,
            ),
            Endpoint(
                name="files.put",
                method="PUT",
                path="/api/storage/{path:path}",
                handler=self.put,
                tag="files",
                summary="Upload one file as it is",
                scope="files",
                query=PutQuery,
                body_media=BYTES,
                answers={201: Good(summary="It is stored", schema=one)},
                errors=(*UPLOAD_ERRORS, AnotherVersion),
            ),
        ]

    @property
    def _looking(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="files.list",
                method="GET",
                path="/api/storage",
                handler=self.list,
                tag="files",
                summary="List the files",
                scope="read",
                query=ListQuery,
                answers={200: Good(summary="A page of files", schema={"type": "object"})},
                errors=(InvalidMessage,),
            ),
            Endpoint(
                name="files.download",
                method="GET",
                path="/api/storage/{path:path}",
                handler=self.download,
                tag="files",
                summary="Download a file",
                scope="read",
                answers={
                    200: Good(summary="The file", media=MEDIA, schema={"type": "string", "format": "binary"}),
                    206: Good(summary="A part of it", media=MEDIA, schema={"type": "string", "format": "binary"}),
                    304: Good(summary="The client has it", media=""),
                    416: Good(summary="The range lies behind its end", media=""),
                },
                errors=(InvalidMessage, NotFound, AnotherVersion),
            ),
            Endpoint(
                name="files.delete",
                method="DELETE",
                path="/api/storage/{path:path}",
                handler=self.delete,
                tag="files",
                summary="Delete a file or a folder",
                scope="files",
                query=DeleteQuery,
                answers={200: Good(summary="It is gone", schema={"type": "object"})},
                errors=(InvalidMessage, NotFound, Conflict, AnotherVersion),
            ),
        ]

    async def list(self, request: Request) -> Response:
        """The files, as `file.list` tells them: by path, a page at a time, of one `folder` or all."""
        params = query_of(request, ListQuery).model_dump(exclude_none=True)
        return json_answer(await self._execute(request, "file.list", params))

    async def upload(self, request: Request) -> Response:
        """Store files of a form, and print the first one if `print` is `true`, or put it into the queue if it is `queue`.

        The fields may come before or behind the files. 201 says that all are stored; whether a print began is told by `print`
        (it needs the scope `print`): a file that is here is not thrown away because the printer is busy.
        """
        form = await self._received(request)
        printed = await self._print(request, form.files[0], form.fields)
        return json_answer({"files": [_described(file) for file in form.files], "print": printed}, status=201)

    async def put(self, request: Request) -> Response:
        """Store the body under this path; packed with gzip if `Content-Encoding` says so. `If-None-Match: *` keeps what is
        there, `If-Match` what is not the version that it names. `?print=true` as in a form."""
        path = request.path_params["path"]
        end = self._begin_record(request, {"file": path})
        may_replace = request.headers.get("if-none-match", "").strip() != "*"
        try:
            stored = await self._uploader.receive_raw(
                request,
                path,
                actor=grant_of(request).principal.name,
                may_replace=may_replace,
                check=partial(self._check_version, request, path),
            )
        except BaseException as error:
            end(error.code if isinstance(error, HydrogenError) else "broken_off")
            raise
        end("ok")
        printed = await self._print(request, stored, query_of(request, PutQuery).model_dump(exclude_none=True))
        return json_answer({"file": _described(stored), "print": printed}, status=201)

    async def download(self, request: Request) -> Response:
        """The file, or the part of it that `Range` names. `ETag` is the content's SHA-256, where it is known."""
        path = request.path_params["path"]
        stored = await self._files.stat(path)
        real = await asyncio.to_thread(self._files.find, path)
        return await download(real, stored, request.headers, is_head=request.method == "HEAD")

    async def delete(self, request: Request) -> Response:
        """Delete a file as `file.delete` does, or a folder as `file.delete_folder`; `?force=true`, `?recursive=true`. Where
        `If-Match` names another version it stays."""
        path = request.path_params["path"]
        await self._check_version(request, path)
        params = query_of(request, DeleteQuery).model_dump(exclude_none=True)
        if await self._files.is_folder(path):
            return json_answer(await self._execute(request, "file.delete_folder", {"folder": path, **params}))
        params.pop("recursive", None)
        return json_answer(await self._execute(request, "file.delete", {"file": path, **params}))

    async def _check_version(self, request: Request, path: str) -> None:
        """Raises AnotherVersion unless `If-Match` is not there, or names what is there."""
        condition = request.headers.get("if-match")
        if condition is not None and is_another(condition, await self._version_of(path)):
            raise AnotherVersion(f"{path[:80]} is another version than If-Match names", file=path[:80])

    async def _version_of(self, path: str) -> FileVersion | None:
        """None where there is nothing. A folder has no version that could be named."""
        if await self._files.is_folder(path):
            return FileVersion(size_bytes=0, modified_ns=0, inode=0)
        try:
            stored = await self._files.stat(path)
        except NotFound:
            return None
        assert stored.identity is not None
        size, modified, inode = stored.identity.size_bytes, stored.identity.modified_ns, stored.identity.inode
        return FileVersion(size_bytes=size, modified_ns=modified, inode=inode, sha256=stored.sha256)

    async def upload_originally(self, request: Request) -> Response:
        """Store a file: `{"files":{"local":{"name","origin"}},"done":true}`; every error is `{"error","code","done":false}`."""
        try:
            await self._door.admit(request, "files")
            form = await self._received(request)
        except HydrogenError as error:
            return json_answer(
                {"error": error.message, "code": error.code, "done": False}, status=status_of(type(error))
            )
        await self._print(request, form.files[0], form.fields)
        return json_answer({"files": {"local": {"name": form.names[0], "origin": "local"}}, "done": True})

    def _original_endpoint(self, path: str) -> Endpoint:
        return Endpoint(
            name=f"files.upload_at{path.replace('/', '_')}",
            method="POST",
            path=path,
            handler=self.upload_originally,
            tag="files",
            summary="Upload a file, as clients of the original server do",
            scope="files",
            admits_itself=True,
            error_schema=object_schema(error="string", code="string", done="boolean"),
            body_media={"multipart/form-data": FORM_SCHEMA},
            answers={200: Good(summary="It is stored", schema=object_schema(files="object", done="boolean"))},
            errors=UPLOAD_ERRORS,
        )

    async def _received(self, request: Request) -> Form:
        end = self._begin_record(request, {})
        try:
            form = await self._uploader.receive_form(request, actor=grant_of(request).principal.name)
        except BaseException as error:
            end(error.code if isinstance(error, HydrogenError) else "broken_off")
            raise
        end("ok")
        return form

    def _begin_record(self, request: Request, params: Mapping[str, Any]) -> Callable[[str], None]:
        actor, source = grant_of(request).principal.name, self._door.source_of(request)
        return self._audit.begin(AuditEntry(actor=actor, source=source, action="file.upload", params=params))

    async def _print(self, request: Request, file: StoredFile, wish: Mapping[str, str]) -> dict[str, Any] | None:
        """What came of the wish to print, if there was one."""
        operation = {"true": "job.start", "queue": "queue.add"}.get(wish.get("print", ""))
        if operation is None:
            return None
        try:
            result = await self._execute(request, operation, {"file": file.path}, printer=wish.get("printer") or None)
        except HydrogenError as error:
            return {"started": False, "error": error.as_wire()}
        return {"started": operation == "job.start", **result}

    async def _execute(
        self, request: Request, name: str, params: Mapping[str, Any], *, printer: str | None = None
    ) -> Mapping[str, Any]:
        principal, source = grant_of(request).principal, self._door.source_of(request)
        return await self._registry.execute(principal, name, printer, params, source=source)


def _described(file: StoredFile) -> dict[str, Any]:
    return {
        "path": file.path,
        "size_bytes": file.size_bytes,
        "modified_at": iso_time(file.modified_at),
        "sha256": file.sha256,
    }
