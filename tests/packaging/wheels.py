"""`make wheels`: can this be installed on a Raspberry Pi without a compiler, and is everything in the wheel?

Two questions are put to the package index, one for each Python that a Raspberry Pi OS comes with: does every dependency resolve
to a wheel for aarch64? One wheel is built, looked into, and installed into an empty environment. Where no index can be reached
the questions are skipped, and that is said. Exit code: 0 all is well or skipped, 1 something is wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PYTHONS = ("3.11", "3.13")
"""Raspberry Pi OS on Debian 12 and on Debian 13."""

GLIBC_MINORS = range(17, 37)
"""Debian 12 has glibc 2.36, and runs wheels for every older one."""

NOT_FOR_RUNNING = frozenset({"test", "lint"})
"""Extras of developers."""

PACKAGED = (
    "hydrogen/host_files/70-hydrogen.rules",
    "hydrogen/host_files/usb-ids.toml",
    "hydrogen/host_files/README.md",
    "hydrogen/host_files/systemd/hydrogen.service",
    "hydrogen/host_files/systemd/hydrogen-spooler@.service",
    "hydrogen/host_files/systemd/hydrogen-spooler@.socket",
    "hydrogen/host_files/systemd/hydrogen-printers.path",
    "hydrogen/host_files/systemd/hydrogen-printers.service",
    "hydrogen/host_files/systemd/hydrogen.sysusers.conf",
    "hydrogen/host_files/systemd/hydrogen.tmpfiles.conf",
    "hydrogen/host_files/systemd/hydrogen.modules.conf",
    "hydrogen/samples/cube.gcode",
    "hydrogen_drivers/marlin/driver.py",
    "hydrogen_simulators/__main__.py",
)

UNREACHABLE = ("Connection refused", "NewConnectionError", "name resolution", "timed out", "ProxyError", "Max retries")
"""What pip says when there is no index; that a package has no wheel is said in other words."""

SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """problem None: well. is_skipped: could not be asked."""

    question: str
    answer: str = ""
    problem: str | None = None
    is_skipped: bool = False

    def __str__(self) -> str:
        if self.is_skipped:
            return f"skipped   {self.question}: {self.problem}"
        return f"{'fine' if self.problem is None else 'WRONG':<10}{self.question}: {self.problem or self.answer}"


def requirements(pyproject: str) -> list[str]:
    """What running needs, with every extra that is not for developers."""
    project: dict[str, Any] = tomllib.loads(pyproject)["project"]
    extras = project.get("optional-dependencies", {})
    chosen = [line for name, lines in extras.items() if name not in NOT_FOR_RUNNING for line in lines]
    return [*project["dependencies"], *chosen]


def question_for(python: str, needed: Iterable[str], report: Path) -> list[str]:
    """The command that resolves without installing."""
    platforms = [f"manylinux_2_{minor}_aarch64" for minor in reversed(GLIBC_MINORS)] + ["manylinux2014_aarch64"]
    return [
        *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet"),
        *("--retries", "1", "--timeout", "20", "--only-binary=:all:", "--implementation", "cp"),
        *("--python-version", python, "--target", str(report.with_suffix(".nowhere")), "--report", str(report)),
        *(word for platform in platforms for word in ("--platform", platform)),
        *needed,
    ]


def verdict_on_report(question: str, report: dict[str, Any]) -> Verdict:
    """Is everything that would be installed a wheel?"""
    files = [str(item["download_info"]["url"]).rpartition("/")[2] for item in report["install"]]
    no_wheels = [file for file in files if not file.endswith(".whl")]
    if no_wheels or not files:
        return Verdict(question=question, problem=f"no wheels: {', '.join(no_wheels) or 'nothing at all'}")
    built = sum("aarch64" in file for file in files)
    return Verdict(question=question, answer=f"{len(files)} wheels, {built} of them for aarch64")


def verdict_on_failure(question: str, said: str) -> Verdict:
    """Was there no index, or no wheel?"""
    reason = next((line for line in said.splitlines() if any(word in line for word in UNREACHABLE)), None)
    if reason is not None:
        return Verdict(
            question=question, problem=f"no package index can be reached ({reason.strip()[:160]})", is_skipped=True
        )
    return Verdict(question=question, problem=said.strip()[-600:] or "pip failed")


def verdict_on_content(names: Iterable[str]) -> Verdict:
    """Is everything in the wheel, and nothing that is not ours?"""
    question, there = "content of the wheel", set(names)
    missing = [name for name in PACKAGED if name not in there]
    foreign = sorted(
        {name.partition("/")[0] for name in there} - {"hydrogen", "hydrogen_drivers", "hydrogen_simulators"}
    )
    foreign = [name for name in foreign if not name.endswith(".dist-info")]
    if missing or foreign:
        return Verdict(question=question, problem=f"missing: {missing}; not ours: {foreign}")
    return Verdict(question=question, answer=f"{len(there)} files, rules and units among them")


# ------------------------------------------------------------------------------------------------------------- asking


def resolved(python: str) -> Verdict:
    question = f"wheels for aarch64, Python {python}"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        done = _run(question_for(python, requirements((ROOT / "pyproject.toml").read_text()), report))
        if done.returncode != 0:
            return verdict_on_failure(question, done.stderr)
        return verdict_on_report(question, json.loads(report.read_text()))


def built_and_installed() -> Verdict:
    question = "a wheel in an empty environment"
    with tempfile.TemporaryDirectory() as folder:
        done = _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, str(ROOT)])
        if done.returncode != 0:
            return verdict_on_failure(question, done.stderr)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            content = verdict_on_content(archive.namelist())
        if content.problem is not None:
            return content
        _run([sys.executable, "-m", "venv", f"{folder}/venv"])
        done = _run(
            [f"{folder}/venv/bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
        )
        program, image = f"{folder}/venv/bin/hydrogen", f"{folder}/image"
        for action, expected in (("check", 5), ("install", 0), ("check", 0)):
            for command in ("udev", "units"):
                done = _run([program, command, action, "--root", image])
                if done.returncode != expected:
                    said = done.stdout + done.stderr
                    return Verdict(
                        question=question, problem=f"{command} {action} ended with {done.returncode}: {said}"
                    )
        return Verdict(
            question=question, answer=f"{content.answer}; installed, and both can be put on a host from there"
        )


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd="/")


def main() -> int:
    questions: list[Callable[[], Verdict]] = [
        *(lambda p=python: resolved(p) for python in PYTHONS),
        built_and_installed,
    ]
    with ThreadPoolExecutor(len(questions)) as pool:
        verdicts = list(pool.map(lambda ask: ask(), questions))
    for verdict in verdicts:
        print(verdict, flush=True)
    return int(any(verdict.problem is not None and not verdict.is_skipped for verdict in verdicts))


if __name__ == "__main__":
    sys.exit(main())
