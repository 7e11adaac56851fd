"""What the HTTP port needs of the rest of the house: given by the composition root, as one record."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from hydrogen.analysis.desk import AnalysisDesk
from hydrogen.auth.app_keys import AppKeyDesk
from hydrogen.auth.audit import AuditLog
from hydrogen.auth.authority import Authority
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.files.store import FileStore
from hydrogen.fleet.printer import PrinterDisplay
from hydrogen.operations.registry import Registry
from hydrogen.system.info import StatusBuilder, WebSocketFigures
from hydrogen.system.metric_source import MetricSource

if TYPE_CHECKING:
    from hydrogen.web.door import Door
    from hydrogen.web.endpoint import Endpoint


class Terminal(Protocol):
    """Turns the tracing of printers' conversations on and off."""

    def want(self, printers: frozenset[str], *, by: str) -> None:
        """Exactly these printers' lines are wanted from now on by this surface."""


Mount = Callable[["Door", "WebHouse"], "list[Endpoint]"]
"""The paths of another room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebHouse:
    """tls None: plain text. figures: where the bound port is told. configuration: what the service was told, without secrets,
    as JSON values. report: tells the house of a defect of ours. terminal: where it is said whose conversation is wanted.
    app_keys: where apps get keys. displays: what clients show of each printer beside its state, by its name. mounts: other
    rooms with paths on this port; each is called once the port's libraries are loaded."""

    authority: Authority
    proxies: TrustedProxies
    tls: ssl.SSLContext | None
    audit: AuditLog
    registry: Registry
    context: Context
    bus: Bus
    analyses: AnalysisDesk
    files: FileStore
    data_dir: Path
    status: StatusBuilder
    figures: WebSocketFigures
    metrics: MetricSource
    version: str
    configuration: Callable[[], Mapping[str, Any]]
    report: Callable[[str, BaseException], None]
    clock: Clock
    log: Log
    terminal: Terminal
    app_keys: AppKeyDesk
    displays: Mapping[str, PrinterDisplay] = field(default_factory=lambda: MappingProxyType({}))
    mounts: Sequence[Mount] = ()
