"""The printers that clients have added: `printers.toml` in the data folder.

Its tables are those of the configuration's own file. A printer that is named there, or by the environment, takes the place of
an added one of the same name: what a person wrote counts more. The service writes the file as a whole, so comments do not last;
keys that somebody put in by hand do.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hydrogen.config_problem import Problem, refusal
from hydrogen.core.disk import told_about, write_atomically

FILE_NAME = "printers.toml"

FORMER_NAME = ".printers.toml.former"
"""What the file was, as long as the change may be taken back."""

MOST_ADDED = 32
"""Printers in the file."""

MOST_BYTES = 1 << 20
"""Of the file; a printer's table has some hundred."""

HEAD = "# Printers that were added by a client (printer.add, the dashboard). Written by Hydrogen: comments do not last.\n\n"

Tables = Mapping[str, Mapping[str, Any]]
"""By the printer's name: its table."""


def read_added(data_dir: Path) -> Tables:
    """The tables, unchecked; empty without a file. Raises ConfigurationInvalid for a file that holds none."""
    path = data_dir / FILE_NAME
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise _refused(path, f"more than {MOST_BYTES} bytes", "a table for each added printer")
        body = tomllib.loads(content.decode())
    except (FileNotFoundError, NotADirectoryError):
        return {}  # whoever makes the folder says what is wrong with it
    except OSError as error:
        raise _refused(path, error.strerror or str(error), "a readable file") from None
    except ValueError as error:
        raise _refused(path, str(error), "valid TOML (or no such file: then no printer was added)") from None
    printers = body.get("printers", {})
    if not isinstance(printers, dict) or not all(isinstance(table, dict) for table in printers.values()):
        raise _refused(path, "something else", "tables [printers.NAME]")
    return printers


def write_added(data_dir: Path, tables: Tables) -> None:
    """Replace the file as a whole; none without tables. Raises HostError."""
    import tomli_w  # only who changes something needs it

    path = data_dir / FILE_NAME
    if tables:
        write_atomically(path, (HEAD + tomli_w.dumps({"printers": tables})).encode(), 0o640)
        return
    with told_about(path):
        path.unlink(missing_ok=True)


class Replacement:
    """The file, written anew while the former one is kept beside it: to take that back needs no room on the disk. Blocks."""

    def __init__(self, data_dir: Path, tables: Tables) -> None:
        """Replaces it. Raises HostError; then the file is as it was."""
        self._path, self._former = data_dir / FILE_NAME, data_dir / FORMER_NAME
        with told_about(self._path):
            self._has_former = self._keep_former()
        try:
            write_added(data_dir, tables)
        except BaseException:
            self.settle()
            raise

    def take_back(self) -> None:
        """The file is as it was. Raises HostError."""
        with told_about(self._path):
            if self._has_former:
                self._former.replace(self._path)
            else:
                self._path.unlink(missing_ok=True)

    def settle(self) -> None:
        """The former file is wanted no more."""
        with suppress(OSError):
            self._former.unlink(missing_ok=True)

    def _keep_former(self) -> bool:
        """False if there is none."""
        self._former.unlink(missing_ok=True)  # of a service that ended in the middle
        try:
            self._former.hardlink_to(self._path)
        except FileNotFoundError:
            return False
        except OSError:  # a file system without links: a copy then, before anything is changed
            shutil.copy2(self._path, self._former)
        return True


def _refused(path: Path, found: str, expected: str) -> Exception:
    return refusal([Problem(source=str(path), key="(file)", found=found, expected=expected)])
