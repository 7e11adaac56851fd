"""The HTTP port with a certificate, asked by curl: libcurl is what slicers send with. Skipped where there is none."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hydrogen.auth.certificate import self_signed
from tests.integration.house_process import KEY, HouseProcess, running_house

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl"),
]

CONTENT = b"G28\n" + b"; filler\n" * 250_000
"""Two megabytes: above one, libcurl asks first (`Expect: 100-continue`)."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HouseProcess]:
    folder = tmp_path_factory.mktemp("https")
    made = self_signed(["localhost", "127.0.0.1"], now=time.time(), days=2.0)
    (folder / "c.pem").write_bytes(made.certificate)
    (folder / "k.pem").write_bytes(made.key)
    (folder / "k.pem").chmod(0o600)
    tls = f'certificate = "{folder / "c.pem"}"\nkey = "{folder / "k.pem"}"'
    async with running_house(folder, {"bench": str(folder / "ttyNOTHING")}, tls=tls) as running:
        (folder / "upload.gcode").write_bytes(CONTENT)
        yield running


async def curl(house: HouseProcess, path: str, *options: str | Path) -> tuple[int, bytes]:
    """Status and body; the certificate is looked at as it should be."""
    assert house.record is not None, house.said
    url = f"https://localhost:{house.record.web_port}{path}"
    process = await asyncio.create_subprocess_exec(
        *("curl", "-sS", "--http1.1", "--noproxy", "*", "--cacert", house.folder / "c.pem", "-w", "\n%{http_code}"),
        *("-H", f"X-Api-Key: {KEY}", *options, url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, trouble = await process.communicate()
    assert process.returncode == 0, trouble
    body, _, status = said.rpartition(b"\n")
    return int(status), body


async def test_slicers_upload_arrives_whole(house: HouseProcess) -> None:
    file = f"file=@{house.folder / 'upload.gcode'};filename=a b.gcode;type=application/octet-stream"
    status, body = await curl(house, "/api/files/local", "-F", "print=false", "-F", "path=", "-F", file)
    assert status == 201, body
    assert (house.files / "a b.gcode").read_bytes() == CONTENT
    assert f"https://localhost:{house.record.web_port}/api/files/local/".encode() in body  # type: ignore[union-attr]


async def test_raw_upload_waits_for_100_and_is_fetched_in_parts(house: HouseProcess) -> None:
    path = "/api/storage/raw.gcode"
    status, body = await curl(
        house, path, "-X", "PUT", "-H", "Expect: 100-continue", "--data-binary", f"@{house.folder / 'upload.gcode'}"
    )
    assert status == 201, body
    status, part = await curl(house, path, "-r", "0-3")
    assert (status, part) == (206, b"G28\n")
    status, head = await curl(house, path, "-I")
    tag = next(line.split(b": ", 1)[1] for line in head.splitlines() if line.lower().startswith(b"etag"))
    assert (await curl(house, path, "-H", f"If-None-Match: {tag.decode()}"))[0] == 304
    assert (await curl(house, path, "-r", f"{len(CONTENT)}-"))[0] == 416


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/metrics", "/", "/api/version", "/api/system/health"])
async def test_documents_are_there(house: HouseProcess, path: str) -> None:
    status, body = await curl(house, path, "-H", f"Authorization: Key {KEY}")
    assert status == 200 and body


async def test_plain_text_is_no_answer_and_harms_nobody(house: HouseProcess) -> None:
    assert house.record is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", house.record.web_port)
    writer.write(b"GET /api/version HTTP/1.1\r\nHost: localhost\r\n\r\n")
    async with asyncio.timeout(20):
        try:
            assert b"200 OK" not in await reader.read()
        except ConnectionError:
            pass
    writer.close()
    assert (await curl(house, "/api/system/health"))[0] == 200
