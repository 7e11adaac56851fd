"""Who may come in: from the configuration and the data folder to keys, and to the authority that knows them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydrogen.auth.app_keys import AppKeys
from hydrogen.auth.audit import AuditEntry, AuditLog
from hydrogen.auth.audit_files import AuditFiles, AuditLimits
from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import OriginRule
from hydrogen.auth.host_rule import HostRule
from hydrogen.auth.key_store import KeyRecord, KeyStore, usable_entries
from hydrogen.auth.key_watch import KeyWatch
from hydrogen.auth.keys import KeyRing, new_key
from hydrogen.auth.login_record import LoginRecord
from hydrogen.auth.oidc import OidcTokens, ProviderSettings
from hydrogen.auth.proxy import TrustedProxies, is_loopback
from hydrogen.auth.session_store import SessionStore
from hydrogen.auth.sessions import SessionSettings, SessionTokens
from hydrogen.auth.signing_service import SigningService
from hydrogen.auth.throttle import FailedLogins, ThrottleLimits
from hydrogen.config import Configuration
from hydrogen.core.clock import Clock
from hydrogen.core.disk import make_folder, told_about, write_atomically
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.core.tls import Certificate
from hydrogen.errors import FileUnreadable
from hydrogen.operations.app_key import app_key_operations
from hydrogen.operations.audit import audit_operations
from hydrogen.operations.key import key_operations
from hydrogen.operations.operation import Operation

LOOPBACK = "127.0.0.1"
API_KEY_FILE = "api_key"
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may come in, and where.

    keys: those that may do everything, in the clear. is_generated: there is no key but ours, so only loopback is bound.
    is_first: it was just made.
    """

    keys: tuple[str, ...]
    is_generated: bool = False
    is_first: bool = False


def prepare_data_dir(configuration: Configuration) -> Access:
    """Make the data folder and find the keys that may do everything; makes one if there is no key at all.

    Blocks. Raises HostError.
    """
    data_dir = configuration.server.data_dir
    for folder in (data_dir, data_dir / "files", data_dir / "spool", data_dir / "receipts"):
        make_folder(folder)
    if configuration.api_keys:
        return Access(keys=configuration.api_keys)
    kept = _kept_key(data_dir / API_KEY_FILE)
    if _has_stored_keys(KeyStore(data_dir)):
        return Access(keys=(kept,) if kept else ())
    if kept:
        return Access(keys=(kept,), is_generated=True)
    key = new_key()
    write_atomically(data_dir / API_KEY_FILE, f"{key}\n".encode(), 0o600)
    return Access(keys=(key,), is_generated=True, is_first=True)


def _kept_key(path: Path) -> str:
    """The key of an earlier start; empty if there is none."""
    with told_about(path):
        try:
            return path.read_text(encoding="ascii", errors="replace").strip()
        except FileNotFoundError:
            return ""


def _has_stored_keys(store: KeyStore) -> bool:
    """Did somebody make keys? A damaged file opens no door to other machines: the watch tells of it once we run."""
    try:
        return bool(store.records())
    except FileUnreadable:
        return False


def bound_host(configuration: Configuration, access: Access, host: str) -> str:
    """What is bound where `host` is configured: loopback if nobody chose a key, or if it would be plain text in production."""
    is_refused = configuration.is_plain_refused and not is_loopback(host)
    return LOOPBACK if access.is_generated or is_refused else host


def trusted_proxies(configuration: Configuration) -> TrustedProxies:
    """Who stands in front of us. Where only a proxy makes plain text safe, nobody else may call."""
    is_plain = configuration.certificate_files is None
    networks = configuration.tls.trusted_proxies
    is_alone = is_plain and bool(networks) and configuration.server.environment == "production"
    return TrustedProxies(networks, is_alone=is_alone)


def make_oidc(configuration: Configuration, *, clock: Clock, log: Log) -> OidcTokens | None:
    """The provider's tokens; None if no provider is configured."""
    section = configuration.auth
    if section.oidc_issuer is None:
        return None
    from hydrogen.auth.provider import published_keys  # an HTTP client, only for who calls a provider

    settings = ProviderSettings(
        issuer=section.oidc_issuer,
        audience=section.oidc_audience,
        group_claim=section.oidc_group_claim,
        scopes_of_group={group: frozenset(scopes) for group, scopes in section.oidc_groups.items()},
        default_scopes=frozenset(section.oidc_default_scopes),
    )
    return OidcTokens(settings, fetch=published_keys, clock=clock, log=log)


def make_sessions(configuration: Configuration, *, clock: Clock) -> SessionTokens:
    """Sessions as they are configured."""
    section = configuration.auth
    settings = SessionSettings(
        life_seconds=section.session_seconds, rotation_seconds=section.session_key_days * DAY_SECONDS
    )
    return SessionTokens(SessionStore(configuration.server.data_dir), clock=clock, settings=settings)


def make_authority(
    configuration: Configuration,
    ring: KeyRing,
    *,
    sessions: SessionTokens | None = None,
    oidc: OidcTokens | None = None,
    login_record: LoginRecord | None = None,
    clock: Clock,
) -> Authority:
    """The authority as it is configured; `ring` holds the keys that are known already."""
    section = configuration.auth
    return Authority(
        ring,
        clock=clock,
        origins=OriginRule(configuration.websocket.allowed_origins),
        hosts=HostRule((*configuration.websocket.allowed_hosts, socket.gethostname())),
        sessions=sessions,
        oidc=oidc,
        login_record=login_record,
        failed_logins=FailedLogins(
            clock=clock,
            limits=ThrottleLimits(
                free_failures=section.failed_logins,
                first_wait_seconds=section.failed_login_wait_seconds,
                longest_wait_seconds=section.failed_login_longest_wait_seconds,
            ),
        ),
    )


class FrontDoor:
    """Everything that decides who comes in, wired: keys, sessions, the provider, the certificate, the audit log."""

    def __init__(
        self,
        configuration: Configuration,
        access: Access,
        *,
        report: Callable[[str, BaseException], None],
        clock: Clock,
        log: Log,
    ) -> None:
        """report: tells the house that a part failed. Raises FileUnreadable for a certificate that cannot be used."""
        data_dir, section, files = configuration.server.data_dir, configuration.auth, configuration.certificate_files
        self._full_keys = KeyRing.of_full_keys(access.keys)
        self._stored: dict[str, str] = {}
        self._oidc = make_oidc(configuration, clock=clock, log=log)
        self._certificate = None if files is None else Certificate(files, log=log, report=report)
        self.key_store, self._clock = KeyStore(data_dir), clock
        self._watch = KeyWatch(self.key_store, apply=self._take_keys, report=report, log=log)
        self.app_keys = AppKeys(self.key_store, on_stored=self._watch.look, clock=clock)
        limits = AuditLimits(file_bytes=section.audit_file_bytes, files=section.audit_files)
        self.audit_files = AuditFiles(data_dir, limits)
        self.audit = AuditLog(self.audit_files, clock=clock, log=log, report=report)
        self._login_record = LoginRecord(self.audit, clock=clock)
        sessions = make_sessions(configuration, clock=clock)
        self._signing = SigningService(sessions, report=report, log=log)
        self.authority = make_authority(
            configuration,
            self._full_keys,
            sessions=sessions,
            oidc=self._oidc,
            login_record=self._login_record,
            clock=clock,
        )
        self.proxies = trusted_proxies(configuration)

    @property
    def tls(self) -> ssl.SSLContext | None:
        """What the ports speak TLS with; None for plain text."""
        return None if self._certificate is None else self._certificate.context

    @property
    def services(self) -> Sequence[Service]:
        """In the order of their start, before anything listens. The audit log is not among them: it starts first."""
        parts = (self._certificate, self._oidc, self._watch, self._login_record, self._signing)
        return tuple(part for part in parts if part is not None)

    @property
    def operations(self) -> list[Operation]:
        """What administrators may ask about who comes in, and what was done."""
        return [
            *app_key_operations(self.app_keys.book),
            *key_operations(self.key_store, on_changed=self._watch.look, wall=self._clock.wall),
            *audit_operations(self.audit_files),
        ]

    def _take_keys(self, records: Sequence[KeyRecord]) -> None:
        """Keys were made or revoked, by the command line: the audit log tells which, and from when on they count."""
        stored = {record.id: record.name for record in records}
        for action, ids in (("key.added", stored.keys() - self._stored), ("key.removed", self._stored.keys() - stored)):
            for key_id in sorted(ids):
                names = {"id": key_id, "name": (stored | self._stored)[key_id]}
                self.audit.record(AuditEntry(actor="hydrogen", source="keys.json", action=action, params=names))
        self._stored = stored
        self.authority.take_keys(self._full_keys.with_entries(usable_entries(records)))
