"""Whatever a stranger sends is a message or an InvalidMessage, never anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import HydrogenError, InvalidMessage
from hydrogen.model.codec import encode_json
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.file import ListParams
from hydrogen.operations.job import StartParams
from hydrogen.operations.printer import ExtrudeParams, HomeParams, JogParams, SendGcodeParams, SetTemperatureParams
from hydrogen.websocket.message import (
    Command,
    Message,
    Ping,
    ResumePoint,
    Subscribe,
    message_from_plain,
    read_object,
    readable_id,
    resume_point,
)
from tests.support.property_settings import REPEATABLE

FIELDS = ["type", "id", "topics", "printers", "since", "operation", "printer", "params", "idempotency_key", "token"]
KINDS = ["status", "ping", "subscribe", "command", "authenticate", "no-such"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
near_messages = st.fixed_dictionaries(
    {"type": st.sampled_from(KINDS)}, optional={name: json_values for name in FIELDS if name != "type"}
)


def message_from(text: str | bytes) -> Message | InvalidMessage:
    """What comes of it; anything but these two fails the test."""
    try:
        return message_from_plain(read_object(text))
    except InvalidMessage as error:
        encode_json(error.as_wire())
        assert len(error.message) < 1000
        return error


@REPEATABLE
@given(st.text(max_size=200) | st.binary(max_size=50))
def test_any_text_is_refused_or_understood(text: str | bytes) -> None:
    message_from(text)


@REPEATABLE
@given(json_values)
def test_any_json_is_refused_or_understood(value: Any) -> None:
    message_from(json.dumps(value))


@REPEATABLE
@given(near_messages)
def test_anything_that_looks_like_a_message_is_refused_or_understood(body: dict[str, Any]) -> None:
    text = json.dumps(body)
    made = message_from(text)
    if isinstance(made, Message) and made.id is not None:
        assert made.id == readable_id(read_object(text))


@REPEATABLE
@given(
    st.sampled_from(
        [SendGcodeParams, SetTemperatureParams, HomeParams, JogParams, ExtrudeParams, StartParams, ListParams]
    ),
    json_values,
)
def test_any_params_are_refused_or_understood(model: Any, value: Any) -> None:
    names = list(model.model_fields)
    for candidate in (value, {names[0]: value}, dict.fromkeys(names, value)):
        try:
            model_from_plain(model, candidate)
        except HydrogenError as error:
            encode_json(error.as_wire())


def test_unknown_fields_are_ignored_and_known_ones_are_not_converted() -> None:
    assert message_from('{"type":"ping","id":"p","later":{"x":1}}') == Ping(id="p")
    assert isinstance(message_from('{"type":"ping","id":5}'), InvalidMessage)


def test_command_needs_an_id_and_an_operation() -> None:
    made = message_from('{"type":"command","id":"c","operation":"printer.home","params":{"axes":"x"}}')
    assert made == Command(id="c", operation="printer.home", params={"axes": "x"})
    for text in ('{"type":"command","id":"c"}', '{"type":"command","operation":"printer.home"}'):
        refused = message_from(text)
        assert isinstance(refused, InvalidMessage)
        assert refused.details["field"] in ("id", "operation")


@pytest.mark.parametrize(("length", "is_good"), [(15, False), (16, True), (256, True), (257, False)])
def test_idempotency_key_has_sixteen_characters_or_more(length: int, is_good: bool) -> None:
    body = {"type": "command", "id": "c", "operation": "x", "idempotency_key": "k" * length}
    assert isinstance(message_from(json.dumps(body)), Command) is is_good


def test_topics_may_be_left_out_or_empty() -> None:
    assert message_from('{"type":"subscribe"}') == Subscribe()
    assert message_from('{"type":"subscribe","topics":[]}') == Subscribe(topics=[])


@pytest.mark.parametrize("depth", [300, 30_000])
def test_deeply_nested_json_is_refused(depth: int) -> None:
    text = '{"type":"ping","x":' + "[" * depth + "]" * depth + "}"
    assert isinstance(message_from(text), InvalidMessage)


def test_refusal_never_repeats_what_was_sent() -> None:
    refused = message_from(json.dumps({"type": "authenticate", "token": ["secret-of-mine"]}))
    assert isinstance(refused, InvalidMessage)
    assert "secret-of-mine" not in json.dumps(refused.as_wire())


@pytest.mark.parametrize(
    ("text", "expected"), [("b7c1.812", ResumePoint("b7c1", 812)), ("a-b.0", ResumePoint("a-b", 0))]
)
def test_resume_point_is_epoch_and_seq(text: str, expected: ResumePoint) -> None:
    assert resume_point(text) == expected


@pytest.mark.parametrize("text", ["", ".", "b7c1", "b7c1.", ".5", "b7c1.-1", "b7c1.1.", "b7c1.٣", "b7c1.1\n", "a b.1"])
def test_malformed_resume_point_is_refused(text: str) -> None:
    with pytest.raises(InvalidMessage):
        resume_point(text)
