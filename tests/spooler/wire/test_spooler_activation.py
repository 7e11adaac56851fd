"""What counts as a socket that was handed over; that it is served is tested in tests/roof/test_roof_spooler_process.py."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hydrogen.errors import ConfigurationInvalid
from hydrogen.spooler.wire import activation
from hydrogen.spooler.wire.activation import inherited_listener


def variables(**more: str) -> dict[str, str]:
    return {"LISTEN_PID": "7", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "spooler", "HOME": "/", **more}


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A listening socket, under the number from which handed-over descriptors count."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.bind("bench.sock")
        made.listen()
        descriptor = os.dup(made.fileno())
        os.set_inheritable(descriptor, True)
        monkeypatch.setattr(activation, "FIRST_DESCRIPTOR", descriptor)
        yield made
        with suppress(OSError):  # the test may have closed it
            os.close(descriptor)


def test_the_socket_is_taken_and_its_variables_are_not_passed_on(tmp_path: Path, listener: socket.socket) -> None:
    environment = variables()
    taken = inherited_listener(tmp_path / "bench.sock", environment, pid=7)
    assert taken is not None
    with taken:
        assert taken.getsockname() == "bench.sock"
        assert not taken.get_inheritable()
    assert environment == {"HOME": "/"}


@pytest.mark.parametrize("told", [{"LISTEN_PID": "8"}, {"LISTEN_FDS": "0"}, {"LISTEN_FDS": "x"}, {"LISTEN_PID": ""}])
def test_what_is_for_somebody_else_is_left(tmp_path: Path, listener: socket.socket, told: dict[str, str]) -> None:
    assert inherited_listener(tmp_path / "bench.sock", variables(**told), pid=7) is None


def test_the_one_socket_needs_no_name_and_two_do(tmp_path: Path, listener: socket.socket) -> None:
    taken = inherited_listener(tmp_path / "bench.sock", variables(LISTEN_FDNAMES="unknown"), pid=7)
    assert taken is not None
    taken.close()
    with pytest.raises(ConfigurationInvalid, match="none is called 'spooler'"):
        inherited_listener(tmp_path / "bench.sock", variables(LISTEN_FDS="2", LISTEN_FDNAMES="a:b"), pid=7)


def test_another_printers_socket_is_refused(tmp_path: Path, listener: socket.socket) -> None:
    with pytest.raises(ConfigurationInvalid, match="this spooler's is"):
        inherited_listener(tmp_path / "other.sock", variables(), pid=7)


def test_what_is_no_listening_unix_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "file").open("w") as file:
        monkeypatch.setattr(activation, "FIRST_DESCRIPTOR", file.fileno())
        with pytest.raises(ConfigurationInvalid, match="is no socket"):
            inherited_listener(tmp_path / "bench.sock", variables(), pid=7)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        monkeypatch.setattr(activation, "FIRST_DESCRIPTOR", deaf.fileno())
        with pytest.raises(ConfigurationInvalid, match="no listening Unix socket"):
            inherited_listener(tmp_path / "bench.sock", variables(), pid=7)
        deaf.detach()
