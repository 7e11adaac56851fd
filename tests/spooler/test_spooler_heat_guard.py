from __future__ import annotations

from hydrogen.spooler.heat_guard import IDLE_SECONDS, HeatGuard


def test_it_is_time_when_nobody_was_there_for_five_minutes() -> None:
    guard = HeatGuard()
    assert not guard.observe(1000.0, has_service=False, has_job=False)
    assert not guard.observe(1000.0 + IDLE_SECONDS - 0.1, has_service=False, has_job=False)
    assert guard.observe(1000.0 + IDLE_SECONDS, has_service=False, has_job=False)


def test_a_service_or_a_job_in_between_begins_the_wait_anew() -> None:
    guard = HeatGuard(idle_seconds=10.0)
    for has_service, has_job in ((True, False), (False, True)):
        assert not guard.observe(0.0, has_service=False, has_job=False)
        assert not guard.observe(9.0, has_service=has_service, has_job=has_job)
        assert not guard.observe(12.0, has_service=False, has_job=False)
        assert guard.observe(22.0, has_service=False, has_job=False)
        assert not guard.observe(23.0, has_service=True, has_job=False)
