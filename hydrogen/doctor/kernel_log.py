"""What the kernel says of USB, voltage, memory and storage: pure.

A line becomes a KernelMessage if it is of a kind that the doctor knows (KINDS). Texts are those of Linux 4.19 to 6.12
(drivers/usb/core/hub.c, drivers/usb/serial/*.c, drivers/usb/class/cdc-acm.c, drivers/hwmon/raspberrypi-hwmon.c, mm/oom_kill.c,
block/blk-core.c, fs/ext4/super.c).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a message is about."""

    USB_GONE = "usb_gone"
    USB_FOUND = "usb_found"
    USB_RESET = "usb_reset"
    USB_ERROR = "usb_error"
    USB_DISABLED = "usb_disabled"
    OVER_CURRENT = "over_current"
    HUB_FAILED = "hub_failed"
    PORT_FOUND = "port_found"
    UNDER_VOLTAGE = "under_voltage"
    OUT_OF_MEMORY = "out_of_memory"
    STORAGE_ERROR = "storage_error"
    TOO_HOT = "too_hot"


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelMessage:
    """at: Unix seconds. device: the USB place that it is about (`1-1.2`), "" where it names none. tty: the port (`ttyUSB0`)."""

    at: float
    kind: Kind
    text: str
    device: str = ""
    tty: str = ""


_PLACE = r"\d+-\d+(?:\.\d+)*"
_TTY = r"tty(?:USB|ACM)\d+"

KINDS: tuple[tuple[Kind, str], ...] = (
    (Kind.UNDER_VOLTAGE, r"[Uu]nder-?voltage detected"),
    (Kind.OVER_CURRENT, r"over-current (?:change|condition)"),
    (Kind.USB_DISABLED, r"disabled by hub \(EMI\?\)"),
    (
        Kind.HUB_FAILED,
        r"HC died|hub_ext_port_status failed|USB hub .*(?:failed|died)|host controller (?:not responding|died)",
    ),
    (Kind.USB_GONE, rf"usb {_PLACE}: USB disconnect|{_TTY}: .* now disconnected from"),
    (Kind.USB_RESET, rf"usb {_PLACE}: reset \S+ USB device"),
    (
        Kind.USB_ERROR,
        r"device descriptor read/\S+, error -\d+|device not accepting address|unable to enumerate USB device|"
        r"urb stopped: -\d+|usb_submit_urb failed: -\d+|cannot (?:reset|enable)|failed to (?:get|set) \S+.*: -\d+",
    ),
    (Kind.PORT_FOUND, rf"now attached to {_TTY}|{_TTY}: USB ACM device"),
    (Kind.USB_FOUND, rf"usb {_PLACE}: new \S+ USB device"),
    (Kind.OUT_OF_MEMORY, r"Out of memory: Kill|Memory cgroup out of memory|oom-kill:"),
    (
        Kind.STORAGE_ERROR,
        r"I/O error, dev (?:mmcblk|sd|nvme)|EXT4-fs error|Remounting filesystem read-only|mmc\d: .*(?:error|timeout)",
    ),
    (Kind.TOO_HOT, r"[Tt]emperature above threshold|cpu clock throttled"),
)
"""Kind by pattern; the first that fits."""

_compiled = tuple((kind, re.compile(pattern).search) for kind, pattern in KINDS)
_place_of = re.compile(rf"(?:usb |hub |cdc_acm |ftdi_sio |ch341 |cp210x |pl2303 |^)({_PLACE})(?=[:-])").search
_bus_port = re.compile(r"usb usb(\d+)-port(\d+)").search
_hub_port = re.compile(rf"({_PLACE})-port(\d+)").search
_tty_of = re.compile(_TTY).search

TEXT_LENGTH = 200
"""Characters of a message that are kept."""


def message_from(at: float, text: str) -> KernelMessage | None:
    """None for what the doctor has no use for."""
    kind = next((kind for kind, fits in _compiled if fits(text)), None)
    if kind is None:
        return None
    tty = _tty_of(text)
    return KernelMessage(
        at=at, kind=kind, text=text[:TEXT_LENGTH], device=_device_of(text), tty=tty[0] if tty is not None else ""
    )


def _device_of(text: str) -> str:
    """`usb 1-1.2: …` is about 1-1.2; `usb 1-1-port2: …` about what hangs at the second port of hub 1-1."""
    if (found := _hub_port(text)) is not None:
        return f"{found[1]}.{found[2]}"
    if (found := _bus_port(text)) is not None:
        return f"{found[1]}-{found[2]}"
    if (found := _place_of(text)) is not None:
        return found[1]
    return ""


def device_of_tty(tty: str, messages: Iterable[KernelMessage]) -> str:
    """The USB place at which this port was attached last, as far as the log tells; "" if it does not."""
    found = ""
    last_named = ""
    for message in messages:
        if message.kind is Kind.USB_FOUND:
            last_named = message.device
        if message.kind is Kind.PORT_FOUND and message.tty == tty:
            found = message.device or last_named
    return found


def is_about(message: KernelMessage, device: str, tty: str) -> bool:
    """Is it about this port: its adapter, or a hub between it and the host? device and tty: "" where unknown."""
    if tty and message.tty == tty:
        return True
    if not device or not message.device:
        return False
    return device == message.device or device.startswith((f"{message.device}.", f"{message.device}-"))
