"""How our property tests run: the same examples on every machine, no stop-watch."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

REPEATABLE = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""Decorate a property test with it."""
