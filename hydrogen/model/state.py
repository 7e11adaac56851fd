"""The state of the house: immutable, replaced as a whole, changed only by `reduce`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hydrogen.model.backlog import QueueSummary
from hydrogen.model.host import HostState
from hydrogen.model.printer import PrinterState
from hydrogen.model.sensor import SensorState


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`printers` and `sensors` by name; what is configured is always there, offline or pending at the least. host_trouble: what
    can spoil a print on the host now, in the words of HostTroubleChanged; whether its disk is low, `host.disk` says."""

    printers: Mapping[str, PrinterState] = field(default_factory=lambda: MappingProxyType({}))
    sensors: Mapping[str, SensorState] = field(default_factory=lambda: MappingProxyType({}))
    host: HostState = field(default_factory=HostState)
    host_trouble: tuple[str, ...] = ()
    queue: QueueSummary = field(default_factory=QueueSummary)
