"""TLS end to end: made by the command line, spoken by the service, trusted by the command line."""

from __future__ import annotations

import asyncio
import ssl
import stat
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from hydrogen.access import prepare_data_dir
from hydrogen.app import Hydrogen, ServeOptions
from hydrogen.cli.address import ServiceAddress, url_of
from hydrogen.cli.client import connected
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import main
from hydrogen.config import configuration_from_table
from hydrogen.core.clock import SystemClock
from hydrogen.fleet.runtime import read_service_record
from tests.support.http_peer import ask
from tests.support.recording_log import RecordingLog

KEY = "tls-test-key-0001"


def made(folder: Path, *words: str) -> int:
    return main(["tls", "self-signed", "--folder", str(folder), *words])


def table(folder: Path, **more: Any) -> dict[str, Any]:
    return {
        "server": {"data_dir": str(folder / "data"), "runtime_dir": str(folder / "run")},
        "websocket": {"port": 0},
        "web": {"port": 0},
        "auth": {"keys": [KEY]},
        **more,
    }


def test_certificate_and_key_are_made_and_what_to_configure_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert made(tmp_path, "--name", "pi.local", "--days", "30") == ExitCode.DONE
    told = capsys.readouterr().out
    assert f'certificate = "{tmp_path / "certificate.pem"}"' in told and "SHA-256 " in told
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600
    first = (tmp_path / "certificate.pem").read_bytes()
    assert made(tmp_path) == ExitCode.NOT_NOW
    assert made(tmp_path, "--replace") == ExitCode.DONE
    assert (tmp_path / "certificate.pem").read_bytes() != first


@pytest.mark.parametrize("words", [["--name", "ä" * 300], ["--days", "9999999"], ["--days", "-5"]])
def test_what_cannot_be_certified_is_told(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert made(tmp_path, *words) == ExitCode.USAGE
    assert capsys.readouterr().err.startswith("hydrogen: ")
    assert not (tmp_path / "key.pem").exists()


async def test_both_ports_speak_tls_and_the_command_line_knows_its_service(tmp_path: Path) -> None:
    assert made(tmp_path / "tls") == ExitCode.DONE
    files = {"certificate": str(tmp_path / "tls/certificate.pem"), "key": str(tmp_path / "tls/key.pem")}
    configuration = configuration_from_table(table(tmp_path, tls=files), "test")
    hydrogen = Hydrogen(
        configuration,
        prepare_data_dir(configuration),
        options=ServeOptions(),
        clock=SystemClock(),
        log=RecordingLog(),
    )
    await hydrogen.supervisor.start()
    stop = asyncio.Event()
    serving = asyncio.create_task(hydrogen.supervisor.serve(stop))
    try:
        record = read_service_record(tmp_path / "run")
        assert record is not None and record.websocket_host == "0.0.0.0"  # TLS: beyond loopback, in production
        address = ServiceAddress(url=url_of(record), key=KEY, certificate=Path(record.certificate))
        assert address.url.startswith("wss://127.0.0.1:")
        async with connected(address) as client:
            assert (await client.status())["type"] == "status"
        trusting = ssl.create_default_context(cafile=files["certificate"])
        trusting.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
        answer = await ask(record.web_port, "GET", "/api/system/health", tls=trusting)
        assert answer.status == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(address.url, ssl=ssl.create_default_context(), proxy=None)
    finally:
        stop.set()
        await serving
        assert (await hydrogen.supervisor.shut_down()).is_clean
