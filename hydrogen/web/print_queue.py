"""`/api/print/queue`: the queue as a collection of entries. Each path is another way of writing one operation."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import (
    Conflict,
    DeviceError,
    DiskFull,
    FileRejected,
    HydrogenError,
    InvalidMessage,
    NotFound,
    Replayed,
    TooLarge,
)
from hydrogen.operations.backlog import AddParams, MoveParams
from hydrogen.web.answer import UnsupportedMedia, json_answer
from hydrogen.web.command import Commander, Wish, params_in
from hydrogen.web.door import query_of
from hydrogen.web.endpoint import Endpoint, Good, object_schema

TAG = "queue"
PATH = "/api/print/queue"

PrinterName = Annotated[str, Field(min_length=1, max_length=64)]

ASKING: tuple[type[HydrogenError], ...] = (InvalidMessage, NotFound)
CHANGING: tuple[type[HydrogenError], ...] = (
    *ASKING,
    Conflict,
    Replayed,
    TooLarge,
    UnsupportedMedia,
    FileRejected,
    DiskFull,
)
"""What a question about the queue, and what a change of it, may be refused with."""

BODY = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class QueueQuery(BaseModel):
    """Which page of the queue, and of which printer."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    printer: PrinterName | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    offset: Annotated[int, Field(ge=0, le=1000)] = 0
    past: Annotated[int, Field(ge=0, le=100)] = 0


class AddBody(Wish, AddParams):
    """What `queue.add` takes; without `printer` whichever is free first prints it."""

    model_config = BODY


class MoveBody(Wish, MoveParams):
    """What `queue.move` takes."""

    model_config = BODY


class QueueRoutes:
    """What each promises to clients is its docstring."""

    def __init__(self, commander: Commander) -> None:
        self._commander = commander

    @property
    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                name="print_queue.list",
                method="GET",
                path=PATH,
                handler=self.list,
                tag=TAG,
                summary="List the queue",
                scope="read",
                query=QueueQuery,
                answers={200: Good(summary="A page of the queue")},
                errors=ASKING,
                operation="queue.list",
            ),
            Endpoint(
                name="print_queue.add",
                method="POST",
                path=PATH,
                handler=self.add,
                tag=TAG,
                summary="Queue a file for printing",
                scope="print",
                body=AddBody,
                needs_body=True,
                answers={201: Good(summary="The entry and its place")},
                errors=CHANGING,
                operation="queue.add",
            ),
            Endpoint(
                name="print_queue.reorder",
                method="POST",
                path=f"{PATH}/reorder",
                handler=self.reorder,
                tag=TAG,
                summary="Move an entry",
                scope="print",
                body=MoveBody,
                needs_body=True,
                answers={200: Good(summary="The entry and its place")},
                errors=CHANGING,
                operation="queue.move",
            ),
            *self._of_one,
        ]

    @property
    def _of_one(self) -> list[Endpoint]:
        job = Good(
            summary="What is paused, or goes on", schema=object_schema(id="string", job="string", printer="string")
        )
        return [
            Endpoint(
                name="print_queue.show",
                method="GET",
                path=f"{PATH}/{{id}}",
                handler=self.show,
                tag=TAG,
                summary="Show an entry",
                scope="read",
                answers={200: Good(summary="The entry and its place")},
                errors=ASKING,
                operation="queue.show",
            ),
            Endpoint(
                name="print_queue.remove",
                method="DELETE",
                path=f"{PATH}/{{id}}",
                handler=self.remove,
                tag=TAG,
                summary="Take an entry out",
                scope="print",
                answers={204: Good(summary="It is out", media="")},
                errors=CHANGING,
                operation="queue.remove",
            ),
            *(
                Endpoint(
                    name=f"print_queue.{word}",
                    method="POST",
                    path=f"{PATH}/{{id}}/{word}",
                    handler=handler,
                    tag=TAG,
                    summary=summary,
                    scope="print",
                    body=Wish,
                    answers={200: job},
                    errors=(*CHANGING, DeviceError),
                    operation=f"job.{word}",
                )
                for word, handler, summary in (
                    ("pause", self.pause, "Pause the job of an entry"),
                    ("resume", self.resume, "Go on with the job of an entry"),
                )
            ),
        ]

    async def list(self, request: Request) -> Response:
        """What waits, in the order it goes, and what is known of each printer's bed."""
        query = query_of(request, QueueQuery)
        params = query.model_dump(exclude={"printer"})
        return json_answer(await self._commander.carry_out(request, "queue.list", params, printer=query.printer))

    async def add(self, request: Request) -> Response:
        """Let a file of the files folder be printed when its turn comes; it starts onto a bed that somebody declared clear."""
        told = await self._commander.read(request, AddBody)
        result = await self._commander.carry_out(request, "queue.add", params_in(told, AddParams), wish=told)
        place = f"{PATH}/{quote(str(result['entry']['id']), safe='')}"
        return json_answer(result, status=201, headers={"Location": place})

    async def reorder(self, request: Request) -> Response:
        """Put an entry in front of another one (`before`) or to a `position` from 0. It takes on the priority of that place."""
        told = await self._commander.read(request, MoveBody)
        return json_answer(
            await self._commander.carry_out(request, "queue.move", params_in(told, MoveParams), wish=told)
        )

    async def show(self, request: Request) -> Response:
        """One entry, waiting, under way or over."""
        return json_answer(await self._commander.carry_out(request, "queue.show", entry_named(request)))

    async def remove(self, request: Request) -> Response:
        """Take an entry out. 409 while it prints: cancel the job then."""
        await self._commander.carry_out(request, "queue.remove", entry_named(request))
        return Response(status_code=204)

    async def pause(self, request: Request) -> Response:
        """Pause the job that prints this entry. 409 for one that waits: hold the queue, so that it does not start."""
        return await self._with_job(request, "job.pause")

    async def resume(self, request: Request) -> Response:
        """Go on with the paused job of this entry."""
        return await self._with_job(request, "job.resume")

    async def _with_job(self, request: Request, operation: str) -> Response:
        wish = await self._commander.read(request, Wish)
        shown = await self._commander.carry_out(request, "queue.show", entry_named(request))
        entry = shown["entry"]
        job, printer, state = entry["job"], entry["printing_on"], entry["state"]
        if shown["position"] is None or state == "queued" or job is None or printer is None:
            raise Conflict(f"nothing of this entry is printed now: it is {state}", id=entry["id"], state=state)
        await self._commander.carry_out(request, operation, wish=wish, printer=printer)
        return json_answer({"id": entry["id"], "job": job, "printer": printer})


def entry_named(request: Request) -> dict[str, str]:
    """The parameters that name the entry of the path."""
    return {"id": str(request.path_params["id"])}
