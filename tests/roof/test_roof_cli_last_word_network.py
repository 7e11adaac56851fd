"""M112 over the network, past a holder that hangs: to bridges that let in one host at a time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hydrogen.cli import last_word_network
from hydrogen.cli.last_word import LAST_WORD, say_last_word
from hydrogen.core.clock import SystemClock
from hydrogen.errors import DeviceError, PortMissing
from hydrogen.spooler.wire.address import RuntimeFiles

HOLDER = """
import fcntl, os, signal, socket, sys
lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX)
os.pwrite(lock, f"{os.getpid()}\\n".encode(), 0)
link = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
print("ready", flush=True)
signal.pause()
"""

HALTED = b"Error:Printer halted. kill() called!\n"


class OneGuestBridge:
    """Lets one host in; whoever comes besides is hung up on. `heard` is what the one said; M112 is confirmed."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard = b""
        self.turned_away = 0
        self._is_taken = threading.Lock()
        threading.Thread(target=self._welcome, daemon=True).start()

    def _welcome(self) -> None:
        while True:
            try:
                guest, _ = self._listener.accept()
            except OSError:
                return
            if self._is_taken.acquire(blocking=False):
                threading.Thread(target=self._serve, args=(guest,), daemon=True).start()
            else:
                self.turned_away += 1
                guest.close()

    def _serve(self, guest: socket.socket) -> None:
        heard = b""
        with guest:
            try:
                while data := guest.recv(4096):
                    heard += data
                    self.heard = heard
                    if b"\nM112\n" in heard:
                        guest.sendall(HALTED)
            except OSError:
                pass
            finally:
                self._is_taken.release()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def bridge() -> Iterator[OneGuestBridge]:
    bridge = OneGuestBridge()
    yield bridge
    bridge.close()


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A confirmation ends the waiting; on a busy machine it may be late."""
    monkeypatch.setattr(last_word_network, "SPEAK_SECONDS", 20.0)
    monkeypatch.setattr(last_word_network, "CONNECT_SECONDS", 10.0)


def prepared(folder: Path, port: str, **settings: object) -> RuntimeFiles:
    files = RuntimeFiles(folder, "bench")
    body = {"printer": "bench", "factory": "m:f", "settings": {"port": port, **settings}}
    files.settings.write_text(json.dumps(body))
    return files


def test_word_is_said_over_tcp_and_confirmed(tmp_path: Path, bridge: OneGuestBridge) -> None:
    spoken = say_last_word(prepared(tmp_path, f"tcp://127.0.0.1:{bridge.port}"), SystemClock())
    assert spoken.is_confirmed
    assert bridge.heard == LAST_WORD


def test_bridge_with_rfc2217_is_told_the_speed_and_every_byte_of_the_word_arrives(
    tmp_path: Path, bridge: OneGuestBridge
) -> None:
    files = prepared(tmp_path, f"rfc2217://127.0.0.1:{bridge.port}", baud=250000)
    assert say_last_word(files, SystemClock()).is_confirmed
    assert bridge.heard.endswith(LAST_WORD.replace(b"\xff", b"\xff\xff"))
    assert b"\xff\xfa\x2c\x01\x00\x03\xd0\x90\xff\xf0" in bridge.heard


def test_holder_that_hangs_is_killed_and_the_bridge_lets_us_in(tmp_path: Path, bridge: OneGuestBridge) -> None:
    files = prepared(tmp_path, f"tcp://127.0.0.1:{bridge.port}")
    command = [sys.executable, "-c", HOLDER, str(files.lock), str(bridge.port)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        spoken = say_last_word(files, SystemClock())
        assert spoken.killed_pid == child.pid
        assert spoken.is_confirmed
        assert bridge.heard == LAST_WORD
    finally:
        child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()


def test_nobody_is_killed_for_a_bridge_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    files = prepared(tmp_path, f"tcp://127.0.0.1:{port}")
    files.lock.write_text(f"{os.getppid()}\n")
    with pytest.raises(PortMissing, match="cut the printer's power"):
        say_last_word(files, SystemClock())


def test_bridge_that_hangs_up_on_everybody_takes_no_bytes(
    tmp_path: Path, bridge: OneGuestBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_word_network, "SPEAK_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", bridge.port)) as other:
        other.sendall(b"M105\n")
        while not bridge.heard:  # it has let the other one in
            threading.Event().wait(0.01)
        with pytest.raises(DeviceError, match="takes no bytes"):
            say_last_word(prepared(tmp_path, f"tcp://127.0.0.1:{bridge.port}"), SystemClock())
        assert bridge.turned_away
