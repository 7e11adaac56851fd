from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import InvalidMessage
from hydrogen.model.codec import (
    decode_json,
    encode_event,
    encode_json,
    event_from_plain,
    iso_time,
    plain,
    plain_event,
    time_from_iso,
    type_of_event,
    value_from_plain,
)
from hydrogen.model.events import (
    ALL_EVENTS,
    ErrorRaised,
    Event,
    HostMeasured,
    JobFinished,
    JobStarted,
    LinkDuplicatePossible,
    PrinterAttached,
    PrinterStateChanged,
    PublishedEvent,
    TemperatureMeasured,
    TerminalLineReported,
)
from hydrogen.model.host import HostState
from hydrogen.model.job import JobOutcome, JobState
from hydrogen.model.printer import ErrorReport, Firmware, PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.spooler.request import ALL_REQUESTS
from tests.support.model_strategies import any_event, objects_of
from tests.support.property_settings import REPEATABLE

AT = 1_795_373_051.123
AT_TEXT = "2026-11-22T18:44:11.123Z"


# ------------------------------------------------------------------------------------------------------------ times


def test_times_are_utc_with_milliseconds_and_z() -> None:
    assert iso_time(AT) == AT_TEXT
    assert iso_time(0) == "1970-01-01T00:00:00.000Z"
    assert time_from_iso(AT_TEXT) == AT


def test_other_zones_are_understood() -> None:
    assert time_from_iso("2026-11-22T19:44:11.123+01:00") == AT


def test_years_have_four_digits() -> None:
    assert iso_time(-60_000_000_000) == "0068-09-03T13:20:00.000Z"


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-22T18:44:11", "2026-13-01T00:00:00Z", "1795373051"])
def test_a_time_without_zone_or_sense_is_refused(text: str) -> None:
    with pytest.raises(InvalidMessage):
        time_from_iso(text)


@REPEATABLE
@given(at=st.floats(min_value=-2_000_000_000, max_value=4_000_000_000))
def test_times_survive_the_wire_to_the_millisecond(at: float) -> None:
    text = iso_time(at)
    again = time_from_iso(text)
    assert iso_time(again) == text
    assert at - 0.001001 <= again <= at + 0.000001
    assert datetime.fromisoformat(text).tzinfo == UTC


# ------------------------------------------------------------------------------------------------------------- JSON


def test_json_is_compact_utf8() -> None:
    assert encode_json({"a": [1, 2.5, None, True], "ü": "°C"}) == '{"a":[1,2.5,null,true],"ü":"°C"}'.encode()


def test_nan_is_never_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_json({"a": math.nan})


def test_half_a_surrogate_pair_comes_back_as_it_was_and_as_valid_utf8() -> None:
    value = decode_json(b'{"id":"\\ud800"}')
    frame = encode_json(value)
    assert frame.decode("utf-8") == '{"id":"\\ud800"}'
    assert decode_json(frame) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b"-Infinity",
        b'{"a":1e999}',
        b'{"a":-1e999}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 10_000,
    ],
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidMessage, match="not valid JSON"):
        decode_json(data)


def test_plain_turns_infinities_into_null_and_names_what_has_no_form() -> None:
    assert plain((math.nan, math.inf, 1.5)) == [None, None, 1.5]
    with pytest.raises(TypeError, match="bytes has no JSON form"):
        plain(b"x")


def test_plain_of_an_enum_is_its_value_and_a_plain_string() -> None:
    assert type(plain(PrinterStatus.IDLE)) is str


# ----------------------------------------------------------------------------------------------------------- frames


def test_the_frames_of_the_interface_document() -> None:
    frame = encode_event(
        PublishedEvent(
            812,
            TemperatureMeasured(at=AT, printer="ender3", heater="tool0", actual_celsius=204.9, target_celsius=205.0),
        ),
    )
    assert frame.decode() == (
        f'{{"type":"temperature.measured","seq":812,"at":"{AT_TEXT}","printer":"ender3","heater":"tool0",'
        '"actual_celsius":204.9,"target_celsius":205.0,"power":null}'
    )


def test_an_error_event_carries_the_error_object() -> None:
    event = ErrorRaised(
        at=AT,
        printer="ender3",
        error=ErrorReport(code="thermal_runaway", message="tool0 fell", details={"heater": "tool0"}),
    )
    assert plain_event(event)["error"] == {
        "code": "thermal_runaway",
        "message": "tool0 fell",
        "details": {"heater": "tool0"},
    }


def test_events_of_the_house_have_no_printer() -> None:
    assert "printer" not in plain_event(HostMeasured(at=AT, host=HostState()))


def test_terminal_lines_carry_no_seq() -> None:
    frame = json.loads(
        encode_event(PublishedEvent(0, TerminalLineReported(at=AT, printer="ender3", lines=("> M105",))))
    )
    assert frame == {"type": "terminal.line", "at": AT_TEXT, "printer": "ender3", "lines": ["> M105"]}


def test_every_event_type_is_known_by_exactly_one_name() -> None:
    assert len(type_of_event) == len(ALL_EVENTS)


@REPEATABLE
@given(event=any_event)
def test_every_event_survives_the_wire(event: Event) -> None:
    frame = encode_event(PublishedEvent(7, event))
    read = event_from_plain(decode_json(frame))
    assert type(read) is type(event)
    assert read is not None
    assert encode_event(PublishedEvent(7, read)) == frame


@REPEATABLE
@given(state=objects_of(State))
def test_every_state_survives_the_wire(state: State) -> None:
    body = decode_json(encode_json(plain(state)))
    assert plain(value_from_plain(State, body)) == body


@REPEATABLE
@given(data=st.data())
def test_every_request_to_a_spooler_survives_the_socket(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(ALL_REQUESTS))
    request = data.draw(objects_of(kind))
    frame = encode_json(plain(request))
    assert encode_json(plain(value_from_plain(kind, decode_json(frame)))) == frame


# --------------------------------------------------------------------------------------------------------- strangers


def test_an_unknown_type_is_no_event() -> None:
    assert event_from_plain({"type": "weather.changed", "at": AT_TEXT}) is None
    assert event_from_plain({}) is None


def test_unknown_fields_are_ignored() -> None:
    body = {"type": "job.paused", "at": AT_TEXT, "printer": "ender3", "job": "j", "mood": "tired", "seq": 5}
    assert plain_event(event_from_plain(body) or pytest.fail()) == {
        "type": "job.paused",
        "at": AT_TEXT,
        "printer": "ender3",
        "job": "j",
        "reason": "",
        "actor": "",
    }


def test_missing_fields_take_their_defaults_if_they_have_one() -> None:
    assert value_from_plain(JobState, {"id": "j", "file": "a.gcode"}) == JobState(id="j", file="a.gcode")


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        (JobState, {"id": "j"}, "file"),
        (JobState, {"id": 5, "file": "a"}, "id"),
        (JobState, {"id": None, "file": "a"}, "id"),
        (JobState, {"id": "j", "file": "a", "lines_done": 1.0}, "lines_done"),
        (JobState, {"id": "j", "file": "a", "lines_done": True}, "lines_done"),
        (JobState, {"id": "j", "file": "a", "lines_done": "1"}, "lines_done"),
        (JobState, {"id": "j", "file": "a", "fraction": None}, "fraction"),
        (JobState, {"id": "j", "file": "a", "fraction": True}, "fraction"),
        (JobState, {"id": "j", "file": "a", "fraction": 10**400}, "fraction"),
        (JobState, {"id": "j", "file": "a", "fraction": math.inf}, "fraction"),
        (JobState, {"id": "j", "file": "a", "status": "dancing"}, "status"),
        (JobState, {"id": "j", "file": "a", "status": ["printing"]}, "status"),
        (JobState, {"id": "j", "file": "a", "started_at": 5}, "started_at"),
        (Firmware, {"capabilities": ["AUTOREPORT_TEMP"]}, "capabilities"),
        (Firmware, {"capabilities": {"AUTOREPORT_TEMP": 1}}, "capabilities"),
        (TemperatureMeasured, {"at": None, "heater": "bed", "actual_celsius": 1}, "at"),
        (TemperatureMeasured, {"at": 5, "heater": "bed", "actual_celsius": 1}, "at"),
        (TemperatureMeasured, {"at": AT_TEXT, "heater": "bed"}, "actual_celsius"),
        (TerminalLineReported, {"at": AT_TEXT, "lines": "M105"}, "lines"),
        (TerminalLineReported, {"at": AT_TEXT, "lines": [1]}, "lines"),
    ],
)
def test_a_missing_or_mistyped_field_is_refused_by_name(kind: type[Any], body: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidMessage, match=field) as caught:
        value_from_plain(kind, body)
    assert caught.value.details["field"] == field


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_what_is_no_object_is_refused(body: Any) -> None:
    with pytest.raises(InvalidMessage, match="must be an object"):
        event_from_plain(body)
    with pytest.raises(InvalidMessage, match="must be an object"):
        value_from_plain(PrinterAttached, {"at": AT_TEXT, "state": body})


def test_numbers_are_read_as_floats_where_floats_are_meant() -> None:
    state = value_from_plain(JobState, {"id": "j", "file": "a", "fraction": 1, "remaining_seconds": None})
    assert type(state.fraction) is float
    assert state.remaining_seconds is None


def test_what_was_read_cannot_be_changed() -> None:
    state = value_from_plain(State, {"printers": {"ender3": {"heaters": {"bed": {}}}}})
    with pytest.raises(TypeError):
        state.printers["prusa"] = PrinterState()  # type: ignore[index]
    with pytest.raises(TypeError):
        state.printers["ender3"].heaters["bed"] = None  # type: ignore[index]


@REPEATABLE
@given(data=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_garbage_is_refused_and_never_breaks_the_reader(data: bytes) -> None:
    try:
        body = decode_json(data)
        event_from_plain(body)
    except InvalidMessage:
        pass


@REPEATABLE
@given(
    kind=st.sampled_from(ALL_EVENTS),
    body=st.dictionaries(
        st.sampled_from(
            ["at", "printer", "job", "file", "heater", "state", "status", "error", "host", "lines", "outcome"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(AT_TEXT),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
        ),
    ),
)
def test_a_strangers_event_is_read_or_refused(kind: type[Event], body: dict[str, Any]) -> None:
    try:
        event = event_from_plain({**body, "type": kind.wire_type})
    except InvalidMessage:
        return
    assert isinstance(event, kind)
    encode_event(PublishedEvent(1, event))


def test_enums_and_outcomes_come_back_as_enums() -> None:
    body = plain_event(
        JobFinished(at=AT, printer="p", job="j", file="f", outcome=JobOutcome.FAILED, reason="r", actor="a"),
    )
    read = event_from_plain(body)
    assert isinstance(read, JobFinished)
    assert read.outcome is JobOutcome.FAILED
    changed = event_from_plain(plain_event(PrinterStateChanged(at=AT, printer="p", status=PrinterStatus.HALTED)))
    assert isinstance(changed, PrinterStateChanged)
    assert changed.status is PrinterStatus.HALTED


@pytest.mark.parametrize("kind", [JobStarted, LinkDuplicatePossible])
def test_required_fields_are_named_when_they_are_missing(kind: type[Event]) -> None:
    with pytest.raises(InvalidMessage, match="is missing"):
        event_from_plain({"type": kind.wire_type, "at": AT_TEXT})
