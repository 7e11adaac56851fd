"""The units for systemd: that systemd reads them, how much they let through, and what the design asks of them.

A systemd that would run them is not needed: what they do is tested with a stand-in (tests/integration/test_socket_units.py).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import main
from hydrogen.cli.units import PLACES, unit_files
from hydrogen.spooler.wire.activation import SOCKET_NAME

SECONDS = 30
LOOSEST = 3.0
"""Of 10, by `systemd-analyze security`."""

SERVICES = ("hydrogen.service", "hydrogen-spooler@.service")
ALL_SERVICES = (*SERVICES, "hydrogen-printers.service")


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"there is no {program}")


def directives(name: str) -> dict[str, dict[str, list[str]]]:
    """By section; a key may come more than once."""
    (file,) = [file for file in unit_files(Path("/opt/hydrogen/current/bin")) if file.target == PLACES[name]]
    sections: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in file.content.decode().splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section.setdefault(key, []).append(value)
    return sections


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The units as they are installed, for programs that are there; the templates for a printer too."""
    (tmp_path / "bin").mkdir()
    for program in ("hydrogen", "python"):
        (tmp_path / "bin" / program).write_text("#!/bin/sh\n")
        (tmp_path / "bin" / program).chmod(0o755)
    for file in unit_files(tmp_path / "bin"):
        if file.target.startswith("/etc/systemd/"):
            for name in {Path(file.target).name, Path(file.target).name.replace("@.", "@ender3.")}:
                (tmp_path / name).write_bytes(file.content)
    return tmp_path


@needs("systemd-analyze")
def test_systemd_reads_the_units_without_a_word(folder: Path) -> None:
    names = [
        "hydrogen.service",
        "hydrogen-spooler@ender3.service",
        "hydrogen-spooler@ender3.socket",
        "hydrogen-printers.path",
        "hydrogen-printers.service",
    ]
    command = ["systemd-analyze", "verify", "--man=no", *(str(folder / name) for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    said = [line for line in done.stderr.splitlines() if "hydrogen" in line]
    assert (done.returncode, said) == (0, []), done.stderr


@needs("systemd-analyze")
@pytest.mark.parametrize("name", ALL_SERVICES)
def test_little_is_let_through(folder: Path, name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=30", "--json=short", str(folder / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    # The exit code is the threshold's; the list tells what was judged.
    findings: list[dict[str, Any]] = json.loads(done.stdout[done.stdout.index("[") : done.stdout.rindex("]") + 1])
    assert len(findings) > 50
    assert done.returncode == 0, f"more than {LOOSEST}: {done.stderr}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
@needs("systemd-sysusers")
@needs("systemd-tmpfiles")
def test_user_and_folders_can_be_made_of_their_files(tmp_path: Path) -> None:
    for folder in ("etc", "run", "var/lib"):
        (tmp_path / folder).mkdir(parents=True)
    assert main(["units", "install", "--root", str(tmp_path)]) == 0
    for command in (
        ["systemd-sysusers", f"--root={tmp_path}", "/etc/sysusers.d/hydrogen.conf"],
        ["systemd-tmpfiles", f"--root={tmp_path}", "--create", "/etc/tmpfiles.d/hydrogen.conf"],
    ):
        absolute = [f"{tmp_path}{word}" if word.startswith("/etc/") else word for word in command]
        done = subprocess.run(absolute, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stderr
    assert "hydrogen:" in (tmp_path / "etc/passwd").read_text()
    assert (tmp_path / "run/hydrogen").stat().st_mode & 0o777 == 0o750


def test_the_spooler_is_bound_to_nothing_but_its_socket() -> None:
    unit, service = directives("hydrogen-spooler@.service")["Unit"], directives("hydrogen-spooler@.service")["Service"]
    for key in ("PartOf", "BindsTo", "Requires", "After", "ConsistsOf"):
        assert "hydrogen.service" not in " ".join(unit.get(key, []))
    assert unit["Requires"] == ["hydrogen-spooler@%i.socket"]
    assert service["OOMScoreAdjust"] == ["-900"]
    assert service["Slice"] == ["system.slice"]
    assert service["RestartPreventExitStatus"] == ["2 3"]
    assert int(service["TimeoutStopSec"][0]) > 8
    assert unit["StartLimitIntervalSec"] == directives("hydrogen.service")["Unit"]["StartLimitIntervalSec"] == ["0"]
    assert directives("hydrogen.service")["Service"]["RestartPreventExitStatus"] == [str(int(ExitCode.USAGE))]
    assert directives("hydrogen.service")["Service"]["Environment"] == ["HYDROGEN_SERVER__SPOOLERS=socket"]


@pytest.mark.parametrize("name", SERVICES)
def test_the_service_can_find_the_process_that_holds_a_printer(name: str) -> None:
    """`/proc/PID/fd` is shown to equals only: the same user, the same user namespace, no more capabilities."""
    service = directives(name)["Service"]
    assert service["User"] == ["hydrogen"]
    assert "PrivateUsers" not in service
    assert service["AmbientCapabilities"] == service["CapabilityBoundingSet"] == [""]
    assert service["ReadWritePaths"] == ["/run/hydrogen"]
    assert service["StateDirectory"] == ["hydrogen"]  # one mount: a job's file is linked from files/ to spool/


def test_the_socket_is_called_what_the_spooler_looks_for() -> None:
    socket = directives("hydrogen-spooler@.socket")["Socket"]
    assert socket["FileDescriptorName"] == [SOCKET_NAME]
    assert socket["ListenStream"] == ["/run/hydrogen/%i.sock"]
    assert (socket["SocketMode"], socket["DirectoryMode"]) == (["0660"], ["0750"])
    assert socket["FlushPending"] == ["yes"]
    assert socket["TriggerLimitIntervalSec"] == ["0"]
