"""The printer's table in the configuration."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hydrogen_drivers.marlin.config import MarlinConfig


def test_port_alone_is_enough() -> None:
    config = MarlinConfig(port="/dev/ttyUSB0")
    assert config.baud == "auto"
    assert not config.reset_on_connect


@pytest.mark.parametrize("baud", [1200, 115200, 250000, 4_000_000, "auto"])
def test_speed_is_a_number_or_auto(baud: int | str) -> None:
    assert MarlinConfig(port="x", baud=baud).model_dump(mode="json")["baud"] == baud  # type: ignore[arg-type]


@pytest.mark.parametrize("baud", ["115200", "Auto", "", 7, 4_000_001, True, 115200.0, None, [115200]])
def test_any_other_speed_is_refused_with_one_complaint_that_names_both_ways(baud: object) -> None:
    with pytest.raises(ValidationError) as caught:
        MarlinConfig(port="x", baud=baud)  # type: ignore[arg-type]
    (complaint,) = caught.value.errors()
    assert complaint["loc"] == ("baud",)
    assert 'integer from 1200 to 4000000, or "auto"' in complaint["msg"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"port": ""},
        {"port": "x", "baud": "115200"},
        {"port": "x", "baud": 7},
        {"port": "x", "bauds": 9600},
        {"port": "x", "reset_on_connect": 1},
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MarlinConfig(**wrong)  # type: ignore[arg-type]


def test_every_field_explains_itself() -> None:
    for name, field in MarlinConfig.model_fields.items():
        assert field.description, name
