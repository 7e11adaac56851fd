"""`serve`, `stop` and `check-config`, as processes and as functions."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import main, make_parser
from hydrogen.cli.service import stop_command
from hydrogen.fleet.runtime import read_service_record
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import HouseProcess, connected_idle, print_started, running_house, square_lines
from tests.support.waiting import wait_until

StartPrinter = Callable[..., VirtualPrinter]


def test_a_right_configuration_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "h.toml"
    path.write_text('[printers.ender3]\nport = "/dev/ttyUSB0"')
    assert main(["check-config", str(path)]) == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "ender3" in shown
    assert "no API key" in shown


def test_a_wrong_configuration_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "h.toml"
    path.write_text("[websocket]\nprot = 1")
    assert main(["check-config", str(path)]) == ExitCode.USAGE
    assert "Did you mean 'port'?" in capsys.readouterr().err


def test_stopping_nobody_is_unreachable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stop", "--runtime-dir", str(tmp_path)]) == ExitCode.UNREACHABLE
    assert main(["stop", "--all", "--runtime-dir", str(tmp_path)]) == ExitCode.DONE
    assert "no Hydrogen service" in capsys.readouterr().err


async def test_stop_all_ends_the_service_and_a_spooler_with_its_job_heaters_off(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        async with connected_idle(house) as client:
            await print_started(client, house, square_lines(1000, feedrate=600))
        options = make_parser().parse_args(["stop", "--all", "--runtime-dir", str(house.runtime_dir)])
        assert house.process is not None
        reaped = asyncio.create_task(house.process.wait())
        assert await stop_command(options) is ExitCode.DONE
        assert await reaped == 0, house.said
        assert house.spooler_pid() is None
    await asyncio.to_thread(printer.wait_until_closed)
    assert not any(reading.target_celsius for reading in printer.printer.temperatures.values())


async def test_stop_leaves_a_spooler_with_a_job_alone(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(speed=20)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        async with connected_idle(house) as client:
            await print_started(client, house, square_lines(1000, feedrate=600))
        options = make_parser().parse_args(["stop", "--runtime-dir", str(house.runtime_dir)])
        assert house.process is not None
        reaped = asyncio.create_task(house.process.wait())
        assert await stop_command(options) is ExitCode.DONE
        assert await reaped == 0
        assert house.spooler_pid() is not None
        assert (
            await stop_command(make_parser().parse_args(["stop", "--all", "--runtime-dir", str(house.runtime_dir)]))
            == 0
        )
        assert house.spooler_pid() is None


def test_the_first_start_prints_the_generated_key_and_the_second_does_not(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "HYDROGEN_SERVER__DATA_DIR": str(tmp_path / "data"),
        "HYDROGEN_SERVER__RUNTIME_DIR": str(tmp_path / "run"),
        "HYDROGEN_WEBSOCKET__PORT": "0",
        "HOME": str(tmp_path),
    }
    shown = []
    for _ in range(2):
        command = [sys.executable, "-m", "hydrogen", "serve", "--lifeline"]
        done = subprocess.run(
            command, env=environment, input="", capture_output=True, text=True, timeout=30, check=False, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        shown.append(done.stdout)
    key = (tmp_path / "data" / "api_key").read_text().strip()
    assert key in shown[0]
    assert key not in shown[1]


def test_a_simulated_house_needs_no_file_and_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "HYDROGEN_SERVER__RUNTIME_DIR": str(tmp_path / "run"),
        "HYDROGEN_WEBSOCKET__PORT": "0",
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "hydrogen", "serve", "--simulate", "--speed", "max"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        while read_service_record(tmp_path / "run") is None:
            assert process.poll() is None, (tmp_path / "log").read_text()
        status = subprocess.run(
            [sys.executable, "-m", "hydrogen", "status"], env=environment, capture_output=True, text=True, timeout=30
        )
        assert status.returncode == 0, status.stderr
        assert "virtual:" in status.stdout
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, (tmp_path / "log").read_text()
    finally:
        process.kill()
        process.wait()
    assert {path.name for path in tmp_path.iterdir()} <= {"run", "log"}


async def test_a_simulated_house_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "HYDROGEN_SERVER__RUNTIME_DIR": str(tmp_path / "run"),
        "HYDROGEN_WEBSOCKET__PORT": "0",
        "TMPDIR": str(tmp_path),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hydrogen", "serve", "--simulate"),
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await wait_until(lambda: len(processes_with(f"TMPDIR={tmp_path}")) == 3)  # service, spooler, simulator
        process.kill()
        await process.wait()
        await wait_until(lambda: not processes_with(f"TMPDIR={tmp_path}"))
    finally:
        for pid in processes_with(f"TMPDIR={tmp_path}"):
            os.kill(pid, signal.SIGKILL)


def processes_with(variable: str) -> list[int]:
    """Those whose environment has this, dead ones left out."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and variable.encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


async def test_a_house_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    house = HouseProcess(tmp_path, {}, logging='level = "error"')
    (tmp_path / "run").write_text("not a folder")
    await house.start(is_expected_up=False)
    assert await house.ended() == ExitCode.FAILED
    assert house.said.startswith("hydrogen: cannot write")
    assert len(house.said.splitlines()) == 1
