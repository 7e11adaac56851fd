from __future__ import annotations

from hydrogen.spooler.heat.solitude import IDLE_SECONDS, Solitude


def test_it_is_time_when_nobody_was_there_for_five_minutes() -> None:
    solitude = Solitude()
    assert not solitude.observe(1000.0, has_service=False, has_job=False)
    assert not solitude.observe(1000.0 + IDLE_SECONDS - 0.1, has_service=False, has_job=False)
    assert solitude.observe(1000.0 + IDLE_SECONDS, has_service=False, has_job=False)


def test_a_service_or_a_job_in_between_begins_the_wait_anew() -> None:
    solitude = Solitude(idle_seconds=10.0)
    for has_service, has_job in ((True, False), (False, True)):
        assert not solitude.observe(0.0, has_service=False, has_job=False)
        assert not solitude.observe(9.0, has_service=has_service, has_job=has_job)
        assert not solitude.observe(12.0, has_service=False, has_job=False)
        assert solitude.observe(22.0, has_service=False, has_job=False)
        assert not solitude.observe(23.0, has_service=True, has_job=False)
