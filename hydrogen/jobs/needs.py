"""Which files the printers and the queue need, as people see it."""

from __future__ import annotations

from collections.abc import Callable

from hydrogen.files.name import stored_path
from hydrogen.jobs.book import QueueBook
from hydrogen.model.backlog import EntryState
from hydrogen.model.state import State


class JobNeeds:
    """Signs files.store.FileNeeds. Looks at values that never change, so any thread may ask."""

    def __init__(self, *, state: Callable[[], State], book: Callable[[], QueueBook]) -> None:
        """state, book: as they are now."""
        self._state = state
        self._book = book

    def is_needed(self, path: str) -> str | None:
        """Why it must be left alone: it prints, or is about to. None: nobody needs it."""
        for name, printer in self._state().printers.items():
            if printer.job is not None and _is_same(printer.job.file, path):
                return f"it is being printed on {name}"
        for entry in self._book().entries:
            if entry.state is EntryState.PREPARING and _is_same(entry.file, path):
                return f"its print on {entry.printing_on} is about to begin"
        return None

    def is_awaited(self, path: str) -> str | None:
        """Who waits for it: a queue's entry. None: nobody does."""
        for entry in self._book().entries:
            if entry.state is EntryState.QUEUED and _is_same(entry.file, path):
                return f"the entry {entry.id} of the queue waits for it"
        return None


def _is_same(asked: str, path: str) -> bool:
    """Is this what a client who said `asked` meant?"""
    return path in (asked, stored_path(asked))
