"""`/api/job`: the selected file, how far it is, and what is done with it."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from hydrogen.core.bus import Bus
from hydrogen.errors import Conflict, InvalidMessage
from hydrogen.model.events import JobFinished, PrinterStateChanged, PublishedEvent
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.octoprint.answer import done, told
from hydrogen.octoprint.command import PROMPT_SECONDS, START_SECONDS, FaceCommander, command_of
from hydrogen.octoprint.door import FaceDoor, Visit
from hydrogen.octoprint.face import Face, Faces
from hydrogen.octoprint.lore import FileLore
from hydrogen.octoprint.route import FaceRoute
from hydrogen.octoprint.translate import (
    NO_PROGRESS,
    FileFacts,
    Progress,
    error_text,
    job_body,
    progress_body,
    progress_of,
    state_text,
)

COMMANDS = ("start", "cancel", "restart", "pause")
ACTIONS = ("pause", "resume", "toggle")

RESTART_SECONDS = 120.0
"""How long the end of the former job may take before its restart is given up: a nozzle is lifted, heaters go off."""

GOING = frozenset({PrinterStatus.PRINTING, PrinterStatus.RESUMING, PrinterStatus.FINISHING})
RESTING = frozenset({PrinterStatus.PAUSED, PrinterStatus.PAUSING})


class JobRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, door: FaceDoor, commander: FaceCommander, lore: FileLore, bus: Bus) -> None:
        self._faces = door.faces
        self._commander = commander
        self._lore = lore
        self._bus = bus

    @property
    def routes(self) -> list[FaceRoute]:
        return [
            FaceRoute(name="job", method="GET", path="/api/job", handler=self.show, scope="read"),
            FaceRoute(name="job_command", method="POST", path="/api/job", handler=self.command),
        ]

    async def show(self, visit: Visit) -> Response:
        """`{"job", "progress", "state"}`, always all of it; `error` beside them while the printer is in one."""
        printer, path = self._faces.printer(visit.face), self._faces.selected(visit.face)
        facts = None if path is None else await self._facts(path, visit.face)
        body: dict[str, Any] = {
            "job": job_body(facts, None if printer.job is None else printer.job.actor),
            "progress": progress_body(current_progress(self._faces, visit.face)),
            "state": state_text(printer),
        }
        if error := error_text(printer):
            body["error"] = error
        return told(body)

    async def command(self, visit: Visit) -> Response:
        """204. `pause` without an action toggles; `restart` is for a paused job."""
        body = await self._commander.body(visit)
        command = command_of(body, COMMANDS)
        self._commander.need_operational(visit)
        printer = self._faces.printer(visit.face)
        match command:
            case "start":
                return await self._start(visit, printer)
            case "cancel":
                _need_job(printer, "cancel")
                return await self._commander.promptly(visit, "job.cancel")
            case "restart":
                return await self._restart(visit, printer)
            case _:
                return await self._pause(visit, printer, body.get("action", "toggle"))

    async def _facts(self, path: str, face: Face) -> FileFacts:
        """A job's file may be gone from the folder, or never have been in it: then its name and size are what is known."""
        facts = await self._lore.facts(path, face.printer)
        job = self._faces.printer(face).job
        return facts or FileFacts(path=path, size_bytes=job.bytes_total if job is not None else None)

    async def _start(self, visit: Visit, printer: PrinterState) -> Response:
        if printer.job is not None:
            raise Conflict("Printer already has an active print job, did you mean 'restart'?")
        path = self._faces.selected(visit.face)
        if path is None:
            raise Conflict("No file is selected: select one first")
        return await self._commander.promptly(visit, "job.start", {"file": path}, seconds=START_SECONDS)

    async def _pause(self, visit: Visit, printer: PrinterState, action: object) -> Response:
        if action not in ACTIONS:
            raise InvalidMessage(f"unknown action: expected one of {', '.join(ACTIONS)}", field="action")
        _need_job(printer, "pause")
        wish = action if action != "toggle" else "resume" if printer.status in RESTING else "pause"
        if wish == "pause" and printer.status not in RESTING:
            return await self._commander.promptly(visit, "job.pause")
        if wish == "resume" and printer.status not in GOING:
            return await self._commander.promptly(visit, "job.resume")
        return done()

    async def _restart(self, visit: Visit, printer: PrinterState) -> Response:
        if printer.status is not PrinterStatus.PAUSED or printer.job is None:
            raise Conflict("Printer does not have an active print job or is not paused")
        task = asyncio.ensure_future(self._cancel_and_start(visit, printer.job.file))
        return await self._commander.see_off(task, "job.start", seconds=PROMPT_SECONDS)

    async def _cancel_and_start(self, visit: Visit, file: str) -> None:
        is_over, is_idle = asyncio.Event(), asyncio.Event()

        def listen(published: PublishedEvent) -> None:
            event = published.event
            if event.printer != visit.face.printer:
                return
            if isinstance(event, JobFinished):
                is_over.set()
            elif isinstance(event, PrinterStateChanged) and event.status is PrinterStatus.IDLE:
                is_idle.set()

        unlisten = self._bus.listen(listen, name="octoprint restart")
        try:
            await self._commander.carry_out(visit, "job.cancel", {"reason": "restart"})
            async with asyncio.timeout(RESTART_SECONDS):
                await is_over.wait()
                await is_idle.wait()
        except TimeoutError:
            raise Conflict("the former job has not ended: it was not restarted") from None
        finally:
            unlisten()
        await self._commander.carry_out(visit, "job.start", {"file": file})


def current_progress(faces: Faces, face: Face) -> Progress:
    """Of the job under way; else of the last one, as long as its file is selected; else nothing."""
    job = faces.printer(face).job
    if job is not None:
        return progress_of(job)
    run = faces.last_run(face)
    if run is None or run.outcome is not JobOutcome.COMPLETED:
        return NO_PROGRESS
    return Progress(
        completion=100.0,
        filepos=run.bytes_done,
        print_seconds=run.elapsed_seconds,
        left_seconds=0.0,
        left_source="pace",
    )


def _need_job(printer: PrinterState, command: str) -> None:
    if printer.job is None:
        raise Conflict(f"Printer is neither printing nor paused, '{command}' command cannot be performed")
