"""Where the service is and what key opens it.

The URL: `--url`, else HYDROGEN_URL, else the state file of the service that runs in the runtime folder. The key:
`--key-file`, else HYDROGEN_API_KEY or WEBSOCKET_KEY, else `api_key` in the data folder, else the first key of the
configuration.
"""

from __future__ import annotations

import argparse
import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from hydrogen.errors import AuthFailed, ConfigurationInvalid, FileUnreadable, ServiceUnreachable
from hydrogen.fleet.runtime import ServiceRecord, default_data_dir, default_runtime_dir, read_service_record

KEY_FILE = "api_key"
"""In the data folder: the key that was generated at the first start."""

_EVERYWHERE = MappingProxyType({"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"})  # noqa: S104
"""Addresses to bind that are none to call, and what to call instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What the command line says about where to look; None where it says nothing."""

    url: str | None = None
    key_file: Path | None = None
    runtime_dir: Path | None = None
    config: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAddress:
    """data_dir and certificate (what the service speaks TLS with) are known for a service on this machine only."""

    url: str
    key: str = field(repr=False)
    data_dir: Path | None = None
    certificate: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """How to know the service again; None for plain text. Raises FileUnreadable.

        On this machine it is enough that it has the key to its own certificate, whatever names stand in that. Elsewhere the
        system's authorities decide, and those of SSL_CERT_FILE.
        """
        if not self.url.startswith("wss:"):
            return None
        if self.certificate is None:
            return ssl.create_default_context()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
        try:
            context.load_verify_locations(self.certificate)
        except OSError as error:
            raise FileUnreadable(f"cannot read {self.certificate}: {error}", file=str(self.certificate)) from error
        return context


def default_config_file() -> Path | None:
    """HYDROGEN_CONFIG, else the user's file, else the system's; None if there is none."""
    named = os.environ.get("HYDROGEN_CONFIG")
    if named:
        return Path(named)
    base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    candidates = (base / "hydrogen/hydrogen.toml", Path("/etc/hydrogen/hydrogen.toml"))
    return next((path for path in candidates if path.is_file()), None)


def runtime_dir(places: Places) -> Path:
    """The runtime folder that is meant."""
    if places.runtime_dir is not None:
        return places.runtime_dir.absolute()
    config = places.config or default_config_file()
    if config is not None:
        from hydrogen.config import load_configuration

        return load_configuration(config).server.runtime_dir
    named = os.environ.get("HYDROGEN_SERVER__RUNTIME_DIR")
    return Path(named).absolute() if named else default_runtime_dir()


def places_of(options: argparse.Namespace) -> Places:
    """Where a local command's options say to look."""
    return Places(runtime_dir=options.runtime_dir, config=options.client_config)


def data_dir(places: Places) -> Path:
    """The data folder that is meant: of the named configuration, else of the service that runs, else of the default one."""
    if places.config is None:
        record = read_service_record(runtime_dir(places))
        if record is not None and _is_alive(record.pid):
            return Path(record.data_dir)
    from hydrogen.config import load_configuration

    return load_configuration(places.config or default_config_file()).server.data_dir


def find_service(places: Places) -> ServiceAddress:
    """Raises ServiceUnreachable when no service runs here, AuthFailed when no key can be found."""
    url = places.url or os.environ.get("HYDROGEN_URL")
    record = None
    if not url:
        folder = runtime_dir(places)
        record = read_service_record(folder)
        if record is None or not _is_alive(record.pid):
            raise ServiceUnreachable(
                f"no Hydrogen service runs in {folder}: start one (hydrogen serve), or say where it is (--url, HYDROGEN_URL)",
                folder=str(folder),
            )
        url = url_of(record)
    data_dir = Path(record.data_dir) if record is not None else None
    certificate = Path(record.certificate) if record is not None and record.certificate else None
    key = _find_key(places, data_dir)
    return ServiceAddress(url=url, key=key, data_dir=data_dir, certificate=certificate)


def url_of(record: ServiceRecord) -> str:
    """The WebSocket's URL as seen from this machine."""
    host = _EVERYWHERE.get(record.websocket_host, record.websocket_host)
    scheme = "wss" if record.certificate else "ws"
    return (
        f"{scheme}://[{host}]:{record.websocket_port}/"
        if ":" in host
        else f"{scheme}://{host}:{record.websocket_port}/"
    )


def _find_key(places: Places, data_dir: Path | None) -> str:
    if places.key_file is not None:
        return _read_key(places.key_file)
    named = os.environ.get("HYDROGEN_API_KEY") or os.environ.get("WEBSOCKET_KEY")
    if named:
        return named
    kept = (data_dir or default_data_dir()) / KEY_FILE
    config = places.config or default_config_file()
    if config is not None:
        keys = _configured_keys(config)
        if keys:
            return keys[0]
    if _is_readable(kept):
        return _read_key(kept)
    raise AuthFailed(
        f"no API key: set HYDROGEN_API_KEY, or name a file with --key-file (looked for {kept})",
    )


def _configured_keys(config: Path) -> tuple[str, ...]:
    from hydrogen.config import load_configuration

    try:
        return load_configuration(config).api_keys
    except ConfigurationInvalid as error:
        if error.details.get("key") == "(file)" and config != default_config_file():
            raise
        return ()


def _is_readable(path: Path) -> bool:
    return os.access(path, os.R_OK)


def _read_key(path: Path) -> str:
    try:
        key = path.read_text(encoding="ascii", errors="strict").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"cannot read the key in {path}: {error}", file=str(path)) from error
    if not key:
        raise FileUnreadable(f"{path} holds no key", file=str(path))
    return key


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
