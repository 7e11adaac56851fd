from __future__ import annotations

from hydrogen.model.backlog import ENTRY_TRANSITIONS, EntryState, QueueEntry, QueueSummary
from hydrogen.model.codec import encode_json, plain, value_from_plain


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(ENTRY_TRANSITIONS) == set(EntryState)


def test_an_entry_is_waiting_active_or_over() -> None:
    for state in EntryState:
        entry = QueueEntry(id="e", file="a.gcode", state=state)
        assert [state is EntryState.QUEUED, entry.is_active, entry.is_over].count(True) == 1


def test_an_entry_survives_the_wire() -> None:
    entry = QueueEntry(id="e", file="a.gcode", printer="p", copies=3, added_at=1_800_000_000.5, reason="why")
    assert value_from_plain(QueueEntry, plain(entry)) == entry
    assert plain(entry)["added_at"] == "2027-01-15T08:00:00.500Z"


def test_the_summary_stays_small_whatever_waits() -> None:
    full = QueueSummary(length=1000, next=("0" * 22,) * 10, held={"p" * 32: "r" * 300})
    assert len(encode_json(plain(full))) < 1024
