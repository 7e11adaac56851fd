"""The queue's rules."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import Conflict, NotFound
from hydrogen.jobs import book as book_module
from hydrogen.jobs.book import UNTOLD, QueueBook
from hydrogen.model.backlog import ENTRY_TRANSITIONS, BedState, EntryState, QueueEntry
from hydrogen.model.job import JobOutcome
from tests.support.property_settings import REPEATABLE


def entry(name: str, *, priority: int = 0, printer: str | None = None, copies: int = 1) -> QueueEntry:
    return QueueEntry(id=name, file=f"{name}.gcode", priority=priority, printer=printer, copies=copies)


def book_of(*entries: QueueEntry) -> QueueBook:
    book = QueueBook()
    for one in entries:
        book = book.add(one)
    return book


def ids(book: QueueBook) -> str:
    return "".join(one.id for one in book.entries)


CLEARED = book_of(entry("a"), entry("b")).clear_bed("p", None)
PRINTING = CLEARED.begin("a", "p", "j1").started("p", "j1", 1.0)


def test_higher_priority_goes_first_and_equal_ones_in_the_order_they_came() -> None:
    assert (
        ids(book_of(entry("a"), entry("b", priority=5), entry("c"), entry("d", priority=5), entry("e", priority=9)))
        == "ebdac"
    )


def test_a_queue_that_is_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_module, "MOST_ENTRIES", 1)
    with pytest.raises(Conflict, match="full"):
        book_of(entry("a"), entry("b"))


@pytest.mark.parametrize(
    ("before", "position", "order"),
    [
        ("a", None, "cabd"),
        ("d", None, "abcd"),
        ("c", None, "abcd"),
        (None, 0, "cabd"),
        (None, 3, "abdc"),
        (None, 99, "abdc"),
    ],
)
def test_an_entry_is_moved_where_it_is_wanted(before: str | None, position: int | None, order: str) -> None:
    book = book_of(entry("a"), entry("b"), entry("c"), entry("d"))
    assert ids(book.move("c", before=before, position=position)) == order


def test_a_moved_entry_takes_the_priority_of_its_place_so_that_the_order_stays_one_by_priority() -> None:
    book = book_of(entry("a", priority=9), entry("b", priority=5), entry("c", priority=1))
    assert [(one.id, one.priority) for one in book.move("c", position=0).entries] == [("c", 9), ("a", 9), ("b", 5)]
    assert [(one.id, one.priority) for one in book.move("a", position=2).entries] == [("b", 5), ("c", 1), ("a", 1)]
    assert [(one.id, one.priority) for one in book.move("a", before="c").entries] == [("b", 5), ("a", 5), ("c", 1)]


def test_what_is_not_there_cannot_be_moved_or_removed() -> None:
    with pytest.raises(NotFound):
        book_of(entry("a")).remove("x")
    with pytest.raises(NotFound):
        book_of(entry("a")).move("a", before="x")


def test_what_prints_is_not_removed() -> None:
    with pytest.raises(Conflict, match="cancel the job"):
        PRINTING.remove("a")
    assert ids(PRINTING.remove("b")) == "a"


def test_nothing_starts_onto_a_bed_that_nobody_has_cleared() -> None:
    book = book_of(entry("a"))
    assert book.next_for("p") is None
    assert book.desk("p").bed is BedState.UNKNOWN
    with pytest.raises(Conflict):
        book.begin("a", "p", "j1")
    assert book.clear_bed("p", None).next_for("p") is not None


def test_a_start_takes_the_bed_in_the_same_step() -> None:
    book = CLEARED.begin("a", "p", "j1")
    assert (book.desk("p").bed, book.desk("p").job) == (BedState.OCCUPIED, "j1")
    assert (book.entry("a").state, book.entry("a").job) == (EntryState.PREPARING, "j1")
    assert book.next_for("p") is None


def test_an_entry_for_one_printer_is_left_to_it() -> None:
    book = book_of(entry("a", printer="q"), entry("b")).clear_bed("p", None).clear_bed("q", None)
    next_here, next_there = book.next_for("p"), book.next_for("q")
    assert next_here is not None and next_there is not None
    assert (next_here.id, next_there.id) == ("b", "a")


def test_a_held_queue_starts_nothing_until_it_is_released() -> None:
    held = CLEARED.hold("p", "lunch")
    assert held.next_for("p") is None
    assert held.summary().held == {"p": "lunch"}
    assert held.release("p").next_for("p") is not None


def test_a_completed_job_leaves_its_print_on_the_bed() -> None:
    book = PRINTING.finished("p", "j1", JobOutcome.COMPLETED, 9.0)
    assert (book.desk("p").bed, book.desk("p").held) == (BedState.OCCUPIED, "")
    assert [(one.id, one.state, one.finished_at) for one in book.over] == [("a", EntryState.COMPLETED, 9.0)]
    assert ids(book) == "b"


@pytest.mark.parametrize(
    ("outcome", "is_interrupted", "state", "is_held"),
    [
        (JobOutcome.CANCELLED, False, EntryState.CANCELLED, False),
        (JobOutcome.FAILED, False, EntryState.FAILED, True),
        (JobOutcome.FAILED, True, EntryState.INTERRUPTED, True),
    ],
)
def test_a_job_that_broke_off_leaves_the_bed_unknown_and_a_failed_one_holds_the_queue(
    outcome: JobOutcome, is_interrupted: bool, state: EntryState, is_held: bool
) -> None:
    book = PRINTING.finished("p", "j1", outcome, 9.0, reason="why", is_interrupted=is_interrupted)
    assert book.desk("p").bed is BedState.UNKNOWN
    assert bool(book.desk("p").held) is is_held
    assert [(one.state, one.reason) for one in book.over] == [(state, "why")]


def test_copies_are_printed_one_after_the_other_each_onto_a_cleared_bed() -> None:
    book = book_of(entry("a", copies=2)).clear_bed("p", None)
    book = book.begin("a", "p", "j1").started("p", "j1", 1.0).finished("p", "j1", JobOutcome.COMPLETED, 2.0)
    waiting = book.entry("a")
    assert (waiting.state, waiting.copies_done, waiting.job) == (EntryState.QUEUED, 1, None)
    assert book.next_for("p") is None
    book = book.clear_bed("p", "j1").begin("a", "p", "j2").started("p", "j2", 3.0)
    book = book.finished("p", "j2", JobOutcome.COMPLETED, 4.0)
    assert [(one.state, one.copies_done) for one in book.over] == [(EntryState.COMPLETED, 2)]


def test_an_end_that_is_told_again_changes_nothing() -> None:
    book = book_of(entry("a", copies=3)).clear_bed("p", None).begin("a", "p", "j1").started("p", "j1", 1.0)
    once = book.finished("p", "j1", JobOutcome.COMPLETED, 2.0).clear_bed("p", None)
    again = once.finished("p", "j1", JobOutcome.COMPLETED, 2.0)
    assert again == once


def test_a_file_that_must_not_be_printed_leaves_the_bed_clear_and_holds_the_queue() -> None:
    book = CLEARED.begin("a", "p", "j1").reject("p", "j1", 5.0, "line 7")
    assert book.desk("p").bed is BedState.CLEAR
    assert "line 7" in book.desk("p").held
    assert book.over[0].state is EntryState.FAILED


def test_a_start_that_was_refused_gives_back_bed_and_place() -> None:
    book = CLEARED.begin("a", "p", "j1").not_started("p", "j1").requeue("j1", "busy")
    assert book.desk("p").bed is BedState.CLEAR
    following = book.next_for("p")
    assert following is not None and (following.id, following.reason) == ("a", "busy")


def test_a_job_of_which_nothing_was_heard_waits_again_behind_a_look_at_the_bed() -> None:
    book = CLEARED.begin("a", "p", "j1").settle("p", "j1", 9.0, has_begun=False)
    assert book.desk("p").bed is BedState.UNKNOWN
    assert (book.entry("a").state, book.entry("a").job) == (EntryState.QUEUED, "j1")
    late = book.started("p", "j1", 10.0)
    assert late.entry("a").state is EntryState.PRINTING, "a late word of it finds its entry: nothing is printed twice"
    assert late.desk("p").bed is BedState.OCCUPIED


def test_a_job_that_vanished_is_interrupted() -> None:
    book = PRINTING.settle("p", "j1", 9.0, has_begun=True)
    assert [(one.state, one.reason) for one in book.over] == [(EntryState.INTERRUPTED, UNTOLD)]
    assert book.desk("p").held and book.desk("p").bed is BedState.UNKNOWN


def test_a_bed_is_not_declared_clear_under_a_job_nor_by_an_old_click() -> None:
    with pytest.raises(Conflict, match="under way"):
        PRINTING.clear_bed("p", None)
    done = PRINTING.finished("p", "j1", JobOutcome.COMPLETED, 2.0)
    with pytest.raises(Conflict, match="look again"):
        done.clear_bed("p", "j0")
    assert done.clear_bed("p", "j1").desk("p").bed is BedState.CLEAR


def test_a_job_started_by_hand_takes_the_bed_and_its_failure_holds_the_queue() -> None:
    book = book_of(entry("a")).occupy("p", "j7").started("p", "j7", 1.0)
    assert book.desk("p").bed is BedState.OCCUPIED
    failed = book.finished("p", "j7", JobOutcome.FAILED, 2.0, reason="cable")
    assert "cable" in failed.desk("p").held
    assert ids(failed) == "a"


def test_a_failed_job_that_is_taken_up_again_holds_the_queue_no_longer_and_other_reasons_stay() -> None:
    failed = CLEARED.occupy("p", "j1").finished("p", "j1", JobOutcome.FAILED, 9.0, reason="power", is_interrupted=True)
    assert failed.taken_up("p", "j2").desk("p").held == failed.desk("p").held == "job j1 failed: power"
    assert failed.taken_up("p", "j1").desk("p").held == ""
    assert failed.hold("p", "lunch").taken_up("p", "j1").desk("p").held == "lunch"


def test_pause_and_resume_are_seen_in_the_entry() -> None:
    paused = PRINTING.paused("j1")
    assert paused.entry("a").state is EntryState.PAUSED
    assert paused.paused("j1") == paused
    assert paused.resumed("j1").entry("a").state is EntryState.PRINTING
    assert paused.resumed("unknown") == paused


def test_the_summary_is_bounded() -> None:
    book = book_of(*(entry(f"{number:03}") for number in range(50)))
    assert (book.summary().length, len(book.summary().next)) == (50, 10)


def test_final_states_are_final() -> None:
    for state, followers in ENTRY_TRANSITIONS.items():
        assert bool(followers) is not replace(entry("a"), state=state).is_over


@REPEATABLE
@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 12), st.integers(0, 12)), max_size=12))
def test_the_order_is_always_one_by_priority(wishes: list[tuple[int, int, int]]) -> None:
    book = QueueBook()
    for number, (priority, which, position) in enumerate(wishes):
        book = book.add(entry(chr(97 + number), priority=priority))
        book = book.move(book.entries[which % len(book.entries)].id, position=position)
        priorities = [one.priority for one in book.entries]
        assert priorities == sorted(priorities, reverse=True)
        assert len({one.id for one in book.entries}) == number + 1
