"""`/api/queue`: the queue under the names that the interface's first clients use; /api/print/queue says the same with more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.core.context import Context
from hydrogen.errors import Conflict, HydrogenError, NotFound
from hydrogen.model.codec import iso_time
from hydrogen.model.job import JobState
from hydrogen.operations.backlog import HoldParams
from hydrogen.operations.result import (
    COUNT,
    MOMENT_OR_NULL,
    NUMBER,
    TEXT,
    TEXT_OR_NULL,
    answer_object,
    by_printer,
    list_of,
)
from hydrogen.web.answer import json_answer
from hydrogen.web.command import Commander, Wish, params_in
from hydrogen.web.endpoint import Endpoint, Good, Handler
from hydrogen.web.print_queue import ASKING, BODY, CHANGING, TAG, AddBody, MoveBody, QueueRoutes

WHOLE = 1000
"""Entries that can wait, and so fit into one page."""

PAST = 100

CURRENT_JOB: Mapping[str, Any] = {
    **answer_object(
        id=TEXT,
        filename=TEXT,
        progress={"type": "number", "minimum": 0, "maximum": 100, "description": "per cent"},
        time_remaining={**NUMBER, "description": "seconds"},
        started_at=MOMENT_OR_NULL,
    ),
    "type": ["object", "null"],
}
PENDING = answer_object(
    id=TEXT, filename=TEXT, printer=TEXT_OR_NULL, estimated_time={**NUMBER, "description": "seconds"}
)
STATUS = answer_object(
    active_jobs=COUNT, pending_jobs=COUNT, queue_length=COUNT, current_job=dict(CURRENT_JOB), pending=list_of(PENDING)
)
METRICS = answer_object(
    queue_length=COUNT,
    active_jobs=COUNT,
    pending_jobs=COUNT,
    held=by_printer(TEXT),
    past={"type": "object", "additionalProperties": COUNT, "description": "of the last hundred, by state"},
)


class HoldBody(Wish, HoldParams):
    """What `queue.hold` takes; without `printer` all of them."""

    model_config = BODY


MOST_ESTIMATED = 32
"""Files of the queue that are looked up for one answer."""


class AnalysisSource(Protocol):
    """Where the time of a print is known."""

    async def info(self, path: str, printer: str | None) -> Mapping[str, Any]:
        """With `print_seconds`, None while it is not analysed. Raises HydrogenError."""


class QueueAliasRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, commander: Commander, context: Context, queue: QueueRoutes, analyses: AnalysisSource) -> None:
        self._analyses = analyses
        self._commander = commander
        self._context = context
        self._queue = queue

    @property
    def endpoints(self) -> list[Endpoint]:
        placed, held = Good(summary="The entry and its place"), Good(summary="What is held")
        removed = Good(summary="What is gone", schema=answer_object(removed=list_of(TEXT)))
        asking, changing = {"scope": "read", "errors": ASKING}, {"scope": "print", "errors": CHANGING}
        add = {**changing, "body": AddBody, "needs_body": True, "operation": "queue.add"}
        move = {**changing, "body": MoveBody, "needs_body": True, "operation": "queue.move"}
        remove = {**changing, "operation": "queue.remove"}
        hold = {**changing, "body": HoldBody, "operation": "queue.hold"}
        release = {**changing, "body": Wish, "operation": "queue.release"}
        gone = Good(summary="It is out", media="")
        return [
            _alias(
                "GET",
                "status",
                self.status,
                "Tell how the queue is",
                {200: Good(summary="It", schema=STATUS)},
                **asking,
            ),
            _alias("GET", "metrics", self.metrics, "Count", {200: Good(summary="Figures", schema=METRICS)}, **asking),
            _alias("POST", "add", self._queue.add, "Queue a file for printing", {201: placed}, **add),
            _alias("PUT", "modify", self._queue.reorder, "Move an entry", {200: placed}, **move),
            _alias("DELETE", "remove/{id}", self._queue.remove, "Take an entry out", {204: gone}, **remove),
            _alias("POST", "pause", self.pause, "Hold the queue", {200: held}, **hold),
            _alias("POST", "resume", self.resume, "Let the queue go on", {200: held}, **release),
            _alias("DELETE", "clear", self.clear, "Take out everything that waits", {200: removed}, **remove),
        ]

    async def status(self, request: Request) -> Response:
        """How many wait and how many are printed, what is printed now, and what comes. `estimated_time`: seconds, of the first
        32 that wait; null while a file is not analysed."""
        entries = (await self._listed(request))["entries"]
        active = [entry for entry in entries if entry["state"] != "queued"]
        waiting = [entry for entry in entries if entry["state"] == "queued"]
        return json_answer(
            {
                "active_jobs": len(active),
                "pending_jobs": len(waiting),
                "queue_length": len(entries),
                "current_job": self._current(active[0]) if active else None,
                "pending": [
                    {
                        "id": one["id"],
                        "filename": one["file"],
                        "printer": one["printer"],
                        "estimated_time": await self._estimated(one) if place < MOST_ESTIMATED else None,
                    }
                    for place, one in enumerate(waiting)
                ],
            }
        )

    async def metrics(self, request: Request) -> Response:
        """The queue in figures: what waits, what is printed, what is held, and how the last hundred entries ended."""
        listed = await self._listed(request, past=PAST)
        waiting = sum(entry["state"] == "queued" for entry in listed["entries"])
        held = {name: desk["held"] for name, desk in listed["printers"].items() if desk["held"]}
        return json_answer(
            {
                "queue_length": listed["total"],
                "active_jobs": len(listed["entries"]) - waiting,
                "pending_jobs": waiting,
                "held": held,
                "past": dict(Counter(entry["state"] for entry in listed["past"])),
            }
        )

    async def pause(self, request: Request) -> Response:
        """Start nothing more, on one printer or on all. What prints, prints on."""
        told = await self._commander.read(request, HoldBody)
        result = await self._commander.carry_out(request, "queue.hold", params_in(told, HoldParams), wish=told)
        return json_answer(result)

    async def resume(self, request: Request) -> Response:
        """Let the queue go on, on one printer or on all. Tells what is still held."""
        wish = await self._commander.read(request, Wish)
        return json_answer(await self._commander.carry_out(request, "queue.release", wish=wish))

    async def clear(self, request: Request) -> Response:
        """Take out every entry that waits. What is printed, stays. Tells which are gone."""
        removed = []
        for entry in (await self._listed(request))["entries"]:
            if entry["state"] != "queued":
                continue
            try:
                await self._commander.carry_out(request, "queue.remove", {"id": entry["id"]})
            except (NotFound, Conflict):
                continue  # somebody else took it out, or its turn has come
            removed.append(entry["id"])
        return json_answer({"removed": removed})

    async def _listed(self, request: Request, past: int = 0) -> Mapping[str, Any]:
        return await self._commander.carry_out(request, "queue.list", {"limit": WHOLE, "past": past})

    async def _estimated(self, entry: Mapping[str, Any]) -> float | None:
        try:
            told = await self._analyses.info(entry["file"], entry["printer"])
        except HydrogenError:  # it is gone, or too many wait to be analysed
            return None
        seconds: float | None = told["print_seconds"]
        return seconds

    def _current(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        printer = self._context.state.printers.get(entry["printing_on"] or "")
        job: JobState | None = None if printer is None else printer.job
        if job is None or job.id != entry["job"]:
            job = JobState(id=entry["job"] or "", file=entry["file"])
        started_at = entry["started_at"] if job.started_at is None else iso_time(job.started_at)
        return {
            "id": entry["id"],
            "filename": entry["file"],
            "progress": round(100 * job.fraction, 1),
            "time_remaining": job.remaining_seconds,
            "started_at": started_at,
        }


def _alias(
    method: str, path: str, handler: Handler, summary: str, answers: Mapping[int, Good], **further: Any
) -> Endpoint:
    name = f"queue_alias.{path.partition('/')[0]}"
    return Endpoint(
        name=name,
        method=method,
        path=f"/api/queue/{path}",
        handler=handler,
        tag=TAG,
        summary=summary,
        answers=answers,
        **further,
    )
