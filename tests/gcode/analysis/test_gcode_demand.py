"""How fast lines must come."""

from __future__ import annotations

import numpy as np
import pytest

from hydrogen.gcode.analysis.demand import BLOCK_MOVES, DemandMeter
from hydrogen.gcode.program.analysis import LOWEST_BYTES, STEPS_PER_OCTAVE


def test_the_densest_block_is_found_however_the_moves_come() -> None:
    count = 4 * BLOCK_MOVES
    seconds = np.full(count, 0.1)
    seconds[2 * BLOCK_MOVES : 3 * BLOCK_MOVES] = 0.001
    number = np.arange(count, dtype=np.float64)
    for page in (count, 7):
        meter = DemandMeter()
        for start in range(0, count, page):
            some = slice(start, start + page)
            meter.take(seconds[some], number[some] * 40, number[some] + 1, number[some] + 1, (number[some] + 1) * 40)
        assert meter.most_lines is not None and meter.most_bytes is not None
        assert (meter.most_lines.line, meter.most_lines.lines) == (2 * BLOCK_MOVES + 1, BLOCK_MOVES)
        assert meter.most_lines.seconds == pytest.approx(0.032)
        assert meter.most_bytes.bytes == pytest.approx(BLOCK_MOVES * 40)
        assert float(meter.histogram.sum()) == pytest.approx(float(seconds.sum()))
        fastest = int(np.flatnonzero(meter.histogram)[-1])
        begin, end = (LOWEST_BYTES * 2 ** (step / STEPS_PER_OCTAVE) for step in (fastest, fastest + 1))
        assert begin <= 40_000 < end


def test_too_few_moves_are_no_demand() -> None:
    meter = DemandMeter()
    one = np.ones(BLOCK_MOVES - 1)
    meter.take(one * 1e-6, one, one, one, one)
    assert meter.most_lines is None
