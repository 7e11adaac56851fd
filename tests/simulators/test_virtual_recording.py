"""Recordings: what is written down, and that it is the same every time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import hydrogen_simulators
from hydrogen_simulators.endpoints.recording import Recorder


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_lines_are_written_whole_with_time_and_side(tmp_path):
    recorder = Recorder(tmp_path / "talk", {"printer": "p"})
    recorder.note("host", b"G2", 1.0)
    recorder.note("host", b"8\nM1", 1.5)
    recorder.note("printer", "ok\r\ncaf\xe9".encode("latin-1"), 2.0)
    recorder.note("printer", b"x" * 5000, 3.0)
    recorder.close()
    recorder.close()
    header, *lines = records(tmp_path / "talk")
    assert header == {"recording": 1, "printer": "p"}
    assert lines[0] == {"at": 1.5, "from": "host", "text": "G28"}
    assert lines[1] == {"at": 2.0, "from": "printer", "text": "ok\r"}
    assert [len(str(line["text"])) for line in lines[2:]] == [4096, 2, 908]


def talk_by(python: str, file: Path, seed: int) -> bytes:
    environment = os.environ | {"PYTHONPATH": str(Path(hydrogen_simulators.__file__).parents[1])}
    subprocess.run(
        [python, str(Path(__file__).with_name("fast_talk.py")), str(file), str(seed)], env=environment, check=True
    )
    return file.read_bytes()


def test_equal_seeds_give_equal_transcripts_byte_for_byte(tmp_path):
    first, second, other = (
        talk_by(sys.executable, tmp_path / name, seed) for name, seed in (("first", 5), ("second", 5), ("other", 6))
    )
    assert first == second
    assert first.count(b" T:") > 50
    assert first.count(b"Resend") > 10
    assert first != other


def other_pythons() -> list[str]:
    """One interpreter of each other version that is on this machine and starts: on the path, or behind pyenv's stubs."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = []
    for minor in range(11, 16):
        name = f"python3.{minor}"
        candidates = [shutil.which(name), *map(str, sorted(pyenv.glob(f"3.{minor}.*/bin/{name}")))]
        found += [python for python in candidates if python and starts_as(python, minor)][:1]
    return [python for python in found if not starts_as(python, sys.version_info.minor)]


def starts_as(python: str, minor: int) -> bool:
    asked = [python, "-c", f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}))"]
    return subprocess.run(asked, capture_output=True).returncode == 0


def test_another_python_gives_the_same_transcript(tmp_path):
    if not (pythons := other_pythons()):
        pytest.skip("there is no Python of another version on this machine")
    ours = talk_by(sys.executable, tmp_path / "ours", 5)
    for python in pythons:
        assert talk_by(python, tmp_path / "theirs", 5) == ours, python


def test_ten_hours_pass_in_a_moment(tmp_path, start_virtual_printer, open_host):
    """The figure for a whole print is a benchmark's; here 100 moves of six minutes each."""
    printer = start_virtual_printer(
        speed=None, maximum_feedrate=(300.0, 300.0, 5.0, 25.0), prevent_cold_extrusion=False
    )
    host = open_host(printer.link)
    begun = time.monotonic()
    for number in range(100):
        host.ask(f"G1 X{200 * (number % 2)} F33")
    host.ask("M400")
    assert host.ask("M31").startswith("//action:notification 0s")
    times = []
    printer.do(lambda board, now: times.append(now))
    assert times[0] > 35_999
    assert time.monotonic() - begun < 20


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        Recorder(tmp_path / "no" / "talk", {})
