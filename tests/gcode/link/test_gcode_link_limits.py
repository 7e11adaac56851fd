"""The constants that must fit together."""

from __future__ import annotations

from hydrogen.gcode.checksum import checksum
from hydrogen.gcode.link.link_limits import NUMBER_CEILING, PROBE, LinkLimits


def test_probe_carries_a_number_no_line_can_have_and_the_right_checksum() -> None:
    body, _, told = PROBE.strip().rpartition(b"*")
    assert int(told) == checksum(body)
    assert int(body.split()[0][1:]) > NUMBER_CEILING


def test_quiet_is_shorter_than_the_shortest_silence() -> None:
    limits = LinkLimits()
    assert limits.quiet < limits.silence_least < limits.silence_most
    assert limits.renumber_above < NUMBER_CEILING
