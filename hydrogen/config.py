"""What Hydrogen is told: one TOML file, the environment above it, and a check that lets nothing doubtful through.

Order, the later wins: defaults, the file, variables `HYDROGEN_<SECTION>__<KEY>` (`HYDROGEN_WEBSOCKET__PORT=5002`). A text
value that is `${env.NAME}` as a whole is replaced by that variable. What comes from the environment is text; it is read as
the type that its key wants. What comes from the file is taken as it stands: `port = "5001"` is refused, not converted.

`load_configuration` raises ConfigurationInvalid with everything that is wrong, each with file, key, what was found and
what was expected. Values of keys that smell of a secret are never repeated.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from hydrogen.errors import ConfigurationInvalid, HydrogenError
from hydrogen.fleet.plugins import PluginShelf
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.fleet.runtime import default_data_dir, default_runtime_dir
from hydrogen.model.ids import is_printer_name

ENVIRONMENT_PREFIX = "HYDROGEN_"
SHORTEST_KEY = 8
"""Characters of an API key in production: the interface document's limit."""

_WHOLE_REFERENCE = re.compile(r"\$\{env\.([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET = re.compile(r"key|token|pass|secret|auth|cred|cert|jwt", re.IGNORECASE)


class EnvironmentText(str):
    """Text from the environment: its type is what its key wants."""

    __slots__ = ()


class Section(BaseModel):
    """A table of the configuration: frozen, strict, closed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _read_environment_text(cls, table: Any) -> Any:
        return typed_by_field(cls, table)


def _absolute_path(path: Path) -> Path:
    # Spoolers outlive the working directory of the service that started them.
    return path.expanduser().absolute()


FolderPath = Annotated[Path, Field(strict=False)]
Port = Annotated[int, Field(ge=0, le=65535)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Keys = Annotated[tuple[SecretStr, ...], Field(strict=False)]


class ServerSection(Section):
    """The service itself."""

    environment: Literal["production", "development"] = Field(
        default="production",
        description="What is tolerated. Development accepts API keys shorter than 8 characters, with a warning; production "
        "refuses to start with one, because it can be guessed.",
    )
    data_dir: FolderPath = Field(
        default_factory=default_data_dir,
        description="Folder for what must survive: `files/`, `spool/`, `hydrogen.db`, `api_key`. Created with mode 0750. The "
        "default is where the system keeps such data: /var/lib/hydrogen for root, else ~/.local/share/hydrogen.",
    )
    runtime_dir: FolderPath = Field(
        default_factory=default_runtime_dir,
        description="Folder for what lives as long as the machine is on: the state file, each printer's socket, lock and "
        "journal. On a tmpfs by default ($XDG_RUNTIME_DIR/hydrogen, or /run/hydrogen for root), because the journal is "
        "written before every line.",
    )

    @field_validator("data_dir", "runtime_dir")
    @classmethod
    def _make_absolute(cls, path: Path) -> Path:
        return _absolute_path(path)


class WebSocketSection(Section):
    """The WebSocket, the one door for live data."""

    host: str = Field(
        default="0.0.0.0",  # noqa: S104
        description="Address to bind. All addresses by default, because a printer host is used from other machines; without "
        "a configured key only loopback is bound whatever stands here.",
    )
    port: Port = Field(
        default=5001,
        description="TCP port; 0 takes any free one. 5001 is what clients of Hydrogen try first.",
    )
    port_fallback: bool = Field(
        default=True,
        description="If the port is taken, try the next ones, ten in all. On by default, so that a second service starts "
        "beside the first; the bound port is in the log and in `hydrogen.json`.",
    )
    status_interval_seconds: Annotated[float, Field(ge=0.1, le=60)] = Field(
        default=1.0,
        description="Seconds between two status frames to every client. One, as in the original server's configuration.",
    )
    max_message_bytes: Annotated[int, Field(ge=1024, le=2**30)] = Field(
        default=65_536,
        description="The longest message a client may send, in bytes, summed over its fragments; a longer one is closed with "
        "1009. Commands are far smaller; the limit bounds what a stranger can make the service hold.",
    )
    max_connections: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=512,
        description="Clients at the same time; above that the handshake is answered with 503. Bounds memory.",
    )
    max_connections_per_address: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=64,
        description="Clients at the same time from one address, so that one that reconnects in a loop cannot use up the rest.",
    )
    allowed_origins: Texts = Field(
        default=(),
        description="Web pages of other hosts that may connect with a key in the URL, as browsers name them "
        "(`https://farm.example`). Empty by default: a page that somebody opens elsewhere must not reach the printer.",
    )


class WebSection(Section):
    """HTTP. Read and checked; takes effect when the web surface is part of the version that runs."""

    host: str = Field(default="0.0.0.0", description="Address to bind, as for the WebSocket.")  # noqa: S104
    port: Port = Field(default=5000, description="TCP port; 5000 is what OctoPrint's clients try.")
    port_fallback: bool = Field(default=True, description="If the port is taken, try the next ones, ten in all.")


class MdnsSection(Section):
    """Announcement in the local network. Read and checked; takes effect when the version that runs has it."""

    enabled: bool = Field(
        default=True,
        description="Announce the service by multicast DNS, so that slicers find it. Never on loopback.",
    )


class AuthSection(Section):
    """Who may come in."""

    keys: Keys = Field(
        default=(),
        description="API keys, each of ASCII characters without spaces, 8 or more in production. Empty by default: then "
        "the variables HYDROGEN_API_KEY and WEBSOCKET_KEY are looked at, and if there is none either, a key is generated, "
        "kept in `data_dir/api_key` (mode 0600), printed once, and only loopback is bound. There is no built-in key.",
    )

    @field_validator("keys")
    @classmethod
    def _are_sendable(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in keys:
            text = key.get_secret_value()
            if not text or not all("!" <= character <= "~" for character in text):
                raise ValueError("keys of printable ASCII characters without spaces, at least one each")
        return keys


class LoggingSection(Section):
    """What the service says of itself, on its standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        description="The least important lines that are written.",
    )
    format: Literal["auto", "console", "json"] = Field(
        default="auto",
        description="`console` is for people, `json` for collectors, one object a line; `auto` is console in a terminal and "
        "json elsewhere.",
    )


class PrinterSection(BaseModel):
    """One printer. All keys but these two belong to its driver."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, hide_input_in_errors=True)

    driver: str = Field(
        default="marlin",
        description="Name of an installed driver (entry-point group `hydrogen.drivers`). Marlin's language is the one that "
        "most printers on a serial port speak.",
    )
    autoconnect: bool = Field(
        default=True,
        description="Open the port at the start and again after a loss, with growing pauses of up to 30 s. On, because a "
        "printer that is switched on should be there; `printer.disconnect` holds it off until `printer.connect`.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_environment_text(cls, table: Any) -> Any:
        return typed_by_field(cls, table)


class Configuration(BaseSettings):
    """Everything that is told to Hydrogen; see docs/configuration.md, which a test compares with this."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    server: ServerSection = Field(default_factory=ServerSection)
    websocket: WebSocketSection = Field(default_factory=WebSocketSection)
    web: WebSection = Field(default_factory=WebSection)
    mdns: MdnsSection = Field(default_factory=MdnsSection)
    auth: AuthSection = Field(default_factory=AuthSection)
    logging: LoggingSection = Field(default_factory=LoggingSection)
    printers: dict[str, PrinterSection] = Field(default_factory=dict)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, what was found (masked for secrets), what was expected, and what may have been meant."""

    source: str
    key: str
    found: str
    expected: str
    suggestion: str = ""

    def __str__(self) -> str:
        hint = f". Did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{self.source}: {self.key}: found {self.found}, expected {self.expected}{hint}"


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
        raise _refusal([_problem(item, Configuration, source, ()) for item in error.errors()]) from None
    _check_keys(configuration, source)
    configured_printers(configuration, source, shelf=shelf)
    return configuration


def configured_printers(
    configuration: Configuration, source: str = "", *, shelf: PluginShelf | None = None
) -> tuple[ConfiguredPrinter, ...]:
    """The printers with their tables checked by their drivers. Raises ConfigurationInvalid."""
    shelf = shelf or PluginShelf()
    problems: list[Problem] = []
    printers = []
    for name, section in configuration.printers.items():
        try:
            printers.append(_configured_printer(name, section, source, shelf))
        except _Refused as refused:
            problems.extend(refused.problems)
    if problems:
        raise _refusal(problems)
    return tuple(printers)


class _Refused(Exception):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(len(problems))
        self.problems = problems


def _configured_printer(name: str, section: PrinterSection, source: str, shelf: PluginShelf) -> ConfiguredPrinter:
    where = f"printers.{name}"
    if not is_printer_name(name):
        expected = "a name of 1 to 32 characters a-z, 0-9, - and _, the first a letter or digit; `hydrogen` is taken"
        raise _Refused([Problem(source=source, key=where, found=repr(name), expected=expected)])
    if section.driver not in shelf.names:
        known = ", ".join(shelf.names) or "none is installed"
        raise _Refused(
            [
                Problem(
                    source=source,
                    key=f"{where}.driver",
                    found=repr(section.driver),
                    expected=f"an installed driver ({known})",
                    suggestion=_nearest(section.driver, shelf.names),
                )
            ]
        )
    try:
        model = shelf.config_model(section.driver)
        settings = model.model_validate(typed_by_field(model, section.model_extra or {}))
    except ValidationError as error:
        raise _Refused([_problem(item, model, source, ("printers", name)) for item in error.errors()]) from None
    except HydrogenError as error:
        expected = "a driver that can be loaded"
        raise _Refused([Problem(source=source, key=f"{where}.driver", found=str(error), expected=expected)]) from error
    plain = settings.model_dump(mode="json")
    return ConfiguredPrinter(
        name=name,
        driver=section.driver,
        factory=shelf.manifest(section.driver).factory,
        settings=plain,
        port=str(plain.get("port") or ""),
        baud=plain.get("baud") if isinstance(plain.get("baud"), int) else None,
        autoconnect=section.autoconnect,
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
    raise _refusal([problem])


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
            raise _refusal(self._problems)
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
        raise _refusal([Problem(source=source, key="auth.keys", found="a shorter key", expected=expected)])


# ------------------------------------------------------------------------------------------- text from the environment


def typed_by_field(model: type[BaseModel], table: Any) -> Any:
    """A table in which text from the environment has the type of its field; text that does not fit stays text."""
    if not isinstance(table, Mapping):
        return table
    hints = {name: field.annotation for name, field in model.model_fields.items()}
    return {key: _typed(value, hints[key]) if key in hints else value for key, value in table.items()}


def _typed(value: Any, hint: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item, str) for item in value]
    if not isinstance(value, EnvironmentText):
        return value
    kinds = _kinds(hint)
    text = str(value)
    if tuple in kinds or list in kinds:
        return [part for part in text.split(",") if part] if not text.startswith("[") else _json_or_text(text)
    if bool in kinds and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kinds & {int, float} and (number := _number(text, float in kinds)) is not None:
        return number
    return None if not text and type(None) in kinds else text


def _kinds(hint: Any) -> set[Any]:
    """The plain types that a hint allows."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return {kind for argument in get_args(hint) for kind in _kinds(argument)}
    if origin is Annotated:
        return _kinds(get_args(hint)[0])
    return {origin or hint}


def _number(text: str, may_be_float: bool) -> int | float | None:
    for read in (int, float) if may_be_float else (int,):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


# -------------------------------------------------------------------------------------------------------- explaining


def _refusal(problems: Sequence[Problem]) -> ConfigurationInvalid:
    first = problems[0]
    return ConfigurationInvalid(
        "\n".join(str(problem) for problem in problems),
        file=first.source,
        key=first.key,
        found=first.found,
        expected=first.expected,
    )


def _problem(item: Any, model: type[BaseModel], source: str, prefix: tuple[str, ...]) -> Problem:
    place = (*prefix, *(str(part) for part in item["loc"]))
    key = ".".join(place)
    wanted = ENVIRONMENT_PREFIX + "__".join(place).upper()
    variables = [name for name in os.environ if name == wanted or name.startswith(f"{wanted}__")]
    if variables and (wanted in variables or item["type"] == "extra_forbidden"):
        source = f"environment variable {variables[0]}"
    if item["type"] == "extra_forbidden":
        known = _known_keys(model, tuple(item["loc"][:-1]))
        expected = f"one of {', '.join(sorted(known))}"
        return Problem(
            source=source, key=key, found="an unknown key", expected=expected, suggestion=_nearest(place[-1], known)
        )
    if item["type"] == "missing":
        return Problem(source=source, key=key, found="nothing", expected="a value: this key has no default")
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return Problem(source=source, key=key, found=_shown(key, item.get("input")), expected=message)


def _known_keys(model: type[BaseModel], place: tuple[Any, ...]) -> list[str]:
    for part in place:
        hint = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(hint, type) and issubclass(hint, BaseModel)):
            return []
        model = hint
    return list(model.model_fields)


def _nearest(text: str, known: Sequence[str]) -> str:
    return next(iter(difflib.get_close_matches(text, known, n=1)), "")


def _shown(key: str, value: Any) -> str:
    if _SECRET.search(key):
        return f"a value of type {type(value).__name__} (not shown)"
    text = repr(str(value) if isinstance(value, EnvironmentText) else value)
    return text if len(text) <= 60 else text[:57] + "..."
