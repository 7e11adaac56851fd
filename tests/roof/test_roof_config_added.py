"""Printers that clients have added: a file beside the configuration's own, with less to say."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hydrogen.config import Configuration, configuration_from_table, configured_printers
from hydrogen.config_added import FILE_NAME, MOST_BYTES, Replacement, read_added, write_added
from hydrogen.errors import ConfigurationInvalid

SCALARS = st.one_of(
    st.text(max_size=20),
    st.integers(-(2**60), 2**60),
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
)
KEYS = st.text(min_size=1, max_size=12)
TABLES = st.dictionaries(
    st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True),
    st.dictionaries(
        KEYS, st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(KEYS, SCALARS, max_size=3))
    ),
    max_size=4,
)


def loaded(folder: Path, **printers: Mapping[str, Any]) -> Configuration:
    return configuration_from_table({"server": {"data_dir": str(folder)}, "printers": printers}, "hydrogen.toml")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables=TABLES)
def test_what_is_written_is_read_again(tmp_path: Path, tables: dict[str, dict[str, Any]]) -> None:
    write_added(tmp_path, tables)
    assert read_added(tmp_path) == tables
    assert (tmp_path / FILE_NAME).exists() == bool(tables)


def test_an_added_printer_is_one_like_every_other(tmp_path: Path) -> None:
    write_added(tmp_path, {"added": {"driver": "marlin", "port": "/dev/ttyUSB7", "machine": {"size_x_mm": 220.0}}})
    configuration = loaded(tmp_path, written={"port": "/dev/ttyUSB1"})
    printers = {printer.name: printer for printer in configured_printers(configuration)}
    assert {name: printer.port for name, printer in printers.items()} == {
        "written": "/dev/ttyUSB1",
        "added": "/dev/ttyUSB7",
    }
    assert configuration.printers["added"].machine.size_x_mm == 220.0


def test_what_a_person_has_written_takes_the_place_of_what_was_added(tmp_path: Path) -> None:
    write_added(tmp_path, {"bench": {"port": "/dev/ttyUSB7", "nonsense": 1}})
    configuration = loaded(tmp_path, bench={"port": "/dev/ttyUSB1"})
    assert [printer.port for printer in configured_printers(configuration)] == ["/dev/ttyUSB1"]


def test_a_sensor_may_belong_to_an_added_printer(tmp_path: Path) -> None:
    write_added(tmp_path, {"bench": {"port": "virtual:"}})
    sensor = {"driver": "command", "command": ["echo", "1"], "printer": "bench"}
    table = {"server": {"data_dir": str(tmp_path)}, "sensors": {"box": sensor}}
    assert configuration_from_table(table, "x").sensors["box"].printer == "bench"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("printers = 3", r"printers\.toml: \(file\): .*tables \[printers\.NAME\]"),
        ("[printers.a", r"printers\.toml: \(file\): .*valid TOML"),
        ("\xff", r"valid TOML"),
        ("#" * (MOST_BYTES + 1), "more than"),
        ("[printers.a]\nprt = '/dev/x'", r"printers\.toml: printers\.a\.prt: found an unknown key"),
        ("[printers.a]\nport = 7", r"printers\.toml: printers\.a\.port"),
        ("[printers.a]\nautoconnect = 7", r"printers\.toml: printers\.a\.autoconnect"),
        ("[printers.A]\nport = '/dev/x'", r"printers\.toml: printers\.A: .*characters a-z"),
        (
            "[printers.a]\nport = '/dev/x'\n[printers.b]\nport = '/dev/x'",
            r"a port of its own \(printers\.a has this one\)",
        ),
        ("[printers.a]\nport = '/dev/ttyUSB1'", r"a port of its own \(printers\.written has this one\)"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_its_own_name(tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / FILE_NAME).write_text(content, encoding="latin-1")
    with pytest.raises(ConfigurationInvalid, match=says):
        loaded(tmp_path, written={"port": "/dev/ttyUSB1"})


def test_virtual_printers_share_nothing(tmp_path: Path) -> None:
    write_added(tmp_path, {"a": {"port": "virtual:"}, "b": {"port": "virtual:"}})
    assert set(loaded(tmp_path).printers) == {"a", "b"}


@pytest.mark.parametrize("has_links", [True, False])
def test_a_replacement_can_be_taken_back_to_the_byte(
    tmp_path: Path, has_links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")  # as vfat does

    if not has_links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
    path = tmp_path / FILE_NAME
    path.write_text("# by hand\n[printers.a]\nport='virtual:'\n")
    before = path.read_bytes()
    replacement = Replacement(tmp_path, {"b": {"port": "virtual:"}})
    assert set(read_added(tmp_path)) == {"b"}
    replacement.take_back()
    assert path.read_bytes() == before
    Replacement(tmp_path, {}).settle()
    assert list(tmp_path.iterdir()) == []
