"""Evidence as it is in the world: counters, incidents, and the kernel's own words."""

from __future__ import annotations

from typing import Any

from hydrogen.doctor.evidence import Evidence, Incident, PortFacts
from hydrogen.doctor.kernel_log import KernelMessage, message_from
from hydrogen.model.host import HostState
from hydrogen.model.printer import LinkStatistics, PrinterStatus

NOW = 1_800_000_000.0

WELL_HOST = HostState(
    cpu_share=0.2, memory_share=0.4, temperature_celsius=51.0, throttling=(), throttling_since_boot=(), disk="ok"
)
WELL_PORT = PortFacts(exists=True, group="dialout", device="1-1.2", by_id="/dev/serial/by-id/usb-1a86_USB_Serial-if00")
WELL_LINK = LinkStatistics(lines_sent=40_000, lines_acknowledged=40_000)

BOOT = (
    "usb 1-1: new high-speed USB device number 2 using xhci_hcd",
    "hub 1-1:1.0: USB hub found",
    "usb 1-1.2: new full-speed USB device number 5 using xhci_hcd",
    "ch341 1-1.2:1.0: ch341-uart converter detected",
    "usb 1-1.2: ch341-uart converter now attached to ttyUSB0",
    "usb 1-1.4: new high-speed USB device number 6 using xhci_hcd",
)
"""A log of a machine that is well; two hours ago."""


def kernel(*lines: str, ago: float = 60.0) -> tuple[KernelMessage, ...]:
    """The log: the boot, and these lines, half a second apart, the first one so long ago."""
    said = [(NOW - 7200 + number, line) for number, line in enumerate(BOOT)]
    said += [(NOW - ago + number * 0.5, line) for number, line in enumerate(lines)]
    return tuple(message for at, line in said if (message := message_from(at, line)) is not None)


def incident(what: str, *, ago: float = 60.0, text: str = "", host_trouble: tuple[str, ...] = ()) -> Incident:
    return Incident(at=NOW - ago, what=what, text=text, host_trouble=host_trouble)


def patient(**seen: Any) -> Evidence:
    """A printer in the middle of a good print, but for what is given."""
    well = {
        "printer": "bench",
        "now": NOW,
        "port": "/dev/ttyUSB0",
        "status": PrinterStatus.PRINTING,
        "link": WELL_LINK,
        "kernel": kernel(),
        "host": WELL_HOST,
        "port_facts": WELL_PORT,
        "programs": frozenset(),
    }
    return Evidence(**{**well, **seen})
