"""The demo: from nothing to the summary, and cleanly away when somebody interrupts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hydrogen.cli.demo import SAMPLE
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import main

LINES = "G28\nM104 S200\n" + "".join(f"G1 X{number % 90 + 5} F600\n" for number in range(150)) + "M104 S0\n"


def demo(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "hydrogen", "demo", *arguments],
        env={**os.environ, "TMPDIR": str(folder), "HYDROGEN_SERVER__DATA_DIR": "/nowhere"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def processes_in(folder: Path) -> list[str]:
    """Command lines that mention the folder; the spooler's, the service's and the simulator's do."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            text = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in text:
            found.append(text)
    return found


def test_the_demo_prints_shows_the_progress_and_ends_with_a_summary(tmp_path: Path) -> None:
    file = tmp_path / "job.gcode"
    file.write_text(LINES)
    work = tmp_path / "tmp"
    work.mkdir()
    process = demo(work, "--speed", "100", str(file))
    shown, _ = process.communicate(timeout=50)
    assert process.returncode == ExitCode.DONE, shown
    assert "job.gcode: print completed" in shown
    assert "%  layer" in shown
    assert "lines    153 of 153" in shown
    assert list(work.iterdir()) == []
    assert processes_in(work) == []


def test_ctrl_c_stops_everything(tmp_path: Path) -> None:
    file = tmp_path / "job.gcode"
    file.write_text(LINES)
    work = tmp_path / "tmp"
    work.mkdir()
    process = demo(work, "--speed", "5", str(file))
    assert process.stdout is not None
    for line in process.stdout:
        if "virtual: printing" in line:
            break
    process.send_signal(signal.SIGINT)
    shown, _ = process.communicate(timeout=30)
    assert process.returncode == ExitCode.INTERRUPTED, shown
    assert "heaters are off" in shown
    assert list(work.iterdir()) == []
    assert processes_in(work) == []


def test_a_killed_demo_takes_its_service_with_it(tmp_path: Path) -> None:
    file = tmp_path / "job.gcode"
    file.write_text(LINES)
    process = demo(tmp_path, "--speed", "5", str(file))
    assert process.stdout is not None
    for line in process.stdout:
        if "virtual: printing" in line:
            break
    process.kill()
    process.communicate(timeout=10)
    ends_at = time.monotonic() + 20
    while processes_in(tmp_path):
        assert time.monotonic() < ends_at, processes_in(tmp_path)
        time.sleep(0.05)


def test_a_file_that_is_not_there_is_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "/no/such/file.gcode"]) == ExitCode.USAGE
    assert "/no/such/file.gcode" in capsys.readouterr().err


def test_the_sample_is_there() -> None:
    assert SAMPLE.read_text().count("\n") > 7000
