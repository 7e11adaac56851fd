"""What the owner decided reaches the spooler as it was decided."""

from __future__ import annotations

import json

from hydrogen.devices.switch import SwitchSettings
from hydrogen.model.codec import plain, value_from_plain
from hydrogen.spooler.policy import HeatPolicy, ParkPolicy, PowerPolicy, SpoolerPolicy


def test_policy_survives_its_way_through_the_settings_file() -> None:
    policy = SpoolerPolicy(
        heat=HeatPolicy(idle_timeout_seconds=60.0),
        park=ParkPolicy(enabled=False),
        power=PowerPolicy(switch=SwitchSettings(off_command=("relay", "off", "3"))),
    )
    assert value_from_plain(SpoolerPolicy, json.loads(json.dumps(plain(policy)))) == policy


def test_spooler_that_was_told_nothing_keeps_the_defaults() -> None:
    assert value_from_plain(SpoolerPolicy, {}) == SpoolerPolicy()
