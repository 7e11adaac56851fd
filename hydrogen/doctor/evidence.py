"""What the doctor is given to judge one printer's link by: pure records. What could not be looked at is None, never empty."""

from __future__ import annotations

from dataclasses import dataclass, field

from hydrogen.doctor.kernel_log import KernelMessage
from hydrogen.model.host import HostState
from hydrogen.model.printer import LinkStatistics, PrinterStatus

WINDOW_SECONDS = 3600.0
"""So far back evidence counts: a fault of yesterday explains nothing of today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that went wrong, at Unix seconds. what: an error's code, or `link_lost`, `disconnected`, `disturbed`,
    `heartbeat_missed`, `duplicate_possible`. host_trouble: its stamp."""

    at: float
    what: str
    text: str = ""
    host_trouble: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PortFacts:
    """How the port's device file stands. may_open: may this process read and write it? group: whose file it is. holders: other
    programs that have it open (None: their descriptors may not be looked at). device: its USB place. by_id: a stable name for
    it, "" if there is none."""

    exists: bool
    may_open: bool = True
    group: str = ""
    holders: tuple[str, ...] | None = ()
    device: str = ""
    by_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All of it. link: what was counted within the window, over all connections. kernel: None when the log may not be read.
    switchings: when heaters were given another target. programs: those that run, of what is known to grab ports."""

    printer: str
    now: float
    port: str = ""
    status: PrinterStatus = PrinterStatus.IDLE
    link: LinkStatistics = field(default_factory=LinkStatistics)
    incidents: tuple[Incident, ...] = ()
    switchings: tuple[float, ...] = ()
    kernel: tuple[KernelMessage, ...] | None = None
    host: HostState = field(default_factory=HostState)
    host_troubles: tuple[tuple[float, str], ...] = ()
    port_facts: PortFacts | None = None
    programs: frozenset[str] | None = None
