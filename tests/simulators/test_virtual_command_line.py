"""What the options of the command line become: one printer or several, and the sensors beside them."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import hydrogen_simulators
from hydrogen_simulators.__main__ import main
from hydrogen_simulators.command_line import parser, printer_plans

FOLDER = Path(hydrogen_simulators.__file__).parents[1]


def plans(*options: str):
    return printer_plans(parser().parse_args(options))


def test_options_count_more_than_the_scenario_and_that_more_than_the_persona():
    scenario = ["--link", "tty", "--scenario", "small-ring"]
    (plan,) = plans(*scenario)
    assert (plan.settings.ring_size, plan.settings.instant_motion, plan.port.speed) == (64, True, 1.0)
    (plan,) = plans(*scenario, "--ring", "32", "--speed", "max", "--persona", "repetier", "--faults", "lost-oks")
    assert (plan.settings.ring_size, plan.port.speed) == (32, None)
    assert plan.settings.firmware_name.startswith("Repetier")
    assert plan.port.faults.drop_ok_every == 100


def test_several_printers_have_names_seeds_and_personas_of_their_own(tmp_path):
    options = ["--link", "ttyA", "--link", "ttyB", "--tcp", "127.0.0.1:0", "--seed", "5", "--ledger", "ran.json"]
    made = plans(*options, "--persona", "marlin-2", "--persona", "klipper", "--persona", "teacup")
    assert [str(plan.port.ledger_file) for plan in made] == ["ran-ttyA.json", "ran-ttyB.json", "ran-2.json"]
    assert [plan.port.seed for plan in made] == [5, 6, 7]
    assert [plan.settings.firmware_name.split()[0] for plan in made] == ["Marlin", "Klipper", "Teacup"]
    with pytest.raises(ValueError, match="2 personas for 3 ports"):
        plans(*options, "--persona", "marlin-2", "--persona", "klipper")


@pytest.fixture
def run():
    running = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "hydrogen_simulators", *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(FOLDER)},
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait(10)
        process.stdout.close()


def test_two_printers_live_in_one_process_and_end_together(run, open_host, tmp_path):
    links = [tmp_path / "ttyA", tmp_path / "ttyB"]
    process = run("--link", str(links[0]), "--link", str(links[1]), "--persona", "marlin-2", "--persona", "klipper")
    assert [process.stdout.readline() for _ in links] == [f"ready {link}\n" for link in links]
    assert "Marlin" in open_host(links[0]).ask("M115", "FIRMWARE_NAME")
    assert "Klipper" in open_host(links[1]).ask("M115", "FIRMWARE_NAME")
    resident = int(Path(f"/proc/{process.pid}/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024
    assert resident < 24, "MiB for two printers"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert not any(link.is_symlink() for link in links)


def test_a_thermometer_talks_to_whoever_listens(run, tmp_path):
    link = tmp_path / "ttyTHERM"
    process = run(
        "thermometer", "--link", str(link), "--form", "csv", "--celsius", "23.5", "--celsius", "41", "--every", "0.01"
    )
    assert process.stdout.readline() == f"ready {link}\n"
    descriptor = os.open(link, os.O_RDONLY | os.O_NOCTTY)
    heard = b""
    while heard.count(b"\n") < 3:
        assert select.select([descriptor], [], [], 10)[0]
        heard += os.read(descriptor, 100)
    os.close(descriptor)
    assert heard.splitlines()[1] == b"23.50,41.00"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert not link.is_symlink()


def test_a_tree_of_sensors_stands_until_the_end(run, tmp_path):
    folder = tmp_path / "w1"
    process = run(
        "onewire", "--folder", str(folder), "--sensor", "28-000005e2fdc3=23.5", "--sensor", "28-0000000000ff=1:crc"
    )
    assert process.stdout.readline() == f"ready {folder}\n"
    assert (folder / "28-000005e2fdc3" / "temperature").read_text() == "23500\n"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert not folder.exists()


@pytest.mark.parametrize("sensor", ["28-xyz=1", "28-000005e2fdc3=warm", "28-000005e2fdc3=1:melted"])
def test_a_wrong_sensor_is_refused(sensor, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["onewire", "--folder", str(tmp_path / "w"), "--sensor", sensor])
    assert "--sensor" in capsys.readouterr().err
