"""What happens on the wire where HTTP/1.1 has corners."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.http_peer import answer_from, raw
from tests.web.conftest import KEY, Web

POST = b"POST /api/auth/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
EXPECTS = POST + b"Expect: 100-continue\r\n"
BODY = json.dumps({"key": KEY}).encode()


@asynccontextmanager
async def connection(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(10):
            yield reader, writer
    finally:
        writer.close()


async def test_a_client_that_asks_first_is_told_to_go_on(web: Web) -> None:
    async with connection(web.port) as (reader, writer):
        writer.write(EXPECTS + b"Content-Length: %d\r\n\r\n" % len(BODY))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(BODY)
        assert (await reader.readline()).split()[1] == b"200"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (EXPECTS + b"Content-Length: 9999999\r\n\r\n", 413),
        (EXPECTS.replace(b"session", b"ticket") + b"Content-Length: 9\r\n\r\n", 401),
        (EXPECTS.replace(b"session", b"nothing") + b"Content-Length: 9\r\n\r\n", 404),
        (EXPECTS.replace(b"/api/auth/session", b"/api/operations/printer.home") + b"Content-Length: 9\r\n\r\n", 401),
    ],
)
async def test_what_is_refused_is_refused_before_the_body_and_the_connection_ends(
    web: Web, head: bytes, status: int
) -> None:
    answer = await raw(web.port, head)  # reads to the end of the connection: it ends
    assert (answer.status, answer.headers["connection"]) == (status, "close")
    assert answer.json["error"]["code"]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40_000, 431),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
    ],
)
async def test_what_is_no_http_is_refused_in_the_words_of_every_other_refusal(
    web: Web, data: bytes, status: int
) -> None:
    answer = await raw(web.port, data)
    assert (answer.status, answer.code, answer.headers["connection"]) == (status, "invalid_message", "close")
    assert (await web.ask("GET", "/api/system/health")).status == 200
    assert web.reports == []


async def test_the_rest_of_a_refused_body_is_read_and_the_next_request_answered(web: Web) -> None:
    async with connection(web.port) as (reader, writer):
        long = b" " * 100_000
        writer.write(POST + b"Content-Length: %d\r\n\r\n" % len(long) + long)
        writer.write(b"GET /api/system/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        first, _, second = (await reader.read()).partition(b"HTTP/1.1 200")
        assert answer_from(first).status == 413 and second.endswith(b'thanks!"}')


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("HEAD", "/api/system/health", 200, None),
        ("HEAD", "/api/auth/ticket", 405, "POST"),
        ("OPTIONS", "/api/system/health", 204, "GET, HEAD"),
        ("OPTIONS", "/api/print/queue", 204, "GET, HEAD, POST"),
        ("OPTIONS", "/nothing", 404, None),
        ("TRACE", "/api/print/queue", 405, "GET, HEAD, POST"),
        ("BREW", "/api/system/health", 405, "GET, HEAD"),
        ("GET", "/api/syst%65m/he%61lth", 200, None),
        ("GET", "/api/system%2Fhealth", 200, None),
        ("GET", "/api/system/health/", 404, None),
        ("GET", "/API/system/health", 404, None),
        ("GET", "/api/%ff%fe", 404, None),
        ("GET", "http://localhost/api/system/health", 404, None),
        ("GET", "*", 404, None),
    ],
)
async def test_methods_and_paths(web: Web, method: str, path: str, status: int, allowed: str | None) -> None:
    answer = await web.ask(method, path)
    assert (answer.status, answer.headers.get("allow")) == (status, allowed)
    if method == "HEAD" or status == 204:
        assert answer.body == b""
    elif status >= 400:
        assert answer.code


async def test_behind_a_body_with_two_lengths_nothing_is_taken_for_a_request(web: Web) -> None:
    """A proxy that goes by the other length sees one request where we would see two (RFC 9112 6.1)."""
    hidden = b"GET /api/version HTTP/1.1\r\nHost: a\r\n\r\n"
    body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    head = POST + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n" % len(body + hidden)
    answer = await raw(web.port, head + body + hidden)
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    assert b"HTTP/1.1" not in answer.body
