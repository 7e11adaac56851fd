"""Limits and modes as commands set them, and as the printer tells them."""

from __future__ import annotations

import pytest

from hydrogen.gcode.program.motion import (
    MotionLimits,
    MotionModes,
    dwell_seconds,
    limit_words,
    limits_from_report,
    limits_from_words,
    words_of,
)

REPORT = """\
echo:; Maximum feedrates (units/s):
echo:  M203 X500.00 Y400.00 Z12.00 E120.00
echo:; Maximum Acceleration (units/s2):
echo:  M201 X900.00 Y1000.00 Z100.00 E5000.00
echo:; Acceleration (units/s2) (P<print-accel> R<retract-accel> T<travel-accel>):
echo:  M204 P500.00 R1000.00 T2000.00
echo:; Advanced (B<min_segment_time_us> S<min_feedrate> T<min_travel_feedrate> J<junc_dev>):
echo:  M205 B20000.00 S0.00 T0.00 J0.08
"""


def test_a_printers_own_limits_are_read_from_its_report() -> None:
    limits = limits_from_report(REPORT.encode().splitlines())
    assert limits == MotionLimits(
        feedrate_x=500.0,
        feedrate_y=400.0,
        feedrate_z=12.0,
        feedrate_e=120.0,
        acceleration=500.0,
        travel_acceleration=900.0,
        retract_acceleration=1000.0,
        axis_acceleration=900.0,
        junction_deviation=0.08,
    )


def test_a_report_without_echo_is_read_too_and_none_is_none() -> None:
    assert limits_from_report([b"  M205 X8.00 Y8.00 Z0.40 E4.50"]) == MotionLimits(jerk=8.0, jerk_e=4.5)
    assert limits_from_report([b"echo:  M92 X80.00", b"ok"]) is None


def test_the_words_of_a_report_are_kept_as_they_stand() -> None:
    words = limit_words([b"  M92 X80.00", b"  M203 X300.00 Y300.00 Z5.00", b"  M203 T0 E25.00", b"M2035 X1", b"ok"])
    assert words == {"M203": {"X": 300.0, "Y": 300.0, "Z": 5.0, "T": 0.0, "E": 25.0}}
    assert limits_from_words(words) == MotionLimits()
    assert limits_from_words({}) is None


def test_modes_follow_their_commands() -> None:
    modes = MotionModes()
    assert modes.obey(b"G91", {}) and modes.is_relative and modes.is_relative_e
    assert modes.obey(b"M82", {}) and modes.is_relative and not modes.is_relative_e
    assert modes.obey(b"G20", {}) and modes.unit == 25.4
    assert modes.obey(b"M220", {"S": 50.0}) and modes.factor == 0.5
    assert modes.obey(b"M220", {}) and modes.factor == 0.5
    assert modes.obey(b"G92", {"E": 0.0}) and not modes.obey(b"G1", {})


def test_a_copy_stays_as_it_is() -> None:
    modes = MotionModes()
    copy = modes.copy()
    modes.obey(b"M204", {"P": 77.0})
    assert (modes.limits.acceleration, copy.limits.acceleration) == (77.0, 3000.0)


@pytest.mark.parametrize(("line", "seconds"), [(b"G4 P500", 0.5), (b"G4 S2", 2.0), (b"G4 P1 S3", 3.0), (b"G4", 0.0)])
def test_a_dwell_lasts_as_long_as_marlins(line: bytes, seconds: float) -> None:
    assert dwell_seconds(b"G4", words_of(line, 2)) == seconds
    assert dwell_seconds(b"M400", words_of(line, 2)) == 0.0
