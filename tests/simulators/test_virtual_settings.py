"""What a printer may be."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.settings import MarlinSettings


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"ring_size": -1}, "ring_size must be at least 0, found -1"),
        ({"queue_size": 0}, "queue_size must be at least 1, found 0"),
        ({"planner_size": 1}, "planner_size must be at least 2, found 1"),
        ({"extruder_count": 0}, "extruder_count must be at least 1, found 0"),
    ],
)
def test_impossible_printer_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        MarlinSettings(**wrong)


def test_default_is_the_build_of_the_transcripts():
    settings = MarlinSettings()
    assert (settings.ring_size, settings.queue_size, settings.planner_size) == (128, 4, 16)
    assert settings.advanced_ok
    assert settings.emergency_parser
