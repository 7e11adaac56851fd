"""What the kernel says of 1-Wire sensors."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen_drivers.onewire.protocol import IDENTITY, read_temperature, read_w1_slave

DOCUMENTED = "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES\n72 01 4b 46 7f ff 0e 10 57 t=23125\n"
"""As the kernel's documentation shows it."""


def slave(raw: str, thousandths: int, verdict: str = "YES") -> str:
    return f"{raw} : crc=00 {verdict}\n{raw} t={thousandths}\n"


POWER_ON = slave("50 05 4b 46 7f ff 0c 10 1c", 85_000)
"""From the data sheet: the scratchpad before the first measurement."""

REALLY_85 = slave("50 05 4b 46 7f ff 10 10 00", 85_000)


def test_a_reading() -> None:
    measured = read_w1_slave(DOCUMENTED)
    assert (measured.value, measured.unit, measured.fault) == (23.125, "C", "")
    assert read_w1_slave(slave("5e ff 4b 46 7f ff 02 10 00", -10_125)).value == -10.125
    assert read_w1_slave(slave("00 00 4b 46 7f ff 10 10 00", 0)).value == 0.0
    assert read_temperature("-10125\n").value == -10.125


def test_a_damaged_answer_has_no_value_whatever_it_shows() -> None:
    damaged = read_w1_slave(slave("ff ff ff ff ff ff ff ff ff", -62, "NO"))
    assert damaged.value is None
    assert "CRC" in damaged.fault


def test_the_power_on_value_is_a_ghost() -> None:
    for ghost in (read_w1_slave(POWER_ON), read_temperature("85000\n"), read_w1_slave(POWER_ON, before=23.0)):
        assert ghost.value is None
        assert "before it has measured" in ghost.fault


def test_85_degrees_that_were_measured_are_85_degrees() -> None:
    assert read_w1_slave(REALLY_85).value == 85.0
    assert read_temperature("85000\n", before=83.5).value == 85.0, "a clone that was as warm the moment before"
    assert read_temperature("85062\n").value == 85.062


@pytest.mark.parametrize("text", ["", "\n", "crc=57 YES", "t=23125", "YES t=", "no such device"])
def test_a_text_without_a_reading_has_none(text: str) -> None:
    assert read_w1_slave(text).value is None
    assert read_temperature(text).value is None


@pytest.mark.parametrize(
    ("identity", "is_one"),
    [("28-000005e2fdc3", True), ("10-0008019ac5d2", True), ("w1_bus_master1", False), ("28-../../x", False)],
)
def test_identities(identity: str, is_one: bool) -> None:
    assert bool(IDENTITY.fullmatch(identity)) is is_one


@given(st.text(max_size=200))
def test_any_text_is_a_measurement_with_or_without_a_value(text: str) -> None:
    for measured in (read_w1_slave(text), read_temperature(text)):
        assert (measured.value is None) is bool(measured.fault)
