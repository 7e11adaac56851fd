from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.core.bus import Bus
from hydrogen.core.context import Context, Snapshot
from hydrogen.core.merge_queue import MergeQueue
from hydrogen.model.codec import decode_json, encode_event, encode_json, event_from_plain, plain, value_from_plain
from hydrogen.model.events import (
    Event,
    JobPaused,
    JobProgressed,
    JobStarted,
    PrinterDisconnected,
    PublishedEvent,
    TemperatureMeasured,
    TerminalLineReported,
)
from hydrogen.model.reduce import reduce
from hydrogen.model.state import State
from tests.support.model_strategies import histories
from tests.support.property_settings import REPEATABLE


def fail_loudly(name: str, error: BaseException) -> None:
    raise AssertionError(f"{name}: {error}")


def make_context(*, replay_capacity: int = 4096) -> Context:
    return Context(epoch="e1", initial=State(), bus=Bus(fail_loudly), replay_capacity=replay_capacity)


def paused(at: float = 1.0) -> JobPaused:
    return JobPaused(at=at, printer="ender3", job="job-1")


def temperature(celsius: float, heater: str = "bed") -> TemperatureMeasured:
    return TemperatureMeasured(at=1.0, printer="ender3", heater=heater, actual_celsius=celsius)


def seqs(published: list[PublishedEvent] | None) -> list[int] | None:
    return None if published is None else [one.seq for one in published]


# ------------------------------------------------------------------------------------------------------ publishing


def test_events_are_numbered_from_one_without_gaps() -> None:
    context = make_context()
    assert context.seq == 0
    assert [context.publish(paused()).seq for _ in range(3)] == [1, 2, 3]
    assert context.seq == 3


def test_publish_changes_the_state_before_anybody_hears_of_it() -> None:
    bus = Bus(fail_loudly)
    context = Context(epoch="e1", initial=State(), bus=bus)
    seen: list[Any] = []
    bus.listen(lambda published: seen.append((published.seq, context.seq, dict(context.state.printers))), name="reader")
    context.publish(temperature(60.0))
    [(seq, context_seq, printers)] = seen
    assert seq == context_seq == 1
    assert printers["ender3"].heaters["bed"].actual_celsius == 60.0


def test_a_listener_that_publishes_gets_the_next_number_and_nobody_sees_them_swapped() -> None:
    bus = Bus(fail_loudly)
    context = Context(epoch="e1", initial=State(), bus=bus)
    heard: list[int] = []

    def answer(published: PublishedEvent) -> None:
        if published.seq == 1:
            assert context.publish(paused()).seq == 2

    bus.listen(answer, name="answering")
    bus.listen(lambda published: heard.append(published.seq), name="reader")
    context.publish(paused())
    assert heard == [1, 2]


def test_terminal_lines_are_heard_but_neither_numbered_nor_reduced_nor_kept() -> None:
    bus = Bus(fail_loudly)
    context = Context(epoch="e1", initial=State(), bus=bus)
    heard: list[int] = []
    bus.listen(lambda published: heard.append(published.seq), name="reader")
    context.publish(paused())
    before = context.snapshot()
    published = context.publish(TerminalLineReported(at=1.0, printer="ender3", lines=("> M105",)))
    assert published.seq == 0
    assert heard == [1, 0]
    assert context.snapshot() == before
    assert seqs(context.replay(0)) == [1]


def test_a_snapshot_cannot_be_changed_and_does_not_change() -> None:
    context = make_context()
    context.publish(temperature(60.0))
    snapshot = context.snapshot()
    context.publish(temperature(61.0))
    assert (snapshot.epoch, snapshot.seq) == ("e1", 1)
    assert snapshot.state.printers["ender3"].heaters["bed"].actual_celsius == 60.0
    with pytest.raises(FrozenInstanceError):
        snapshot.seq = 5  # type: ignore[misc]
    with pytest.raises(TypeError):
        snapshot.state.printers["ender3"].heaters["bed"] = None  # type: ignore[index]


def test_an_event_that_cannot_be_reduced_leaves_no_trace() -> None:
    context = make_context()
    with pytest.raises(TypeError):
        context.publish(TemperatureMeasured(at=1.0, printer="ender3", heater=[], actual_celsius=1.0))  # type: ignore[arg-type]
    assert context.snapshot() == Snapshot("e1", 0, State())
    assert context.replay(0) == []


# -------------------------------------------------------------------------------------------------------- replaying


def test_replay_gives_all_facts_and_the_last_sample_of_each_key_in_order() -> None:
    context = make_context()
    context.publish(temperature(60.0))  # 1, replaced by 4
    context.publish(paused())  # 2
    context.publish(temperature(200.0, "tool0"))  # 3
    context.publish(temperature(61.0))  # 4
    context.publish(paused())  # 5
    assert seqs(context.replay(0)) == [2, 3, 4, 5]
    assert seqs(context.replay(3)) == [4, 5]
    assert seqs(context.replay(5)) == []


def test_replay_knows_nothing_of_the_future() -> None:
    context = make_context()
    context.publish(paused())
    assert context.replay(2) is None
    assert context.replay(-1) is None


def test_replay_says_so_when_a_fact_is_no_longer_kept() -> None:
    context = make_context(replay_capacity=3)
    for at in range(5):
        context.publish(paused(float(at)))
    assert context.replay(1) is None
    assert seqs(context.replay(2)) == [3, 4, 5]


def test_samples_do_not_push_facts_out_of_the_ring() -> None:
    context = make_context(replay_capacity=3)
    context.publish(paused())
    for degree in range(100):
        context.publish(temperature(float(degree)))
    assert seqs(context.replay(0)) == [1, 101]


def test_a_flood_of_sample_keys_is_bounded_too() -> None:
    context = make_context(replay_capacity=3)
    for index in range(5):
        context.publish(temperature(1.0, f"tool{index}"))
    assert context.replay(1) is None
    assert seqs(context.replay(2)) == [3, 4, 5]


def test_a_ring_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="room for one event"):
        make_context(replay_capacity=0)


def test_replay_of_progress_keeps_to_the_job_that_runs() -> None:
    context = make_context()

    def start(job: str) -> None:
        context.publish(JobStarted(at=1.0, printer="ender3", job=job, file="a.gcode", lines_total=9, bytes_total=99))

    def progress(job: str, lines: int) -> None:
        event = JobProgressed(at=1.0, printer="ender3", job=job, fraction=0.5, lines_done=lines, bytes_done=1)
        context.publish(event)

    start("job-1")
    progress("job-1", 5)
    start("job-2")
    assert replayed_state(State(), context.replay(0)) == plain(context.state)
    progress("job-2", 7)
    assert replayed_state(State(), context.replay(0)) == plain(context.state)


def test_replay_does_not_bring_back_what_a_disconnect_has_cleared() -> None:
    context = make_context()
    context.publish(temperature(60.0))
    context.publish(PrinterDisconnected(at=2.0, printer="ender3", reason="the cable was pulled"))
    assert replayed_state(State(), context.replay(0)) == plain(context.state)


# ------------------------------------------------------------------------------------------------- the great promise


def over_the_wire(published: PublishedEvent) -> Event:
    """What a client makes of an event's frame."""
    event = event_from_plain(decode_json(encode_event(published)))
    assert event is not None
    return event


def state_over_the_wire(state: State) -> State:
    return value_from_plain(State, decode_json(encode_json(plain(state))))


def replayed_state(state: State, events: list[PublishedEvent] | None) -> Any:
    """The state of a client that held `state` and read `events` off the wire, in the form in which it can be compared."""
    assert events is not None
    state = state_over_the_wire(state)
    for published in events:
        state = reduce(state, over_the_wire(published))
    return plain(state)


def assert_rising(events: list[PublishedEvent] | None, after: int) -> None:
    numbers = seqs([published for published in events or [] if published.seq])
    assert numbers is not None
    assert numbers == sorted(set(numbers))
    assert not numbers or numbers[0] > after


@REPEATABLE
@given(events=histories(), data=st.data())
def test_snapshot_at_n_plus_events_up_to_m_equals_snapshot_at_m(events: list[Event], data: st.DataObject) -> None:
    n = data.draw(st.integers(0, len(events)))
    m = data.draw(st.integers(n, len(events)))
    context = make_context()
    for event in events[:n]:
        context.publish(event)
    at_n = context.snapshot()
    between = [context.publish(event) for event in events[n:m]]
    assert_rising(between, at_n.seq)
    assert replayed_state(at_n.state, between) == plain(context.snapshot().state)


@REPEATABLE
@given(events=histories(max_size=40), data=st.data())
def test_the_promise_holds_for_a_reader_whose_samples_merge_and_who_may_lag(
    events: list[Event],
    data: st.DataObject,
) -> None:
    bus = Bus(fail_loudly)
    context = Context(epoch="e1", initial=State(), bus=bus)
    queue = MergeQueue(data.draw(st.integers(1, 12)))
    bus.listen(lambda published: [queue.put(published)].clear(), name="reader")
    client, client_seq = state_over_the_wire(State()), 0
    reads_after = data.draw(st.sets(st.integers(0, 40)))
    for index, event in enumerate(events):
        context.publish(event)
        if index in reads_after or index == len(events) - 1:
            lost = queue.lagged
            drained = queue.drain()
            if lost:
                snapshot = context.snapshot()
                client, client_seq = state_over_the_wire(snapshot.state), snapshot.seq
            assert_rising(drained, client_seq)
            for published in drained:
                client = reduce(client, over_the_wire(published))
                client_seq = published.seq or client_seq
            assert plain(client) == plain(context.state)


@REPEATABLE
@given(events=histories(max_size=40), data=st.data())
def test_a_client_that_resumes_at_any_point_gets_the_same_state(events: list[Event], data: st.DataObject) -> None:
    left_at = data.draw(st.integers(0, len(events)))
    context = make_context(replay_capacity=data.draw(st.integers(1, 20)))
    for event in events[:left_at]:
        context.publish(event)
    then = context.snapshot()
    facts_missed = [p for p in map(context.publish, events[left_at:]) if p.seq and not p.event.is_sample]
    missed = context.replay(then.seq)
    if missed is None:
        return
    assert_rising(missed, then.seq)
    assert [published for published in missed if not published.event.is_sample] == facts_missed
    assert replayed_state(then.state, missed) == plain(context.state)


@REPEATABLE
@given(events=histories(max_size=40), capacity=st.integers(1, 20))
def test_a_client_within_the_ring_is_never_sent_away(events: list[Event], capacity: int) -> None:
    context = make_context(replay_capacity=capacity)
    for event in events:
        context.publish(event)
    since = max(0, context.seq - capacity)
    assert context.replay(since) is not None
