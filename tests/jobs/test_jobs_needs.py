"""Which files must be left alone, and why."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.needs import JobNeeds
from hydrogen.model.backlog import EntryState, QueueEntry
from hydrogen.model.job import JobState
from hydrogen.model.printer import PrinterState
from hydrogen.model.state import State

PRINTING = PrinterState(job=JobState(id="j1", file="cube.gcode", lines_total=1, bytes_total=1))
ENTRY = QueueEntry(id="e1", file="part.gcode")


def needs(*entries: QueueEntry) -> JobNeeds:
    state = State(printers=MappingProxyType({"ender3": PRINTING, "idle": PrinterState()}))
    return JobNeeds(state=lambda: state, book=lambda: QueueBook(entries=entries))


def test_what_prints_is_needed() -> None:
    assert needs().is_needed("cube.gcode") == "it is being printed on ender3"
    assert needs().is_needed("other.gcode") is None


def test_what_a_queue_entry_is_being_started_from_is_needed_and_what_waits_is_awaited() -> None:
    preparing = replace(ENTRY, state=EntryState.PREPARING, printing_on="ender3")
    assert needs(preparing).is_needed("part.gcode") == "its print on ender3 is about to begin"
    assert needs(preparing).is_awaited("part.gcode") is None
    assert needs(ENTRY).is_needed("part.gcode") is None
    assert needs(ENTRY).is_awaited("part.gcode") == "the entry e1 of the queue waits for it"


def test_a_file_is_known_by_the_name_that_it_was_uploaded_under() -> None:
    assert needs(replace(ENTRY, file="part.bgcode")).is_awaited("part.bgcode.gcode")
