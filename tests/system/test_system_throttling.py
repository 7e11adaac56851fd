from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.system.throttling import read_throttling


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0\n", ()),
        ("50000\n", ()),
        ("50005\n", ("under_voltage", "throttled")),
        ("a", ("frequency_capped", "soft_temperature_limit")),
    ],
)
def test_only_what_is_so_now_counts(tmp_path: Path, text: str, words: tuple[str, ...]) -> None:
    file = tmp_path / "get_throttled"
    file.write_text(text)
    assert read_throttling(file) == words


def test_a_machine_that_does_not_tell_raises(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="get_throttled"):
        read_throttling(tmp_path / "get_throttled")
    (tmp_path / "get_throttled").write_text("throttled=0x0")
    with pytest.raises(ValueError, match="base 16"):
        read_throttling(tmp_path / "get_throttled")
