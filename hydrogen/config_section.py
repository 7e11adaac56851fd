"""The tables of the configuration: every key with its unit, its default and the reason for it.

Each is closed and strict: an unknown key or another type is refused. Text from the environment is read as the type that its
key wants (config.py says where it comes from).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from hydrogen.auth.outgoing import is_fetchable
from hydrogen.auth.principal import SCOPES
from hydrogen.fleet.runtime import default_data_dir, default_runtime_dir


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
PortNumber = Annotated[int, Field(ge=0, le=65535)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]
Keys = Annotated[tuple[SecretStr, ...], Field(strict=False)]


class ServerSection(Section):
    """The service itself."""

    environment: Literal["production", "development"] = Field(
        default="production",
        description="What is tolerated. Production refuses API keys shorter than 8 characters, which can be guessed, and "
        "speaks plain text (no `[tls]`) on loopback only, or to `tls.trusted_proxies`: a host that is configured to do "
        "otherwise is refused. Development accepts both, with a warning.",
    )
    data_dir: FolderPath = Field(
        default_factory=default_data_dir,
        description="Folder for what must survive: `files/`, `spool/`, `hydrogen.db`, keys. Created with mode 0750. The "
        "default is where the system keeps such data: /var/lib/hydrogen for root, else ~/.local/share/hydrogen.",
    )
    runtime_dir: FolderPath = Field(
        default_factory=default_runtime_dir,
        description="Folder for what lives as long as the machine is on: the state file, each printer's socket, lock and "
        "journal. On a tmpfs by default ($XDG_RUNTIME_DIR/hydrogen, or /run/hydrogen for root), because the journal is "
        "written before every line.",
    )

    spoolers: Literal["fork", "socket"] = Field(
        default="fork",
        description="Who starts the process that holds a printer. `fork`: the service, and the process outlives it. `socket`: "
        "whoever listens at `NAME.sock` in the runtime folder: systemd (the units of `hydrogen units` set this, because what a "
        "unit starts ends with the unit), or a container of its own.",
    )

    @field_validator("data_dir", "runtime_dir")
    @classmethod
    def _make_absolute(cls, path: Path) -> Path:
        return _absolute_path(path)


class WebSection(Section):
    """HTTP: every operation, files, documents (docs/http.md). The same keys and rights as the WebSocket's."""

    enabled: bool = Field(
        default=True,
        description="Bind the port at all. On; a host whose clients speak WebSocket only may save 5 MiB.",
    )
    host: str = Field(default="0.0.0.0", description="Address to bind, as for the WebSocket.")  # noqa: S104
    port: PortNumber = Field(default=5000, description="TCP port; 5000 is what OctoPrint's clients try.")
    port_fallback: bool = Field(default=True, description="If the port is taken, try the next ones, ten in all.")
    requests_per_second: Annotated[float, Field(gt=0, le=100_000)] = Field(
        default=50.0,
        description="Requests of one address, in the long run; above that 429 with `Retry-After`. A page that polls needs one.",
    )
    requests_burst: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=200,
        description="The same, at once: a page with all that it loads.",
    )
    max_connections: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=256,
        description="TCP connections at the same time; further ones are cut off at once. Bounds what strangers can hold.",
    )
    max_connections_per_address: Annotated[int, Field(ge=1, le=65_535)] = Field(
        default=64,
        description="The same from one address (a proxy's own); a browser opens six.",
    )
    head_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=10.0,
        description="Seconds for the head of a request to arrive, the first one of a connection or a later one; then it is cut "
        "off. A request that comes byte by byte holds a place no longer than this.",
    )
    body_seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=10.0,
        description="Seconds for the body of a request that is read whole; then `invalid_message`.",
    )
    idle_seconds: Annotated[int, Field(ge=1, le=3600)] = Field(
        default=15,
        description="Seconds that a connection stays open between two requests.",
    )
    max_body_bytes: Annotated[int, Field(ge=1024, le=2**30)] = Field(
        default=65_536,
        description="Of a body that is read whole, as for a message of the WebSocket; a longer one is answered with 413.",
    )
    upload_idle_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=30.0,
        description="Seconds that an upload, or a client that does not read its answer, may stand still before it is given up: "
        "a weak wireless network comes back within that or not at all.",
    )
    max_message_bytes: Annotated[int, Field(ge=1024, le=2**30)] = Field(
        default=65_536,
        description="Of a message over a WebSocket on this port (OctoPrint's push); a longer one ends it with 1009.",
    )
    ping_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=20.0,
        description="Seconds between two pings over such a WebSocket, and until the answer must be there.",
    )
    unsent_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        default=10.0,
        description="Seconds that its client may leave unread what it is sent; then it is cut off.",
    )


class FilesSection(Section):
    """What can be printed: uploads, and what appears in folders."""

    max_upload_bytes: Annotated[int, Field(ge=1024, le=1 << 40)] = Field(
        default=4 << 30,
        description="Of one file, and of one upload, in bytes; above it 413. 4 GiB: no print is that long.",
    )
    reserve_bytes: Annotated[int, Field(ge=0, le=1 << 40)] = Field(
        default=64 << 20,
        description="What uploads leave free on the disk, in bytes; beyond it 507. 64 MiB: journals and the database must be "
        "written while a print runs.",
    )
    watched_folder: FolderPath | None = Field(
        default=None,
        description="Files that appear in this folder are moved into `data_dir/files` as soon as they are complete. None by "
        "default. What is copied into `data_dir/files` itself is found there anyway.",
    )
    watched_folder_queue: bool = Field(
        default=False,
        description="Put what came from the watched folder into the queue. Off: a file is not a wish to print.",
    )

    @field_validator("watched_folder")
    @classmethod
    def _make_absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else _absolute_path(path)


class HostSection(Section):
    """The host itself, for `system.shutdown` and `system.reboot`, and for the buttons of OctoPrint's clients."""

    shutdown_command: Texts = Field(
        default=(),
        description="A program and its arguments, run without a shell, that turn the host off: "
        '`["sudo", "-n", "systemctl", "poweroff"]`. Empty: clients cannot.',
    )
    reboot_command: Texts = Field(
        default=(),
        description='The same to start it anew: `["sudo", "-n", "systemctl", "reboot"]`. Empty: clients cannot.',
    )


class TlsSection(Section):
    """TLS for both ports, or who does it instead of us."""

    certificate: FolderPath | None = Field(
        default=None,
        description="PEM file with the certificate and its chain, for the WebSocket (`wss`) and HTTP (`https`). TLS 1.2 and "
        "later. None by default; `hydrogen tls self-signed` makes one. A renewed file is taken within 10 s; nobody is "
        "disconnected by it.",
    )
    key: FolderPath | None = Field(
        default=None,
        description="PEM file with the certificate's private key, without a password. May be the same file.",
    )
    trusted_proxies: Texts = Field(
        default=(),
        description="Addresses or networks of proxies that speak TLS in front of us (`10.0.0.2`, `172.16.0.0/12`). Their "
        "`X-Forwarded-For` is believed. In production, without a certificate, nobody else but this machine itself may call.",
    )

    @field_validator("certificate", "key")
    @classmethod
    def _make_absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else _absolute_path(path)

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, networks: tuple[str, ...]) -> tuple[str, ...]:
        for network in networks:
            try:
                ip_network(network, strict=False)
            except ValueError:
                raise ValueError("addresses or networks (192.0.2.7, 10.0.0.0/8, fd00::/8)") from None
        return networks

    @model_validator(mode="after")
    def _go_together(self) -> TlsSection:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key, both or neither")
        return self


class MdnsSection(Section):
    """Announcement in the local network ([discovery](push.md#discovery))."""

    enabled: bool = Field(
        default=True,
        description="Announce the service by multicast DNS (`_octoprint._tcp`, `_http._tcp`, `_hydrogen._tcp`), so that "
        "slicers and Home Assistant find it. On: it costs 5 MiB. Ports on loopback are never announced.",
    )


class AuthSection(Section):
    """Who may come in."""

    keys: Keys = Field(
        default=(),
        description="API keys that may do everything, each of ASCII characters without spaces, 8 or more in production. Keys "
        "with narrower rights are made with `hydrogen keys create`. Empty by default: then the variables HYDROGEN_API_KEY "
        "and WEBSOCKET_KEY are looked at, and if there is no key of any kind, one is generated, kept in "
        "`data_dir/api_key` (mode 0600), printed once, and only loopback is bound. There is no built-in key.",
    )

    oidc_issuer: str | None = Field(
        default=None,
        description="OpenID provider whose tokens are taken (`Authorization: Bearer`), exactly as it calls itself "
        "(`https://login.example/realm`). None by default. https, checked against the system's authorities.",
    )
    oidc_audience: Annotated[str, Field(min_length=1, max_length=255)] = Field(
        default="hydrogen",
        description="What the provider's tokens for this service are addressed to (`aud`); others are refused.",
    )
    oidc_group_claim: Annotated[str, Field(min_length=1, max_length=255)] = Field(
        default="groups",
        description="The claim that lists a person's groups: a list, or words in one text.",
    )
    oidc_groups: dict[str, Texts] = Field(
        default_factory=dict,
        description='Which scopes each group has: `oidc_groups = { makers = ["read", "print"] }`. Who is in none of '
        "them and gets nothing by `oidc_default_scopes` is refused.",
    )
    oidc_default_scopes: Texts = Field(
        default=(),
        description="Scopes of everybody whom the provider knows. None by default: an account there is no right here.",
    )
    session_seconds: Annotated[float, Field(ge=60, le=604_800)] = Field(
        default=3600.0,
        description="Life of a session token (`POST /api/auth/session`), in seconds. An hour: a stolen one is soon worth "
        "nothing, and a client that is told 60 s before the end renews it in place.",
    )
    session_key_days: Annotated[float, Field(ge=1, le=3650)] = Field(
        default=30.0,
        description="Days that one RSA key signs sessions; then the next one is made, and the old one goes on proving what it "
        "signed.",
    )
    failed_logins: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=5,
        description="Wrong keys, tokens or tickets from one address (IPv6: one /64) before it has to wait. Five, for slips of "
        "the keyboard. A right one forgives all.",
    )
    failed_login_wait_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=1.0,
        description="The first wait, in seconds; each further failure doubles it. During it the answer is 429 with "
        "`Retry-After`, whatever is shown; open connections are not touched.",
    )
    failed_login_longest_wait_seconds: Annotated[float, Field(ge=0, le=86_400)] = Field(
        default=60.0,
        description="The longest wait, in seconds: somebody with the right key who shares the address is not shut out for "
        "long, and 192 random bits are not guessed at one try a minute.",
    )
    audit_file_bytes: Annotated[int, Field(ge=65_536, le=2**30)] = Field(
        default=4_194_304,
        description="Bytes of one file of the audit log (`data_dir/audit/`); then the next one begins. 4 MiB are some ten "
        "thousand commands.",
    )
    audit_files: Annotated[int, Field(ge=2, le=10_000)] = Field(
        default=16,
        description="Files of the audit log that are kept; the oldest is deleted when one more begins. Bounds the disk.",
    )

    @field_validator("oidc_issuer")
    @classmethod
    def _is_called(cls, issuer: str | None) -> str | None:
        if issuer is not None and not is_fetchable(issuer):
            raise ValueError("an https address (http only to this machine)")
        return issuer

    @field_validator("oidc_groups", "oidc_default_scopes")
    @classmethod
    def _are_scopes(cls, value: Any) -> Any:
        for scopes in value.values() if isinstance(value, dict) else [value]:
            if set(scopes) - SCOPES:
                raise ValueError(f"scopes of {', '.join(sorted(SCOPES))}")
        return value

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


class HeatSection(Section):
    """When this printer's heaters go off by themselves (docs/safety.md)."""

    idle_timeout_seconds: float = Field(
        default=1800.0,
        ge=0.0,
        le=86_400.0,
        description="Seconds that heaters may stay hot without a job; then they go off. Whatever a person asks of the printer "
        "starts them anew. 0: for ever. On, because a forgotten hot nozzle is a hazard; a pause never counts.",
    )
    unasked_targets: Literal["cool", "warn", "allow"] = Field(
        default="cool",
        description="A heater has a target that no line and no request asked for: turn it off and tell, tell only, or let it "
        "be. `cool`, because a target that nobody asked for is what a confused firmware or a stranger looks like. Where people "
        "preheat at the printer's own display while the service is connected, `allow` is right. While a job runs, a heater "
        "that the job uses is only told of: somebody corrects it at the display.",
    )
    unasked_seconds: float = Field(
        default=4.0,
        ge=1.0,
        le=600.0,
        description="Seconds that such a target must stand before anything is done: a report that was on its way when a line "
        "changed the target is no alarm.",
    )
    band_celsius: float = Field(
        default=15.0,
        ge=5.0,
        le=100.0,
        description="Degrees that a heater which had reached its target may be away from it. A part fan costs 5 to 10, and "
        "firmwares with their own protection stop at 2 to 4 below: they come first.",
    )
    band_seconds: float = Field(
        default=45.0,
        ge=5.0,
        le=3600.0,
        description="Seconds that it may be so far away. Longer than the 40 s of Marlin's own protection, so that a firmware "
        "which can judge for itself does.",
    )
    rise_celsius: float = Field(
        default=40.0,
        ge=10.0,
        le=300.0,
        description="Degrees that a heater which is off may climb above its lowest reading, judged above 70 °C. A nozzle over "
        "a hot bed gains 20 to 30 and never gets that hot; a switch that no longer opens makes 40 in less than half a minute.",
    )
    silent_seconds: float = Field(
        default=30.0,
        ge=5.0,
        le=600.0,
        description="Seconds without a temperature of a hot heater; then the printer is asked, and if it answers without one, "
        "the heaters go off. A firmware that reports by itself does so every second or two.",
    )
    on_alarm: Literal["cancel", "pause"] = Field(
        default="cancel",
        description="What becomes of a job whose heater went wrong; the heaters go off either way. `cancel`, because a print "
        "that has gone cold is rarely worth going on with, and nobody may be there to decide.",
    )


class ParkSection(Section):
    """What a pause does with the head."""

    enabled: bool = Field(
        default=True,
        description="Lift, retract and go aside at a pause, and come back exactly; the same, without coming back, at a cancel. "
        "Only where the job has homed all axes. Off leaves the head where it stands.",
    )
    lift_mm: Annotated[float, Field(ge=0, le=100)] = Field(
        default=5.0,
        description="How far up before the head goes aside. Five clears a part that curls, and takes half a second.",
    )
    retract_mm: Annotated[float, Field(ge=0, le=20)] = Field(
        default=1.0,
        description="Filament pulled back where the nozzle is hot, so that it does not ooze onto the part. One suits direct "
        "extruders; a Bowden tube wants what the slicer retracts.",
    )
    x_mm: Annotated[float, Field(ge=-1000, le=1000)] | None = Field(
        default=0.0,
        description="Where to, in the printer's coordinates. The left end is free on nearly every printer; `none` leaves the "
        "axis where it is.",
    )
    y_mm: Annotated[float, Field(ge=-1000, le=1000)] | None = Field(
        default=None,
        description="The same for Y. Left alone by default: on a bedslinger that is the bed, with the part on it.",
    )
    travel_mm_per_minute: Annotated[float, Field(gt=0, le=60_000)] = Field(
        default=6000.0,
        description="Speed aside and back. The firmware's own limits hold as well.",
    )
    lift_mm_per_minute: Annotated[float, Field(gt=0, le=6000)] = Field(
        default=600.0,
        description="Speed up and down; what a lead screw does.",
    )
    retract_mm_per_minute: Annotated[float, Field(gt=0, le=12_000)] = Field(
        default=2100.0,
        description="Speed of the filament, back and forth; 35 mm/s grinds nothing.",
    )

    @field_validator("x_mm", "y_mm", mode="before")
    @classmethod
    def _none_in_words(cls, place: Any) -> Any:
        return None if place == "none" else place


class PrinterSection(BaseModel):
    """One printer. All keys but these belong to its driver."""

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
    heat: HeatSection = Field(
        default_factory=HeatSection,
        description="A table, `[printers.NAME.heat]`: when heaters go off by themselves.",
    )
    park: ParkSection = Field(
        default_factory=ParkSection,
        description="A table, `[printers.NAME.park]`: what a pause does with the head.",
    )

    @model_validator(mode="before")
    @classmethod
    def _read_environment_text(cls, table: Any) -> Any:
        return typed_by_field(cls, table)


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
