"""`hydrogen printers`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.fleet import list_printers, row_of, table_of
from hydrogen.cli.main import make_parser
from tests.roof.house_in_process import KEY, house_in_process


async def test_every_printer_has_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", KEY)
    async with house_in_process(tmp_path, {"bench": tmp_path / "ttyUSB0", "other": tmp_path / "ttyUSB1"}):
        for words in ([], ["--json"]):
            options = make_parser().parse_args(["printers", *words, "--runtime-dir", str(tmp_path / "run")])
            assert await list_printers(options) is ExitCode.DONE
    *table, told = capsys.readouterr().out.splitlines()
    assert table[0].split()[:4] == ["PRINTER", "STATUS", "MACHINE", "PORT"]
    assert [line.split()[0] for line in table[1:]] == ["bench", "other"]
    assert str(tmp_path / "ttyUSB0") in table[1]
    assert sorted(json.loads(told)) == ["bench", "other"]


async def test_house_without_printers_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", KEY)
    async with house_in_process(tmp_path):
        options = make_parser().parse_args(["printers", "--runtime-dir", str(tmp_path / "run")])
        assert await list_printers(options) is ExitCode.DONE
    assert "no printer is configured" in capsys.readouterr().out


def test_cells_of_a_printer_that_prints_and_of_one_that_is_off() -> None:
    busy = {
        "status": "printing",
        "firmware": {"name": "Marlin", "machine_type": "Ender-3"},
        "port": "usb:1a86:7523",
        "heaters": {"bed": {"actual_celsius": 60.0, "target_celsius": 60.0}},
        "job": {"file": "cube.gcode", "fraction": 0.42},
    }
    row = row_of("ender3", busy)
    assert (row[0], row[2], row[3], row[5]) == ("ender3", "Ender-3", "usb:1a86:7523", "cube.gcode 42%")
    assert row_of("off", {"status": "offline"}) == ("off", "offline", "-", "-", "-", "-")
    assert table_of([("a", "bb"), ("ccc", "")]) == ["a    bb", "ccc"]
