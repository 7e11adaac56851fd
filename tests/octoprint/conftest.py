"""A running HTTP port, asked in OctoPrint's ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from hydrogen.model.events import JobFinished, JobStarted, PrinterConnected, PrinterStateChanged, TemperatureMeasured
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import PrinterStatus
from hydrogen.spooler.request import Request
from tests.support.http_peer import Answer
from tests.web.conftest import KEY, Web, start_web, web

__all__ = ["start_web", "web"]

PRINTER = "ender3"


@dataclass
class Octo:
    """The port, and what its one printer was asked."""

    web: Web

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = KEY,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        shown = {} if key is None else {"X-Api-Key": key}
        return await self.web.ask(method, path, key=None, headers={**shown, **(headers or {})}, body=body)

    @property
    def requests(self) -> list[Request]:
        return [request for _, request in self.web.fleet.requests]

    def become(self, status: PrinterStatus) -> None:
        """The printer is in this state now; `idle` ends its job."""
        if status in (PrinterStatus.IDLE, PrinterStatus.OFFLINE):
            self.finish(JobOutcome.CANCELLED)
        self.web.context.publish(PrinterStateChanged(at=1.0, printer=PRINTER, status=status))

    def connect(self) -> None:
        """Connected and idle, with two heaters."""
        self.web.context.publish(PrinterConnected(at=1.0, printer=PRINTER, port="/dev/ttyUSB0", baud=115200))
        self.become(PrinterStatus.IDLE)
        for heater, actual in (("tool0", 20.5), ("bed", 21.0)):
            self.web.context.publish(
                TemperatureMeasured(at=100.0, printer=PRINTER, heater=heater, actual_celsius=actual, target_celsius=0.0)
            )

    def start(self, file: str) -> None:
        """A job of this file begins."""
        self.web.context.publish(
            JobStarted(at=2.0, printer=PRINTER, job="j2", file=file, lines_total=2, bytes_total=20, actor="ada")
        )
        self.become(PrinterStatus.PRINTING)

    def finish(self, outcome: JobOutcome = JobOutcome.COMPLETED) -> None:
        job = self.web.context.state.printers[PRINTER].job
        if job is not None:
            self.web.context.publish(
                JobFinished(
                    at=3.0,
                    printer=PRINTER,
                    job=job.id,
                    file=job.file,
                    outcome=outcome,
                    reason="",
                    actor="",
                    bytes_done=20,
                    elapsed_seconds=61.5,
                )
            )

    def put(self, path: str, content: bytes = b"G28\n") -> None:
        """A file of the files folder."""
        target = self.web.files.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


@pytest.fixture
async def octo(web: Web) -> Octo:
    return Octo(web)
