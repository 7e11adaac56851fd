"""`hydrogen files …`, against a real service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from hydrogen.cli import files
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import make_parser
from hydrogen.errors import NotFound
from tests.roof.house_in_process import KEY, InProcessHouse, house_in_process

Run = Callable[..., Awaitable[ExitCode]]


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[InProcessHouse]:
    monkeypatch.setenv("HYDROGEN_API_KEY", KEY)
    async with house_in_process(tmp_path / "house") as running:
        yield running


@pytest.fixture
def run(house: InProcessHouse) -> Run:
    async def run(name: str, *arguments: str) -> ExitCode:
        options = make_parser().parse_args(["files", *arguments, "--runtime-dir", str(house.folder / "run")])
        assert options.command == "files"
        work: Callable[..., Awaitable[ExitCode]] = getattr(files, name)
        return await work(options)

    return run


async def test_the_files_are_listed_page_by_page(
    house: InProcessHouse, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(1005):
        (house.files / f"{number:04}.gcode").write_text("G28\n")
    assert await run("list_files") is ExitCode.DONE
    assert len(capsys.readouterr().out.splitlines()) == 1005
    assert await run("list_files", "list", "--json") is ExitCode.DONE
    assert json.loads(capsys.readouterr().out.splitlines()[7])["path"] == "0007.gcode"


async def test_a_file_is_uploaded_moved_and_deleted(
    house: InProcessHouse, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.gcode").write_text("G28\n")
    assert await run("upload", "upload", str(tmp_path / "a.gcode")) is ExitCode.DONE
    assert await run("upload", "upload", str(tmp_path / "a.gcode"), "sub/b.gcode") is ExitCode.DONE
    assert await run("move", "move", "sub/b.gcode", "c.gcode") is ExitCode.DONE
    assert await run("delete", "delete", "a.gcode") is ExitCode.DONE
    told = capsys.readouterr().out.splitlines()
    assert told == ["stored as a.gcode", "stored as sub/b.gcode", "moved to c.gcode", "deleted a.gcode"]
    assert [path.name for path in house.files.glob("*.gcode")] == ["c.gcode"]
    with pytest.raises(NotFound):
        await run("delete", "delete", "a.gcode", "--force")
