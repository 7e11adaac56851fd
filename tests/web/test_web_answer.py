"""Statuses and headers of errors."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from hydrogen.errors import (
    AuthFailed,
    Conflict,
    DiskFull,
    FileRejected,
    HydrogenError,
    LineRefused,
    LinkLost,
    RateLimited,
    Replayed,
    Unavailable,
)
from hydrogen.web.answer import TooLarge, UnsupportedMedia, document_answer, error_answer, json_answer


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AuthFailed("x"), 401),
        (Conflict("x"), 409),
        (Replayed("x"), 409),
        (Unavailable("x"), 503),
        (DiskFull("x"), 507),
        (FileRejected("x"), 400),
        (LineRefused("x"), 400),
        (TooLarge("x"), 413),
        (UnsupportedMedia("x"), 415),
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


@pytest.mark.parametrize(
    ("given", "status"), [(None, 200), ("*", 304), ("same", 304), ("weak", 304), ('"other", "more"', 200), ("", 200)]
)
def test_who_has_a_document_already_is_not_sent_it_again(given: str | None, status: int) -> None:
    def ask(*headers: tuple[bytes, bytes]) -> Request:
        return Request({"type": "http", "method": "GET", "headers": list(headers)})

    tag = document_answer(ask(), b"text", media_type="text/plain").headers["etag"]
    known = {"same": f'"a", {tag}', "weak": f"W/{tag}"}.get(given or "", given)
    asked = ask() if known is None else ask((b"if-none-match", known.encode()))
    answer = document_answer(asked, b"text", media_type="text/plain")
    assert (answer.status_code, answer.headers["etag"]) == (status, tag)
