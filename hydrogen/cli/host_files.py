"""What `hydrogen udev` and `hydrogen units` have in common: say what will be done, ask for root, do it.

With `--root` only files are written, below a folder that stands for `/`: for images, packages and tests. What would have to be
run on the host is printed instead.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydrogen.cli.exit_code import ExitCode
from hydrogen.errors import Forbidden, HostError
from hydrogen.system.host_files import FileState, HostFile, install, remove

COMMAND_SECONDS = 60.0
"""For a program of the host; `udevadm trigger` and `systemctl` answer within seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCommand:
    """may_fail: what it does is good to have."""

    words: tuple[str, ...]
    may_fail: bool = False

    def __str__(self) -> str:
        return shlex.join(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """files, the programs that run before they are removed, and those that run behind writing or removing them."""

    files: Sequence[HostFile]
    after_install: Sequence[HostCommand] = ()
    before_remove: Sequence[HostCommand] = ()
    after_remove: Sequence[HostCommand] = ()


def check_files(plan: HostPlan, options: argparse.Namespace) -> ExitCode:
    """Say of each file whether it is as it should be."""
    states = {file: file.state(options.root) for file in plan.files}
    for file, state in states.items():
        print(f"{state.value:<10}{file.path(options.root)}")
    if all(state is FileState.FINE for state in states.values()):
        return ExitCode.DONE
    print(f"to mend that: {_again(options, 'install')}")
    return ExitCode.NOT_NOW


def install_files(plan: HostPlan, options: argparse.Namespace) -> ExitCode:
    """Write what is missing or different, then run what makes it count."""
    verbs = {FileState.FINE: "keep", FileState.MISSING: "write", FileState.DIFFERENT: "replace"}
    for file in plan.files:
        print(f"{verbs[file.state(options.root)]:<10}{file.path(options.root)}")
    _announce(plan.after_install, options)
    if _is_only_shown(options, "install"):
        return ExitCode.DONE
    install(plan.files, options.root)
    _run(plan.after_install, options)
    return ExitCode.DONE


def remove_files(plan: HostPlan, options: argparse.Namespace) -> ExitCode:
    """Take them away again."""
    _announce(plan.before_remove, options)
    there = [file for file in plan.files if file.state(options.root) is not FileState.MISSING]
    for file in there:
        print(f"{'remove':<10}{file.path(options.root)}")
    _announce(plan.after_remove, options)
    if _is_only_shown(options, "remove"):
        return ExitCode.DONE
    _run(plan.before_remove, options)
    remove(there, options.root)
    _run(plan.after_remove, options)
    return ExitCode.DONE


def is_whole_host(options: argparse.Namespace) -> bool:
    """Is it this machine, and not a folder that stands for one?"""
    return bool(options.root == Path("/"))


def _announce(commands: Sequence[HostCommand], options: argparse.Namespace) -> None:
    verb = "run" if is_whole_host(options) else "not run"
    for command in commands:
        print(f"{verb:<10}{command}")


def _is_only_shown(options: argparse.Namespace, action: str) -> bool:
    """Raises Forbidden when it takes root and we are not."""
    if options.dry_run:
        print("nothing was done (--dry-run)")
        return True
    if is_whole_host(options) and os.geteuid() != 0:
        raise Forbidden(f"that takes root: {_again(options, action)}")
    return False


def _again(options: argparse.Namespace, action: str) -> str:
    words = [sys.argv[0], options.command, action]
    if not is_whole_host(options):
        return shlex.join([*words, "--root", str(options.root)])
    return shlex.join(["sudo", *words])


def _run(commands: Sequence[HostCommand], options: argparse.Namespace) -> None:
    if is_whole_host(options):
        run_commands(commands)


def run_commands(commands: Sequence[HostCommand]) -> None:
    """One after the other. Raises HostError for one that failed and must not."""
    for command in commands:
        try:
            done = subprocess.run(command.words, timeout=COMMAND_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            _complain(command, str(error))
            continue
        if done.returncode != 0:
            _complain(command, f"ended with {done.returncode}")


def _complain(command: HostCommand, why: str) -> None:
    if not command.may_fail:
        raise HostError(f"{command}: {why}")
    print(f"hydrogen: {command}: {why}", file=sys.stderr)
