from __future__ import annotations

import pytest

from hydrogen.model.ids import is_heater_name, is_printer_name


@pytest.mark.parametrize("name", ["ender3", "a", "0", "my-printer_2", "a" * 32])
def test_printer_names_that_are_let_in(name: str) -> None:
    assert is_printer_name(name)


@pytest.mark.parametrize(
    "name", ["", "Ender", "-a", "_a", "a b", "a/b", "..", "a.b", "a\n", "ä", "a" * 33, "a\x00", "hydrogen"]
)
def test_printer_names_that_could_escape_a_folder_or_a_unit_are_not(name: str) -> None:
    assert not is_printer_name(name)


@pytest.mark.parametrize("name", ["tool0", "tool15", "bed", "chamber", "probe"])
def test_heater_names_of_the_model(name: str) -> None:
    assert is_heater_name(name)


@pytest.mark.parametrize("name", ["", "tool", "tool100", "T0", "B", "bed1", "bed\n"])
def test_the_firmwares_letters_are_no_heater_names(name: str) -> None:
    assert not is_heater_name(name)
