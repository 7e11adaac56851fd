"""Frames: lines of JSON, bounded, and the rules of versions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import InvalidMessage, ProtocolMismatch
from hydrogen.spooler.wire.frame import (
    MAX_FRAME_BYTES,
    FrameReader,
    check_service_speaks,
    encode_frame,
    protocol_version,
)
from tests.support.property_settings import REPEATABLE


@REPEATABLE
@given(
    frames=st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), max_size=5),
    cut=st.integers(1, 30),
)
def test_frames_come_out_as_they_went_in_however_they_are_cut(frames: list[dict[str, str]], cut: int) -> None:
    sent = [{**body, "kind": "k"} for body in frames]
    stream = b"".join(encode_frame("k", {**body, "kind": "k"}) for body in frames)
    reader = FrameReader()
    got = [frame for at in range(0, len(stream), cut) for frame in reader.feed(stream[at : at + cut])]
    assert got == sent


def test_kind_comes_first() -> None:
    assert encode_frame("hello", {"protocol": "1.0"}) == b'{"kind":"hello","protocol":"1.0"}\n'


def test_frame_over_the_limit_is_refused_on_both_sides() -> None:
    just = MAX_FRAME_BYTES - len(encode_frame("k", {"a": ""}))
    frame = encode_frame("k", {"a": "x" * just})
    assert len(frame) == MAX_FRAME_BYTES
    assert len(FrameReader().feed(frame)) == 1
    with pytest.raises(InvalidMessage):
        encode_frame("k", {"a": "x" * (just + 1)})
    with pytest.raises(InvalidMessage):
        FrameReader().feed(b"x" * MAX_FRAME_BYTES)
    with pytest.raises(InvalidMessage):
        FrameReader().feed(b'"' + b"x" * MAX_FRAME_BYTES + b'"\n')


@pytest.mark.parametrize(
    "line", [b"nonsense\n", b"[1]\n", b"{}\n", b'{"kind":1}\n', b'{"kind":"a","b":NaN}\n', b"\xff\n"]
)
def test_what_is_no_frame_is_refused(line: bytes) -> None:
    with pytest.raises(InvalidMessage):
        FrameReader().feed(line)


def test_what_json_has_not_cannot_be_sent() -> None:
    for value in (float("nan"), object()):
        with pytest.raises(InvalidMessage):
            encode_frame("k", {"a": value})


def test_service_speaks_its_own_major_and_the_one_before() -> None:
    check_service_speaks("1.7", service="1.0")
    check_service_speaks("1.7", service="2.0")
    for spooler, service in (("1.0", "3.0"), ("2.0", "1.0")):
        with pytest.raises(ProtocolMismatch):
            check_service_speaks(spooler, service=service)


@pytest.mark.parametrize("text", ["", "1", "a.b", None, "1.", "².1"])
def test_what_is_no_version_is_refused(text: object) -> None:
    with pytest.raises(ProtocolMismatch):
        protocol_version(text)
