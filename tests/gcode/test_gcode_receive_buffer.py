"""Bytes cut anywhere become the same lines."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.receive_buffer import PARTIAL_LIMIT, ReceiveBuffer


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=10))
def test_cutting_changes_nothing(data: bytes, cuts: list[int]) -> None:
    whole = ReceiveBuffer().lines(data)
    buffer = ReceiveBuffer()
    edges = sorted({0, len(data), *(cut for cut in cuts if cut <= len(data))})
    pieces = [data[a:b] for a, b in pairwise(edges)]
    assert [line for piece in pieces for line in buffer.lines(piece)] == whole


def test_endless_line_does_not_fill_memory() -> None:
    buffer = ReceiveBuffer()
    for _ in range(1000):
        assert buffer.lines(b"x" * 1000) == []
    (line,) = buffer.lines(b"\n")
    assert len(line) <= PARTIAL_LIMIT + 1000
