"""Operations on the files folder."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Protocol

from pydantic import Field

from hydrogen.model.codec import iso_time
from hydrogen.operations.operation import Call, FileShelf, Handler, Operation, Params, StoredFile

LISTED_FOLDERS = 1000
"""In one answer, with the first page."""

Path = Annotated[str, Field(min_length=1, max_length=1024)]


class ListParams(Params):
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000
    after: Annotated[str, Field(max_length=1024)] = ""
    folder: Annotated[str, Field(max_length=1024)] | None = None


class DeleteParams(Params):
    file: Path
    force: bool = False


class MoveParams(Params):
    file: Path
    to: Path
    replace: bool = False
    force: bool = False


class CopyParams(Params):
    file: Path
    to: Path
    replace: bool = False


class FolderParams(Params):
    folder: Path


class MoveFolderParams(Params):
    folder: Path
    to: Path
    force: bool = False


class DeleteFolderParams(Params):
    folder: Path
    recursive: bool = False
    force: bool = False


class FileCabinet(FileShelf, Protocol):
    """What these operations need of the files folder, beyond looking into it. Every method raises InvalidMessage, NotFound,
    Conflict, DiskFull, HostError."""

    async def folders(self) -> Sequence[str]: ...

    def free_bytes(self) -> int: ...

    async def remove(self, path: str, *, actor: str, force: bool) -> StoredFile: ...

    async def move(self, path: str, target: str, *, actor: str, may_replace: bool, force: bool) -> StoredFile: ...

    async def copy(self, path: str, target: str, *, actor: str, may_replace: bool) -> StoredFile: ...

    async def make_folder(self, path: str) -> str: ...

    async def move_folder(self, path: str, target: str, *, actor: str, force: bool) -> Sequence[StoredFile]: ...

    async def remove_folder(self, path: str, *, actor: str, recursive: bool, force: bool) -> Sequence[StoredFile]: ...


class FileOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, files: FileCabinet) -> None:
        self._files = files

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The printable files, by path: `{"files": [{"path", "size_bytes", "modified_at"}], "total", "next", ...}`.

        All of them, or with `folder` (`""` for the topmost) only those that lie directly in it. A page at a time: `next` is
        null on the last one, else it is the `after` of the following one. `folders` comes with the first page. `free_bytes`
        is what files may still take. A file that is still being written by somebody else is not shown.
        """
        wish = call.params
        files = sorted(await self._files.list(), key=lambda file: file.path)
        if wish.folder is not None:
            files = [file for file in files if _folder_of(file.path) == wish.folder]
        begin = bisect_right(files, wish.after, key=lambda file: file.path) if wish.after else 0
        page = files[begin : begin + wish.limit]
        has_more = begin + len(page) < len(files)
        return {
            "files": [described(file) for file in page],
            "total": len(files),
            "next": page[-1].path if has_more else None,
            "folders": [] if wish.after else await self._folders(wish.folder),
            "free_bytes": self._files.free_bytes(),
        }

    async def delete(self, call: Call) -> Mapping[str, Any]:
        """Delete a file: `{"file": {...}}`. `conflict` for one that prints or is about to, and, without `force`, for one that
        an entry of the queue waits for."""
        wish = call.params
        return {"file": described(await self._files.remove(wish.file, actor=call.actor, force=wish.force))}

    async def move(self, call: Call) -> Mapping[str, Any]:
        """Rename a file, or move it to another folder, which is made: `{"file": {...}}`. `conflict` as for `file.delete`, and
        without `replace` when there is a file at `to`."""
        wish = call.params
        moved = await self._files.move(wish.file, wish.to, actor=call.actor, may_replace=wish.replace, force=wish.force)
        return {"file": described(moved)}

    async def copy(self, call: Call) -> Mapping[str, Any]:
        """The same content a second time: `{"file": {...}}`. `conflict` without `replace` when there is a file at `to`."""
        wish = call.params
        copied = await self._files.copy(wish.file, wish.to, actor=call.actor, may_replace=wish.replace)
        return {"file": described(copied)}

    async def make_folder(self, call: Call) -> Mapping[str, Any]:
        """Make a folder, with those above it: `{"folder"}`. `conflict` when there is something of that name."""
        return {"folder": await self._files.make_folder(call.params.folder)}

    async def move_folder(self, call: Call) -> Mapping[str, Any]:
        """Rename a folder with all that is in it: `{"files": how many}`. `conflict` when one of its files is needed."""
        wish = call.params
        moved = await self._files.move_folder(wish.folder, wish.to, actor=call.actor, force=wish.force)
        return {"files": len(moved)}

    async def delete_folder(self, call: Call) -> Mapping[str, Any]:
        """Delete a folder; with all that is in it only if `recursive`: `{"files": how many}`. `conflict` when it is not empty,
        or when one of its files is needed."""
        wish = call.params
        removed = await self._files.remove_folder(
            wish.folder, actor=call.actor, recursive=wish.recursive, force=wish.force
        )
        return {"files": len(removed)}

    async def _folders(self, within: str | None) -> Sequence[str]:
        folders = await self._files.folders()
        if within is not None:
            folders = [folder for folder in folders if _folder_of(folder) == within]
        return list(folders[:LISTED_FOLDERS])


def described(file: StoredFile) -> dict[str, Any]:
    """A file as clients see it."""
    return {"path": file.path, "size_bytes": file.size_bytes, "modified_at": iso_time(file.modified_at)}


def file_operations(files: FileCabinet) -> list[Operation]:
    """All operations of this module, bound to `files`."""
    does = FileOperations(files)

    def declare(name: str, params: type[Params], summary: str, handler: Handler, scope: str = "files") -> Operation:
        return Operation(name=f"file.{name}", params=params, scope=scope, summary=summary, handler=handler)

    return [
        declare("list", ListParams, "List the files", does.list, "read"),
        declare("delete", DeleteParams, "Delete a file", does.delete),
        declare("move", MoveParams, "Rename or move a file", does.move),
        declare("copy", CopyParams, "Copy a file", does.copy),
        declare("make_folder", FolderParams, "Make a folder", does.make_folder),
        declare("move_folder", MoveFolderParams, "Rename or move a folder", does.move_folder),
        declare("delete_folder", DeleteFolderParams, "Delete a folder", does.delete_folder),
    ]


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]
