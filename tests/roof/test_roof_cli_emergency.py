"""`hydrogen emergency`, as it is typed: with a service, without one, and past a spooler that hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.cli.emergency import emergency
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import make_parser
from hydrogen.errors import NotFound, ServiceUnreachable
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import HouseProcess, connected_idle, running_house, until

StartPrinter = Callable[..., VirtualPrinter]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", "integration-key-0123")


async def typed(house: HouseProcess, *arguments: str) -> tuple[int, str]:
    """Exit code, and everything that was shown."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hydrogen", "emergency", *arguments, "--runtime-dir", str(house.runtime_dir)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        stdin=asyncio.subprocess.DEVNULL,
    )
    shown, _ = await process.communicate()
    return process.returncode or 0, shown.decode()


async def test_the_service_stops_every_printer_without_a_name(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=10)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected_idle(house):
        code, shown = await typed(house)
        assert (code, "emergency stop sent to bench" in shown) == (0, True), shown
        await until(lambda: printer.printer.is_halted)


async def test_without_a_service_the_spooler_does_it(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(speed=10)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        async with connected_idle(house):
            assert house.process is not None
            house.process.kill()
            await house.process.wait()
        spooler = house.spooler_pid()
        code, shown = await typed(house, "bench")
        assert (code, "by its spooler" in shown) == (0, True), shown
        await until(lambda: printer.printer.is_halted)
        assert house.spooler_pid() == spooler


async def test_a_spooler_that_hangs_is_killed_and_the_port_is_taken(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=10)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        async with connected_idle(house):
            pid = house.spooler_pid()
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
            code, shown = await typed(house, "bench")
        assert (code, f"process {pid}" in shown) == (0, True), shown
        await until(lambda: printer.printer.is_halted)


async def test_without_anybody_at_all_the_port_is_taken(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(speed=10)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        async with connected_idle(house):
            pid = house.spooler_pid()
            assert pid is not None
            assert house.process is not None
            house.process.kill()
            os.kill(pid, signal.SIGKILL)
            await house.process.wait()
        code, shown = await typed(house)
        assert (code, "M112 was written" in shown) == (0, True), shown
        await until(lambda: printer.printer.is_halted)


async def test_what_cannot_be_stopped_is_said_and_is_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = HouseProcess(tmp_path, {"bench": "/dev/nowhere"})
    house.runtime_dir.mkdir()
    options = make_parser().parse_args(["emergency", "--runtime-dir", str(house.runtime_dir)])
    with pytest.raises(ServiceUnreachable):
        await emergency(options)
    (house.runtime_dir / "bench.json").write_text(
        '{"printer": "bench", "factory": "m:f", "settings": {"port": "/dev/nowhere"}}'
    )
    assert await emergency(options) is ExitCode.NOT_NOW
    assert "bench: NOT STOPPED: there is no port /dev/nowhere" in capsys.readouterr().err


async def test_a_printer_that_the_service_does_not_know_is_a_mistake(tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        options = make_parser().parse_args(["emergency", "other", "--runtime-dir", str(house.runtime_dir)])
        with pytest.raises(NotFound):
            await emergency(options)
