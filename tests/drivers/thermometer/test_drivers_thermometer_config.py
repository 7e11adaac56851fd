"""The keys of a thermometer."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hydrogen_drivers.thermometer.config import ThermometerConfig


def test_a_port_is_enough() -> None:
    assert ThermometerConfig(port="/dev/ttyUSB0").model_dump(mode="json") == {
        "port": "/dev/ttyUSB0",
        "baud": 9600,
        "pattern": "",
        "query": "",
    }


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"port": ""},
        {"port": "udp://bridge:23"},
        {"port": "/dev/x", "baud": "fast"},
        {"port": "/dev/x", "baud": 0},
        {"port": "/dev/x", "pattern": "("},
        {"port": "/dev/x", "pattern": "no groups"},
        {"port": "/dev/x", "pattern": "(?P<unit>C)"},
        {"port": "/dev/x", "pattern": "x" * 256},
        {"port": "/dev/x", "parity": "even"},
    ],
)
def test_what_could_not_work_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ThermometerConfig(**keys)
