"""How long a state may last, and what is told meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.devices.driver import LineInProgress
from hydrogen.model.job import JobStatus
from hydrogen.model.temperature import HeaterState
from hydrogen.spooler.job.patience import AGAIN_SECONDS, PATIENCE, Delay, RunnerLimits, reason_of

HEATERS = {"bed": HeaterState(actual_celsius=43.4, target_celsius=60.0)}
ARCHITECTURE = Path(__file__).parents[3] / "docs" / "architecture.md"


def test_every_state_that_passes_has_a_deadline_and_the_page_shows_it() -> None:
    assert set(PATIENCE) == {JobStatus.PAUSING, JobStatus.RESUMING, JobStatus.CANCELLING, JobStatus.FINISHING}
    page = ARCHITECTURE.read_text()
    for status, patience in PATIENCE.items():
        row = f"| {status.value} | {patience.waits_for} | {patience.deadline_seconds:,.0f} s | {patience.then} |"
        assert row in page, row


def test_cancel_has_time_for_all_of_its_steps() -> None:
    limits = RunnerLimits()
    steps = 2 * limits.settle_seconds + limits.park_seconds + limits.cool_seconds
    assert steps < PATIENCE[JobStatus.CANCELLING].deadline_seconds


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"M190 S60", "the bed: 43 of 60 °C"),
        (b"M109 S200", "the tool0 to reach its temperature"),
        (b"M0 Swap the plate", "a person: Swap the plate"),
        (b"G29", "the printer: it is busy with G29"),
        (b"G1 X1", "the printer to carry out what it was given"),
        (b"M400", "the printer to carry out what it was given"),
    ],
)
def test_reason_says_what_is_waited_for(body: bytes, reason: str) -> None:
    assert reason_of(body, HEATERS) == reason


def test_notice_comes_after_its_time_and_again_only_with_news() -> None:
    delay = Delay(JobStatus.PAUSING, RunnerLimits(), 100.0)
    line = LineInProgress(1, b"M190 S60")
    assert delay.seconds_left(100.0) == 2.0
    assert delay.check(101.9, line, HEATERS) == ""
    assert delay.check(102.0, line, HEATERS) == "waiting for the bed: 43 of 60 °C"
    assert delay.seconds_left(102.0) == AGAIN_SECONDS
    assert delay.check(132.0, line, HEATERS) == ""
    warmer = {"bed": HeaterState(actual_celsius=51.0, target_celsius=60.0)}
    assert delay.check(162.0, line, warmer) == "waiting for the bed: 51 of 60 °C"
    assert delay.check(192.0, None, warmer) == "waiting for the printer to carry out what it was given"


def test_state_is_over_at_its_deadline_but_a_person_may_take_all_night() -> None:
    delay = Delay(JobStatus.FINISHING, RunnerLimits(), 0.0)
    person = LineInProgress(1, b"M0 Take the part off")
    for hour in range(1, 12):
        delay.check(hour * 3600.0, person, {})
    delay.check(11 * 3600.0 + 14_399.0, None, {})
    with pytest.raises(TimeoutError):
        delay.check(11 * 3600.0 + 14_400.0, None, {})


def test_state_that_does_not_pass_has_no_deadline() -> None:
    Delay(JobStatus.PAUSED, RunnerLimits(), 0.0).check(1e9, None, {})
