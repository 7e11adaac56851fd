"""What is compressed, and what is not."""

from __future__ import annotations

import gzip
import json
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import Response, StreamingResponse

from hydrogen.web.compression import MOST_BYTES_ON_THE_LOOP, Compression, accepts_gzip
from tests.web.conftest import Web
from tests.web.test_web_endpoint import ONE

LONG = b'{"a":"' + b"x" * 3000 + b'"}'


async def sent(
    response: Response, *, accepted: str | None = "gzip, br", endpoint: Any = ONE
) -> tuple[dict[str, str], bytes]:
    """The headers and the body that leave the house."""
    messages: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        messages.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.disconnect"}

    headers = [] if accepted is None else [(b"accept-encoding", accepted.encode())]
    scope = {"type": "http", "method": "GET", "headers": headers, "state": {"endpoint": endpoint}}
    await Compression(response)(scope, receive, send)
    told = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return told, b"".join(message.get("body", b"") for message in messages[1:])


async def test_long_text_is_compressed_for_who_takes_it() -> None:
    headers, body = await sent(Response(LONG, media_type="application/json", headers={"ETag": '"e"'}))
    assert gzip.decompress(body) == LONG
    assert headers["content-encoding"] == "gzip"
    assert (headers["content-length"], headers["etag"]) == (str(len(body)), 'W/"e"')
    assert "Accept-Encoding" in headers["vary"]


async def test_what_is_very_long_is_compressed_in_a_thread_with_the_same_result() -> None:
    text = b"y" * (2 * MOST_BYTES_ON_THE_LOOP)
    assert gzip.decompress((await sent(Response(text, media_type="text/plain")))[1]) == text


@pytest.mark.parametrize("accepted", [None, "", "identity", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0"])
async def test_who_does_not_take_it_is_not_given_it(accepted: str | None) -> None:
    headers, body = await sent(Response(LONG, media_type="application/json"), accepted=accepted)
    assert body == LONG and "content-encoding" not in headers and "Accept-Encoding" in headers["vary"]


@pytest.mark.parametrize("values", [["gzip"], ["br", "GZIP;q=0.5"], ["*"], ["br;q=1, gzip;q=0.001"]])
def test_gzip_is_accepted_in_every_spelling(values: list[str]) -> None:
    assert accepts_gzip(values)


@pytest.mark.parametrize(
    "response",
    [
        Response(b"short", media_type="application/json"),
        Response(LONG, media_type="application/octet-stream"),
        Response(LONG, media_type="image/png"),
        Response(LONG, media_type="text/plain", headers={"Content-Encoding": "br"}),
        Response(LONG, media_type="text/plain", headers={"Accept-Ranges": "bytes"}),
        Response(LONG, media_type="text/plain", status_code=206),
    ],
)
async def test_what_gains_nothing_stays_as_it_is(response: Response) -> None:
    headers, body = await sent(response)
    assert body == response.body and headers.get("content-encoding") in (None, "br")


async def test_a_stream_is_passed_on_piece_by_piece() -> None:
    async def pieces() -> Any:
        for _ in range(3):
            yield LONG

    headers, body = await sent(StreamingResponse(pieces(), media_type="text/plain"))
    assert body == LONG * 3 and "content-encoding" not in headers


async def test_a_credential_is_never_compressed() -> None:
    answer = Response(LONG, media_type="application/json")
    assert (await sent(answer, endpoint=replace(ONE, is_secret=True)))[1] == LONG


async def test_a_running_port_compresses_the_status_document_and_no_token(web: Web) -> None:
    asks = {"Accept-Encoding": "gzip"}
    answer = await web.ask("GET", "/api/system/info", headers=asks)
    assert json.loads(gzip.decompress(answer.body))["epoch"] == "e"
    token = await web.ask("POST", "/api/auth/session", headers=asks)
    assert "content-encoding" not in token.headers
