"""Lines of small boards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.devices.sensor import FIRST_CHANNEL, Measurement
from hydrogen_drivers.thermometer.protocol import (
    MOST_CHANNELS,
    LineReader,
    measurement_from,
    pick_channel,
)
from hydrogen_simulators.sensors.thermometer import FORMS, GARBAGE

Told = dict[str, tuple[float | None, str]]


def read(line: str, pattern: str = "") -> Told | None:
    found = LineReader(pattern).read(line)
    return None if found is None else {name: (one.value, one.unit) for name, one in found.items()}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("23.50", {"1": (23.5, "")}),
        ("  -4 ", {"1": (-4.0, "")}),
        ("+1.5e1", {"1": (15.0, "")}),
        (".5", {"1": (0.5, "")}),
        ("23.5 C", {"1": (23.5, "C")}),
        ("74.3F", {"1": (74.3, "F")}),
        ("296.65 K", {"1": (296.65, "K")}),
        ("23.5 °C", {"1": (23.5, "C")}),
        ("23.5 *C", {"1": (23.5, "C")}),
        ("23.5 deg C", {"1": (23.5, "C")}),
        ("45 %", {"1": (45.0, "%")}),
        ("45%RH", {"1": (45.0, "%RH")}),
        ("T1:23.5 T2:41.0", {"T1": (23.5, ""), "T2": (41.0, "")}),
        ("T1:23.5,T2:41.0", {"T1": (23.5, ""), "T2": (41.0, "")}),
        ("t=23.5C;h=45%", {"t": (23.5, "C"), "h": (45.0, "%")}),
        ("temp = 23.5", {"temp": (23.5, "")}),
        ("Humidity: 45.00 %\tTemperature: 23.50 *C", {"Humidity": (45.0, "%"), "Temperature": (23.5, "C")}),
        ("Air temperature: 23.5 C", {"Air temperature": (23.5, "C")}),
        ("Sensor 0: -12.25", {"Sensor 0": (-12.25, "")}),
        ("23.50,41.00", {"1": (23.5, ""), "2": (41.0, "")}),
        ("23.50;41.00;", {"1": (23.5, ""), "2": (41.0, "")}),
        ("23.50\t41.00", {"1": (23.5, ""), "2": (41.0, "")}),
        ("23.50 41.00", {"1": (23.5, ""), "2": (41.0, "")}),
        (",41.00", {"2": (41.0, "")}),
        ('{"t1": 23.5, "t2": 41}', {"t1": (23.5, ""), "t2": (41.0, "")}),
        ('{"air": {"celsius": 23.5, "rh": 40}}', {"air.celsius": (23.5, ""), "air.rh": (40.0, "")}),
        ('{"t": "23.5 C", "ok": true, "name": "x"}', {"t": (23.5, "C")}),
        ("[23.5, null]", {"1": (23.5, ""), "2": (None, "")}),
    ],
)
def test_the_shapes_in_the_wild(line: str, told: Told) -> None:
    assert read(line) == told


@pytest.mark.parametrize("word", ["nan", "NaN", "inf", "-inf", "---", "err", "ERROR", "n/a", "null", "ovf"])
def test_a_probe_without_a_reading_has_no_value_and_is_never_zero(word: str) -> None:
    for line in (word, f"T1:{word} T2:20", f"{word},20"):
        found = LineReader().read(line)
        assert found is not None, line
        first = pick_channel(found, FIRST_CHANNEL)
        assert first is not None
        assert (first.value, bool(first.fault)) == (None, True)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        GARBAGE,
        "ready",
        "DS18B20 thermometer v1.2.3",
        "Version: 1.2.3",
        "found 2 sensors",
        "1.2.3",
        "12:00:01 up",
        "{broken",
        '{"name": "x"}',
        "\xff\xfe",
        "T1:",
        "23,50,oops",
    ],
)
def test_greetings_and_damaged_lines_are_no_measurements(line: str) -> None:
    assert read(line) is None


def test_a_pattern_names_channels_and_units() -> None:
    pattern = r"A(?P<air>-?[\d.,]+)(?P<air_unit>[CF]) B(?P<box>\S+)"
    assert read("x A23,5F B41 y", pattern) == {"air": (23.5, "F"), "box": (41.0, "")}
    assert read("A23.5C Bnone", pattern) == {"air": (23.5, "C"), "box": (None, "")}
    assert read("23.5", pattern) is None
    assert read("7 K 8", r"(?P<a>\d+) (?P<unit>\w) (?P<b>\d+)") == {"a": (7.0, "K"), "b": (8.0, "K")}


def test_a_channel_is_found_by_its_name_in_either_case() -> None:
    found = {"T1": Measurement(value=1.0), "t2": Measurement(value=2.0)}
    assert pick_channel(found, "t1") == found["T1"]
    assert pick_channel(found, "t2") == found["t2"]
    assert pick_channel(found, "t3") is None
    assert pick_channel(found, FIRST_CHANNEL) == found["T1"]
    assert pick_channel({}, FIRST_CHANNEL) is None


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_virtual_thermometer_is_understood(form: str) -> None:
    found = LineReader().read(FORMS[form]([23.5, 41.0]))
    assert found is not None
    assert [one.value for one in found.values()] == ([23.5] if form == "bare" else [23.5, 41.0])


def test_a_line_has_only_so_many_channels() -> None:
    found = LineReader().read(",".join("1" for _ in range(100)))
    assert found is not None
    assert len(found) == MOST_CHANNELS


def test_a_figure_beyond_a_double_is_no_value() -> None:
    assert measurement_from("1e999").value is None
    assert read('{"t": 1e999, "u": ' + "9" * 200 + "}") is not None


@given(st.text(max_size=300) | st.from_regex(r"[T1:;,. =%CFK\-+e{}\[\]\"0-9]{0,80}", fullmatch=True))
def test_any_line_is_read_or_not_and_never_raises(line: str) -> None:
    found = LineReader().read(line)
    assert found is None or all(one.value is None or one.value == one.value for one in found.values())
