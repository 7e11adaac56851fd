"""The runtime folder: who is running, where, and what each spooler needs to know.

Files: `hydrogen.json` (the running service: see ServiceRecord), `hydrogen.lock` (flock for its life), and per printer
`NAME.json` (settings for its spooler). The sockets, locks and journals beside them are the spoolers' own.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydrogen.core.disk import make_folder, told_about, write_atomically
from hydrogen.core.service import Service
from hydrogen.errors import Conflict, HostError, HydrogenError
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.model.codec import decode_json, encode_json, plain, value_from_plain
from hydrogen.spooler.wire.holder import is_held

STATE_FILE = "hydrogen.json"
LOCK_FILE = "hydrogen.lock"
CONTRACT_VERSION = "1.0"
"""Version of `NAME.json`, the settings a spooler starts with."""


def default_data_dir() -> Path:
    """`/var/lib/hydrogen` for root, else `$XDG_DATA_HOME/hydrogen` or `~/.local/share/hydrogen`."""
    if os.geteuid() == 0:
        return Path("/var/lib/hydrogen")
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local/share") / "hydrogen"


def default_runtime_dir() -> Path:
    """`$XDG_RUNTIME_DIR/hydrogen` for a user who has one; `/run/hydrogen` for root; else a folder of the user's in /tmp."""
    base = os.environ.get("XDG_RUNTIME_DIR")
    if base:
        return Path(base) / "hydrogen"
    return Path("/run/hydrogen") if os.geteuid() == 0 else Path(f"/tmp/hydrogen-{os.geteuid()}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord:
    """What the running service tells about itself; websocket_port and web_port (HTTP) are the bound ones.

    certificate: the file that both ports speak TLS with, empty for plain text.
    """

    pid: int
    epoch: str
    version: str
    websocket_host: str
    websocket_port: int
    data_dir: str
    started_at: float
    web_port: int = 0
    certificate: str = ""


class RuntimeFolder(Service):
    """Takes the folder for this service, writes what the spoolers need, and leaves no state file behind."""

    name = "runtime folder"

    def __init__(self, folder: Path, *, data_dir: Path, printers: Sequence[ConfiguredPrinter]) -> None:
        self._folder = folder
        self._data_dir = data_dir
        self._printers = tuple(printers)
        self._lock = -1
        self._is_published = False
        self._outdated: set[str] = set()

    def is_outdated(self, printer: str) -> bool:
        """Did a spooler of this printer run at our start, with other settings than it has now?"""
        return printer in self._outdated

    async def start(self) -> None:
        """Raises Conflict when another service holds the folder, HostError when it cannot be written."""
        await asyncio.to_thread(self._take)

    async def publish(self, record: ServiceRecord) -> None:
        """Write `hydrogen.json`; from now on clients find the service."""
        await asyncio.to_thread(write_atomically, self._folder / STATE_FILE, encode_json(plain(record)), 0o640)
        self._is_published = True

    def withdraw(self) -> None:
        """Remove `hydrogen.json`. May be called twice."""
        if self._is_published:
            (self._folder / STATE_FILE).unlink(missing_ok=True)
            self._is_published = False

    async def release(self) -> None:
        self.withdraw()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _take(self) -> None:
        make_folder(self._folder)
        owner = self._folder.stat().st_uid
        if owner not in (0, os.geteuid()):
            # A folder that somebody else made (in /tmp, say) is somebody else's to look into and to change.
            raise HostError(f"{self._folder} belongs to user {owner}: choose another server.runtime_dir")
        self._lock = self._locked()
        for printer in self._printers:
            settings = {
                "printer": printer.name,
                "factory": printer.factory,
                "settings": printer.settings,
                "policy": plain(printer.policy),
                "spool_dir": str(self._data_dir / "spool"),
                "contract": CONTRACT_VERSION,
            }
            self._write_settings(self._folder / f"{printer.name}.json", printer.name, encode_json(settings))

    def _write_settings(self, path: Path, name: str, content: bytes) -> None:
        try:
            before = path.read_bytes()
        except OSError:
            before = content  # nobody was started with other ones
        if before != content and is_held(self._folder / f"{name}.lock"):
            self._outdated.add(name)
        write_atomically(path, content, 0o600)

    def _locked(self) -> int:
        path = self._folder / LOCK_FILE
        with told_about(path):
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise Conflict(
                f"another Hydrogen service already uses {self._folder}: stop it (hydrogen stop), or give this one "
                "another server.runtime_dir",
                folder=str(self._folder),
            ) from None
        return lock


class Announcement(Service):
    """Lets clients on this machine find the service: started when the port is bound, released before it closes."""

    name = "announcement"

    def __init__(self, folder: RuntimeFolder, make_record: Callable[[], ServiceRecord]) -> None:
        self._folder = folder
        self._make_record = make_record

    async def start(self) -> None:
        await self._folder.publish(self._make_record())

    async def release(self) -> None:
        self._folder.withdraw()


def read_service_record(folder: Path) -> ServiceRecord | None:
    """The record of the service that runs in this folder; None when none does, or when its file cannot be understood."""
    try:
        return value_from_plain(ServiceRecord, decode_json((folder / STATE_FILE).read_bytes()))
    except (OSError, HydrogenError):
        return None
