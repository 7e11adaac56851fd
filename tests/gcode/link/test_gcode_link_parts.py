"""The parts that the halves of a link share."""

from __future__ import annotations

from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.link_parts import LinkParts


def test_every_link_has_parts_of_its_own() -> None:
    one, other = LinkParts.of(5000, 0.0, LinkLimits()), LinkParts.of(6000, 0.0, LinkLimits())
    one.ledger.give(b"G1 X1")
    one.window.on_fault()
    one.events.append(one)  # type: ignore[arg-type]
    assert (one.ledger.next, other.ledger.next) == (5002, 6001)
    assert other.events == []


def test_known_receive_buffer_allows_a_window_at_once() -> None:
    assert LinkParts.of(5000, 0.0, LinkLimits(receive_buffer_bytes=128)).window.is_counting
    assert not LinkParts.of(5000, 0.0, LinkLimits()).window.is_counting
