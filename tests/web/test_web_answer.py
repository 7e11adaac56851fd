"""Statuses and headers of errors."""

from __future__ import annotations

import pytest

from hydrogen.errors import (
    AuthFailed,
    Conflict,
    DiskFull,
    FileRejected,
    HydrogenError,
    LinkLost,
    RateLimited,
    Replayed,
    TooLarge,
    Unavailable,
)
from hydrogen.web.answer import error_answer, json_answer


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AuthFailed("x"), 401),
        (Conflict("x"), 409),
        (Replayed("x"), 409),
        (Unavailable("x"), 503),
        (TooLarge("x"), 413),
        (FileRejected("x"), 422),
        (DiskFull("x"), 507),
        (LinkLost("x"), 500),
    ],
)
def test_each_kind_has_its_status(error: HydrogenError, status: int) -> None:
    assert error_answer(error).status_code == status


def test_a_wait_is_told_in_the_header_and_a_challenge_with_401() -> None:
    answer = error_answer(RateLimited("x", retry_after_seconds=7))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert "Key" in error_answer(AuthFailed("x")).headers["www-authenticate"]


def test_nothing_is_stored_on_the_way() -> None:
    answer = json_answer({"a": 1})
    assert (answer.body, answer.headers["cache-control"]) == (b'{"a":1}', "no-store")
