"""The audit log: who did what, from where, and how it ended. One record for every command that changes something.

Recording never waits: records go into a bounded queue, a thread writes them. What a full disk or a full queue swallows is
counted, and the count is the next record, so that a gap is told and not hidden.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hydrogen.auth.audit_files import AuditFiles
from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import HostError
from hydrogen.model.codec import encode_json, iso_time

MOST_WAITING = 10_000
"""Records in the queue: minutes of the busiest house, some megabytes."""

MOST_AT_ONCE = 500

RETRY_SECONDS = 5.0
"""Between two attempts while the disk takes nothing."""

LONGEST_TEXT = 512
MOST_ITEMS = 100
MOST_DEPTH = 4
MOST_PARAMS_BYTES = 8192

_SECRET = re.compile(r"key|ticket|token|pass|secret|cred", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """actor: a principal's name, or who in the house did it. source: the surface and the address. action: the operation."""

    actor: str
    source: str
    action: str
    printer: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


class AuditLog(Service):
    """Belongs to one event loop. What was recorded before `release` is on disk behind it, unless the disk takes nothing."""

    name = "audit"

    def __init__(
        self, files: AuditFiles, *, clock: Clock, log: Log, report: Callable[[str, BaseException], None]
    ) -> None:
        """report: tells the house, once, that the log cannot be written."""
        self._files = files
        self._clock = clock
        self._log = log
        self._report = report
        self._waiting: deque[dict[str, Any]] = deque()
        self._has_work = asyncio.Event()
        self._writing = threading.Lock()
        self._lost = 0
        self._told = 0
        self._is_failing = False

    def begin(self, entry: AuditEntry) -> Callable[[str], None]:
        """Something begins; call what is returned with how it ended: `ok`, or an error's code. Never waits, never raises."""
        began_at = self._clock.wall()

        def end(result: str) -> None:
            self._keep(
                {
                    "at": iso_time(began_at),
                    "actor": entry.actor,
                    "source": entry.source,
                    "action": entry.action,
                    "printer": entry.printer,
                    "params": _bounded(entry.params),
                    "result": result,
                }
            )

        return end

    def record(self, entry: AuditEntry, result: str = "ok") -> None:
        """Something happened."""
        self.begin(entry)(result)

    async def run(self) -> None:
        while True:
            await self._has_work.wait()
            if not await self.flush():
                await asyncio.sleep(RETRY_SECONDS)

    async def release(self) -> None:
        await self.flush()

    async def flush(self) -> bool:
        """Write what waits. False if the disk did not take it; it goes on waiting then."""
        self._has_work.clear()
        try:
            while await asyncio.to_thread(self._write_some):
                continue
        except HostError as error:
            self._has_work.set()
            if not self._is_failing:
                self._is_failing = True
                self._log.error("audit log not written", error=error)
                self._report(self.name, error)
            return False
        self._is_failing = False
        return True

    def _write_some(self) -> bool:
        """In a thread. Records leave the queue here, where they were written: a flush that is cancelled meanwhile must
        neither lose them nor write them twice. True if there was anything to write. Raises HostError.
        """
        with self._writing:
            batch = [self._waiting[index] for index in range(min(len(self._waiting), MOST_AT_ONCE))]
            lost = self._lost - self._told
            if not batch and not lost:
                return False
            self._files.append([*([self._gap(lost)] if lost else []), *batch])
            self._told += lost
            for _ in batch:
                self._waiting.popleft()
            return True

    def _keep(self, body: dict[str, Any]) -> None:
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
        else:
            self._waiting.append(body)
        self._has_work.set()

    def _gap(self, lost: int) -> dict[str, Any]:
        return {
            "at": iso_time(self._clock.wall()),
            "actor": "hydrogen",
            "source": "audit",
            "action": "audit.lost",
            "printer": None,
            "params": {"records": lost},
            "result": "ok",
        }


def _bounded(params: Mapping[str, Any]) -> Any:
    shown = harmless(params)
    size = len(encode_json(shown))
    return shown if size <= MOST_PARAMS_BYTES else {"too_long_bytes": size}


def harmless(value: Any, depth: int = 0) -> Any:
    """The value without secrets, bounded in depth, number and length; what a stranger sent must not fill the disk."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < 2**63 else str(value)[:40]
    if depth >= MOST_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        pairs = list(value.items())[:MOST_ITEMS]
        return {
            str(name)[:100]: "***" if _SECRET.search(str(name)) else harmless(item, depth + 1) for name, item in pairs
        }
    if isinstance(value, list | tuple):
        return [harmless(item, depth + 1) for item in value[:MOST_ITEMS]]
    return str(value)[:LONGEST_TEXT]
