"""The keys of 1-Wire."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hydrogen_drivers.onewire.config import OneWireConfig


def test_the_kernels_folder_is_the_default() -> None:
    assert OneWireConfig().root == "/sys/bus/w1/devices"


@pytest.mark.parametrize("keys", [{"root": ""}, {"root": 5}, {"path": "/x"}])
def test_what_could_not_work_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OneWireConfig(**keys)
