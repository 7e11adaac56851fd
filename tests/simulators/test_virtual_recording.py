"""Recordings: what is written down, and that it is the same every time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hydrogen_simulators.endpoints.recording import Recorder
from hydrogen_simulators.faults import FaultPlan


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


SCRIPT = [
    "M115",
    "M155 S2",
    "M104 S205",
    "M140 S60",
    "G28",
    "M190 S60",
    "M109 S205",
    "G92 E0",
    *(f"G1 X{10 + n % 90} Y{10 + n // 9} E{n / 20:.3f} F{1200 + n}" for n in range(150)),
    "M105",
    "G4 S1800",
    "M114",
    "M400",
    "M31",
]


def talk_of(start, open_host, line, path, seed):
    printer = start(
        f"tty-{path.name}", speed=None, seed=seed, record_file=path, faults=FaultPlan(corrupt_every=13), temperature_noise_celsius=0.3
    )
    host = open_host(printer.link)
    host.ask("M110 N0")
    for number, command in enumerate(SCRIPT, 1):
        while "Resend" in host.ask(line(number, command).strip(), "ok"):
            continue
    printer.stop()
    return path.read_bytes()


def test_equal_seeds_give_equal_transcripts_byte_for_byte(tmp_path, start_virtual_printer, open_host, line):
    first, second, other = (
        talk_of(start_virtual_printer, open_host, line, tmp_path / name, seed)
        for name, seed in (("first", 5), ("second", 5), ("other", 6))
    )
    assert first == second
    assert first.count(b" T:") > 50
    assert first.count(b"Resend") > 10
    assert first != other


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        Recorder(tmp_path / "no" / "talk", {})
