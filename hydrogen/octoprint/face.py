"""One OctoPrint is one printer: which one is meant by a request, and what is kept for it beside the house's own state.

OctoPrint serves one printer. Here the first printer that the caller may see is at the root (`/api/...`), and every printer
below `/printers/<name>` (`/printers/<name>/api/...`): clients take such a path as part of the server's address.
"""

from __future__ import annotations

from dataclasses import dataclass

from hydrogen.auth.principal import Principal
from hydrogen.core.context import Context
from hydrogen.errors import Forbidden, NotFound
from hydrogen.model.events import FileChanged, FileMoved, FileRemoved, JobFinished, JobStarted, PublishedEvent
from hydrogen.model.printer import PrinterState
from hydrogen.model.state import State

PREFIX = "/printers/{printer}"
"""Before the paths of one printer, as starlette writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """printer: its name; empty in a house without printers. prefix: what stands before `/api` in this face's addresses."""

    printer: str
    prefix: str = ""


class Faces:
    """All faces of the house, and the file that is selected in each."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._selected: dict[str, str] = {}
        self._runs: dict[str, JobFinished] = {}

    def for_caller(self, name: str | None, principal: Principal) -> Face:
        """The face that a path names; None for the root. Raises NotFound (printer), Forbidden (it is not the caller's)."""
        names = tuple(self._context.state.printers)
        if name is None:
            return Face(printer=next((one for one in names if principal.may_reach(one)), ""))
        if name not in names:
            raise NotFound(f"unknown printer {name[:64]!r}", printer=name[:64])
        if not principal.may_reach(name):
            raise Forbidden(f"printer {name!r} is not yours to see", printer=name)
        return Face(printer=name, prefix=f"/printers/{name}")

    @property
    def state(self) -> State:
        """The house as it is now."""
        return self._context.state

    def printer(self, face: Face) -> PrinterState:
        """What the printer is doing; one that is offline in a house without printers."""
        return self._context.state.printers.get(face.printer, PrinterState())

    # ------------------------------------------------------------------------------------------------------ selecting

    def selected(self, face: Face) -> str | None:
        """The path of the file that is selected: the one that prints, else the one that a client chose last."""
        job = self.printer(face).job
        if job is not None:
            self._selected[face.printer] = job.file
        return self._selected.get(face.printer)

    def select(self, face: Face, path: str | None) -> None:
        """A client chose this file; None: none any more. What the last job came to is told no longer."""
        self._runs.pop(face.printer, None)
        if path is None:
            self._selected.pop(face.printer, None)
        else:
            self._selected[face.printer] = path

    # ---------------------------------------------------------------------------------------------------- remembering

    def last_run(self, face: Face) -> JobFinished | None:
        """How the last job ended, as long as its file is the selected one: clients show it until something else comes."""
        run = self._runs.get(face.printer)
        return run if run is not None and run.file == self._selected.get(face.printer) else None

    def on_published(self, published: PublishedEvent) -> None:
        """A listener of the bus."""
        match published.event:
            case JobStarted(printer=str(printer), file=file):
                self._selected[printer] = file
                self._runs.pop(printer, None)
            case JobFinished(printer=str(printer), file=file) as run:
                self._selected[printer] = file
                self._runs[printer] = run
            case FileMoved(moved_from=before, path=after):
                self._selected = {
                    printer: after if path == before else path for printer, path in self._selected.items()
                }
            case FileRemoved(path=gone):
                self._selected = {printer: path for printer, path in self._selected.items() if path != gone}
            case FileChanged(path=changed):
                self._runs = {printer: run for printer, run in self._runs.items() if run.file != changed}
