"""The keys of the host's sensors."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hydrogen_drivers.host_sensors.config import HostSensorsConfig


def test_sysfs_is_the_default() -> None:
    assert HostSensorsConfig().root == "/sys"
    with pytest.raises(ValidationError):
        HostSensorsConfig(root="")
