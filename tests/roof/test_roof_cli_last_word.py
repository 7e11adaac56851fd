"""M112 by whoever can open the port: over a real pty, past a holder that hangs."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from hydrogen.cli.last_word import LAST_WORD, printers_in, say_last_word
from hydrogen.core.clock import SystemClock
from hydrogen.errors import ConfigurationInvalid, PortMissing, PortUnusable, Unavailable
from hydrogen.spooler.wire.address import RuntimeFiles
from tests.support.usb_bus import UsbBus

HOLDER = """
import fcntl, os, signal, sys
lock = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX)
os.pwrite(lock, f"{os.getpid()}\\n".encode(), 0)
port = os.open(sys.argv[2], os.O_RDWR | os.O_NOCTTY)
fcntl.flock(port, fcntl.LOCK_EX)
print("ready", flush=True)
signal.pause()
"""


class Wire:
    """A pty whose other end is the test."""

    def __init__(self) -> None:
        self.printer, port = pty.openpty()
        tty.setraw(port)
        self.name = os.ttyname(port)
        self._port = port

    def heard(self, seconds: float = 5.0) -> bytes:
        """What came so far; waits for something."""
        select.select([self.printer], [], [], seconds)
        return os.read(self.printer, 4096)

    def close(self) -> None:
        os.close(self._port)
        os.close(self.printer)


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


def prepared(folder: Path, port: str, **settings: object) -> RuntimeFiles:
    files = RuntimeFiles(folder, "bench")
    body = {"printer": "bench", "factory": "m:f", "settings": {"port": port, **settings}}
    files.settings.write_text(json.dumps(body))
    return files


def test_a_port_that_nobody_holds_gets_the_word_and_is_left_open_for_the_next(tmp_path: Path, wire: Wire) -> None:
    files = prepared(tmp_path, wire.name, baud=250000)
    spoken = say_last_word(files, SystemClock())
    assert wire.heard() == LAST_WORD
    assert (spoken.killed_pid, spoken.is_confirmed) == (None, False)
    attributes = termios.tcgetattr(wire._port)
    assert not attributes[2] & termios.HUPCL


def test_the_firmwares_own_word_confirms_it(tmp_path: Path, wire: Wire) -> None:
    files = prepared(tmp_path, wire.name, baud="auto")
    if os.fork() == 0:
        try:
            wire.heard(20.0)
            os.write(wire.printer, b"ok\necho:M112 Shutdown\nError:Printer halted. kill() called!\n")
        finally:
            os._exit(0)
    assert say_last_word(files, SystemClock()).is_confirmed
    os.wait()


def test_a_holder_that_hangs_is_killed_and_what_it_left_in_the_port_is_thrown_away(tmp_path: Path, wire: Wire) -> None:
    files = prepared(tmp_path, wire.name)
    child = subprocess.Popen([sys.executable, "-c", HOLDER, str(files.lock), wire.name], stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"ready\n"
    child.stdout.close()
    os.kill(child.pid, signal.SIGSTOP)
    spoken = say_last_word(files, SystemClock())
    assert spoken.killed_pid == child.pid
    assert child.wait() == -signal.SIGKILL
    assert wire.heard() == LAST_WORD


def test_nobody_is_killed_for_a_port_that_is_not_there(tmp_path: Path) -> None:
    files = prepared(tmp_path, str(tmp_path / "ttyUSB0"))
    lock = os.open(files.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    child = subprocess.Popen(["/bin/sleep", "60"], pass_fds=(lock,))
    try:
        files.lock.write_text(f"{child.pid}\n")
        with pytest.raises(PortMissing, match="cut the printer's power"):
            say_last_word(files, SystemClock())
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()
        os.close(lock)


def test_an_adapter_is_spoken_to_where_it_is_now(tmp_path: Path, wire: Wire) -> None:
    bus = UsbBus(tmp_path / "tree")
    bus.plug("ttyUSB0", "1-1.1", serial="CD34")
    bus.plug("ttyUSB7", "1-1.2", serial="AB12", leads_to=wire.name)
    spoken = say_last_word(prepared(tmp_path, "usb:1a86:7523:AB12"), SystemClock(), bus.tree)
    assert spoken.port.endswith("ttyUSB7")
    assert wire.heard() == LAST_WORD


def test_a_virtual_printer_is_stopped_by_ending_its_holder(tmp_path: Path, wire: Wire) -> None:
    files = prepared(tmp_path, "virtual:")
    command = [sys.executable, "-c", HOLDER, str(files.lock), wire.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        spoken = say_last_word(files, SystemClock())
        assert (spoken.killed_pid, spoken.is_confirmed) == (holder.pid, True)
        assert holder.wait(10) == -signal.SIGKILL
    assert say_last_word(files, SystemClock()).killed_pid is None


def test_what_is_no_port_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cut the printer's power"):
        say_last_word(prepared(tmp_path, "socket://printer:23"), SystemClock())
    with pytest.raises(PortUnusable):
        say_last_word(prepared(tmp_path, str(tmp_path)), SystemClock())
    with pytest.raises(ConfigurationInvalid, match="bench"):
        say_last_word(RuntimeFiles(tmp_path / "nowhere", "bench"), SystemClock())


def test_the_printers_of_a_folder_are_those_that_were_prepared(tmp_path: Path) -> None:
    prepared(tmp_path, "/dev/null")
    (tmp_path / "hydrogen.json").write_text("{}")
    (tmp_path / "bench.job.json").write_text('{"job": "j"}')
    (tmp_path / "torn.json").write_text('{"printer": "to')
    assert printers_in(tmp_path) == ("bench",)
