"""The commands that are clients, against a real service with a virtual printer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hydrogen.cli import command
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import make_parser
from hydrogen.errors import Conflict, NotFound
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.roof.house_in_process import KEY, InProcessHouse, house_in_process
from tests.support.waiting import wait_until

StartPrinter = Callable[..., VirtualPrinter]
LINES = "G28\n" + "".join(f"G1 X{number % 90 + 5} F600\n" for number in range(200))


class CommandLine:
    """Runs a client command as `main` does, within the test's loop."""

    def __init__(self, house: InProcessHouse, printer: VirtualPrinter) -> None:
        self.house = house
        self.printer = printer

    async def run(self, name: str, *arguments: str) -> ExitCode:
        options = make_parser().parse_args([*arguments, "--runtime-dir", str(self.house.folder / "run")])
        code: ExitCode = await getattr(command, name)(options)
        return code

    @property
    def prompt(self) -> str | None:
        return self.house.hydrogen._context.state.printers["bench"].prompt

    @property
    def status(self) -> str:
        return str(self.house.hydrogen._context.state.printers["bench"].status)


@pytest.fixture
async def line(
    tmp_path: Path, start_virtual_printer: StartPrinter, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[CommandLine]:
    monkeypatch.setenv("HYDROGEN_API_KEY", KEY)
    printer = start_virtual_printer(speed=10)
    async with house_in_process(tmp_path, {"bench": printer.link}) as house:
        line = CommandLine(house, printer)
        await wait_until(lambda: line.status == "idle", within_seconds=20)
        yield line


async def test_status_tells_people_and_programs(line: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    assert await line.run("status", "status") is ExitCode.DONE
    assert "bench: idle" in capsys.readouterr().out
    assert await line.run("status", "status", "--json") is ExitCode.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["printers"]["bench"]["status"] == "idle"
    assert told["service"]["server_start_time"]


async def test_a_printer_without_a_switch_is_not_switched(line: CommandLine) -> None:
    for position in ("on", "off"):
        with pytest.raises(NotFound, match=f"nothing turns the power of bench {position}"):
            await line.run("switch_power", "power", position, "bench")


async def test_a_print_is_paused_resumed_and_cancelled(
    line: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cube.gcode"
    file.write_text(LINES)
    with pytest.raises(Conflict):
        await line.run("act_on_job", "pause")
    assert await line.run("print_file", "print", str(file)) is ExitCode.DONE
    assert "bench: printing cube.gcode, 201 lines" in capsys.readouterr().out
    for name, status in (("pause", "paused"), ("resume", "printing"), ("cancel", "idle")):
        assert await line.run("act_on_job", name, "--printer", "bench") is ExitCode.DONE
        await wait_until(lambda status=status: line.status == status, within_seconds=20, what=f"{name}: {line.status}")  # type: ignore[misc]


async def test_what_the_printer_asks_is_shown_and_answered(
    line: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Conflict, match="asks nothing"):
        await line.run("answer", "answer")
    file = tmp_path / "plate.gcode"
    file.write_text("M0 Change the plate\nG1 X5 F600\n")
    assert await line.run("print_file", "print", str(file)) is ExitCode.DONE
    await wait_until(lambda: line.prompt is not None, within_seconds=20)
    assert await line.run("status", "status") is ExitCode.DONE
    assert "asks: Change the plate [Continue] (hydrogen answer)" in capsys.readouterr().out
    assert await line.run("answer", "answer", "continue", "--printer", "bench") is ExitCode.DONE
    assert "button 0 pressed" in capsys.readouterr().out
    await wait_until(lambda: line.prompt is None and line.status == "idle", within_seconds=20)


async def test_watching_as_json_is_the_protocol_line_by_line(
    line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    watching = asyncio.create_task(line.run("watch", "watch", "--json"))
    shown = ""

    def has_snapshot() -> bool:
        nonlocal shown
        shown += capsys.readouterr().out
        return '"snapshot"' in shown

    await wait_until(has_snapshot)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
    assert json.loads(shown.splitlines()[0])["type"] == "status"


async def test_watching_shows_the_printer_and_refuses_an_unknown_one(
    line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotFound, match="bench"):
        await line.run("watch", "watch", "--printer", "other")
    watching = asyncio.create_task(line.run("watch", "watch"))
    shown = ""

    def has_state() -> bool:
        nonlocal shown
        shown += capsys.readouterr().out
        return "bench: idle" in shown

    await wait_until(has_state)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching
