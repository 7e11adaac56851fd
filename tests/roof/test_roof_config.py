"""The configuration: nothing doubtful gets through, and what is refused is refused with the remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from hydrogen.config import (
    Configuration,
    configuration_from_table,
    configured_printers,
    load_configuration,
)
from hydrogen.config_display import PresetSection
from hydrogen.errors import ConfigurationInvalid
from tests.roof.configuration_page import MARK, PAGE, tables

MINIMAL = """
[server]
environment = "development"
data_dir = "{folder}/data"
runtime_dir = "{folder}/run"
[websocket]
host = "127.0.0.1"
port = 5001
port_fallback = false
[web]
host = "127.0.0.1"
port = 5000
[mdns]
enabled = false
[auth]
keys = ["bench-key-0123456789"]
[printers.bench]
driver = "marlin"
port = "{folder}/ttyFAKE"
baud = 250000
"""


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("HYDROGEN_") or name == "WEBSOCKET_KEY":
            monkeypatch.delenv(name)


def written(folder: Path, text: str) -> Path:
    path = folder / "hydrogen.toml"
    path.write_text(text)
    return path


def refusal(folder: Path, text: str) -> ConfigurationInvalid:
    with pytest.raises(ConfigurationInvalid) as caught:
        load_configuration(written(folder, text))
    assert str(folder / "hydrogen.toml") in str(caught.value) or "environment variable" in str(caught.value)
    return caught.value


def test_the_minimal_configuration_of_the_bench_works(tmp_path: Path) -> None:
    configuration = load_configuration(written(tmp_path, MINIMAL.format(folder=tmp_path)))
    assert configuration.server.data_dir == tmp_path / "data"
    assert configuration.websocket.port == 5001
    assert configuration.api_keys == ("bench-key-0123456789",)
    (printer,) = configured_printers(configuration)
    assert (printer.name, printer.driver, printer.port, printer.baud) == (
        "bench",
        "marlin",
        f"{tmp_path}/ttyFAKE",
        250000,
    )
    assert printer.factory == "hydrogen_drivers.marlin.driver:MarlinDriver"
    assert printer.settings["connect_timeout_seconds"] > 0
    assert printer.autoconnect


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    configuration = load_configuration(written(tmp_path, ""))
    assert configuration == load_configuration(None)
    assert (configuration.websocket.port, configuration.websocket.port_fallback) == (5001, True)
    assert configuration.server.environment == "production"
    assert configuration.api_keys == ()


@pytest.mark.parametrize(
    ("text", "key", "found", "expected"),
    [
        ('[websocket]\nport = "5001"', "websocket.port", "'5001'", "integer"),
        ("[websocket]\nport = true", "websocket.port", "True", "integer"),
        ("[websocket]\nport = 5001.0", "websocket.port", "5001.0", "integer"),
        ("[websocket]\nport = 70000", "websocket.port", "70000", "65535"),
        ("[websocket]\nport = -1", "websocket.port", "-1", "greater than or equal to 0"),
        ("[websocket]\nport_fallback = 1", "websocket.port_fallback", "1", "boolean"),
        ("[websocket]\nstatus_interval_seconds = 0", "websocket.status_interval_seconds", "0", "0.1"),
        ("[websocket]\nmax_message_bytes = 10", "websocket.max_message_bytes", "10", "1024"),
        ('[server]\nenvironment = "prod"', "server.environment", "'prod'", "development"),
        ("[server]\ndata_dir = 5", "server.data_dir", "5", "path"),
        ('[logging]\nlevel = "loud"', "logging.level", "'loud'", "warning"),
        ('server = "x"', "server", "'x'", "valid"),
        ("[printers]\nbench = 5", "printers.bench", "5", "valid"),
        ('[printers.Ender]\nport = "/dev/x"', "printers.Ender", "'Ender'", "a-z"),
        ("[printers.bench]", "printers.bench.port", "nothing", "no default"),
        ('[printers.bench]\nport = "/dev/x"\nbaud = "fast"', "printers.bench.baud", "'fast'", "integer"),
        ('[printers.bench]\nport = "/dev/x"\nautoconnect = "yes"', "printers.bench.autoconnect", "'yes'", "boolean"),
        ("[websocket\n", "(file)", "line 1", "valid TOML"),
    ],
)
def test_a_wrong_value_is_refused_with_key_found_and_expected(
    tmp_path: Path, text: str, key: str, found: str, expected: str
) -> None:
    error = refusal(tmp_path, text)
    assert error.details["key"] == key
    assert found in error.details["found"]
    assert expected in error.details["expected"]
    assert error.details["file"] == str(tmp_path / "hydrogen.toml")


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ("[websocket]\nprot = 1", "websocket.prot", "port"),
        ("[websockets]\nport = 1", "websockets", "websocket"),
        ('[printers.bench]\nport = "/dev/x"\nbuad = 1', "printers.bench.buad", "baud"),
        ('[printers.bench]\nport = "/dev/x"\ndriver = "marlinn"', "printers.bench.driver", "marlin"),
    ],
)
def test_a_near_miss_is_refused_with_what_was_meant(tmp_path: Path, text: str, key: str, meant: str) -> None:
    error = refusal(tmp_path, text)
    assert error.details["key"] == key
    assert f"Did you mean '{meant}'?" in str(error)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    error = refusal(tmp_path, '[websocket]\nport = "x"\nhots = 1\n[mdns]\nenabled = 3')
    assert len(str(error).splitlines()) == 3


def test_an_unknown_driver_lists_those_that_are_installed(tmp_path: Path) -> None:
    assert "marlin" in refusal(tmp_path, '[printers.bench]\ndriver = "x"').details["expected"]


def test_a_file_that_is_missing_or_no_text_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"missing\.toml.*no such file"):
        load_configuration(tmp_path / "missing.toml")
    with pytest.raises(ConfigurationInvalid, match="directory"):
        load_configuration(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationInvalid, match="UTF-8"):
        load_configuration(tmp_path / "binary.toml")


def test_the_environment_overrides_the_file_and_has_its_keys_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {
        "HYDROGEN_WEBSOCKET__PORT": "6000",
        "HYDROGEN_WEBSOCKET__PORT_FALLBACK": "True",
        "HYDROGEN_WEBSOCKET__STATUS_INTERVAL_SECONDS": "0.5",
        "HYDROGEN_AUTH__KEYS": "first-key,12345678",
        "HYDROGEN_PRINTERS__BENCH__BAUD": "115200",
        "HYDROGEN_PRINTERS__BENCH__AUTOCONNECT": "false",
        "HYDROGEN_URL": "ws://elsewhere/",
    }.items():
        monkeypatch.setenv(name, text)
    configuration = load_configuration(written(tmp_path, MINIMAL.format(folder=tmp_path)))
    assert configuration.websocket.port == 6000
    assert configuration.websocket.port_fallback is True
    assert configuration.websocket.status_interval_seconds == 0.5
    assert configuration.api_keys == ("first-key", "12345678")
    (printer,) = configured_printers(configuration)
    assert (printer.baud, printer.autoconnect) == (115200, False)


@pytest.mark.parametrize(
    ("name", "text"),
    [("HYDROGEN_WEBSOCKET__PORT", "5001x"), ("HYDROGEN_WEBSOKET__PORT", "5001"), ("HYDROGEN_WEBSOCKET__PROT", "1")],
)
def test_a_wrong_variable_is_refused_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv(name, text)
    assert name in str(refusal(tmp_path, ""))


def test_a_whole_value_can_come_from_a_variable_and_a_part_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUR_PORT", "7000")
    monkeypatch.setenv("OUR_KEY", "12345678")
    text = '[websocket]\nport = "${env.OUR_PORT}"\nallowed_origins = ["a${env.OUR_PORT}"]\n[auth]\nkeys = ["${env.OUR_KEY}"]'
    configuration = load_configuration(written(tmp_path, text))
    assert configuration.websocket.port == 7000
    assert configuration.websocket.allowed_origins == ("a${env.OUR_PORT}",)
    assert configuration.api_keys == ("12345678",)


def test_a_variable_that_is_not_set_is_refused_instead_of_replaced_by_a_default(tmp_path: Path) -> None:
    error = refusal(tmp_path, '[auth]\nkeys = ["${env.NO_SUCH_VARIABLE}"]')
    assert "NO_SUCH_VARIABLE" in error.details["found"]


def test_without_a_configured_key_the_clients_variable_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSOCKET_KEY", "from-websocket-key")
    assert load_configuration(None).api_keys == ("from-websocket-key",)
    monkeypatch.setenv("HYDROGEN_API_KEY", "from-api-key")
    assert load_configuration(None).api_keys == ("from-api-key",)
    path = written(tmp_path, '[auth]\nkeys = ["from-the-file"]')
    assert load_configuration(path).api_keys == ("from-the-file",)


def test_short_keys_are_for_development_only(tmp_path: Path) -> None:
    error = refusal(tmp_path, '[auth]\nkeys = ["abc"]')
    assert error.details["key"] == "auth.keys"
    path = written(tmp_path, '[server]\nenvironment = "development"\n[auth]\nkeys = ["abc"]')
    assert load_configuration(path).has_short_key


@pytest.mark.parametrize("key", ["", "with space", "tab\\tinside", "ünïcödé"])
def test_keys_that_cannot_be_sent_in_a_header_are_refused(tmp_path: Path, key: str) -> None:
    assert refusal(tmp_path, f'[auth]\nkeys = ["{key}"]').details["key"].startswith("auth.keys")


def test_a_secret_is_neither_in_a_refusal_nor_in_a_repr(tmp_path: Path) -> None:
    secret = "very-secret with a space"
    error = refusal(tmp_path, f'[auth]\nkeys = ["{secret}"]')
    assert secret not in str(error)
    assert secret not in str(error.details)
    configuration = configuration_from_table({"auth": {"keys": ["hush-hush-hush"]}}, "test")
    assert "hush" not in repr(configuration)


def test_nothing_can_be_changed_afterwards() -> None:
    configuration = load_configuration(None)
    with pytest.raises(ValidationError):
        configuration.websocket.port = 1
    with pytest.raises(ValidationError):
        configuration.auth = configuration.auth


def test_relative_folders_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_configuration(written(tmp_path, '[server]\ndata_dir = "d"')).server.data_dir == tmp_path / "d"


def test_every_field_says_what_it_is_for() -> None:
    for name, section in Configuration.model_fields.items():
        model = PresetSection if name == "temperature_presets" else section.annotation
        if name in ("printers", "sensors"):
            continue
        assert isinstance(model, type)
        for key, field in model.model_fields.items():  # type: ignore[attr-defined]
            assert field.description, f"{name}.{key}"


def test_the_documentation_names_every_key_with_its_default_and_reason() -> None:
    _, mark, documented = PAGE.read_text().partition(MARK)
    assert mark
    assert documented.strip() == tables().strip(), "run: python -m tests.roof.configuration_page"


# -------------------------------------------------------------------------------------------------------------- TLS


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[websocket]\nhost = "0.0.0.0"', "websocket.host"),
        ('[web]\nhost = "192.0.2.1"', "web.host"),
        ('[tls]\ncertificate = "c.pem"', "tls"),
        ('[tls]\ncertificate = "c.pem"\nkey = "k.pem"', "tls.certificate"),
        ('[tls]\ntrusted_proxies = ["example.org"]', "tls.trusted_proxies"),
    ],
)
def test_production_refuses_plain_text_beyond_this_machine_and_useless_certificates(
    tmp_path: Path, text: str, key: str
) -> None:
    assert refusal(tmp_path, text).details["key"] == key


@pytest.mark.parametrize(
    "text",
    [
        '[websocket]\nhost = "127.0.0.1"\n[web]\nhost = "::1"',
        '[websocket]\nhost = "0.0.0.0"\n[server]\nenvironment = "development"',
        '[websocket]\nhost = "0.0.0.0"\n[tls]\ntrusted_proxies = ["10.0.0.2", "fd00::/8"]',
        "",
    ],
)
def test_what_is_safe_is_taken(tmp_path: Path, text: str) -> None:
    assert load_configuration(written(tmp_path, text)).certificate_files is None


def test_two_printers_on_one_port_are_refused_and_both_are_named() -> None:
    printers = {name: {"driver": "marlin", "port": "usb:1a86:7523:AB12"} for name in ("left", "right")}
    with pytest.raises(ConfigurationInvalid, match=r"printers\.right\.port: .*printers\.left has this one"):
        configuration_from_table({"printers": printers}, "test")


@pytest.mark.parametrize("port", ["usb:1A86:7523:AB12", "socket://10.0.0.7:23", "tcp://bridge"])
def test_port_that_can_never_be_is_refused_with_what_may_stand_there(port: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"printers\.bench\.port"):
        configuration_from_table({"printers": {"bench": {"driver": "marlin", "port": port}}}, "test")
