"""The process that holds a printer is proven to be it before it is ended. Real processes, real locks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hydrogen.spooler.wire.address import RuntimeFiles
from hydrogen.spooler.wire.holder import FOREIGN_PIDS, Holder, peer_pid

CODE = """
import fcntl, os, signal, sys
lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
if sys.argv[2] == "lock":
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.pwrite(lock, f"{os.getpid()}\\n".encode(), 0)
else:
    os.close(lock)
print("ready", flush=True)
signal.pause()
"""

Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
def files(tmp_path: Path) -> RuntimeFiles:
    return RuntimeFiles(tmp_path, "bench")


@pytest.fixture
def start(files: RuntimeFiles) -> Iterator[Start]:
    children: list[subprocess.Popen[bytes]] = []

    def begin(kind: str) -> subprocess.Popen[bytes]:
        child = subprocess.Popen([sys.executable, "-c", CODE, str(files.lock), kind], stdout=subprocess.PIPE)
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        return child

    yield begin
    for child in children:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


def test_a_stopped_holder_is_found_by_its_lock_and_ended(files: RuntimeFiles, start: Start) -> None:
    child = start("lock")
    os.kill(child.pid, signal.SIGSTOP)
    holder = Holder.find(files)
    assert holder is not None
    with holder:
        assert holder.pid == child.pid
        assert not holder.has_ended()
        holder.kill()
        assert holder.has_ended(within_seconds=20.0)
    assert child.wait() == -signal.SIGKILL
    assert Holder.find(files) is None


def test_a_pid_in_an_old_lock_file_proves_nothing(files: RuntimeFiles, start: Start) -> None:
    bystander = start("other")
    files.lock.write_text(f"{bystander.pid}\n")
    assert Holder.find(files) is None


def test_a_bystander_at_the_socket_is_passed_over_for_the_holder(files: RuntimeFiles, start: Start) -> None:
    holding, bystander = start("lock"), start("other")
    for pid in (bystander.pid, 1, 0, None):
        holder = Holder.find(files, peer_pid=pid)
        assert holder is not None
        with holder:
            assert holder.pid == holding.pid


def test_the_pid_at_the_socket_is_enough_where_the_lock_names_nobody(files: RuntimeFiles, start: Start) -> None:
    child = start("lock")
    files.lock.write_text("")
    assert Holder.find(files) is None
    holder = Holder.find(files, peer_pid=child.pid)
    assert holder is not None
    holder.close()
    holder.close()


def test_we_never_end_ourselves_nor_the_first_process(files: RuntimeFiles, start: Start) -> None:
    start("lock")
    files.lock.write_text("")
    assert Holder.find(files, peer_pid=os.getpid()) is None
    assert all(Holder.find(files, peer_pid=pid) is None for pid in FOREIGN_PIDS)


def test_killing_somebody_who_has_just_ended_is_nothing(files: RuntimeFiles, start: Start) -> None:
    child = start("lock")
    holder = Holder.find(files)
    assert holder is not None
    child.kill()
    child.wait()
    with holder:
        holder.kill()
        assert holder.has_ended()


def test_no_lock_file_no_holder(files: RuntimeFiles) -> None:
    assert Holder.find(files) is None


def test_the_listener_at_a_socket_is_known_by_its_pid(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as caller:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        caller.connect(str(tmp_path / "s"))
        assert peer_pid(caller) == os.getpid()
    with socket.socket(socket.AF_INET) as stranger:
        assert peer_pid(stranger) is None
