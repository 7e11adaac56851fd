"""The certificate of the house: strong, exchanged while connections are open, and never half exchanged."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hydrogen.auth.certificate import self_signed
from hydrogen.core.tls import Certificate, CertificateFiles, server_context
from hydrogen.errors import FileUnreadable
from tests.support.recording_log import RecordingLog

NOW = 1_900_000_000.0


def write(folder: Path, name: str = "localhost") -> CertificateFiles:
    made = self_signed([name, "127.0.0.1"], now=NOW, days=3650)
    files = CertificateFiles(certificate=folder / "certificate.pem", key=folder / "key.pem")
    files.certificate.write_bytes(made.certificate)
    files.key.write_bytes(made.key)
    return files


def client(**options: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for name, value in options.items():
        setattr(context, name, value)
    return context


@asynccontextmanager
async def echo(context: ssl.SSLContext) -> AsyncIterator[int]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def connect(port: int, context: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    return reader, writer, shown


def the_certificate(
    files: CertificateFiles, log: RecordingLog | None = None
) -> tuple[Certificate, list[BaseException]]:
    reports: list[BaseException] = []
    made = Certificate(files, log=log or RecordingLog(), report=lambda _name, error: reports.append(error))
    return made, reports


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_both_good_versions_are_spoken_with_forward_secrecy(tmp_path: Path, version: ssl.TLSVersion) -> None:
    certificate, _ = the_certificate(write(tmp_path))
    async with echo(certificate.context) as port:
        _, writer, _ = await connect(port, client(minimum_version=version, maximum_version=version))
        cipher, protocol, _ = writer.get_extra_info("cipher")
        assert protocol in ("TLSv1.2", "TLSv1.3")
        assert cipher.startswith(("TLS_", "ECDHE-")) and ("GCM" in cipher or "CHACHA20" in cipher)
        writer.close()


async def test_older_versions_and_weak_ciphers_are_refused(tmp_path: Path) -> None:
    context = server_context(write(tmp_path))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    weak = client(maximum_version=ssl.TLSVersion.TLSv1_2)
    weak.set_ciphers("AES128-SHA256:ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0")
    async with echo(context) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await connect(port, weak)


async def test_a_renewed_certificate_is_shown_to_the_next_and_nobody_is_dropped(tmp_path: Path) -> None:
    files = write(tmp_path)
    certificate, reports = the_certificate(files)
    async with echo(certificate.context) as port:
        reader, writer, first = await connect(port, client())
        write(tmp_path, "renewed")
        await certificate.look()
        _, other, second = await connect(port, client())
        assert first != second and second == ssl.PEM_cert_to_DER_cert(files.certificate.read_text())
        writer.write(b"still here\n")
        async with asyncio.timeout(20):
            assert await reader.readline() == b"still here\n"
        for one in (writer, other):
            one.close()
    assert reports == []


async def test_a_half_renewed_pair_changes_nothing_until_it_is_whole(tmp_path: Path) -> None:
    files = write(tmp_path)
    log = RecordingLog()
    certificate, reports = the_certificate(files, log)
    old_key = files.key.read_bytes()
    write(tmp_path, "renewed")
    new_key = files.key.read_bytes()
    files.key.write_bytes(old_key)
    async with echo(certificate.context) as port:
        for _ in range(3):
            await certificate.look()
        _, writer, first = await connect(port, client())
        assert [type(report) for report in reports] == [FileUnreadable]
        files.key.write_bytes(new_key)
        await certificate.look()
        _, other, second = await connect(port, client())
        assert first != second
        for one in (writer, other):
            one.close()
    assert "certificate read" in log.events()


def test_what_cannot_be_used_is_told_with_the_file(tmp_path: Path) -> None:
    files = write(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    for wrong in (
        CertificateFiles(certificate=tmp_path / "none.pem", key=files.key),
        CertificateFiles(certificate=files.certificate, key=tmp_path / "none.pem"),
        CertificateFiles(certificate=files.certificate, key=write(other).key),
        CertificateFiles(certificate=files.key, key=files.key),
        CertificateFiles(certificate=tmp_path, key=files.key),
    ):
        with pytest.raises(FileUnreadable, match=r"pem|test_"):
            server_context(wrong)


def test_one_file_may_hold_both(tmp_path: Path) -> None:
    files = write(tmp_path)
    both = tmp_path / "both.pem"
    both.write_bytes(files.key.read_bytes() + files.certificate.read_bytes())
    assert server_context(CertificateFiles(certificate=both, key=both)).minimum_version is ssl.TLSVersion.TLSv1_2
