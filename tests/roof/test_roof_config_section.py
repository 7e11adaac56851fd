"""The tables of the configuration: what a printer's owner may decide, and within which limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.config import configuration_from_table, configured_printers
from hydrogen.errors import ConfigurationInvalid

FILE = "hydrogen.toml"


def with_printer(**tables: object) -> dict[str, object]:
    return {"printers": {"bench": {"port": "/dev/ttyX", **tables}}}


def test_policy_of_a_printer_comes_from_its_tables() -> None:
    table = with_printer(
        heat={"idle_timeout_seconds": 60.0}, park={"enabled": False}, power={"off_command": ["a", "b"]}
    )
    (printer,) = configured_printers(configuration_from_table(table, FILE))
    policy = printer.policy
    assert policy.heat.idle_timeout_seconds == 60.0
    assert not policy.park.enabled
    assert policy.power.switch.off_command == ("a", "b")


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ({"heat": {"idle_timeout_seconds": -1.0}}, "printers.bench.heat.idle_timeout_seconds"),
        ({"heat": {"idle": 1.0}}, "printers.bench.heat.idle"),
        ({"park": {"enabled": "yes"}}, "printers.bench.park.enabled"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_key(tables: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        configuration_from_table(with_printer(**tables), FILE)
    assert caught.value.details["key"] == key


def test_paths_are_absolute_whatever_the_working_directory_becomes(tmp_path: Path) -> None:
    configuration = configuration_from_table({"server": {"data_dir": "data"}}, FILE)
    assert configuration.server.data_dir.is_absolute()
