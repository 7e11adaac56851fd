"""Results that the next service has to know, in a file: a job that was started is not started again after a restart.

One JSON object a line, appended and synced before the result is given; a line that was left half written is passed over.
Bounded: what is older than a repeat is remembered goes at the start, and whenever the file has grown to MOST_LINES.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.model.codec import encode_json
from hydrogen.operations.repeat import KEEP_SECONDS, KeptResult

FILE_NAME = "repeats.jsonl"
"""In the data folder."""

MOST_LINES = 2048
"""Some 500 KiB at most; a person starts ten jobs a day."""

FILE_MODE = 0o600


class RepeatFile(Service):
    """A RepeatRecord. As a service it hands over what was kept, before anybody can ask."""

    name = "repeats"

    def __init__(self, path: Path, *, adopt: Callable[[Sequence[KeptResult]], None], clock: Clock, log: Log) -> None:
        """adopt(results): called once, at the start."""
        self._path = path
        self._adopt = adopt
        self._clock = clock
        self._log = log
        self._lines = 0
        self._lock = asyncio.Lock()

    async def start(self) -> None:
        self._adopt(await asyncio.to_thread(self._compact))

    async def keep(self, kept: KeptResult) -> None:
        try:
            async with self._lock:
                await asyncio.to_thread(self._append, kept)
        except OSError as error:
            self._log.error("repeat not recorded", file=str(self._path), error=error)

    def _append(self, kept: KeptResult) -> None:
        if self._lines >= MOST_LINES:
            self._compact()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(_line_of(kept))
            file.flush()
            os.fdatasync(file.fileno())
        self._lines += 1

    def _compact(self) -> list[KeptResult]:
        """Rewrite the file without what is too old; returns what is left, oldest first."""
        fresh = [kept for kept in self._read() if self._clock.wall() - kept.at < KEEP_SECONDS]
        fresh = fresh[-MOST_LINES // 2 :]
        try:
            self._rewrite(fresh)
        except OSError as error:
            self._log.warning("repeats not compacted", file=str(self._path), error=error)
        return fresh

    def _read(self) -> list[KeptResult]:
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            self._log.error("repeats of the last service not known", file=str(self._path), error=error)
            return []
        return [kept for line in lines if (kept := _kept_from(line)) is not None]

    def _rewrite(self, results: Sequence[KeptResult]) -> None:
        self._lines = len(results)
        if not self._path.exists():
            return
        draft = self._path.with_suffix(".new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(_line_of(kept) for kept in results)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)


def _line_of(kept: KeptResult) -> bytes:
    body = {
        "caller": kept.caller,
        "key": kept.key,
        "digest": kept.digest.hex(),
        "result": dict(kept.result),
        "unix_seconds": kept.at,
    }
    return encode_json(body) + b"\n"


def _kept_from(line: bytes) -> KeptResult | None:
    """None for a line that is no record: half written, or of a version that is not ours."""
    try:
        body: Any = json.loads(line)
        return KeptResult(
            caller=str(body["caller"]),
            key=str(body["key"]),
            digest=bytes.fromhex(body["digest"]),
            result=dict(body["result"]),
            at=float(body["unix_seconds"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
