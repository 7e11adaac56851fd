from __future__ import annotations

import pytest

from hydrogen.model.job import JOB_TRANSITIONS, JobStatus


def test_every_status_is_in_the_table() -> None:
    assert set(JOB_TRANSITIONS) == set(JobStatus)


def test_finished_is_the_only_end() -> None:
    assert [status for status, following in JOB_TRANSITIONS.items() if not following] == [JobStatus.FINISHED]


@pytest.mark.parametrize("status", [status for status in JobStatus if status is not JobStatus.FINISHED])
def test_any_running_job_can_fail(status: JobStatus) -> None:
    assert JobStatus.FINISHED in JOB_TRANSITIONS[status]


def test_a_cancelled_job_does_not_come_back() -> None:
    assert JOB_TRANSITIONS[JobStatus.CANCELLING] == {JobStatus.FINISHED}


def test_no_status_follows_itself() -> None:
    assert all(status not in following for status, following in JOB_TRANSITIONS.items())
