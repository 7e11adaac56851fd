"""Fans, speed and flow: what acknowledged lines and the board itself say of them."""

from __future__ import annotations

import pytest

from hydrogen.gcode.line import command_of
from hydrogen.gcode.replies import TuningReported
from hydrogen.gcode.tuning import AS_STARTED, TuningTracker, change_of, started_anew
from hydrogen.model.printer import Tuning


class Stream:
    """A printer whose acknowledged place a test moves."""

    def __init__(self) -> None:
        self.offset = 0
        self.tuning = TuningTracker(lambda: self.offset)

    def give(self, line: bytes, offset: int) -> None:
        self.tuning.give(command_of(line), line, 0, offset)


@pytest.mark.parametrize(
    ("line", "change"),
    [
        (b"M106", TuningReported("fan", 0, 255.0)),
        (b"M106 S128", TuningReported("fan", 0, 128.0)),
        (b"M106 P2 S10", TuningReported("fan", 2, 10.0)),
        (b"M107 P1", TuningReported("fan", 1, 0.0)),
        (b"M220 S150", TuningReported("speed", 0, 150.0)),
        (b"M221 S95", TuningReported("flow", 3, 95.0)),
        (b"M221 T1 S95", TuningReported("flow", 1, 95.0)),
        (b"M220 R", TuningReported("speed", 0, None)),
        (b"M220", None),
        (b"M220 B", None),
        (b"M220 S0", None),
        (b"M221", None),
        (b"M106 T2", None),
        (b"M106 I1", None),
        (b"M1060 S3", None),
        (b"M117 M106 S3", None),
        (b"G1 X1", None),
    ],
)
def test_what_a_line_sets(line: bytes, change: TuningReported | None) -> None:
    assert change_of(command_of(line), line, 3) == change


def test_a_line_of_the_stream_counts_when_the_printer_has_acknowledged_it() -> None:
    stream = Stream()
    stream.give(b"M106 S255", 100)
    stream.give(b"M220 S80", 200)
    assert stream.tuning.value == Tuning()
    stream.offset = 100
    assert stream.tuning.value == Tuning(fans_percent={"0": 100.0})
    stream.offset = 250
    assert stream.tuning.value == Tuning(fans_percent={"0": 100.0}, speed_percent=80.0)


def test_a_command_counts_behind_what_was_acknowledged_before_it() -> None:
    stream = Stream()
    stream.give(b"M106 S255", 100)
    stream.offset = 100
    stream.tuning.obey(b"M106 S51", 0)
    assert stream.tuning.value.fans_percent == {"0": 20.0}
    stream.tuning.obey(b"M105", 0)
    assert stream.tuning.value.fans_percent == {"0": 20.0}


def test_another_stream_begins_with_places_of_its_own() -> None:
    stream = Stream()
    stream.give(b"M221 S90", 5000)
    stream.tuning.end_stream()
    stream.give(b"M221 T1 S110", 10)
    assert stream.tuning.value.flow_percent == {"tool0": 90.0}
    stream.offset = 10
    assert stream.tuning.value.flow_percent == {"tool0": 90.0, "tool1": 110.0}


def test_a_board_that_tells_of_its_fans_is_believed_alone() -> None:
    stream = Stream()
    stream.tuning.obey(b"M106 S255", 0)
    stream.tuning.on_report(TuningReported("fan", 1, 127.5))
    stream.tuning.obey(b"M106 S127", 0)
    assert stream.tuning.value.fans_percent == {"0": 100.0, "1": 50.0}
    stream.tuning.obey(b"M220 S70", 0)
    assert stream.tuning.value.speed_percent == 70.0, "it has not told of that"
    stream.tuning.on_report(TuningReported("speed", 0, 100.0))
    assert stream.tuning.value.speed_percent == 100.0


def test_what_held_before_is_taken_over_with_the_lines_since() -> None:
    tuning = TuningTracker()
    before = Tuning(fans_percent={"0": 10.0}, speed_percent=150.0)
    tuning.adopt(before, [b"M107", b"T1", b"M221 S95", b"M117 T0"])
    assert tuning.value == Tuning(fans_percent={"0": 0.0}, speed_percent=150.0, flow_percent={"tool1": 95.0})


def test_a_board_that_was_reset_has_what_it_starts_with_but_for_what_it_has_told() -> None:
    assert started_anew(Tuning()) == AS_STARTED
    told = Tuning(speed_percent=90.0, flow_percent={"tool1": 80.0})
    assert started_anew(told) == Tuning(
        fans_percent={"0": 0.0}, speed_percent=90.0, flow_percent={"tool0": 100.0, "tool1": 80.0}
    )


@pytest.mark.parametrize(
    ("line", "percent"),
    [
        (b"M106 S0.5", 50.0),
        (b"M106 S1", 100.0),
        (b"M106 S1.0", 100.0),
        (b"M106 S0", 0.0),
        (b"M106 S0.004", 0.4),
        (b"M106 S2", 0.8),
        (b"M106 S128", 50.2),
        (b"M106 S255", 100.0),
        (b"M106 S300", 100.0),
        (b"M107", 0.0),
        (b"M106", 30.0),
        (b"M106 P0", 30.0),
        (b"M106 R1", 30.0),
    ],
)
def test_a_firmware_that_goes_by_fractions_is_read_so(line: bytes, percent: float) -> None:
    stream = Stream()
    stream.tuning.fans_by_fraction = True
    stream.tuning.obey(b"M106 S0.3", 0)
    assert stream.tuning.value.fans_percent == {"0": 30.0}
    stream.give(line, 10)
    stream.offset = 10
    assert stream.tuning.value.fans_percent == {"0": percent}
    by_command, by_lines = TuningTracker(fans_by_fraction=True), TuningTracker(fans_by_fraction=True)
    by_command.obey(b"M106 S0.3", 0)
    by_command.obey(line, 0)
    by_lines.adopt(Tuning(), [b"M106 S0.3", line])
    assert by_command.value == by_lines.value == stream.tuning.value


def test_any_other_firmware_reads_255ths() -> None:
    tuning = TuningTracker()
    tuning.obey(b"M106 S1", 0)
    assert tuning.value.fans_percent == {"0": 0.4}
