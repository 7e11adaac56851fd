from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.temperature_report import HeaterReading, TemperatureReport, parse_temperature_report
from hydrogen.model.ids import is_heater_name


def readings_of(text: str) -> dict[str, tuple[float | None, float | None, float | None]]:
    report = parse_temperature_report(text)
    assert report is not None
    return {
        reading.heater: (reading.actual_celsius, reading.target_celsius, reading.power) for reading in report.readings
    }


def test_marlin_tells_hotend_bed_and_their_power() -> None:
    assert parse_temperature_report("T:19.38 /0.00 B:19.50 /60.00 @:0 B@:127") == TemperatureReport(
        readings=(
            HeaterReading(heater="tool0", actual_celsius=19.38, target_celsius=0.0, power=0.0),
            HeaterReading(heater="bed", actual_celsius=19.5, target_celsius=60.0, power=1.0),
        )
    )


def test_auto_report_begins_with_a_blank() -> None:
    assert readings_of(" T:19.38 /0.00 B:19.38 /0.00 @:64 B@:0") == {
        "tool0": (19.38, 0.0, 0.5039),
        "bed": (19.38, 0.0, 0.0),
    }


@pytest.mark.parametrize(
    ("tail", "is_waiting", "wait_seconds"),
    [(" W:?", True, None), (" W:9", True, 9.0), (" W:0", True, 0.0), (" W: 12", True, 12.0), ("", False, None)],
)
def test_heat_up_lines_say_that_they_wait_and_how_long(tail: str, is_waiting: bool, wait_seconds: float | None) -> None:
    report = parse_temperature_report(" T:170.23 /210.00 B:19.38 /0.00 @:127 B@:0" + tail)
    assert report is not None
    assert (report.is_waiting, report.wait_seconds) == (is_waiting, wait_seconds)
    assert report.readings[0].power == 1.0


def test_bare_t_of_several_tools_is_the_active_one_and_not_counted_twice() -> None:
    text = "T:21.00 /215.00 B:19.00 /0.00 T0:20.00 /0.00 T1:21.00 /215.00 @:127 B@:0 @0:0 @1:127"
    assert readings_of(text) == {"tool1": (21.0, 215.0, 1.0), "bed": (19.0, 0.0, 0.0), "tool0": (20.0, 0.0, 0.0)}


def test_power_without_a_number_is_that_of_the_active_tool() -> None:
    assert readings_of("T:21.0 /215.0 T0:20.0 /0.0 T1:21.0 /215.0 @:127") == {
        "tool1": (21.0, 215.0, 1.0),
        "tool0": (20.0, 0.0, None),
    }


def test_old_marlin_names_the_tool_by_e() -> None:
    assert readings_of("T:150.0 E:1 W:?") == {"tool1": (150.0, None, None)}
    assert readings_of("T:150.0 E:0 B:60.1") == {"tool0": (150.0, None, None), "bed": (60.1, None, None)}


def test_every_sensor_of_marlin_has_its_name() -> None:
    text = "T:20.0 /0.0 B:21.0 /0.0 C:22.0 /40.0 P:23.0 L:24.0 /18.0 M:25.0 R:26.0 /0.0 @:0 B@:0 C@:127 L@:0"
    assert readings_of(text) == {
        "tool0": (20.0, 0.0, 0.0),
        "bed": (21.0, 0.0, 0.0),
        "chamber": (22.0, 40.0, 1.0),
        "probe": (23.0, None, None),
        "cooler": (24.0, 18.0, 0.0),
        "board": (25.0, None, None),
        "redundant": (26.0, 0.0, None),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("B:22.0 /0.0 T0:22.5 /0.0", {"bed": (22.0, 0.0, None), "tool0": (22.5, 0.0, None)}),
        ("T:0", {"tool0": (0.0, None, None)}),
        ("T:23.4 /0.0 @0 B:23.3 /60.0 @255", {"tool0": (23.4, 0.0, 0.0), "bed": (23.3, 60.0, 1.0)}),
        ("T:20.00 /0 B:19.00 /0 B@:0 @:255", {"tool0": (20.0, 0.0, 1.0), "bed": (19.0, 0.0, 0.0)}),
        ("T:20.0 /0.0 T0:20.0 /0.0 B:19.0 /0.0", {"tool0": (20.0, 0.0, None), "bed": (19.0, 0.0, None)}),
        (
            "T:24.7 /0.0 B:24.6 /0.0 T0:24.7 /0.0 @:0 B@:0 P:27.3 A:27.7",
            {"tool0": (24.7, 0.0, 0.0), "bed": (24.6, 0.0, 0.0), "probe": (27.3, None, None)},
        ),
        ("T:201/210 B:60/60", {"tool0": (201.0, 210.0, None), "bed": (60.0, 60.0, None)}),
        ("T:19.38/0.00B:19.38/0.00", {"tool0": (19.38, 0.0, None), "bed": (19.38, 0.0, None)}),
        ("T: 19.38 / 0.00", {"tool0": (19.38, 0.0, None)}),
        ("T:20.5 /0.0 (2455.00) B:19.0 /0.0 (2460.00)", {"tool0": (20.5, 0.0, None), "bed": (19.0, 0.0, None)}),
        ("T:-14.0 /0.0", {"tool0": (-14.0, 0.0, None)}),
        ("T:nan /0.00 B:inf /0.00", {"tool0": (None, 0.0, None), "bed": (None, 0.0, None)}),
        ("T:NAN /0.00 B:-inf /0.00", {"tool0": (None, 0.0, None), "bed": (None, 0.0, None)}),
        ("T:ovf /0.00", {"tool0": (None, 0.0, None)}),
        ("T:20.0 /0.0 @:12W", {"tool0": (20.0, 0.0, None)}),
    ],
)
def test_other_firmwares_and_odd_values_are_read(
    text: str, expected: dict[str, tuple[float | None, float | None, float | None]]
) -> None:
    assert readings_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "T",
        "T:",
        "T:abc",
        "T:12:30",
        "TargetExtr0:200",
        "echo: T:20.0 /0.0",
        "Cap:EEPROM:1",
        "X:0.00 Y:0.00",
        "Temp:20",
        "B@:0",
    ],
)
def test_what_is_no_report_is_none(text: str) -> None:
    assert parse_temperature_report(text) is None


@given(st.text(alphabet="TBCPLMREW@:/.-+0123456789 nanifov?", max_size=60) | st.text(max_size=40))
def test_any_text_is_either_none_or_a_report_of_known_heaters_within_bounds(text: str) -> None:
    report = parse_temperature_report(text)
    if report is None:
        return
    names = [reading.heater for reading in report.readings]
    assert len(names) == len(set(names)) > 0
    assert all(is_heater_name(name) for name in names)
    assert all(reading.power is None or 0.0 <= reading.power <= 1.0 for reading in report.readings)
