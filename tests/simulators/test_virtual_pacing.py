"""The paced wire."""

from __future__ import annotations

from hydrogen_simulators.endpoints.pacing import PacedWire


def test_paced_bytes_arrive_one_after_the_other():
    wire = PacedWire(10)  # one byte per second
    wire.push(b"abc", 0.0)
    wire.push(b"de", 0.5)
    assert wire.take(0.9) == b""
    assert wire.next_arrival(0.9) == 1.0
    assert wire.take(1.0) == b"a"
    assert wire.take(4.0) == b"bcd"
    assert len(wire) == 1
    assert wire.take(5.0) == b"e"
    assert wire.next_arrival(5.0) is None
