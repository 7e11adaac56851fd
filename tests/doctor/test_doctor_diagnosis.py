"""Causes that were put into the evidence, and whether they are named; the innocent, and whether they are left alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hydrogen.doctor.diagnosis import NOTHING_WRONG, UNKNOWN, diagnose
from hydrogen.doctor.evidence import Evidence
from hydrogen.model.host import HostState
from hydrogen.model.printer import LinkStatistics, PrinterStatus
from tests.doctor.patient import BOOT, NOW, WELL_HOST, WELL_LINK, WELL_PORT, incident, kernel, patient

GONE_AND_BACK = (
    "usb 1-1.2: USB disconnect, device number 5",
    "ch341-uart ttyUSB0: ch341-uart converter now disconnected from ttyUSB0",
    "ch341 1-1.2:1.0: device disconnected",
    "usb 1-1.2: new full-speed USB device number 7 using xhci_hcd",
    "usb 1-1.2: ch341-uart converter now attached to ttyUSB0",
)
LOST = incident("link_lost", ago=59.0, text="/dev/ttyUSB0 vanished: unplugged, or the printer lost power")
DISTURBED = tuple(incident("disturbed", ago=600.0 - 40 * number) for number in range(10))


def link(**counted: int) -> LinkStatistics:
    return replace(WELL_LINK, **counted)  # type: ignore[arg-type]


INJECTED: tuple[tuple[str, Evidence], ...] = (
    (
        "under_voltage",
        patient(
            kernel=kernel("hwmon hwmon1: Undervoltage detected!", *GONE_AND_BACK),
            incidents=(LOST,),
            host=replace(WELL_HOST, throttling=("under_voltage",), throttling_since_boot=("under_voltage",)),
            status=PrinterStatus.LINK_LOST,
        ),
    ),
    ("usb_cable", patient(kernel=kernel(*GONE_AND_BACK), incidents=(LOST,), status=PrinterStatus.LINK_LOST)),
    (
        "electrical_noise",
        patient(
            kernel=kernel("usb 1-1-port2: disabled by hub (EMI?), re-enabling...", *GONE_AND_BACK),
            incidents=(LOST, *DISTURBED),
            switchings=tuple(one.at - 1.0 for one in DISTURBED),
            link=link(damaged_lines=30, resends=30),
        ),
    ),
    (
        "usb_hub",
        patient(
            kernel=kernel(
                "hub 1-1:1.0: hub_ext_port_status failed (err = -71)",
                "usb 1-1: USB disconnect, device number 2",
                "usb 1-1.2: USB disconnect, device number 5",
                "usb 1-1.4: USB disconnect, device number 6",
            ),
            incidents=(LOST,),
            status=PrinterStatus.LINK_LOST,
        ),
    ),
    (
        "usb_over_current",
        patient(
            kernel=kernel("usb 1-1-port2: over-current change #1", "usb 1-1.2: USB disconnect, device number 5"),
            incidents=(LOST,),
            status=PrinterStatus.LINK_LOST,
        ),
    ),
    (
        "port_forbidden",
        patient(
            status=PrinterStatus.ERROR,
            link=LinkStatistics(),
            incidents=(incident("port_forbidden", text="/dev/ttyUSB0: permission denied"),),
            port_facts=replace(WELL_PORT, may_open=False),
        ),
    ),
    (
        "port_taken",
        patient(
            status=PrinterStatus.ERROR,
            link=LinkStatistics(),
            incidents=(incident("port_busy"),),
            port_facts=replace(WELL_PORT, holders=("octoprint (812)",)),
        ),
    ),
    (
        "other_program",
        patient(
            link=link(stalls=25, barriers=25, probes=25),
            incidents=DISTURBED,
            port_facts=replace(WELL_PORT, holders=("ModemManager (512)",)),
            programs=frozenset({"ModemManager"}),
        ),
    ),
    (
        "wrong_baud",
        patient(
            status=PrinterStatus.ERROR,
            link=LinkStatistics(),
            incidents=(incident("printer_garbled", text="no baud rate gave an answer of a printer"),),
        ),
    ),
    (
        "board_reset",
        patient(incidents=(incident("printer_reset", text="the printer restarted"),), status=PrinterStatus.IDLE),
    ),
    (
        "receive_buffer_overflow",
        patient(link=link(resends=6, damaged_lines=5, window_faults=6), incidents=DISTURBED[:6]),
    ),
    ("noisy_wire", patient(link=link(resends=60, damaged_lines=58, window_faults=3), incidents=DISTURBED)),
    ("lines_lost", patient(link=link(resends=40, lost_lines=40, stalls=40, window_faults=2), incidents=DISTURBED)),
    ("replies_lost", patient(link=link(stalls=30, barriers=30), incidents=DISTURBED)),
    (
        "processor_starved",
        patient(
            incidents=(incident("heartbeat_missed", host_trouble=("processor_starved",)),),
            host_troubles=((NOW - 70, "processor_starved"),),
            host=replace(WELL_HOST, cpu_share=1.0),
        ),
    ),
    (
        "memory_short",
        patient(
            kernel=kernel("Out of memory: Killed process 1234 (python3) total-vm:912344kB, anon-rss:512000kB"),
            incidents=(incident("heartbeat_missed"),),
        ),
    ),
    ("disk_full", patient(host=replace(WELL_HOST, disk="critical", disk_free_bytes=1 << 20))),
    ("firmware_halted", patient(status=PrinterStatus.HALTED, incidents=(incident("thermal_runaway"),))),
    (
        "unplugged",
        patient(
            status=PrinterStatus.ERROR,
            kernel=kernel(*GONE_AND_BACK[:2]),
            incidents=(LOST, incident("port_missing", ago=5)),
            port_facts=replace(WELL_PORT, exists=False),
        ),
    ),
    (
        "printer_hangs",
        patient(
            status=PrinterStatus.LINK_LOST,
            incidents=(incident("printer_silent", text="the printer has not answered for 120 s"),),
        ),
    ),
    ("printer_not_there", patient(status=PrinterStatus.ERROR, incidents=(incident("printer_silent"),))),
    (
        "storage_failing",
        patient(
            kernel=kernel("I/O error, dev mmcblk0, sector 123456 op 0x1:(WRITE)", "EXT4-fs error (device mmcblk0p2)")
        ),
    ),
    (
        "host_too_hot",
        patient(host=replace(WELL_HOST, temperature_celsius=84.0, throttling=("soft_temperature_limit",))),
    ),
)

INNOCENT: tuple[tuple[str, Evidence], ...] = (
    ("a clean print", patient()),
    (
        "an idle printer that has just been connected",
        patient(status=PrinterStatus.IDLE, link=LinkStatistics(lines_sent=5)),
    ),
    ("one damaged line in a long print", patient(link=link(resends=1, damaged_lines=1), incidents=DISTURBED[:1])),
    (
        "bits of an under-voltage at the start",
        patient(host=replace(WELL_HOST, throttling_since_boot=("under_voltage", "throttled"))),
    ),
    ("somebody else's camera was unplugged", patient(kernel=kernel("usb 1-1.4: USB disconnect, device number 6"))),
    ("a machine that tells nothing", patient(kernel=None, host=HostState(), port_facts=None, programs=None)),
    ("ModemManager runs and leaves the port alone", patient(programs=frozenset({"ModemManager"}))),
    ("a processor that works hard", patient(host=replace(WELL_HOST, cpu_share=0.9))),
    (
        "a port that was missing until the printer was switched on",
        patient(status=PrinterStatus.IDLE, incidents=(incident("port_missing", ago=900),)),
    ),
    ("a fault of yesterday", patient(incidents=(incident("link_lost", ago=90_000),))),
)


@pytest.mark.parametrize(("cause", "evidence"), INJECTED, ids=[cause for cause, _ in INJECTED])
def test_an_injected_cause_is_named_first(cause: str, evidence: Evidence) -> None:
    verdicts = diagnose(evidence).verdicts
    assert verdicts[0].cause == cause, verdicts
    assert verdicts[0].evidence
    assert verdicts[0].next_step
    wrong = [one for one in verdicts[1:] if one.confidence == "high"]
    assert wrong == []


def test_at_least_ten_of_twelve_and_no_wrong_verdict_with_high_confidence() -> None:
    told = [(cause, diagnose(evidence).verdicts) for cause, evidence in INJECTED]
    right = [cause for cause, verdicts in told if verdicts[0].cause == cause]
    assert len(told) >= 12
    assert len(right) * 12 >= len(told) * 10
    wrong = [(c, v.cause) for c, vs in told for v in vs if v.cause != c and v.confidence == "high"]
    assert wrong == []


@pytest.mark.parametrize(("what", "evidence"), INNOCENT, ids=[what for what, _ in INNOCENT])
def test_the_innocent_are_left_alone(what: str, evidence: Evidence) -> None:
    diagnosis = diagnose(evidence)
    assert diagnosis.is_healthy, (what, diagnosis.verdicts)
    assert [one.cause for one in diagnosis.verdicts] == [NOTHING_WRONG]


@pytest.mark.parametrize("kernel_log", [None, kernel()], ids=["without the kernel's log", "and the kernel saw nothing"])
def test_a_lost_link_that_nothing_explains_is_unknown_and_no_guess(kernel_log: object) -> None:
    verdicts = diagnose(patient(kernel=kernel_log, incidents=(LOST,), status=PrinterStatus.LINK_LOST)).verdicts
    assert [(one.cause, one.confidence) for one in verdicts] == [(UNKNOWN, "low")]
    assert "the link was lost" in verdicts[0].evidence[0]


def test_a_weak_supply_of_an_hour_half_explains_nothing_and_is_still_told() -> None:
    early = ((NOW - 3000, "under_voltage"),)
    verdicts = diagnose(
        patient(kernel=kernel(*GONE_AND_BACK), incidents=(LOST,), host_troubles=early, status=PrinterStatus.LINK_LOST)
    ).verdicts
    assert {one.cause: one.confidence for one in verdicts} == {"under_voltage": "medium", "usb_cable": "medium"}


def test_a_stamp_alone_is_proof_that_the_voltage_was_low() -> None:
    stamped = incident("link_lost", host_trouble=("under_voltage",))
    verdicts = diagnose(patient(kernel=None, incidents=(stamped,), status=PrinterStatus.LINK_LOST)).verdicts
    assert [(one.cause, one.confidence) for one in verdicts] == [("under_voltage", "high")]


def test_what_could_not_be_looked_at_is_told() -> None:
    told = diagnose(patient(kernel=None, host=HostState(), port_facts=replace(WELL_PORT, holders=None))).not_seen
    assert len(told) == 3
    assert diagnose(patient()).not_seen == ()
    assert len(BOOT) > 0
