"""What a file may be called: paths of clients, relative, with `/` between the parts; pure.

A path that is looked for is taken as it stands, so that whatever lies in the folder can be found. A path that is to be made
must be one that every system can hold, a person can read, and a shell or a browser cannot mistake for something else.
Upper and lower case are two names.
"""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import PurePosixPath

from hydrogen.errors import InvalidMessage

SUFFIXES = frozenset({".gcode", ".gco", ".g"})
"""What slicers call their output; anything else in the folder is not shown and not printed."""

BINARY_SUFFIX = ".bgcode"
"""Prusa's binary G-code: unpacked when it is stored, because what is printed is text."""

GZIP_SUFFIX = ".gz"

LONGEST_PATH = 1024
"""Characters of a client's path."""

LONGEST_NAME_BYTES = 255
"""Of one part: what file systems can hold."""

DEEPEST_PATH = 16
"""Parts: more is a mistake of a program."""

_DEVICE_NAME = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.IGNORECASE)
"""Names that Windows takes for a device, with any suffix: such a file could not be downloaded there, or copied by a share."""

_DECEPTIVE = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Line ends, and marks that turn the direction of writing: a name must look like what it is."""


def found_parts(path: str) -> tuple[str, ...]:
    """The parts of a path that is looked for. Raises InvalidMessage that says what is wrong with it."""
    reason = ""
    if not path or len(path) > LONGEST_PATH:
        reason = f"1 to {LONGEST_PATH} characters"
    elif not is_speakable(path):
        reason = "no control characters"
    elif path.startswith("/") or "\\" in path:
        reason = "a relative path with / between its parts"
    elif ".." in PurePosixPath(path).parts or path.endswith("/"):
        reason = "a path that stays in the folder and names a file"
    parts = PurePosixPath(path).parts
    if not reason and (not parts or any(p.startswith(".") or len(os.fsencode(p)) > LONGEST_NAME_BYTES for p in parts)):
        reason = f"no hidden names, none over {LONGEST_NAME_BYTES} bytes"
    if reason:
        raise _refusal(path, reason)
    return parts


def made_parts(path: str) -> tuple[str, ...]:
    """The parts of a path that is to be made, in Unicode's composed form (NFC). Raises InvalidMessage."""
    parts = found_parts(unicodedata.normalize("NFC", path[: LONGEST_PATH + 1]))
    if len(parts) > DEEPEST_PATH:
        raise _refusal(path, f"at most {DEEPEST_PATH} parts")
    for part in parts:
        if reason := _reason_against(part):
            raise _refusal(path, reason)
    return parts


def made_file_parts(path: str) -> tuple[str, ...]:
    """The same for a file that is to be printed: its name ends like one. Raises InvalidMessage."""
    parts = made_parts(path)
    check_suffix(parts[-1], path)
    return parts


def check_suffix(name: str, path: str) -> None:
    """Raises InvalidMessage unless this is what a G-code file is called."""
    if not is_printable_name(name):
        expected = ", ".join(sorted(SUFFIXES))
        raise InvalidMessage(
            f"{path[:80]!r} is no G-code file: its name must end in {expected}", field="file", reason="suffix"
        )


def stored_path(path: str) -> str:
    """The path under which an upload is stored: `a.gcode.gz` as `a.gcode`, `a.bgcode` as `a.bgcode.gcode` (the name goes on
    saying where it came from, and the suffix is that of what is in it)."""
    if path.lower().endswith(GZIP_SUFFIX):
        path = path[: -len(GZIP_SUFFIX)]
    return f"{path}.gcode" if path.lower().endswith(BINARY_SUFFIX) else path


def is_printable_name(name: str) -> bool:
    """Is this what a G-code file is called?"""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def is_packed_name(name: str) -> bool:
    """Is this what a file is called that becomes a G-code file when it is unpacked?"""
    return stored_path(name) != name and is_printable_name(stored_path(name))


def is_speakable(text: str) -> bool:
    """Printable in a message: no control characters, no bytes that are not UTF-8."""
    return all(character >= " " and character != "\x7f" and not "\ud800" <= character <= "\udfff" for character in text)


def _reason_against(part: str) -> str:
    if part != part.strip() or part.endswith("."):
        return "no name with a space at either end or a dot at its end"
    if _DEVICE_NAME.fullmatch(part):
        return "no name that Windows takes for a device (con, nul, com1 …)"
    if any(character in _DECEPTIVE or unicodedata.category(character) == "Cc" for character in part):
        return "no invisible characters that break lines or turn the direction of writing"
    return ""


def _refusal(path: str, reason: str) -> InvalidMessage:
    return InvalidMessage(f"{path[:80]!r} is no file of ours: expected {reason}", field="file", reason=reason)
