"""Saying, asking for root, doing: for files of the host and the programs that make them count."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pytest

from hydrogen.cli import host_files
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.host_files import HostCommand, HostPlan, check_files, install_files, remove_files, run_commands
from hydrogen.errors import Forbidden, HostError
from hydrogen.system.host_files import HostFile

PLAN = HostPlan(
    files=[HostFile(target="/etc/a", content=b"a"), HostFile(target="/etc/b", content=b"b")],
    after_install=[HostCommand(words=("reload", "it now"))],
    before_remove=[HostCommand(words=("stop",))],
    after_remove=[HostCommand(words=("reload",))],
)


def options(root: Path, *, dry_run: bool = False) -> argparse.Namespace:
    return argparse.Namespace(command="udev", root=root, dry_run=dry_run)


def test_below_a_root_files_are_written_and_nothing_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/a").write_text("changed")
    assert check_files(PLAN, options(tmp_path)) is ExitCode.NOT_NOW
    assert capsys.readouterr().out.splitlines()[:2] == [f"different {tmp_path}/etc/a", f"missing   {tmp_path}/etc/b"]
    assert install_files(PLAN, options(tmp_path)) is ExitCode.DONE
    assert capsys.readouterr().out.splitlines() == [
        f"replace   {tmp_path}/etc/a",
        f"write     {tmp_path}/etc/b",
        "not run   reload 'it now'",
    ]
    assert check_files(PLAN, options(tmp_path)) is ExitCode.DONE
    assert remove_files(PLAN, options(tmp_path)) is ExitCode.DONE
    assert list((tmp_path / "etc").iterdir()) == []


def test_a_dry_run_does_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert install_files(PLAN, options(tmp_path, dry_run=True)) is ExitCode.DONE
    assert remove_files(PLAN, options(tmp_path, dry_run=True)) is ExitCode.DONE
    assert not (tmp_path / "etc").exists()
    assert capsys.readouterr().out.count("nothing was done (--dry-run)") == 2


def test_the_whole_host_takes_root_and_the_command_to_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["/opt/hydrogen/bin/hydrogen"])
    plan = HostPlan(
        files=[HostFile(target="/nowhere/at/all/hydrogen.rules", content=b"")], after_install=PLAN.after_install
    )
    for act, name in ((install_files, "install"), (remove_files, "remove")):
        with pytest.raises(Forbidden, match=f"sudo /opt/hydrogen/bin/hydrogen udev {name}"):
            act(plan, options(Path("/")))
    assert "run       reload 'it now'" in capsys.readouterr().out
    assert not Path("/nowhere").exists()


def test_on_the_whole_host_the_programs_run_behind_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(host_files, "is_whole_host", lambda _options: True)
    said = tmp_path / "said"
    plan = HostPlan(
        files=[HostFile(target="/etc/a", content=b"a")],
        after_install=[HostCommand(words=("sh", "-c", f"cat {tmp_path}/etc/a > {said}"))],
    )
    assert install_files(plan, options(tmp_path)) is ExitCode.DONE
    assert said.read_text() == "a"


def test_a_program_that_fails_is_told_of_and_ends_it_unless_it_may(capsys: pytest.CaptureFixture[str]) -> None:
    run_commands(
        [HostCommand(words=("false",), may_fail=True), HostCommand(words=("no-such-program-7",), may_fail=True)]
    )
    told = capsys.readouterr().err
    assert "false: ended with 1" in told
    assert "no-such-program-7" in told
    with pytest.raises(HostError, match="false: ended with 1"):
        run_commands([HostCommand(words=("false",))])
