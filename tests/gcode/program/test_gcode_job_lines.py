from __future__ import annotations

import pytest

from hydrogen.gcode.program.job_lines import line_ends, raw_lines


@pytest.mark.parametrize(
    ("data", "lines", "ends"),
    [
        (b"", [], 0),
        (b"G1", [b"G1"], 0),
        (b"G1\nG2\n", [b"G1\n", b"G2\n"], 2),
        (b"G1\r\n\r\nG2", [b"G1\r\n", b"\r\n", b"G2"], 2),
        (b"G1\rG2\r", [b"G1\r", b"G2\r"], 2),
        (b"\n\r\n\r", [b"\n", b"\r\n", b"\r"], 3),
        (b"a\x0bb\x1cc\n", [b"a\x0bb\x1cc\n"], 1),
    ],
)
def test_every_kind_of_line_end_counts_once(data: bytes, lines: list[bytes], ends: int) -> None:
    assert raw_lines(data) == lines
    assert line_ends(data) == ends
