"""`hydrogen retention`, against a running service and a real disk."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import make_parser
from hydrogen.cli.retention import report_lines, retention
from tests.roof.house_in_process import KEY, house_in_process


def put(path: Path, size: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"line\n" * (size // 5))
    os.utime(path, (1_000_000_000.0, 1_000_000_000.0))
    return path


def is_there(path: Path) -> bool:
    return path.exists()


def size_of(path: Path) -> int:
    return path.stat().st_size


async def test_a_dry_run_tells_and_apply_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A log that is too large needs no clock that is set, so it goes on every machine."""
    key = tmp_path / "key"
    key.write_text(KEY)
    async with house_in_process(tmp_path) as house:
        log = put(tmp_path / "run" / "sold.log", 3_000_000)
        mine = put(house.files / "mine.gcode", 500)
        where = ["--url", house.find_address().url, "--key-file", str(key)]
        for words in ([], ["--apply"], ["--json"]):
            options = make_parser().parse_args(["retention", *words, *where])
            assert await retention(options) is ExitCode.DONE
            assert size_of(log) == (3_000_000 if not words else 524_285)
            await asyncio.sleep(0)
        assert is_there(mine)
    out = capsys.readouterr().out.splitlines()
    assert "sold.log: larger than 1,048,576 bytes" in out[0]
    assert out[1] == "1 thing, 3,000,000 bytes, would be deleted (--apply does it)"
    assert out[3] == "1 thing, 2,475,715 bytes, deleted"
    assert json.loads(out[4])["count"] == 0


def test_a_report_says_what_is_left_out_what_stays_and_what_failed() -> None:
    one = {"kind": "files", "name": "a.gcode", "size_bytes": 1000, "reason": "too old"}
    told = {"applied": False, "deletions": [one], "count": 3, "bytes": 3000, "needed": 2, "failed": ["spool: no"]}
    assert report_lines(told) == [
        "files             1,000  a.gcode: too old",
        "and 2 more",
        "3 things, 3,000 bytes, would be deleted (--apply does it)",
        "2 more stay because a job, the queue or a recovery needs them",
        "failed: spool: no",
    ]
