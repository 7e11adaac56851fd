"""What Hydrogen is told: one TOML file, the environment above it, and a check that lets nothing doubtful through.

Order, the later wins: defaults, the file, variables `HYDROGEN_<SECTION>__<KEY>` (`HYDROGEN_WEBSOCKET__PORT=5002`). Printers
that clients have added come from a file of their own (config_added.py). A text value that is `${env.NAME}` as a whole is
replaced by that variable. What comes from the environment is text; it is read as the type that its key wants. What comes from
the file is taken as it stands: `port = "5001"` is refused, not converted.

`load_configuration` raises ConfigurationInvalid with everything that is wrong, each with file, key, what was found and
what was expected. Values of keys that smell of a secret are never repeated.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from hydrogen.auth.proxy import is_loopback
from hydrogen.config_added import FILE_NAME, Tables, read_added
from hydrogen.config_display import Presets, WebcamSection, presets_of
from hydrogen.config_driver import checked_driver
from hydrogen.config_machine import PrinterTable
from hydrogen.config_problem import ENVIRONMENT_PREFIX, Problem, Refused, problem_from, refusal
from hydrogen.config_retention import RetentionSection
from hydrogen.config_section import (
    AuthSection,
    EnvironmentText,
    FilesSection,
    HostSection,
    LoggingSection,
    MdnsSection,
    ServerSection,
    TlsSection,
    WebSection,
)
from hydrogen.config_sensor import SensorTable, configured_sensors
from hydrogen.config_websocket import WebSocketSection
from hydrogen.core.tls import CertificateFiles, server_context
from hydrogen.devices.port_address import VIRTUAL
from hydrogen.devices.switch import SwitchSettings
from hydrogen.errors import FileUnreadable
from hydrogen.fleet.plugins import PluginShelf
from hydrogen.fleet.printer import ConfiguredPrinter, PrinterDisplay
from hydrogen.model.ids import is_printer_name
from hydrogen.model.sensor import MOST_SENSORS
from hydrogen.spooler.policy import HeatPolicy, ParkPolicy, PowerPolicy, SpoolerPolicy

SHORTEST_KEY = 8
"""Characters of an API key in production: the interface document's limit."""

_WHOLE_REFERENCE = re.compile(r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}")


class Configuration(BaseSettings):
    """Everything that is told to Hydrogen; see docs/configuration.md, which a test compares with this."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    server: ServerSection = Field(default_factory=ServerSection)
    websocket: WebSocketSection = Field(default_factory=WebSocketSection)
    web: WebSection = Field(default_factory=WebSection)
    files: FilesSection = Field(default_factory=FilesSection)
    host: HostSection = Field(default_factory=HostSection)
    tls: TlsSection = Field(default_factory=TlsSection)
    mdns: MdnsSection = Field(default_factory=MdnsSection)
    auth: AuthSection = Field(default_factory=AuthSection)
    logging: LoggingSection = Field(default_factory=LoggingSection)
    retention: RetentionSection = Field(default_factory=RetentionSection)
    webcam: WebcamSection = Field(default_factory=WebcamSection)
    temperature_presets: Presets = Field(default_factory=dict)
    printers: dict[str, PrinterTable] = Field(default_factory=dict)
    sensors: dict[str, SensorTable] = Field(default_factory=dict, max_length=MOST_SENSORS)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (_EnvironmentSource(settings_cls), init_settings)

    @property
    def api_keys(self) -> tuple[str, ...]:
        """The configured keys in the clear; empty if there is none."""
        return tuple(key.get_secret_value() for key in self.auth.keys)

    @property
    def is_plain_refused(self) -> bool:
        """Must nobody but this machine be spoken to, because it would be in plain text?"""
        tls = self.tls
        is_safe = tls.certificate is not None or bool(tls.trusted_proxies)
        return self.server.environment == "production" and not is_safe

    @property
    def certificate_files(self) -> CertificateFiles | None:
        """What the ports speak TLS with; None for plain text."""
        tls = self.tls
        if tls.certificate is None or tls.key is None:
            return None
        return CertificateFiles(certificate=tls.certificate, key=tls.key)

    @property
    def has_short_key(self) -> bool:
        """Is one of the keys easy to guess?"""
        return any(len(key) < SHORTEST_KEY for key in self.api_keys)


class _EnvironmentSource(PydanticBaseSettingsSource):
    """`HYDROGEN_A__B__C=text` as `{"a": {"b": {"c": text}}}`; variables without `__` are not configuration."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        tables: dict[str, Any] = {}
        for name, text in sorted(os.environ.items()):
            if name.startswith(ENVIRONMENT_PREFIX) and "__" in name:
                *parents, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
                table = tables
                for part in parents:
                    table = table.setdefault(part, {})
                table[key] = EnvironmentText(text)
        return tables


# ---------------------------------------------------------------------------------------------------------- loading


def load_configuration(path: Path | None, *, shelf: PluginShelf | None = None) -> Configuration:
    """Read and check everything, the drivers' own tables included. path None: the environment alone.

    Raises ConfigurationInvalid; its message has one line for each problem, its details are those of the first.
    """
    source = str(path) if path is not None else "environment"
    return configuration_from_table(_read_toml(path) if path is not None else {}, source, shelf=shelf)


def configuration_from_table(
    table: Mapping[str, Any], source: str, *, shelf: PluginShelf | None = None
) -> Configuration:
    """The same for a table that was read already; `source` is its name in messages."""
    resolved = _Resolver(source).resolve(_with_environment_key(table))
    try:
        configuration = Configuration(**resolved)
    except ValidationError as error:
        raise refusal([problem_from(item, Configuration, source, ()) for item in error.errors()]) from None
    _check_keys(configuration, source)
    _check_tls(configuration, source)
    configured_printers(configuration, source, shelf=shelf)
    data_dir = configuration.server.data_dir
    configuration = with_added(configuration, read_added(data_dir), str(data_dir / FILE_NAME), shelf=shelf)
    configured_sensors(configuration.sensors, configuration.printers, source, shelf=shelf)
    return configuration


def with_added(
    configuration: Configuration, tables: Tables, source: str, *, shelf: PluginShelf | None = None
) -> Configuration:
    """The same with these printers too, but for those that it has already. Raises ConfigurationInvalid; `source` is the name of
    the tables' file in it."""
    problems: list[Problem] = []
    added = {}
    for name, table in tables.items():
        try:
            if name not in configuration.printers:
                added[name] = PrinterTable.model_validate(table)
        except ValidationError as error:
            problems += [problem_from(item, PrinterTable, source, ("printers", name)) for item in error.errors()]
    if problems:
        raise refusal(problems)
    configured_printers(configuration.model_copy(update={"printers": added}), source, shelf=shelf)
    whole = configuration.model_copy(update={"printers": {**configuration.printers, **added}})
    configured_printers(whole, source, shelf=shelf)  # now for what two of them share
    return whole


def configured_printers(
    configuration: Configuration, source: str = "", *, shelf: PluginShelf | None = None
) -> tuple[ConfiguredPrinter, ...]:
    """The printers with their tables checked by their drivers. Raises ConfigurationInvalid."""
    shelf = shelf or PluginShelf()
    problems: list[Problem] = []
    printers = []
    for name, section in configuration.printers.items():
        try:
            printer = _configured_printer(name, section, source, shelf)
            printers.append(replace(printer, display=_display(configuration, section)))
        except Refused as refused:
            problems.extend(refused.problems)
    problems += _shared_ports(printers, source)
    if problems:
        raise refusal(problems)
    return tuple(printers)


def _shared_ports(printers: Sequence[ConfiguredPrinter], source: str) -> list[Problem]:
    """Two printers on one port: only one of them could ever have it. Of virtual ones each has its own."""
    problems, owners = [], dict[str, str]()
    for printer in printers:
        owner = owners.setdefault(printer.port, printer.name)
        if printer.port and owner != printer.name and not printer.port.startswith(f"{VIRTUAL}:"):
            expected = f"a port of its own (printers.{owner} has this one)"
            key = f"printers.{printer.name}.port"
            problems.append(Problem(source=source, key=key, found=repr(printer.port), expected=expected))
    return problems


def _configured_printer(name: str, section: PrinterTable, source: str, shelf: PluginShelf) -> ConfiguredPrinter:
    where = f"printers.{name}"
    if not is_printer_name(name):
        expected = "a name of 1 to 32 characters a-z, 0-9, - and _, the first a letter or digit; `hydrogen` is taken"
        raise Refused([Problem(source=source, key=where, found=repr(name), expected=expected)])
    place = ("printers", name)
    driver = checked_driver(
        section.driver, section.model_extra or {}, kind="printer", place=place, source=source, shelf=shelf
    )
    plain = driver.settings
    return ConfiguredPrinter(
        name=name,
        driver=section.driver,
        factory=driver.manifest.factory,
        settings=plain,
        port=str(plain.get("port") or ""),
        baud=plain.get("baud") if isinstance(plain.get("baud"), int) else None,
        autoconnect=section.autoconnect,
        policy=_policy(section),
        machine=section.machine.profile(name),
        limits=section.motion.limits(),
    )


def _display(configuration: Configuration, section: PrinterTable) -> PrinterDisplay:
    webcam = configuration.webcam if section.webcam is None else section.webcam
    presets = configuration.temperature_presets if section.temperature_presets is None else section.temperature_presets
    return PrinterDisplay(webcam=webcam.webcam(), presets=presets_of(presets))


def _policy(section: PrinterTable) -> SpoolerPolicy:
    heat, park, power = section.heat, section.park, section.power
    return SpoolerPolicy(
        heat=HeatPolicy(**heat.model_dump()),
        park=ParkPolicy(**park.model_dump()),
        power=PowerPolicy(
            switch=SwitchSettings(**power.model_dump(exclude={"off_after_link_loss_seconds"})),
            off_after_link_loss_seconds=power.off_after_link_loss_seconds,
        ),
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode())
    except FileNotFoundError:
        problem = Problem(source=str(path), key="(file)", found="no such file", expected="a TOML file")
    except OSError as error:
        problem = Problem(
            source=str(path), key="(file)", found=error.strerror or str(error), expected="a readable file"
        )
    except UnicodeDecodeError as error:
        problem = Problem(
            source=str(path), key="(file)", found=f"byte {error.start} is no UTF-8", expected="a text file"
        )
    except tomllib.TOMLDecodeError as error:
        problem = Problem(source=str(path), key="(file)", found=str(error), expected="valid TOML")
    raise refusal([problem])


def _with_environment_key(table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without a key in the file, the variables that clients and the original server use are looked at."""
    auth = table.get("auth", {})
    key = os.environ.get("HYDROGEN_API_KEY") or os.environ.get("WEBSOCKET_KEY")
    if not key or not isinstance(auth, dict) or auth.get("keys"):
        return table
    return {**table, "auth": {**auth, "keys": [key]}}


class _Resolver:
    """Replaces `${env.NAME}`. A variable that is not set is refused: a default in its place would hide the mistake."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._problems: list[Problem] = []

    def resolve(self, table: Mapping[str, Any]) -> dict[str, Any]:
        resolved = {key: self._value(value, key) for key, value in table.items()}
        if self._problems:
            raise refusal(self._problems)
        return resolved

    def _value(self, value: Any, where: str) -> Any:
        if isinstance(value, dict):
            return {key: self._value(item, f"{where}.{key}") for key, item in value.items()}
        if isinstance(value, list):
            return [self._value(item, where) for item in value]
        reference = _WHOLE_REFERENCE.fullmatch(value) if isinstance(value, str) else None
        if reference is None:
            return value
        text = os.environ.get(reference[1])
        if text is None:
            expected = "a variable that is set"
            self._problems.append(Problem(source=self._source, key=where, found=value, expected=expected))
            return value
        return EnvironmentText(text)


def _check_keys(configuration: Configuration, source: str) -> None:
    if configuration.server.environment == "production" and configuration.has_short_key:
        expected = f'keys of {SHORTEST_KEY} or more characters (or server.environment = "development")'
        raise refusal([Problem(source=source, key="auth.keys", found="a shorter key", expected=expected)])


def _check_tls(configuration: Configuration, source: str) -> None:
    """The certificate can be used; nobody asks for plain text beyond this machine. A host that nobody chose is not a wish."""
    files = configuration.certificate_files
    if files is not None:
        try:
            server_context(files)
        except FileUnreadable as error:
            expected = "PEM files that belong together"
            problem = Problem(source=source, key="tls.certificate", found=error.message, expected=expected)
            raise refusal([problem]) from None
    if not configuration.is_plain_refused:
        return
    ports: dict[str, WebSocketSection | WebSection] = {"websocket": configuration.websocket}
    if configuration.web.enabled:
        ports["web"] = configuration.web
    for name, section in ports.items():
        if "host" in section.model_fields_set and not is_loopback(section.host):
            expected = (
                "in production without TLS a host of this machine (127.0.0.1); for other machines give tls.certificate and "
                'tls.key (hydrogen tls self-signed), or tls.trusted_proxies, or server.environment = "development"'
            )
            raise refusal([Problem(source=source, key=f"{name}.host", found=repr(section.host), expected=expected)])
