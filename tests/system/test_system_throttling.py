"""Faked sources: a file of the firmware's driver, vcgencmd, the kernel's voltage sensor."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.system.throttling import (
    Throttling,
    ThrottlingReader,
    bits_from_text,
    find_voltage_alarm,
    run_vcgencmd,
    throttling_from_bits,
)
from tests.support.recording_log import RecordingLog


@pytest.mark.parametrize(
    ("text", "now", "since_boot"),
    [
        ("0\n", (), ()),
        ("throttled=0x0", (), ()),
        ("throttled=0x50000\n", (), ("under_voltage", "throttled")),
        ("50005\n", ("under_voltage", "throttled"), ("under_voltage", "throttled")),
        ("throttled=0x5", ("under_voltage", "throttled"), ()),
        ("a", ("frequency_capped", "soft_temperature_limit"), ()),
        ("throttled=0x80008", ("soft_temperature_limit",), ("soft_temperature_limit",)),
        ("throttled=0x20002", ("frequency_capped",), ("frequency_capped",)),
        ("throttled=0xfff0fff0", (), ()),
    ],
)
def test_now_and_since_the_start_are_told_apart(text: str, now: tuple[str, ...], since_boot: tuple[str, ...]) -> None:
    assert throttling_from_bits(bits_from_text(text) & 0xF000F) == Throttling(now=now, since_boot=since_boot)


@pytest.mark.parametrize("text", ["VCHI initialization failed", "throttled=", "throttled=-5", "0xzz"])
def test_what_is_no_number_is_refused_or_nothing(text: str) -> None:
    if text == "throttled=":
        assert bits_from_text(text) == 0
        return
    with pytest.raises(ValueError, match=r".+"):
        bits_from_text(text)


def sensor(folder: Path, number: int, name: str, alarm: str = "") -> Path:
    place = folder / f"hwmon{number}"
    place.mkdir(parents=True)
    (place / "name").write_text(f"{name}\n")
    (place / "in0_lcrit_alarm").write_text(alarm)
    return place / "in0_lcrit_alarm"


def test_the_kernels_sensor_is_found_by_its_name(tmp_path: Path) -> None:
    assert find_voltage_alarm(tmp_path) is None
    assert find_voltage_alarm(tmp_path / "nowhere") is None
    sensor(tmp_path, 0, "cpu_thermal")
    alarm = sensor(tmp_path, 1, "rpi_volt", "0\n")
    assert find_voltage_alarm(tmp_path) == alarm


def test_a_dip_that_only_the_kernel_has_seen_counts_as_now(tmp_path: Path) -> None:
    alarm = sensor(tmp_path, 1, "rpi_volt", "0\n")
    (tmp_path / "bits").write_text("50000")
    reader = ThrottlingReader(RecordingLog(), firmware_file=tmp_path / "bits", sensors=tmp_path)
    assert reader.read() == Throttling(now=(), since_boot=("under_voltage", "throttled"))
    alarm.write_text("1\n")
    assert reader.read() == Throttling(now=("under_voltage",), since_boot=("under_voltage", "throttled"))


def test_a_tool_that_fails_costs_one_line_in_the_log_and_is_not_asked_again(tmp_path: Path) -> None:
    log, asked = RecordingLog(), []

    def ask() -> str:
        asked.append(1)
        raise OSError("vcgencmd: no such device")

    reader = ThrottlingReader(log, firmware_file=tmp_path / "none", sensors=tmp_path / "none", ask=ask)
    assert [reader.read() for _ in range(3)] == [None, None, None]
    assert len(asked) == 1
    assert [entry.level for entry in log.entries] == ["info"]


def test_a_machine_without_any_of_it_says_nothing(tmp_path: Path) -> None:
    log = RecordingLog()
    reader = ThrottlingReader(log, firmware_file=tmp_path / "none", sensors=tmp_path, ask=lambda: "throttled=0x5")
    assert reader.read() == Throttling(now=("under_voltage", "throttled"))
    assert log.entries == []


def test_the_program_is_run_and_its_failure_is_an_error_of_the_system() -> None:
    assert run_vcgencmd(("/bin/echo", "throttled=0x1")) == "throttled=0x1"
    with pytest.raises(OSError, match="code 3: no rights"):
        run_vcgencmd(("/bin/sh", "-c", "echo no rights >&2; exit 3"))
    with pytest.raises(OSError, match=r".+"):
        run_vcgencmd(("/nowhere/vcgencmd",))
