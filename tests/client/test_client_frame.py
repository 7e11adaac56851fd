"""Frames as values, and the place that they stand for."""

from __future__ import annotations

import json

import pytest

from hydrogen.client.frame import Place, Snapshot, value_from_frame
from hydrogen.errors import InvalidMessage
from hydrogen.model.codec import encode_event, plain
from hydrogen.model.events import PublishedEvent, TemperatureMeasured
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.state import State

HEAT = PublishedEvent(7, TemperatureMeasured(at=1.0, printer="p", heater="bed", actual_celsius=20.0))


def test_event_comes_back_as_it_was_published() -> None:
    assert value_from_frame(json.loads(encode_event(HEAT))) == HEAT


def test_snapshot_comes_back_as_the_state_it_was() -> None:
    state = State(printers={"p": PrinterState(status=PrinterStatus.IDLE)})
    frame = {"type": "snapshot", "epoch": "e", "seq": 3, "state": plain(state)}
    value = value_from_frame(frame)
    assert isinstance(value, Snapshot)
    assert (value.epoch, value.seq, value.state.printers["p"].status) == ("e", 3, PrinterStatus.IDLE)


@pytest.mark.parametrize("frame", [{}, {"type": "status"}, {"type": "pong"}, {"type": "moon.landed", "at": "x"}])
def test_what_is_neither_is_nothing(frame: dict[str, object]) -> None:
    assert value_from_frame(frame) is None


def test_broken_event_is_told_and_not_swallowed() -> None:
    with pytest.raises(InvalidMessage):
        value_from_frame({"type": "temperature.measured", "seq": 1, "at": "yesterday"})


def test_place_follows_snapshots_and_events() -> None:
    place = Place()
    assert place.since is None
    place.note({"type": "snapshot", "epoch": "e", "seq": 3})
    place.note({"type": "status", "seq": 99})
    assert place.since == "e.3"
    place.note({"type": "temperature.measured", "seq": 5, "at": "…"})
    place.note({"type": "terminal.line", "at": "…"})
    assert place.since == "e.5"
    place.note({"type": "snapshot", "epoch": "f", "seq": 1})
    assert place.since == "f.1"


def test_place_of_a_resumed_connection_begins_where_the_last_one_ended() -> None:
    place = Place("e.41")
    place.note({"type": "subscribed", "epoch": "e", "seq": 50, "resumed": True})
    assert place.since == "e.41"
    place.note({"type": "job.started", "seq": 45, "at": "…"})
    assert place.since == "e.45"
