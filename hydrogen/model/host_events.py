"""What can happen to the machine. The rest of what can happen, and the list of all, is in events.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hydrogen.model.event import Event
from hydrogen.model.host import HostState


@dataclass(frozen=True, slots=True, kw_only=True)
class HostMeasured(Event):
    """The host's own figures."""

    wire_type: ClassVar[str] = "host.measured"
    is_sample: ClassVar[bool] = True

    host: HostState


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTroubleChanged(Event):
    """Something that can spoil a print began or ended on the host. trouble: all that is so now, of `under_voltage`,
    `frequency_capped`, `throttled`, `soft_temperature_limit` (a Raspberry Pi tells), `processor_starved`, `memory_short`,
    `disk_critical`. jobs: those that run now.

    `host_trouble` of other events uses the same words: what was so at some time in the seconds before; empty: nothing was,
    None: nobody looked.
    """

    wire_type: ClassVar[str] = "host.trouble_changed"

    trouble: tuple[str, ...]
    began: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostClockChanged(Event):
    """The wall clock is kept right from now on, or is not any more; the times of events before and after do not compare."""

    wire_type: ClassVar[str] = "host.clock_changed"

    trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDiskLow(Event):
    """Little room is left on the disk, or (`critical`) next to none: fewer than `below_bytes`. Told once for each step down."""

    wire_type: ClassVar[str] = "host.disk_low"

    level: str
    free_bytes: int
    below_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDiskRecovered(Event):
    """There is room again: the disk is `ok`, or only `low`."""

    wire_type: ClassVar[str] = "host.disk_recovered"

    level: str
    free_bytes: int
