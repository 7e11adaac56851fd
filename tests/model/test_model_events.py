from __future__ import annotations

import re
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given

from hydrogen.model import events
from hydrogen.model.events import (
    ALL_EVENTS,
    TOPICS,
    Event,
    HostMeasured,
    JobProgressed,
    TemperatureMeasured,
)
from hydrogen.model.host import HostState
from tests.support.model_strategies import any_event
from tests.support.property_settings import REPEATABLE

SAMPLES = {
    "temperature.measured",
    "sensor.measured",
    "job.progressed",
    "printer.position_reported",
    "printer.message_shown",
    "printer.tuning_changed",
    "link.measured",
    "host.measured",
}
"""DESIGN: samples are temperature (and sensors), progress, position, the display, host, link; everything else is a fact."""


def test_every_event_class_is_listed() -> None:
    written = {kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event)}
    assert set(ALL_EVENTS) == written - {Event}


@pytest.mark.parametrize("kind", ALL_EVENTS)
def test_wire_types_are_topic_and_past_participle(kind: type[Event]) -> None:
    assert re.fullmatch(r"[a-z]+\.[a-z_]+", kind.wire_type)
    assert (kind.heard_with or kind.wire_type.partition(".")[0]) in TOPICS


@pytest.mark.parametrize("kind", ALL_EVENTS)
def test_only_measurements_are_samples(kind: type[Event]) -> None:
    assert kind.is_sample is (kind.wire_type in SAMPLES)


def test_temperatures_merge_per_heater_and_printer() -> None:
    def key(heater: str, printer: str) -> object:
        return TemperatureMeasured(at=1.0, printer=printer, heater=heater, actual_celsius=1.0).sample_key

    assert key("bed", "p") == key("bed", "p")
    assert len({key("bed", "p"), key("tool0", "p"), key("bed", "q")}) == 3


def test_keys_of_different_events_differ() -> None:
    progress = JobProgressed(at=1.0, printer=None, job="j", fraction=0.0, lines_done=0, bytes_done=0)
    assert progress.sample_key != HostMeasured(at=1.0, host=HostState()).sample_key


@REPEATABLE
@given(event=any_event)
def test_events_cannot_be_changed(event: Event) -> None:
    with pytest.raises(FrozenInstanceError):
        event.printer = "other"  # type: ignore[misc]
    assert event.topic == (event.heard_with or event.wire_type.partition(".")[0])
