"""The console script."""

from __future__ import annotations

import json
import os
import signal
import socket
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


def test_personas_are_listed(capsys):
    assert main(["personas"]) == 0
    shown = capsys.readouterr().out
    assert "repetier" in shown
    assert "prusa-mk3" in shown


def test_unknown_persona_is_a_clear_error(capsys, tmp_path):
    assert main(["--link", str(tmp_path / "tty"), "--persona", "foo"]) == 2
    assert "no persona 'foo'" in capsys.readouterr().err


def test_persona_speaks_on_the_port_and_options_count_more(simulate, open_host, tmp_path):
    simulate("--persona", "repetier", "--firmware", "Repetier_9", "--extruders", "2")
    host = open_host(tmp_path / "tty")
    assert host.ask("M115", "PROTOCOL:3").startswith("ok 0\r\nFIRMWARE_NAME:Repetier_9 ")
    assert "T1:" in host.ask("M105", "T1:")
    host.read_until("wait\r\n")


def test_card_is_a_folder(simulate, open_host, tmp_path):
    card = tmp_path / "card"
    card.mkdir()
    (card / "a.gco").write_bytes(b"G90\n")
    simulate("--card", str(card))
    assert "A.GCO 4\n" in open_host(tmp_path / "tty").ask("M20")


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:x", "127.0.0.1:70000"])
def test_wrong_address_is_refused(address, capsys):
    with pytest.raises(SystemExit):
        main(["--tcp", address])
    assert "must be HOST:PORT" in capsys.readouterr().err


def test_tcp_port_is_announced_and_answers(tmp_path):
    command = [sys.executable, "-m", "hydrogen_simulators", "--tcp", "127.0.0.1:0"]
    environment = os.environ | {"PYTHONPATH": str(FOLDER)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        name = process.stdout.readline().removeprefix("ready ").strip()
        host, _, port = name.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b"G90\n")
            assert connection.recv(100).startswith(b"ok")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
