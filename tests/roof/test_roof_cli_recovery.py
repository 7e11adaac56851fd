"""`hydrogen recover`: shows the plan, asks, and does nothing that was not approved."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import make_parser
from hydrogen.cli.recovery import recover_command
from hydrogen.core.clock import SystemClock
from hydrogen.errors import Conflict, NotFound
from hydrogen.spooler.journal.cold_record import ColdProgress, encode_record, record_place
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.roof.house_in_process import KEY, InProcessHouse, house_in_process
from tests.spooler.cold_images import header, image, put, record
from tests.support.waiting import wait_until

LINES = ["M104 S30", "G28", "M83", "G92 E0"]
LINES += [f"G1 X{n % 90 + 5} Y{n % 7} Z{n // 20 * 0.2:.1f} E.1 F6000" for n in range(200)]


def interrupt(folder: Path, line: int, *, is_aside: bool = False) -> None:
    """Leave a print behind that was cut off after so many lines; is_aside: while its head was parked."""
    text = "".join(f"{text}\n" for text in LINES).encode()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "j1.gcode").write_bytes(text)
    head = replace(header(), size_bytes=len(text), sha256=hashlib.sha256(text).hexdigest())
    offset = sum(len(text) + 1 for text in LINES[:line])
    progress = ColdProgress(offset=offset, given_offset=offset, is_aside=is_aside)
    last = replace(record(1, at=SystemClock().wall()), progress=progress)
    data = image(0, head)
    put(data, encode_record(last), record_place(1))
    (folder / "j1.journal").write_bytes(data)


class CommandLine:
    """Runs `hydrogen recover` beside the loop, as it runs in a process of its own."""

    def __init__(self, house: InProcessHouse, printer: VirtualPrinter) -> None:
        self.house = house
        self.printer = printer
        self.asked: list[str] = []

    async def recover(self, *arguments: str, answer: str = "no") -> int:
        options = make_parser().parse_args(["recover", *arguments, "--runtime-dir", str(self.house.folder / "run")])

        def ask(question: str) -> str:
            self.asked.append(question)
            return answer

        return await asyncio.to_thread(recover_command, options, ask)

    @property
    def state(self) -> Any:
        return self.house.hydrogen._context.state.printers["bench"]


@pytest.fixture
async def line(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    start_virtual_printer: Callable[..., VirtualPrinter],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[CommandLine]:
    monkeypatch.setenv("HYDROGEN_API_KEY", KEY)
    interrupt(tmp_path / "data" / "spool", 120, is_aside=getattr(request, "param", False))
    printer = start_virtual_printer(speed=None, prevent_cold_extrusion=False)
    async with house_in_process(tmp_path, {"bench": printer.link}) as house:
        line = CommandLine(house, printer)
        await wait_until(lambda: str(line.state.status) == "idle", within_seconds=20)
        yield line


async def test_plan_is_shown_and_nothing_moves_without_a_yes(
    line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await line.recover() == ExitCode.NOT_NOW
    shown = capsys.readouterr().out
    assert "it would go on with line 121" in shown
    assert "G28 X Y" in shown
    assert "only: the end stop of Z is under the part" in shown
    assert "! the print stopped somewhere between line" in shown
    assert "! the nozzle is taken to stand at Z" in shown
    assert "with a height that you measured: --z MM" in shown
    assert "z_mm" not in shown
    assert len(line.asked) == 1
    assert line.printer.ledger.moves == []
    assert line.state.recoverable.job == "j1"


async def test_yes_takes_the_print_up(line: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    assert await line.recover("j1", answer="yes") == ExitCode.DONE
    assert "printing part.gcode from line 121" in capsys.readouterr().out
    await wait_until(lambda: str(line.state.status) == "idle" and line.state.job is None, within_seconds=20)
    rest = [text for text in LINES[120:] if text.startswith("G1")]
    assert line.printer.ledger.moves[-len(rest) :] == rest
    assert line.state.recoverable is None


async def test_programs_approve_by_digest(line: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    assert await line.recover("--json", "--line", "60", "--z", "3.25") == ExitCode.DONE
    plan = json.loads(capsys.readouterr().out)
    assert (plan["line"], plan["standing_z_mm"]) == (60, 3.25)
    with pytest.raises(Conflict, match="another plan"):
        await line.recover("--line", "61", "--z", "3.25", "--yes", plan["digest"])
    assert line.printer.ledger.moves == []
    assert await line.recover("--line", "60", "--z", "3.25", "--yes", plan["digest"]) == ExitCode.DONE
    assert line.asked == []


@pytest.mark.parametrize("line", [True], indirect=True)
async def test_a_height_that_nobody_knows_is_asked_for_by_its_option(
    line: CommandLine, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Conflict) as refused:
        await line.recover("j1")
    assert refused.value.message.endswith("make the plan with what you measured: hydrogen recover j1 --z MM")
    assert refused.value.details["field"] == "z_mm", "what programs fill in"
    assert await line.recover("j1", "--z", "3.25") == ExitCode.NOT_NOW
    shown = capsys.readouterr().out
    assert "G92 Z3.25" in shown
    assert "--z MM" not in shown, "it is measured"


async def test_job_may_be_given_up(line: CommandLine, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotFound):
        await line.recover("other")
    with pytest.raises(NotFound):
        await line.recover("other", "--printer", "bench")
    assert await line.recover("--discard") == ExitCode.DONE
    assert "job j1 was given up" in capsys.readouterr().out
    with pytest.raises(NotFound, match="no interrupted job"):
        await line.recover()
