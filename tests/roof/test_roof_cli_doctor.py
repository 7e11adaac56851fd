"""`hydrogen doctor`, with a service that runs and without one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.doctor import doctor, report_lines
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import make_parser
from hydrogen.doctor.check import CheckResult
from hydrogen.errors import NotFound
from tests.roof.house_in_process import KEY, house_in_process


def configuration(folder: Path, text: str = "") -> Path:
    file = folder / "hydrogen.toml"
    places = f'[server]\ndata_dir = "{folder}/data"\nruntime_dir = "{folder}/run"\n'
    file.write_text(places + "[websocket]\nport = 0\n[web]\nport = 0\n" + text)
    return file


async def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[ExitCode, dict[str, Any]]:
    code = await doctor(make_parser().parse_args(["doctor", *words, "--json"]))
    return code, json.loads(capsys.readouterr().out)


async def test_without_a_service_the_machine_is_looked_at_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = configuration(tmp_path, f'[printers.bench]\nport = "{tmp_path}/nowhere"\n')
    code, said = await told(capsys, "--config", str(file))
    assert code is ExitCode.NOT_PRINTED
    checks = {one["name"]: one for one in said["checks"]}
    assert checks["configuration"]["outcome"] == "ok"
    assert checks["port of bench"]["outcome"] == "failed"
    assert checks["service"]["outcome"] == "skipped"
    assert [one["verdicts"][0]["cause"] for one in said["diagnoses"]] == ["unplugged"]
    with pytest.raises(NotFound, match="nobody"):
        await told(capsys, "nobody", "--config", str(file))


async def test_a_configuration_that_cannot_be_used_is_a_finding_and_no_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = configuration(tmp_path, "[websocket2]\n")
    code, said = await told(capsys, "--config", str(file), "--runtime-dir", str(tmp_path))
    assert code is ExitCode.NOT_PRINTED
    assert said["checks"][0]["outcome"] == "failed"
    assert "websocket2" in said["checks"][0]["sentence"]
    assert "hydrogen check-config" in said["checks"][0]["mend"]


async def test_a_service_that_runs_is_asked_for_its_verdicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    key.write_text(KEY)
    async with house_in_process(tmp_path) as house:
        where = ["--url", house.find_address().url, "--key-file", str(key), "--config", str(configuration(tmp_path))]
        code, said = await told(capsys, *where)
        assert said["diagnoses"] == []
        assert "service" not in [one["name"] for one in said["checks"]]
        failed = [one for one in said["checks"] if one["outcome"] == "failed"]
        assert (code is ExitCode.DONE) == (failed == [])


def test_what_mends_it_stands_below_what_is_wrong() -> None:
    checks = [
        CheckResult(name="time", outcome="warning", sentence="nobody keeps the clock", mend="sudo timedatectl"),
        CheckResult(name="disk", outcome="ok", sentence="much room", mend=""),
    ]
    verdict = {"cause": "noisy_wire", "confidence": "medium", "sentence": "bytes are damaged", "next_step": "a cable"}
    diagnosis = {"printer": "bench", "verdicts": [{**verdict, "evidence": ["60 lines"]}], "not_seen": ["the kernel"]}
    assert report_lines(checks, [diagnosis]) == [
        "warning  time: nobody keeps the clock",
        "         -> sudo timedatectl",
        "ok       disk: much room",
        "\nbench",
        "  bytes are damaged (noisy_wire, medium confidence)",
        "    seen: 60 lines",
        "    -> a cable",
        "  not looked at: the kernel",
    ]
