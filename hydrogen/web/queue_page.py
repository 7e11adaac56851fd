"""`/print/queue`: the queue as a page, for who has nothing but a browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hydrogen.web.command import Commander
from hydrogen.web.endpoint import Endpoint
from hydrogen.web.page import HTML, PAGE_HEADERS, page, table
from hydrogen.web.person import PersonDoor
from hydrogen.web.print_queue import TAG

SHOWN = 200
PAST = 20


class QueuePage:
    """Shows; changes nothing."""

    def __init__(self, person: PersonDoor, commander: Commander) -> None:
        self._person = person
        self._commander = commander

    @property
    def endpoints(self) -> list[Endpoint]:
        return self._person.endpoints(
            name="print_queue", path="/print/queue", tag=TAG, title="Print Queue", scope="read", make=self.show
        )

    async def show(self, request: Request) -> Response:
        """What waits, what is printed, what was; names are escaped."""
        params = {"limit": SHOWN, "past": PAST}
        listed = await self._commander.carry_out(request, "queue.list", params)
        headers = {"Cache-Control": "no-store", **PAGE_HEADERS}
        return Response(page("Print Queue", queue_html(listed)), media_type=HTML, headers=headers)


def queue_html(listed: Mapping[str, Any]) -> str:
    """The body of the page, of what `queue.list` answers."""
    entries, past, printers = listed["entries"], listed["past"], listed["printers"]
    beds = [[name, desk["bed"], desk["job"] or "", desk["held"] or ""] for name, desk in printers.items()]
    more = listed["total"] - len(entries)
    return (
        (
            table(["file", "printer", "state", "copies", "priority", "by"], [_row(one) for one in entries])
            if entries
            else ""
        )
        + f"<p>{listed['total']} in the queue{f', {more} more than are shown' if more > 0 else ''}.</p>\n"
        + f"<h2>Printers</h2>\n{table(['printer', 'bed', 'last job', 'held'], beds)}"
        + (
            f"<h2>Over</h2>\n{table(['file', 'printer', 'state', 'copies', 'priority', 'by'], [_row(o) for o in past])}"
            if past
            else ""
        )
    )


def _row(entry: Mapping[str, Any]) -> list[str]:
    printer = entry.get("printing_on") or entry.get("printer") or "any"
    copies = f"{entry.get('copies_done', 0)} of {entry.get('copies', 1)}"
    return [
        str(entry["file"]),
        printer,
        str(entry["state"]),
        copies,
        str(entry.get("priority", 0)),
        str(entry.get("actor", "")),
    ]
