"""Operations on the files folder."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from hydrogen.model.codec import iso_time
from hydrogen.operations.operation import Call, FileShelf, Operation, Params


class ListParams(Params):
    limit: Annotated[int, Field(ge=1, le=1000)] = 1000
    after: Annotated[str, Field(max_length=1024)] = ""


class FileOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, files: FileShelf) -> None:
        self._files = files

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The printable files, by path: `{"files": [{"path", "size_bytes", "modified_at"}], "total", "next"}`.

        A page at a time: `next` is null on the last one, else it is the `after` of the following one.
        """
        files = sorted(await self._files.list(), key=lambda file: file.path)
        begin = bisect_right(files, call.params.after, key=lambda file: file.path) if call.params.after else 0
        page = files[begin : begin + call.params.limit]
        has_more = begin + len(page) < len(files)
        return {
            "files": [
                {"path": file.path, "size_bytes": file.size_bytes, "modified_at": iso_time(file.modified_at)}
                for file in page
            ],
            "total": len(files),
            "next": page[-1].path if has_more else None,
        }


def file_operations(files: FileShelf) -> list[Operation]:
    """All operations of this module, bound to `files`."""
    does = FileOperations(files)
    return [Operation(name="file.list", params=ListParams, scope="read", summary="List the files", handler=does.list)]
