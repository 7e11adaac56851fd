"""How `make wheels` judges; it asks the index itself (make wheels, and CI)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.packaging.wheels import (
    PACKAGED,
    ROOT,
    question_for,
    requirements,
    verdict_on_content,
    verdict_on_failure,
    verdict_on_report,
)


def report(*files: str) -> dict[str, object]:
    return {"install": [{"download_info": {"url": f"https://index/{file}"}} for file in files]}


def test_what_running_needs_is_asked_for_and_nothing_of_the_developers() -> None:
    needed = requirements((ROOT / "pyproject.toml").read_text())
    assert any(line.startswith("pyserial-asyncio==") for line in needed)
    assert not any(line.startswith(("pytest", "ruff")) for line in needed)
    words = question_for("3.13", needed, Path("/x/report.json"))
    assert "manylinux_2_36_aarch64" in words
    assert "--only-binary=:all:" in words
    assert "--dry-run" in words


def test_only_wheels_are_well() -> None:
    assert (
        verdict_on_report("q", report("a-1-py3-none-any.whl", "b-2-cp313-cp313-manylinux_2_17_aarch64.whl")).problem
        is None
    )
    assert "b-2.tar.gz" in str(verdict_on_report("q", report("a-1-py3-none-any.whl", "b-2.tar.gz")))
    assert verdict_on_report("q", report()).problem is not None


@pytest.mark.parametrize(
    ("said", "is_skipped"),
    [
        ("WARNING: Retrying ... NewConnectionError: Failed to establish a new connection", True),
        ("ERROR: No matching distribution found for numpy>=9", False),
        ("", False),
    ],
)
def test_an_index_that_is_away_is_no_missing_wheel(said: str, is_skipped: bool) -> None:
    verdict = verdict_on_failure("q", said)
    assert verdict.is_skipped is is_skipped
    assert verdict.problem
    assert str(verdict).startswith("skipped" if is_skipped else "WRONG")


def test_what_is_missing_or_strange_in_a_wheel_is_named() -> None:
    whole = [*PACKAGED, "hydrogen_host-1.dist-info/METADATA"]
    assert verdict_on_content(whole).problem is None
    assert "70-hydrogen.rules" in str(verdict_on_content(whole[1:]))
    assert "tests" in str(verdict_on_content([*whole, "tests/x.py"]))
