"""`[printers.NAME.power]`: commands or a pin, and never half of each."""

from __future__ import annotations

import pytest

from hydrogen.config import configuration_from_table, configured_printers
from hydrogen.devices.switch import SwitchSettings
from hydrogen.errors import ConfigurationInvalid
from hydrogen.spooler.policy import PowerPolicy


def policy_of(**power: object) -> PowerPolicy:
    table = {"printers": {"bench": {"port": "/dev/ttyX", "power": power}}}
    (printer,) = configured_printers(configuration_from_table(table, "test"))
    return printer.policy.power


def test_what_is_configured_reaches_the_spooler() -> None:
    assert policy_of() == PowerPolicy()
    policy = policy_of(on_command=["plug", "on"], off_command=["plug", "off"], off_after_link_loss_seconds=60.0)
    assert policy.switch == SwitchSettings(on_command=("plug", "on"), off_command=("plug", "off"))
    assert policy.off_after_link_loss_seconds == 60.0
    assert policy_of(driver="gpio", gpio_line=17, gpio_active_low=True).switch == SwitchSettings(
        driver="gpio", gpio_line=17, gpio_active_low=True
    )


@pytest.mark.parametrize(
    ("power", "key"),
    [
        ({"off_command": "relay off"}, "printers.bench.power.off_command"),
        ({"driver": "gpio"}, "printers.bench.power"),
        ({"driver": "gpio", "gpio_line": 17, "off_command": ["x"]}, "printers.bench.power"),
        ({"driver": "plug"}, "printers.bench.power.driver"),
        ({"gpio_line": -1}, "printers.bench.power.gpio_line"),
        ({"driver": "gpio", "gpio_line": 17, "gpio_chip": "gpiochip0"}, "printers.bench.power.gpio_chip"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_key(power: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        policy_of(**power)
    assert caught.value.details["key"] == key
