"""The printer's table in the configuration."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hydrogen_drivers.marlin.config import MarlinConfig


def test_port_alone_is_enough() -> None:
    assert MarlinConfig(port="/dev/ttyUSB0").baud == 115200


@pytest.mark.parametrize(
    "wrong",
    [{}, {"port": ""}, {"port": "x", "baud": "115200"}, {"port": "x", "baud": 7}, {"port": "x", "bauds": 9600}],
)
def test_wrong_values_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MarlinConfig(**wrong)  # type: ignore[arg-type]


def test_every_field_explains_itself() -> None:
    for name, field in MarlinConfig.model_fields.items():
        assert field.description, name
