"""The console script."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import hydrogen_simulators
from hydrogen_simulators.__main__ import main
from hydrogen_simulators.ledger import job_hash

FOLDER = Path(hydrogen_simulators.__file__).parents[1]


@pytest.fixture
def simulate(tmp_path):
    running = []

    def start(*options):
        command = [sys.executable, "-m", "hydrogen_simulators", "--link", str(tmp_path / "tty"), *options]
        environment = os.environ | {"PYTHONPATH": str(FOLDER)}
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment))
        assert running[-1].stdout.readline() == f"ready {tmp_path / 'tty'}\n"
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait(10)
        process.stdout.close()


def test_job_is_proven_by_the_ledger_at_sigterm(simulate, open_host, line, tmp_path):
    ledger = tmp_path / "ran.json"
    process = simulate("--ledger", str(ledger), "--exec-log", str(tmp_path / "log"), "--instant-motion")
    host = open_host(tmp_path / "tty")
    moves = [f"G1 X{n}" for n in range(1, 21)]
    for number, move in enumerate(moves, 1):
        host.ask(line(number, move).strip())
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    facts = json.loads(ledger.read_text())
    assert (facts["job_lines"], facts["last_n"], facts["x"], facts["opens"]) == (20, 20, 20.0, 1)
    assert facts["job_hash"] == job_hash(moves)
    assert (tmp_path / "log").read_text().splitlines() == moves
    assert not os.path.lexists(tmp_path / "tty")


def test_ledger_is_written_when_asked_by_m9999(simulate, open_host, tmp_path):
    ledger = tmp_path / "ran.json"
    simulate("--ledger", str(ledger), "--no-advanced-ok")
    host = open_host(tmp_path / "tty")
    assert host.ask("G90") == "ok\n"
    host.ask("M9999")
    assert json.loads(ledger.read_text())["all_lines"] == 1


def test_interrupt_ends_it_as_well(simulate):
    process = simulate()
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def test_fault_plans_are_listed(capsys):
    assert main(["faults"]) == 0
    shown = capsys.readouterr().out
    assert "lost-oks" in shown
    assert "every 100th ok never arrives" in shown


def test_unknown_fault_plan_is_a_clear_error(capsys, tmp_path):
    assert main(["--link", str(tmp_path / "tty"), "--faults", "foo"]) == 2
    assert "no fault plan 'foo'" in capsys.readouterr().err


def test_real_file_is_refused(capsys, tmp_path):
    (tmp_path / "tty").write_text("")
    assert main(["--link", str(tmp_path / "tty")]) == 2
    assert "is not a symbolic link" in capsys.readouterr().err


@pytest.mark.parametrize("options", [["--speed", "0"], ["--speed", "fast"], ["--ring", "-1"], []])
def test_wrong_options_are_refused(options, capsys, tmp_path):
    link = ["--link", str(tmp_path / "tty")] if options else []
    with pytest.raises(SystemExit):
        main([*link, *options])
    assert "usage: hydrogen-sim" in capsys.readouterr().err


def test_help_teaches(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "hydrogen-sim --link ./ttyVIRTUAL --speed 50" in capsys.readouterr().out
