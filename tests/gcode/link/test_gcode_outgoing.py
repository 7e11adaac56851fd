"""What waits to be sent."""

from __future__ import annotations

import pytest

from hydrogen.errors import LineRefused, Unavailable
from hydrogen.gcode.link.outgoing import Outgoing
from tests.support.link_bench import ListSource


def test_commands_come_before_the_source_and_urgent_ones_first() -> None:
    outgoing = Outgoing(10)
    outgoing.source = ListSource([b"G1 X1"])
    outgoing.submit("M105", first=False)
    outgoing.submit("M104 S0", first=True)
    bodies = []
    while (taken := outgoing.take()) is not None:
        bodies.append(taken[0])
    assert bodies == [b"M104 S0", b"M105", b"G1 X1"]


def test_bound_is_kept_and_named() -> None:
    outgoing = Outgoing(1)
    outgoing.submit("M105", first=False)
    with pytest.raises(Unavailable, match="1 commands wait"):
        outgoing.submit("M105", first=True)


@pytest.mark.parametrize("body", [b"", b"M108\nG1 X1", b"M108\r"])
def test_bypass_takes_exactly_one_line(body: bytes) -> None:
    with pytest.raises(LineRefused):
        Outgoing(1).submit_unnumbered(body)


def test_clear_forgets_everything() -> None:
    outgoing = Outgoing(5)
    outgoing.submit("M105", first=False)
    outgoing.submit_unnumbered(b"M108")
    outgoing.source = ListSource([b"G1 X1"])
    outgoing.clear()
    assert outgoing.take() is None
    assert not outgoing.bypass
