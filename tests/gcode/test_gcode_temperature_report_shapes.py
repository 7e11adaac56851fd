"""Every shape of a temperature report that was seen in the field is read whole."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hydrogen.gcode.replies import Acknowledged, TemperatureReported, parse_reply
from hydrogen.gcode.temperature_report import TemperatureReport

PAGE = Path(__file__).parents[1] / "transcripts" / "temperature_reports.tsv"
REPORTS = [line.split("\t") for line in PAGE.read_text().splitlines() if not line.startswith("#")]


def told_by(report: TemperatureReport) -> str:
    words = [
        f"{one.heater}={_word(one.actual_celsius)}/{_word(one.target_celsius)}@{_word(one.power)}"
        for one in report.readings
    ]
    return " ".join(words + ([f"wait={_word(report.wait_seconds)}"] if report.is_waiting else []))


def _word(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


@pytest.mark.parametrize(("line", "told"), REPORTS, ids=[line for line, _ in REPORTS])
def test_a_report_tells_what_stands_in_it(line: str, told: str) -> None:
    reply = parse_reply(line.encode())
    assert isinstance(reply, Acknowledged | TemperatureReported)
    report = reply.temperatures if isinstance(reply, Acknowledged) else reply.report
    assert report is not None
    assert told_by(report) == told


def test_there_are_more_than_sixty_shapes() -> None:
    assert len({re.sub(r"-?\d+(\.\d*)?", "0", line) for line, _ in REPORTS}) > 60
