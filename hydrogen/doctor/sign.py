"""Signs: what the evidence shows, before anybody asks why. Pure.

Each sign has a threshold with a reason, so that a single damaged line in a long print is none. `signs_of` reads the evidence
once; the table of causes (cause.py) knows signs only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from hydrogen.doctor.evidence import WINDOW_SECONDS, Evidence, Incident
from hydrogen.doctor.kernel_log import KernelMessage, Kind, device_of_tty, is_about
from hydrogen.model.printer import PrinterStatus

COINCIDENCE_SECONDS = 30.0
"""A fault so soon behind a dip of the voltage is no chance: dips last seconds, and are found up to 10 s late."""

SWITCHING_SECONDS = 3.0
"""A relay or a MOSFET makes its noise when it switches, not later."""

FEWEST_FAULTS = 3
"""A single damaged line is a cosmic ray; three in an hour are a wire."""

FAULTS_PER_LINE = 1 / 5000
"""Below that the link mends what happens without anybody noticing: 20 ms in a hundred seconds."""

GARBLED_REPLIES = 5
"""Replies with bytes that no text has. A board that restarts makes one or two by itself."""

SWAP_SHARE = 0.8
HOT_CELSIUS = 80.0
"""From here on a Raspberry Pi slows down."""

BACK_SECONDS = 5.0
"""A plug that slips is back at once; a person who pulls it, or switches the printer off and on, takes longer."""

TOGETHER_SECONDS = 2.0
"""Devices that vanish within that time vanished together."""


class Sign(StrEnum):
    """What can be seen. The first ones are faults: something broke. The others are circumstances."""

    LINK_LOST = "the link was lost"
    BOARD_RESET = "the board restarted in mid-conversation"
    HALTED = "the firmware halted itself"
    SILENT = "the printer does not answer"
    WENT_SILENT = "the printer stopped answering while it was connected"
    GARBLED = "no baud rate gave a readable answer"
    PORT_MISSING = "there is no such port"
    PORT_FORBIDDEN = "the port may not be opened"
    PORT_BUSY = "somebody else has locked the port"
    DAMAGED_LINES = "lines arrive damaged"
    LOST_LINES = "lines do not arrive"
    REPLIES_LOST = "answers do not arrive"
    GARBLED_REPLIES = "answers arrive with bytes that no text has"
    WINDOW_ONLY = "faults only while several lines were on their way"
    HEARTBEAT_MISSED = "the process that holds the printer stood still"

    AT_SWITCHING = "faults come when heaters are switched"
    UNDER_VOLTAGE = "the host's supply is too weak"
    UNDER_VOLTAGE_AT_FAULT = "the voltage was too low when the faults came"
    UNDER_VOLTAGE_EARLIER = "the voltage was too low at some time since the host was switched on"
    USB_GONE = "the kernel saw the printer's USB device go"
    USB_BACK = "it came back by itself"
    USB_ALL_GONE = "other USB devices went at the same moment"
    USB_DISABLED = "the kernel disabled the USB port because of interference"
    USB_ERRORS = "the kernel met errors on the printer's USB device"
    OVER_CURRENT = "a USB device takes more current than its port may give"
    HUB_FAILED = "a USB hub or controller failed"
    KERNEL_SILENT = "the kernel saw nothing happen to the USB device"
    OTHER_HOLDER = "another program has the port open"
    PORT_GRABBER = "a program runs that tries out serial ports"
    PROCESSOR_STARVED = "the processor has no time left"
    MEMORY_SHORT = "the memory is nearly used up"
    OUT_OF_MEMORY = "the kernel killed a process for want of memory"
    DISK_FULL = "the disk is full"
    STORAGE_ERRORS = "the storage medium fails"
    TOO_HOT = "the host is too hot"


FAULTS = frozenset(list(Sign)[: list(Sign).index(Sign.AT_SWITCHING)])
"""Something broke, and wants a cause."""

Found = Mapping[Sign, str]
"""Each sign with a sentence of what was seen."""

_OF_ERROR: Mapping[str, Sign] = {
    "printer_reset": Sign.BOARD_RESET,
    "printer_halted": Sign.HALTED,
    "thermal_runaway": Sign.HALTED,
    "temperature_limit": Sign.HALTED,
    "printer_garbled": Sign.GARBLED,
    "port_missing": Sign.PORT_MISSING,
    "port_forbidden": Sign.PORT_FORBIDDEN,
    "port_busy": Sign.PORT_BUSY,
    "link_lost": Sign.LINK_LOST,
    "disk_full": Sign.DISK_FULL,
    "heartbeat_missed": Sign.HEARTBEAT_MISSED,
}

_CONNECTED = frozenset(PrinterStatus) - {PrinterStatus.OFFLINE, PrinterStatus.CONNECTING, PrinterStatus.ERROR}


def signs_of(evidence: Evidence) -> dict[Sign, str]:
    """All signs, in the order of Sign."""
    found: dict[Sign, str] = {}
    incidents = [one for one in evidence.incidents if evidence.now - one.at <= WINDOW_SECONDS]
    for read in (_incident_signs, _silence_signs):
        found |= read(evidence, incidents)
    found |= _port_signs(evidence)
    found |= _counter_signs(evidence)
    found |= _kernel_signs(evidence, incidents)
    found |= _host_signs(evidence, incidents)
    found |= _switching_signs(evidence, incidents)
    return {sign: found[sign] for sign in Sign if sign in found}


def _incident_signs(evidence: Evidence, incidents: list[Incident]) -> dict[Sign, str]:
    found: dict[Sign, str] = {}
    for sign in dict.fromkeys(_OF_ERROR.values()):
        those = [one for one in incidents if _OF_ERROR.get(one.what) is sign]
        if those and not (sign in _MENDED and evidence.status in _CONNECTED):
            last = those[-1]
            found[sign] = f"{_times(len(those))}, last {_ago(evidence.now - last.at)}" + (
                f": {last.text}" if last.text else ""
            )
    return found


_MENDED = frozenset({Sign.GARBLED, Sign.PORT_MISSING, Sign.PORT_FORBIDDEN, Sign.PORT_BUSY})
"""What is over when the printer is connected: somebody has switched it on, or set the right speed."""


def _silence_signs(evidence: Evidence, incidents: list[Incident]) -> dict[Sign, str]:
    silences = [one for one in incidents if one.what == "printer_silent"]
    if not silences:
        return {}
    was_up = any(one.what in ("link_lost", "disturbed") and 0 <= silences[-1].at - one.at < 120 for one in incidents)
    text = f"{_times(len(silences))}, last {_ago(evidence.now - silences[-1].at)}: {silences[-1].text}"
    if was_up or evidence.status in (PrinterStatus.LINK_LOST, PrinterStatus.PRINTING):
        return {Sign.WENT_SILENT: text}
    return {} if evidence.status in _CONNECTED else {Sign.SILENT: text}


def _port_signs(evidence: Evidence) -> dict[Sign, str]:
    found: dict[Sign, str] = {}
    port, facts = evidence.port, evidence.port_facts
    if facts is not None:
        if not facts.exists:
            found[Sign.PORT_MISSING] = f"{port} is not there"
        elif not facts.may_open:
            found[Sign.PORT_FORBIDDEN] = f"{port} belongs to the group {facts.group or '?'}, which this user is not in"
        if facts.holders:
            found[Sign.OTHER_HOLDER] = f"{port} is open in {', '.join(facts.holders)}"
    if evidence.programs:
        found[Sign.PORT_GRABBER] = f"running: {', '.join(sorted(evidence.programs))}"
    return found


def _counter_signs(evidence: Evidence) -> dict[Sign, str]:
    link, found = evidence.link, dict[Sign, str]()
    lines = max(link.lines_sent, 1)

    def is_many(count: int) -> bool:
        return count >= FEWEST_FAULTS and count / lines >= FAULTS_PER_LINE

    if is_many(link.damaged_lines):
        found[Sign.DAMAGED_LINES] = f"{link.damaged_lines:,} of {lines:,} lines"
    if is_many(link.lost_lines) and link.lost_lines > link.damaged_lines:
        found[Sign.LOST_LINES] = f"{link.lost_lines:,} of {lines:,} lines"
    if FEWEST_FAULTS <= link.resends <= link.window_faults:
        found[Sign.WINDOW_ONLY] = f"all {link.resends:,} resends, none while one line at a time was sent"
    lone_stalls = link.stalls - link.resends
    if is_many(lone_stalls) and link.barriers >= FEWEST_FAULTS:
        found[Sign.REPLIES_LOST] = f"{lone_stalls:,} times in {lines:,} lines a line had run and its ok did not come"
    if link.garbled_replies >= GARBLED_REPLIES:
        found[Sign.GARBLED_REPLIES] = f"{link.garbled_replies:,} of them"
    return found


def _kernel_signs(evidence: Evidence, incidents: list[Incident]) -> dict[Sign, str]:
    if evidence.kernel is None:
        return {}
    recent = [one for one in evidence.kernel if evidence.now - one.at <= WINDOW_SECONDS]
    tty = evidence.port.rpartition("/")[2]
    facts = evidence.port_facts
    device = (facts.device if facts is not None else "") or device_of_tty(tty, evidence.kernel)
    ours = [one for one in recent if is_about(one, device, tty)]
    found: dict[Sign, str] = {}
    gone = [one for one in ours if one.kind is Kind.USB_GONE]
    if gone:
        found[Sign.USB_GONE] = _said(gone)
        if any(
            one.kind in (Kind.USB_FOUND, Kind.PORT_FOUND) and 0 <= one.at - gone[-1].at <= BACK_SECONDS for one in ours
        ):
            found[Sign.USB_BACK] = "the kernel found it again"
        if others := _gone_with(gone, recent, device):
            found[Sign.USB_ALL_GONE] = f"with it went {', '.join(others)}"
    for kind, sign in ((Kind.USB_DISABLED, Sign.USB_DISABLED), (Kind.OVER_CURRENT, Sign.OVER_CURRENT)):
        if those := [one for one in ours if one.kind is kind]:
            found[sign] = _said(those)
    if errors := [one for one in ours if one.kind in (Kind.USB_ERROR, Kind.USB_RESET)]:
        found[Sign.USB_ERRORS] = _said(errors)
    if hubs := [one for one in recent if one.kind is Kind.HUB_FAILED]:
        found[Sign.HUB_FAILED] = _said(hubs)
    if not gone and not errors and any(one.what == "link_lost" for one in incidents) and device:
        found[Sign.KERNEL_SILENT] = f"nothing about {device}"
    for kind, sign in ((Kind.OUT_OF_MEMORY, Sign.OUT_OF_MEMORY), (Kind.STORAGE_ERROR, Sign.STORAGE_ERRORS)):
        if those := [one for one in recent if one.kind is kind]:
            found[sign] = _said(those)
    return found


def _gone_with(gone: list[KernelMessage], recent: list[KernelMessage], device: str) -> list[str]:
    others = {
        one.device
        for one in recent
        if one.kind is Kind.USB_GONE and one.device and not is_about(one, device, "") and _is_near(one.at, gone)
    }
    return sorted(others)


def _is_near(at: float, messages: Iterable[KernelMessage]) -> bool:
    return any(abs(at - one.at) <= TOGETHER_SECONDS for one in messages)


def _host_signs(evidence: Evidence, incidents: list[Incident]) -> dict[Sign, str]:
    host, found = evidence.host, dict[Sign, str]()
    dips = _moments(evidence, "under_voltage", Kind.UNDER_VOLTAGE)
    if dips or "under_voltage" in (host.throttling or ()):
        found[Sign.UNDER_VOLTAGE] = f"{_times(max(len(dips), 1))} within the hour"
        hits = [one for one in incidents if "under_voltage" in one.host_trouble or _coincides(one, dips)]
        if hits:
            found[Sign.UNDER_VOLTAGE_AT_FAULT] = (
                f"{len(hits)} of {len(incidents)} faults within {COINCIDENCE_SECONDS:g} s of it"
            )
    elif "under_voltage" in (host.throttling_since_boot or ()):
        found[Sign.UNDER_VOLTAGE_EARLIER] = "not within the hour, as far as is known"
    if _moments(evidence, "processor_starved", None):
        found[Sign.PROCESSOR_STARVED] = f"{_percent(host.cpu_share)} in use now"
    if _moments(evidence, "memory_short", None) or (host.swap_share or 0.0) >= SWAP_SHARE:
        found[Sign.MEMORY_SHORT] = (
            f"{_percent(host.memory_share)} of it in use, {_percent(host.swap_share)} of the swap space"
        )
    if host.disk == "critical":
        found[Sign.DISK_FULL] = f"{(host.disk_free_bytes or 0) >> 20:,} MiB are left"
    is_hot = (host.temperature_celsius or 0.0) >= HOT_CELSIUS
    if is_hot or _moments(evidence, "soft_temperature_limit", Kind.TOO_HOT):
        found[Sign.TOO_HOT] = "" if host.temperature_celsius is None else f"{host.temperature_celsius:.0f} °C"
    return found


def _moments(evidence: Evidence, word: str, kind: Kind | None) -> list[float]:
    """When this trouble was seen within the window: as measured, as stamped, as the kernel said."""
    times = [at for at, what in evidence.host_troubles if what == word]
    times += [one.at for one in evidence.incidents if word in one.host_trouble]
    times += [one.at for one in evidence.kernel or () if kind is not None and one.kind is kind]
    return sorted(at for at in times if evidence.now - at <= WINDOW_SECONDS)


def _coincides(incident: Incident, dips: list[float]) -> bool:
    return any(-10.0 <= incident.at - dip <= COINCIDENCE_SECONDS for dip in dips)


def _switching_signs(evidence: Evidence, incidents: list[Incident]) -> dict[Sign, str]:
    faults = [one for one in incidents if one.what in ("disturbed", "link_lost", "printer_reset")]
    hits = [one for one in faults if any(0 <= one.at - at <= SWITCHING_SECONDS for at in evidence.switchings)]
    if len(hits) >= FEWEST_FAULTS and len(hits) * 3 >= len(faults) * 2:
        return {
            Sign.AT_SWITCHING: f"{len(hits)} of {len(faults)} faults within {SWITCHING_SECONDS:g} s of a new target"
        }
    return {}


def _said(messages: list[KernelMessage]) -> str:
    return f"{_times(len(messages))}, last: {messages[-1].text}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _ago(seconds: float) -> str:
    return f"{max(seconds, 0):.0f} s ago" if seconds < 120 else f"{seconds / 60:.0f} min ago"


def _percent(share: float | None) -> str:
    return "?" if share is None else f"{share:.0%}"
