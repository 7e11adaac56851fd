"""Figures of our processes, and of nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hydrogen.system.process import read_process, read_spoolers


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", "ender3"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # until it is what it is to be, its command line is not its own
        yield process
        process.kill()


def test_this_process_has_figures() -> None:
    told = read_process()
    assert told is not None
    assert told.threads >= 1 and told.resident_bytes > 1_000_000 and told.cpu_seconds > 0 and told.open_files > 0


def test_a_process_that_is_gone_has_none(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    assert read_process(child.pid) is None


def test_a_spooler_is_found_by_its_lock(tmp_path: Path, child: subprocess.Popen[bytes]) -> None:
    (tmp_path / "ender3.lock").write_text(f"{child.pid}\n")
    told = read_spoolers(tmp_path, ("ender3", "prusa"))
    assert set(told) == {"ender3"}
    assert told["ender3"].resident_bytes > 0


def test_a_pid_of_somebody_else_is_nobodys_spooler(tmp_path: Path, child: subprocess.Popen[bytes]) -> None:
    (tmp_path / "prusa.lock").write_text(f"{child.pid}\n")
    (tmp_path / "ender3.lock").write_text(f"{os.getpid()}\n")
    (tmp_path / "voron.lock").write_text("")
    assert not read_spoolers(tmp_path, ("ender3", "prusa", "voron"))
