"""Frames both ways; garbage is passed over."""

from __future__ import annotations

import json

import pytest

from hydrogen.octoprint.push.framing import close_frame, is_sent, message, objects_in, texts_in


def test_a_message_is_an_object_in_one_framing_and_an_array_with_it_in_the_other() -> None:
    told = message("event", {"type": "Zürich", "payload": {}})
    assert json.loads(told.raw) == {"event": {"type": "Zürich", "payload": {}}}
    assert told.framed == f"a[{told.raw}]" and told.framed is told.framed
    assert close_frame(3000, "Go away!") == 'c[3000,"Go away!"]'


@pytest.mark.parametrize(
    ("text", "is_framed"),
    [
        ('{"throttle":2}', False),
        ('["{\\"throttle\\":2}"]', True),
        ('"{\\"throttle\\":2}"', True),
        ('{"throttle":2}', True),
    ],
)
def test_what_a_client_says_is_read_in_each_framing(text: str, is_framed: bool) -> None:
    assert list(objects_in(text, is_framed=is_framed)) == [{"throttle": 2}]


@pytest.mark.parametrize(
    "text",
    ["", "x", "[1]", "null", "[]", '["x"]', '[["x"]]', "{", "[" * 50_000, '"' * 9, "NaN", '["1","[]"]', "\ud800"],
)
@pytest.mark.parametrize("is_framed", [True, False])
def test_garbage_says_nothing(text: str, is_framed: bool) -> None:
    assert list(objects_in(text, is_framed=is_framed)) == []


def test_an_array_of_texts_is_bounded() -> None:
    assert texts_in(["{}"] * 32) == ["{}"] * 32
    assert texts_in(["{}"] * 33) is None and not is_sent(json.dumps(["{}"] * 33))
    assert texts_in([1]) is None and not is_sent("[1]")
    assert is_sent("{}") and is_sent('["{}"]') and is_sent('"{}"')
