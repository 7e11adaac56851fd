"""The dashboard's pure parts have tests of their own, in its own language."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from hydrogen.webui.building import SOURCE


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_the_tests_in_javascript_pass() -> None:
    tests = sorted(str(path.relative_to(SOURCE)) for path in (SOURCE / "tests").glob("*.test.js"))
    done = subprocess.run(
        ["node", "--test", *tests], cwd=SOURCE, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def test_no_file_is_longer_than_a_person_reads() -> None:
    long = {path.name: len(path.read_text().splitlines()) for path in (SOURCE / "src").glob("*.js")}
    assert {name: count for name, count in long.items() if count > 400} == {}


def test_nothing_in_the_page_is_active_or_from_elsewhere() -> None:
    page = (SOURCE / "index.html").read_text()
    assert "://" not in page and "<style" not in page and " style=" not in page and "<script>" not in page
    assert not [path.name for path in (SOURCE / "src").glob("*.js") if "dangerouslySetInnerHTML" in path.read_text()]
    assert not [path.name for path in (SOURCE / "src").glob("*.js") if "innerHTML" in path.read_text()]
