"""The way out to one client, over a pipe whose room the test decides on."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock
from hydrogen.core.context import Context
from hydrogen.model.codec import encode_event, encode_json, event_from_plain
from hydrogen.model.events import ErrorRaised, Event, PublishedEvent, TemperatureMeasured
from hydrogen.model.printer import ErrorReport
from hydrogen.model.reduce import reduce
from hydrogen.model.state import State
from hydrogen.websocket import outbox as module
from hydrogen.websocket.outbox import Outbox
from tests.support.property_settings import REPEATABLE


class NarrowPipe:
    """Takes `room` frames, then pauses its outbox."""

    def __init__(self, room: int = 0) -> None:
        self.room = room
        self.frames: list[dict[str, Any]] = []
        self.buffered_bytes = 0
        self.outbox: Outbox | None = None

    def write_frame(self, frame: bytes) -> None:
        self.frames.append(json.loads(frame))
        self.room -= 1
        if self.room <= 0 and self.outbox is not None:
            self.outbox.pause()

    def give_room(self, frames: int) -> None:
        self.room = frames
        assert self.outbox is not None
        self.outbox.resume()

    @property
    def types(self) -> list[str]:
        return [frame["type"] for frame in self.frames]


def outbox_on(pipe: NarrowPipe, clock: ManualClock | None = None, seq: int = 0) -> Outbox:
    outbox = Outbox(pipe, clock=clock or ManualClock(), catch_up=lambda: (encode_json({"type": "snapshot"}), seq))
    pipe.outbox = outbox
    return outbox


def heat(seq: int, celsius: float = 1.0, heater: str = "tool0") -> PublishedEvent:
    return PublishedEvent(seq, TemperatureMeasured(at=1.0, printer="p", heater=heater, actual_celsius=celsius))


def fault(seq: int, text: str = "") -> PublishedEvent:
    return PublishedEvent(seq, ErrorRaised(at=1.0, printer="p", error=ErrorReport(code="x", message=text)))


def keep(outbox: Outbox, *events: PublishedEvent) -> None:
    for published in events:
        outbox.keep(published, len(encode_event(published)))


def test_free_outbox_writes_at_once_and_keeps_nothing() -> None:
    pipe = NarrowPipe(room=10)
    outbox = outbox_on(pipe)
    outbox.answer(b'{"type":"pong"}')
    outbox.offer_status(b'{"type":"status"}')
    assert pipe.types == ["pong", "status"]
    assert (outbox.is_blocked, outbox.unsent_bytes, outbox.is_hopeless) == (False, 0, False)


def test_blocked_outbox_sends_answers_first_then_status_then_events_in_order() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe)
    outbox.pause()
    keep(outbox, heat(1), fault(2), heat(3))
    outbox.offer_status(b'{"type":"status","n":1}')
    outbox.offer_status(b'{"type":"status","n":2}')
    outbox.answer(b'{"type":"pong","id":"a"}')
    outbox.answer(b'{"type":"pong","id":"b"}')
    assert pipe.frames == []
    pipe.give_room(100)
    assert [frame.get("id", frame.get("n", frame.get("seq"))) for frame in pipe.frames] == ["a", "b", 2, 2, 3]
    assert outbox.unsent_bytes == 0


def test_samples_merge_while_blocked_and_facts_do_not() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe)
    outbox.pause()
    keep(outbox, *(heat(seq, float(seq)) for seq in range(1, 500)), fault(500), fault(501), heat(502, 7.0))
    pipe.give_room(100)
    assert [frame["seq"] for frame in pipe.frames] == [500, 501, 502]
    assert pipe.frames[-1]["actual_celsius"] == 7.0


def test_room_for_one_frame_at_a_time_keeps_the_order() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe)
    outbox.pause()
    keep(outbox, *(fault(seq) for seq in range(1, 20)))
    seq = 20
    while outbox.is_blocked and seq < 60:
        pipe.give_room(1)
        keep(outbox, fault(seq))
        seq += 1
    while len(pipe.frames) < seq - 1:
        pipe.give_room(1)
    assert [frame["seq"] for frame in pipe.frames] == list(range(1, seq))


def test_overflow_is_announced_and_followed_by_a_snapshot() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe, seq=5000)
    outbox.pause()
    keep(outbox, *(fault(seq) for seq in range(1, module.QUEUE_CAPACITY + 10)))
    assert outbox.unsent_bytes == 0
    pipe.give_room(100)
    assert pipe.types == ["lagged", "snapshot"]
    assert outbox.last_seq == 5000
    assert outbox.unsent_bytes == 0


def test_snapshot_after_overflow_waits_its_turn_when_the_pipe_is_full_again() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe, seq=5000)
    outbox.pause()
    keep(outbox, *(fault(seq) for seq in range(1, module.QUEUE_CAPACITY + 10)))
    pipe.give_room(1)
    assert pipe.types == ["lagged"]
    keep(outbox, fault(5001))
    pipe.give_room(2)
    assert pipe.types == ["lagged", "snapshot", "error.raised"]


def test_replay_goes_ahead_of_what_comes_live_and_replaces_what_was_kept() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe)
    outbox.pause()
    keep(outbox, fault(3))
    outbox.replay([fault(1), fault(2), fault(3)])
    keep(outbox, fault(4))
    pipe.give_room(100)
    assert [frame["seq"] for frame in pipe.frames] == [1, 2, 3, 4]


def test_select_drops_what_is_not_wanted_any_more() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe)
    outbox.pause()
    keep(outbox, heat(1), fault(2), heat(3, heater="bed"))
    outbox.select(lambda published: published.event.is_sample)
    pipe.give_room(100)
    assert [frame["seq"] for frame in pipe.frames] == [1, 3]


def test_select_does_not_hide_that_events_were_lost() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe)
    outbox.pause()
    keep(outbox, *(fault(seq) for seq in range(1, module.QUEUE_CAPACITY + 10)))
    outbox.select(lambda _published: False)
    pipe.give_room(100)
    assert pipe.types == ["lagged", "snapshot"]


def test_more_than_a_mebibyte_unsent_is_hopeless() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe)
    outbox.pause()
    keep(outbox, *(fault(seq, "x" * 10_000) for seq in range(1, 100)))
    assert not outbox.is_hopeless
    keep(outbox, *(fault(seq, "x" * 10_000) for seq in range(100, 110)))
    assert outbox.is_hopeless


def test_answers_and_the_transports_own_buffer_count_as_unsent() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe)
    outbox.pause()
    outbox.answer(b"x" * 600_000)
    assert not outbox.is_hopeless
    pipe.buffered_bytes = 500_000
    assert outbox.is_hopeless


def test_merged_samples_never_make_a_client_hopeless_by_their_number() -> None:
    pipe = NarrowPipe()
    outbox = outbox_on(pipe)
    outbox.pause()
    keep(outbox, *(heat(seq) for seq in range(1, 20_000)))
    assert not outbox.is_hopeless


def test_nothing_sent_for_ten_seconds_is_hopeless() -> None:
    clock = ManualClock()
    pipe = NarrowPipe()
    outbox = outbox_on(pipe, clock)
    outbox.pause()
    clock.advance(9.9)
    assert not outbox.is_hopeless
    clock.advance(0.2)
    assert outbox.is_hopeless


def test_slow_but_moving_client_is_hopeless_when_its_oldest_event_is_too_old() -> None:
    clock = ManualClock()
    pipe = NarrowPipe()
    outbox = outbox_on(pipe, clock)
    outbox.pause()
    keep(outbox, *(fault(seq) for seq in range(1, 100)))
    for _ in range(6):
        clock.advance(1.6)
        assert not outbox.is_hopeless
        pipe.give_room(1)
    clock.advance(1.0)
    assert outbox.is_hopeless


def test_client_that_catches_up_is_as_good_as_new() -> None:
    clock = ManualClock()
    pipe = NarrowPipe()
    outbox = outbox_on(pipe, clock)
    outbox.pause()
    keep(outbox, fault(1, "x" * 100_000))
    clock.advance(9.0)
    pipe.give_room(1000)
    clock.advance(9.0)
    outbox.pause()
    keep(outbox, fault(2))
    clock.advance(9.0)
    assert not outbox.is_hopeless
    assert outbox.unsent_bytes < 1000


steps = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.sampled_from(["tool0", "bed", "fault"])),
        st.tuples(st.just("room"), st.integers(1, 5)),
    ),
    max_size=60,
)


@REPEATABLE
@given(steps)
def test_whatever_the_weather_seq_rises_and_the_end_state_is_the_truth(history: list[tuple[str, Any]]) -> None:
    bus = Bus(lambda _name, error: (_ for _ in ()).throw(error))
    context = Context(epoch="e", initial=State(), bus=bus)
    pipe = NarrowPipe(room=3)
    outbox = Outbox(pipe, clock=ManualClock(), catch_up=lambda: (b'{"type":"snapshot"}', context.seq))
    pipe.outbox = outbox

    def on_published(published: PublishedEvent) -> None:
        frame = encode_event(published)
        if outbox.is_blocked:
            outbox.keep(published, len(frame))
        else:
            pipe.write_frame(frame)

    bus.listen(on_published, name="client")
    for celsius, (what, how) in enumerate(history):
        if what == "room":
            pipe.give_room(how)
        elif how == "fault":
            context.publish(ErrorRaised(at=1.0, printer="p", error=ErrorReport(code="x", message=str(celsius))))
        else:
            context.publish(TemperatureMeasured(at=1.0, printer="p", heater=how, actual_celsius=float(celsius)))
    pipe.give_room(1000)
    seqs = [frame["seq"] for frame in pipe.frames]
    assert seqs == sorted(set(seqs))
    state = State()
    for frame in pipe.frames:
        event: Event | None = event_from_plain(frame)
        assert event is not None
        state = reduce(state, event)
    assert state == context.state
    facts = [frame for frame in pipe.frames if frame["type"] == "error.raised"]
    assert len(facts) == sum(how == "fault" for _, how in history)
