"""`Range` and what belongs to it, pure: which part of a file is wanted, and whether the client has it already (RFC 9110)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from urllib.parse import quote

_RANGE = re.compile(r"bytes\s*=\s*(\d*)\s*-\s*(\d*)", re.IGNORECASE)
_TAG = re.compile(r'(?:W/)?"[^"]*"')


@dataclass(frozen=True, slots=True)
class ByteRange:
    """From `first` to `last`, both included."""

    first: int
    last: int

    @property
    def size_bytes(self) -> int:
        return self.last - self.first + 1


class Unsatisfiable(ValueError):
    """The range lies behind the end of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """What tells one content of a file from another. sha256: None while it is not known; then the tag is a weak one."""

    size_bytes: int
    modified_ns: int
    inode: int
    sha256: str | None = None

    @property
    def tag(self) -> str:
        """For `ETag`."""
        if self.sha256 is not None:
            return f'"{self.sha256}"'
        return f'W/"{self.size_bytes:x}-{self.modified_ns:x}-{self.inode:x}"'

    @property
    def modified(self) -> str:
        """For `Last-Modified`."""
        return formatdate(self.modified_ns // 1_000_000_000, usegmt=True)


def is_unchanged(headers: Mapping[str, str], version: FileVersion) -> bool:
    """Does the client have this version (304)? `If-None-Match` decides alone where it is given (RFC 9110 13.2.2)."""
    asked = headers.get("if-none-match")
    if asked is not None:
        return asked.strip() == "*" or _weak(version.tag) in {_weak(tag) for tag in _TAG.findall(asked)}
    return headers.get("if-modified-since") == version.modified


def is_another(condition: str | None, version: FileVersion | None) -> bool:
    """Does `If-Match` name other versions than this one? version: None where there is no file. Compared strongly: a weak tag
    never fits (RFC 9110 13.1.1)."""
    if condition is None:
        return False
    if version is None or condition.strip() == "*":
        return version is None
    return version.sha256 is None or version.tag not in _TAG.findall(condition)


def wanted_range(headers: Mapping[str, str], version: FileVersion) -> ByteRange | None:
    """The part that is asked for; None for the whole: nothing was asked, or what we need not understand (several parts), or
    `If-Range` names another version. Raises Unsatisfiable."""
    asked = headers.get("range")
    if asked is None or not _is_same(headers.get("if-range"), version):
        return None
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]) or len(found[1]) > 19 or len(found[2]) > 19:
        return None
    size = version.size_bytes
    if not found[1]:
        count = min(int(found[2]), size)
        if count == 0:
            raise Unsatisfiable(asked)
        return ByteRange(size - count, size - 1)
    first = int(found[1])
    last = min(int(found[2]), size - 1) if found[2] else size - 1
    if found[2] and int(found[2]) < first:
        return None
    if first >= size:
        raise Unsatisfiable(asked)
    return ByteRange(first, last)


def disposition(name: str) -> str:
    """`Content-Disposition` for a download under this name (RFC 6266): a plain one for old clients, the true one for others."""
    plain = "".join(c if " " <= c < "\x7f" and c not in '"\\%/' else "_" for c in name)
    if plain == name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _is_same(condition: str | None, version: FileVersion) -> bool:
    """`If-Range`: compared strongly, so a weak tag never fits (RFC 9110 13.1.5)."""
    if condition is None:
        return True
    if version.sha256 is not None and condition.strip() == version.tag:
        return True
    return condition.strip() == version.modified


def _weak(tag: str) -> str:
    return tag.removeprefix("W/")
