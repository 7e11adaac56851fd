from __future__ import annotations

import json

import pytest
from starlette.requests import Request

from hydrogen.auth.proxy import TrustedProxies
from hydrogen.errors import (
    AuthFailed,
    Conflict,
    DiskFull,
    FileRejected,
    Forbidden,
    HydrogenError,
    InvalidMessage,
    LineRefused,
    NotFound,
    PrinterSilent,
    RateLimited,
    ServerFault,
    SpoolerLost,
    TooLarge,
    Unavailable,
)
from hydrogen.octoprint.answer import NotOperational, done, refusal, server_address, status_for, told
from hydrogen.octoprint.face import Face


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (AuthFailed("x"), 403),
        (Forbidden("x"), 403),
        (NotFound("x"), 404),
        (InvalidMessage("x"), 400),
        (InvalidMessage("x", reason="suffix"), 415),
        (LineRefused("x"), 400),
        (FileRejected("x"), 415),
        (Conflict("x"), 409),
        (NotOperational("x"), 409),
        (Unavailable("x"), 409),
        (Unavailable("x", retry_after_seconds=2), 503),
        (PrinterSilent("x"), 409),
        (SpoolerLost("x"), 409),
        (RateLimited("x", retry_after_seconds=1.5), 429),
        (TooLarge("x"), 413),
        (DiskFull("x"), 507),
        (ServerFault("x"), 500),
    ],
)
def test_each_refusal_has_the_code_that_clients_act_on(error: HydrogenError, status: int) -> None:
    assert status_for(error) == status
    answer = refusal(error)
    assert answer.status_code == status
    assert json.loads(bytes(answer.body)) == {"error": "x"}


def test_who_is_to_wait_is_told_how_long() -> None:
    assert refusal(RateLimited("x", retry_after_seconds=1.5)).headers["retry-after"] == "2"


def test_a_command_is_answered_with_nothing_at_all() -> None:
    answer = done()
    assert (answer.status_code, answer.body) == (204, b"")
    assert "content-type" not in answer.headers
    assert told({"a": 1}, status=201, headers={"Location": "x"}).headers["location"] == "x"


def _request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {"type": "http", "headers": raw, "client": ("10.0.0.1", 1), "scheme": "http", "server": ("h", 80), "path": "/"}
    )


def test_the_servers_address_is_as_the_client_wrote_it() -> None:
    bench = Face(printer="bench", prefix="/printers/bench")
    assert (
        server_address(_request(host="pi.local:5000"), bench, TrustedProxies()) == "http://pi.local:5000/printers/bench"
    )


def test_a_trusted_proxys_word_about_the_address_counts_and_nobody_elses() -> None:
    request = _request(
        host="inner:5000", x_forwarded_proto="https", x_forwarded_host="print.example", x_script_name="/octo/"
    )
    face = Face(printer="bench")
    assert server_address(request, face, TrustedProxies(["10.0.0.1"])) == "https://print.example/octo"
    assert server_address(request, face, TrustedProxies()) == "http://inner:5000"
