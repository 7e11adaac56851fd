"""Positioning modes are followed through commands and job alike."""

from __future__ import annotations

from hydrogen_drivers.marlin.mode import ModeTracker
from tests.support.link_bench import ListSource


def test_modes_follow_what_is_sent() -> None:
    mode = ModeTracker()
    source = mode.follow(ListSource([b"G91", b"G1 X1", b"M82", b"G92 E0", b"G90", b"M83", b"M84"]))
    seen = []
    while source.take() is not None:
        seen.append((mode.is_relative, mode.is_extruder_relative))
    assert seen == [
        (True, True),
        (True, True),
        (True, False),
        (True, False),
        (False, False),
        (False, True),
        (False, True),
    ]


def test_tracker_without_a_source_has_nothing_to_give() -> None:
    assert ModeTracker().take() is None
