"""Where a printer's files lie in the runtime folder, and how a socket with a long path is reached.

A Unix socket's address holds 107 bytes (sockaddr_un, linux/un.h). A longer path is named through an open descriptor of
its folder, `/proc/self/fd/N/NAME.sock`, which the kernel follows for bind and connect alike.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hydrogen.errors import InvalidMessage
from hydrogen.model.ids import is_printer_name

SOCKET_ADDRESS_BYTES = 107
"""The longest path a socket address can hold, without the final NUL."""


@dataclass(frozen=True, slots=True)
class RuntimeFiles:
    """The files of one printer's spooler. Raises InvalidMessage for a name that must not become a file name."""

    folder: Path
    name: str

    def __post_init__(self) -> None:
        if not is_printer_name(self.name):
            raise InvalidMessage(
                f"{self.name[:40]!r} is no printer name: up to 32 of a-z, 0-9, '-', '_', the first a letter or digit"
            )

    @property
    def socket(self) -> Path:
        return self.folder / f"{self.name}.sock"

    @property
    def lock(self) -> Path:
        """flock'ed by the spooler for its whole life."""
        return self.folder / f"{self.name}.lock"

    @property
    def settings(self) -> Path:
        """Written by the service: `{"printer", "factory", "settings", "policy", "spool_dir", "contract"}`."""
        return self.folder / f"{self.name}.json"

    @property
    def journal(self) -> Path:
        return self.folder / f"{self.name}.journal"

    @property
    def job(self) -> Path:
        """The header of the job that is, or was last, on the printer."""
        return self.folder / f"{self.name}.job.json"

    @property
    def outbox(self) -> Path:
        return self.folder / f"{self.name}.outbox"

    @property
    def log(self) -> Path:
        """What a spooler says on stderr."""
        return self.folder / f"{self.name}.log"


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """A name for `path` that fits a socket address, good while the block lasts. Raises OSError if its folder is not there."""
    if len(os.fsencode(path)) <= SOCKET_ADDRESS_BYTES:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
