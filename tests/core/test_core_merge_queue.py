from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.core.merge_queue import MergeQueue
from hydrogen.model.events import Event, JobPaused, PublishedEvent, TemperatureMeasured, TerminalLineReported
from tests.support.model_strategies import histories
from tests.support.property_settings import REPEATABLE


def sample(seq: int, heater: str = "bed", printer: str = "ender3") -> PublishedEvent:
    event = TemperatureMeasured(at=float(seq), printer=printer, heater=heater, actual_celsius=float(seq))
    return PublishedEvent(seq, event)


def fact(seq: int) -> PublishedEvent:
    return PublishedEvent(seq, JobPaused(at=float(seq), printer="ender3", job="job-1"))


def seqs(queue: MergeQueue) -> list[int]:
    return [published.seq for published in queue.drain()]


def test_facts_stay_in_order() -> None:
    queue = MergeQueue(8)
    assert all(queue.put(fact(seq)) for seq in (1, 2, 3))
    assert seqs(queue) == [1, 2, 3]
    assert len(queue) == 0


def test_a_sample_replaces_the_older_one_of_its_key_and_moves_to_the_end() -> None:
    queue = MergeQueue(8)
    for published in (sample(1), fact(2), sample(3, "tool0"), sample(4)):
        queue.put(published)
    assert seqs(queue) == [2, 3, 4]


def test_samples_of_two_printers_do_not_merge() -> None:
    queue = MergeQueue(8)
    queue.put(sample(1, printer="ender3"))
    queue.put(sample(2, printer="prusa"))
    assert seqs(queue) == [1, 2]


def test_equal_facts_do_not_merge() -> None:
    queue = MergeQueue(8)
    event = JobPaused(at=1.0, printer="ender3", job="job-1")
    queue.put(PublishedEvent(1, event))
    queue.put(PublishedEvent(2, event))
    assert seqs(queue) == [1, 2]


def test_terminal_lines_are_kept_one_by_one() -> None:
    queue = MergeQueue(8)
    for text in ("> M105", "< ok"):
        queue.put(PublishedEvent(0, TerminalLineReported(at=1.0, printer="ender3", lines=(text,))))
    assert len(queue) == 2


def test_overflow_empties_the_queue_and_says_so() -> None:
    queue = MergeQueue(2)
    assert queue.put(fact(1))
    assert queue.put(sample(2))
    assert not queue.put(fact(3))
    assert queue.lagged
    assert len(queue) == 0


def test_a_full_queue_still_takes_a_sample_that_replaces_another() -> None:
    queue = MergeQueue(2)
    queue.put(fact(1))
    queue.put(sample(2))
    assert queue.put(sample(3))
    assert seqs(queue) == [1, 3]


def test_a_lagged_queue_takes_nothing_until_it_is_drained() -> None:
    queue = MergeQueue(1)
    queue.put(fact(1))
    queue.put(fact(2))
    assert not queue.put(fact(3))
    assert queue.drain() == []
    assert not queue.lagged
    assert queue.put(fact(4))
    assert seqs(queue) == [4]


def test_a_queue_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="room for one event"):
        MergeQueue(0)


def test_capacity_can_be_read_back() -> None:
    assert MergeQueue(7).capacity == 7


@REPEATABLE
@given(events=histories(max_size=40), capacity=st.integers(1, 12))
def test_a_queue_never_holds_more_than_its_capacity_and_never_loses_in_silence(
    events: list[Event],
    capacity: int,
) -> None:
    queue = MergeQueue(capacity)
    kept: list[PublishedEvent] = []
    for seq, event in enumerate(events, start=1):
        published = PublishedEvent(seq, event)
        kept.append(published)
        if not queue.put(published):
            assert queue.lagged
            queue.drain()
            kept.clear()
        assert len(queue) <= capacity
    last_sample = {p.event.sample_key: p.seq for p in kept if p.event.is_sample}
    expected = [p.seq for p in kept if not p.event.is_sample or last_sample[p.event.sample_key] == p.seq]
    assert seqs(queue) == expected


def test_what_was_merged_and_what_was_lost_is_counted() -> None:
    queue = MergeQueue(2)
    for published in (sample(1), sample(2), fact(3)):
        queue.put(published)
    assert (queue.merged, queue.lost) == (1, 0)
    queue.put(fact(4))
    queue.put(fact(5))
    assert (queue.merged, queue.lost) == (1, 4)
    queue.drain()
    queue.put(fact(6))
    assert queue.lost == 4
