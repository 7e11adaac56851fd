"""Receipts on their way from the spooler to the record, and as files: `<data_dir>/receipts/<job>.json`.

The spooler knows what the printer did; how the machine fared meanwhile only the service has seen. It adds that, stores the
receipt, and writes the stored one beside it, in this order, so that both are the same however often a fact is told.
"""

from __future__ import annotations

import asyncio
import errno
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hydrogen.errors import DiskFull, HostError
from hydrogen.jobs.store import KEPT_RECEIPTS, JobStore
from hydrogen.model.codec import encode_json
from hydrogen.model.events import Event, HostMeasured, JobReceiptIssued, JobStarted, PrinterAttached, PublishedEvent
from hydrogen.model.host import HostState
from hydrogen.model.receipt import HostRecord

WATCHED_JOBS = 64
"""Jobs whose host record is kept until their receipt comes; the oldest goes first."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


class HostWatch:
    """The worst of the machine while each job ran: a listener of the bus."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, HostRecord] = OrderedDict()
        self._running: dict[str, str] = {}

    def on_published(self, published: PublishedEvent) -> None:
        """Returns at once."""
        event = published.event
        if isinstance(event, HostMeasured):
            for job in self._running.values():
                self._records[job] = _worse(self._records.get(job, HostRecord()), event.host)
        elif isinstance(event, JobStarted):
            self._watch(event.printer or "", event.job)
        elif isinstance(event, PrinterAttached):
            job_state = event.state.job
            self._watch(event.printer or "", job_state.id if job_state is not None else "")
        elif isinstance(event, JobReceiptIssued) and self._running.get(event.printer or "") == event.job:
            del self._running[event.printer or ""]

    def take(self, job: str) -> HostRecord | None:
        """What was seen while this job ran; None if nothing was."""
        return self._records.pop(job, None)

    def _watch(self, printer: str, job: str) -> None:
        self._running.pop(printer, None)
        if job:
            self._running[printer] = job
            self._records.setdefault(job, HostRecord())
            if len(self._records) > WATCHED_JOBS:
                self._records.popitem(last=False)


def _worse(record: HostRecord, host: HostState) -> HostRecord:
    return replace(
        record,
        samples=record.samples + 1,
        max_temperature_celsius=_pick(max, record.max_temperature_celsius, host.temperature_celsius),
        max_cpu_share=_pick(max, record.max_cpu_share, host.cpu_share),
        min_disk_free_bytes=_pick(min, record.min_disk_free_bytes, host.disk_free_bytes),
    )


def _pick(choose: Callable[..., Any], known: Any, measured: Any) -> Any:
    return choose((value for value in (known, measured) if value is not None), default=None)


class ReceiptShelf:
    """The files; the newest KEPT_RECEIPTS of them."""

    def __init__(self, folder: Path) -> None:
        """folder: made when it is missing."""
        self._folder = folder

    def path_of(self, job: str) -> Path:
        """Where the receipt of this job lies, or would."""
        return self._folder / f"{job}.json"

    async def write(self, job: str, receipt: dict[str, Any]) -> None:
        """Whole or not at all; over one that is there. Raises DiskFull, HostError."""
        try:
            await asyncio.to_thread(self._write, job, receipt)
        except OSError as error:
            told = f"the receipt of job {job} cannot be written: {error.strerror or error}"
            raise (DiskFull(told) if _is_full(error) else HostError(told)) from error

    def _write(self, job: str, receipt: dict[str, Any]) -> None:
        if not job.replace("-", "").replace("_", "").isalnum():
            return  # no name of ours; the record has it all the same
        self._folder.mkdir(mode=0o750, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(encode_json(receipt) + b"\n")
                file.flush()
                os.fchmod(file.fileno(), 0o640)
            Path(temporary).replace(self.path_of(job))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._forget_old()

    def _forget_old(self) -> None:
        found = sorted(path for path in self._folder.iterdir() if path.suffix == ".json")
        for path in found[:-KEPT_RECEIPTS]:
            path.unlink(missing_ok=True)


class RecordKeeper:
    """What the fleet hands its facts to."""

    def __init__(self, store: JobStore, shelf: ReceiptShelf, watch: HostWatch) -> None:
        self._store = store
        self._shelf = shelf
        self._watch = watch

    async def keep(self, event: Event, fact_id: str) -> None:
        """Stored for good when it returns; storing it again changes nothing. Raises DiskFull, HostError."""
        if not isinstance(event, JobReceiptIssued):
            await self._store.record_fact(event, fact_id)
            return
        host = self._watch.take(event.job)
        await self._store.record_fact(replace(event, receipt=replace(event.receipt, host=host)), fact_id)
        stored = await self._store.receipt(event.job)
        if stored is not None:
            await self._shelf.write(event.job, stored[1])


def _is_full(error: OSError) -> bool:
    return error.errno in _NO_ROOM
