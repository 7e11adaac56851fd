"""The motion model against physics, and against the virtual printer's own clock."""

from __future__ import annotations

from itertools import pairwise
from math import cos, sin
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.program import print_time
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.print_time import PrintTime, PrintTimeScanner
from tests.support.print_clock import acknowledged
from tests.support.property_settings import REPEATABLE


def time_of(text: bytes, *, size: int = 0, cut: int = 0, limits: MotionLimits | None = None) -> PrintTime:
    """Fed at once, or in whole lines of some `cut` bytes."""
    scanner, at = PrintTimeScanner(size, limits), 0
    while at < len(text):
        stop = text.find(b"\n", at + cut) + 1 if cut else len(text)
        stop = stop or len(text)
        scanner.feed(b"\n%b\n" % text[at:stop].removesuffix(b"\n"), at)
        at = stop
    return scanner.finish()


def seconds_of(*lines: str) -> float:
    return time_of("".join(f"{line}\n" for line in lines).encode()).total_seconds


def walls(layers: int, *, seed: int = 1, feedrate: int = 1800, size: float = 60.0) -> bytes:
    """Something like a print: outlines of many sides, straight infill, retractions and layer changes."""
    random, lines = Random(seed), ["G21", "G90", "M83", "G28", "M109 S210", "G1 Z0.2 F600"]
    for layer in range(layers):
        lines += [
            f";LAYER:{layer}",
            f"G1 Z{0.2 * (layer + 1):.2f} F600",
            "G1 E-2 F2400",
            "G1 X70 Y70 F7800",
            "G1 E2 F2400",
        ]
        lines.append(f"G1 F{feedrate}")
        for corner in range(120):
            x, y = 100 + size / 2 * random.uniform(0.96, 1.0), 100.0
            angle = corner / 120 * 6.2832
            lines.append(f"G1 X{100 + (x - 100) * cos(angle):.3f} Y{y + (x - 100) * sin(angle):.3f} E.0412")
        for row in range(40):
            left, right = 80 + random.random(), 120 - random.random()
            lines.append(f"G1 X{right if row % 2 else left:.3f} Y{80 + row} E{0.9 + 0.1 * random.random():.4f}")
            lines.append(f"G1 Y{81 + row} E.03")
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_long_move_takes_its_length_over_its_speed_and_the_ramps() -> None:
    # 100 mm at 100 mm/s, 3000 mm/s²: up and down take v/a each, half of it lost against full speed
    assert seconds_of("G1 X100 F6000") == pytest.approx(1.0 + 100 / 3000, rel=0.01)


def test_a_short_move_never_reaches_its_speed() -> None:
    assert seconds_of("G1 X1 F18000") == pytest.approx(2 * (1 / 3000) ** 0.5, rel=0.05)


def test_straight_on_costs_nothing_and_a_corner_does() -> None:
    straight = seconds_of("G1 X50 F6000", "G1 X100")
    corner = seconds_of("G1 X50 F6000", "G1 Y50")
    back = seconds_of("G1 X50 F6000", "G1 X0")
    assert straight == pytest.approx(seconds_of("G1 X100 F6000"), rel=0.001)
    assert straight < corner < back


def test_axes_have_their_own_limits() -> None:
    assert seconds_of("G1 Z50 F60000") == pytest.approx(10.0, rel=0.01)
    assert seconds_of("M83", "G1 E100 F60000") == pytest.approx(4.0, rel=0.02)
    assert seconds_of("M203 Z50", "G1 Z50 F60000") == pytest.approx(1.0, rel=0.05)
    assert seconds_of("M204 S100", "G1 X10 F60000") > seconds_of("M204 S5000", "M201 X9000 Y9000", "G1 X10 F60000")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["G1 X30 F3000", "G1 X60"], ["G91", "G1 X30 F3000", "G1 X30"]),
        (["G1 X25.4 F1524"], ["G20", "G1 X1 F60"]),
        (["M82", "G1 E5 F300", "G1 E10"], ["M83", "G1 E5 F300", "G1 E5"]),
        (["M83", "G92 E0", "G1 X10 E1 F600"], ["M82", "G92 E100", "G1 X10 E101 F600"]),
        (["G1 X10 Y20 F1200"], ["G1X10Y20F1200"]),
        (["G1 X10 Y20 F1200"], ["G1 Y20 X10 F1200 ; words in another order"]),
        (["G1 X10 Y20 F1200"], ["G01 F1200 X10 Y20"]),
        (["G1 X50 F3000"], ["M220 S50", "G1 X50 F6000"]),
    ],
)
def test_the_same_way_takes_the_same_time_in_whatever_words(one: list[str], other: list[str]) -> None:
    assert seconds_of(*one) == pytest.approx(seconds_of(*other), rel=0.002)


def test_arcs_have_the_length_of_their_path() -> None:
    half = 3.14159 * 10 / 10
    assert seconds_of("G3 X-20 Y0 I-10 J0 F600") == pytest.approx(half, rel=0.02)
    assert seconds_of("G2 X-20 Y0 R10 F600") == pytest.approx(half, rel=0.02)
    assert seconds_of("G2 X0 Y0 I10 J0 F600") == pytest.approx(2 * half, rel=0.02)


def test_waits_are_not_counted_and_a_dwell_is() -> None:
    assert seconds_of("G28", "M190 S60", "M109 S210", "G29", "M600") == pytest.approx(0.0, abs=0.1)
    assert seconds_of("G4 P1500", "G4 S2") == pytest.approx(3.5, abs=0.1)


def test_the_beginning_is_behind_the_last_wait_of_the_head() -> None:
    text = b"G28\nM190 S60\nM109 S210\nG1 X10 F600\n" + b"G1 X20\nG1 X10\n" * 100
    begins = time_of(text).begins_at
    assert text.index(b"M109") < begins <= text.index(b"G1 X10")


def test_time_at_a_place_lies_between_its_neighbours() -> None:
    told = time_of(walls(12))
    places = [told.seconds_before(offset) for offset in range(0, told.bytes_total + 500, 500)]
    assert places[0] == 0.0
    assert places[-1] == told.total_seconds
    assert all(a <= b for a, b in pairwise(places))


@pytest.mark.parametrize("cut", [1, 100, 4096, 70_000])
def test_whatever_is_fed_at_once_the_time_is_the_same(cut: int) -> None:
    text = walls(6)
    assert time_of(text, cut=cut) == time_of(text)
    large = 9 * print_time.FULL_BYTES
    assert time_of(text, cut=cut, size=large) == time_of(text, size=large)


def test_pieces_are_taken_together_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = time_of(walls(20))
    monkeypatch.setattr(print_time, "MOST_PIECES", 8)
    coarse = time_of(walls(20))
    assert len(coarse.seconds_at) <= 8
    assert coarse.total_seconds == whole.total_seconds
    for offset in range(0, whole.bytes_total, 3000):
        assert coarse.seconds_before(offset) == pytest.approx(
            whole.seconds_before(offset), abs=0.05 * whole.total_seconds
        )


def test_a_sampled_file_is_close_to_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(print_time, "HEAD_BYTES", 20_000)
    text = walls(80) + walls(80, feedrate=900)
    whole = time_of(text)
    for stride in (2, 5):
        sampled = time_of(text, size=stride * print_time.FULL_BYTES)
        assert sampled.total_seconds == pytest.approx(whole.total_seconds, rel=0.05)
        for offset in range(0, len(text), 20_000):
            difference = sampled.seconds_before(offset) - whole.seconds_before(offset)
            assert abs(difference) < 0.05 * whole.total_seconds


@pytest.mark.parametrize("feedrate", [900, 3600, 9000])
def test_the_model_keeps_time_with_the_virtual_printer(feedrate: int) -> None:
    text = walls(8, feedrate=feedrate)
    told, moments = time_of(text), acknowledged(text)
    began = next(at for offset, at in moments if offset >= told.begins_at)
    really = moments[-1][1] - began
    assert told.total_seconds == pytest.approx(really, rel=0.1)


WORD = st.sampled_from(
    [b"G1 X", b"G0 Y-", b"G1 E", b"G1 F", b"G2 I", b"G92 E", b"M204 S", b"M205 X", b"G20", b"G91", b"M83", b"N1 "]
)
LINE = st.tuples(WORD, st.sampled_from([b"", b"0", b".", b"1e5", b"-3.2", b"999999", b".5 F0", b"1 Z2 E3 F4 *7"])).map(
    b"".join
)


@REPEATABLE
@given(st.lists(LINE, max_size=30), st.integers(0, 3))
def test_whatever_stands_in_a_file_the_time_is_a_finite_number(lines: list[bytes], strides: int) -> None:
    told = time_of(b"".join(line + b"\n" for line in lines), size=strides * print_time.FULL_BYTES)
    assert 0.0 <= told.total_seconds < 1e12
