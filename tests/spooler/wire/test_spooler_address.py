from __future__ import annotations

import socket
from pathlib import Path

import pytest

from hydrogen.errors import InvalidMessage
from hydrogen.spooler.wire.address import SOCKET_ADDRESS_BYTES, RuntimeFiles, socket_address


def test_files_of_a_printer_bear_its_name(tmp_path: Path) -> None:
    files = RuntimeFiles(tmp_path, "ender3")
    names = [files.socket, files.lock, files.settings, files.journal, files.job, files.outbox, files.log]
    assert [path.name for path in names] == [
        "ender3.sock",
        "ender3.lock",
        "ender3.json",
        "ender3.journal",
        "ender3.job.json",
        "ender3.outbox",
        "ender3.log",
    ]


@pytest.mark.parametrize("name", ["", "../x", "A", "a/b", "a.b", "x" * 33, "-a"])
def test_name_that_must_not_become_a_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidMessage):
        RuntimeFiles(tmp_path, name)


def test_short_path_is_its_own_address(tmp_path: Path) -> None:
    with socket_address(Path("/run/p.sock")) as address:
        assert address == "/run/p.sock"


def test_long_path_is_bound_and_reached_through_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * SOCKET_ADDRESS_BYTES)
    folder.mkdir()
    path = folder / "p.sock"
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        with socket_address(path) as address:
            server.bind(address)
        server.listen()
        assert path.is_socket()
        with socket_address(path) as address:
            client.connect(address)
    with pytest.raises(FileNotFoundError), socket_address(folder / "missing" / "p.sock"):
        pass
