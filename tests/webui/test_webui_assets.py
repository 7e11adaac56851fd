"""The built dashboard, read into memory."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from hydrogen.webui.assets import read_assets


def make_built(folder: Path, page: bytes = b"<!DOCTYPE html>page") -> Path:
    """A dashboard of one page and two parts."""
    (folder / "assets").mkdir(parents=True, exist_ok=True)
    for name, content in {"index.html": page, "assets/main-1.js": b"let a = 1;", "assets/x-2.svg": b"<svg/>"}.items():
        (folder / name).write_bytes(content)
        (folder / f"{name}.gz").write_bytes(gzip.compress(content))
    return folder


def test_every_part_comes_with_its_kind_its_packed_form_and_a_tag(tmp_path: Path) -> None:
    assets = read_assets(make_built(tmp_path))
    assert assets.index is not None and assets.index.content.endswith(b"page")
    assert set(assets.by_name) == {"main-1.js", "x-2.svg"}
    part = assets.by_name["main-1.js"]
    assert part.media.startswith("text/javascript") and gzip.decompress(part.packed) == part.content
    assert part.tag.startswith('"') and part.tag != assets.by_name["x-2.svg"].tag


def test_what_is_no_part_of_a_dashboard_is_left_alone(tmp_path: Path) -> None:
    built = make_built(tmp_path)
    (built / "assets" / "secret.txt").write_text("no")
    assert "secret.txt" not in read_assets(built).by_name


@pytest.mark.parametrize("name", ["missing", "empty"])
def test_where_nothing_was_built_there_is_no_page(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    assets = read_assets(tmp_path / name)
    assert assets.index is None and not assets.by_name
