"""Thresholds: what counts as a sign, and what is the world's usual noise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hydrogen.doctor.evidence import WINDOW_SECONDS
from hydrogen.doctor.sign import FAULTS, Sign, signs_of
from hydrogen.model.printer import LinkStatistics, PrinterStatus
from tests.doctor.patient import NOW, WELL_HOST, incident, kernel, patient


def test_a_good_print_has_no_sign() -> None:
    assert signs_of(patient()) == {}


def test_faults_are_what_broke_and_the_rest_are_circumstances() -> None:
    assert {Sign.LINK_LOST, Sign.DAMAGED_LINES, Sign.HEARTBEAT_MISSED} <= FAULTS
    assert not {Sign.UNDER_VOLTAGE, Sign.USB_GONE, Sign.AT_SWITCHING} & FAULTS


@pytest.mark.parametrize(
    ("counted", "signs"),
    [
        ({"damaged_lines": 2, "resends": 2}, set()),
        ({"damaged_lines": 3, "resends": 3, "lines_sent": 100_000}, set()),
        ({"damaged_lines": 3, "resends": 3, "lines_sent": 10_000}, {Sign.DAMAGED_LINES}),
        ({"lost_lines": 9, "resends": 9, "stalls": 9, "lines_sent": 10_000}, {Sign.LOST_LINES}),
        ({"stalls": 9, "barriers": 9, "lines_sent": 10_000}, {Sign.REPLIES_LOST}),
        ({"stalls": 9, "barriers": 0, "lines_sent": 10_000}, set()),
        ({"garbled_replies": 4}, set()),
        ({"garbled_replies": 5}, {Sign.GARBLED_REPLIES}),
        ({"window_faults": 2, "resends": 2}, set()),
        ({"window_faults": 3, "resends": 3}, {Sign.WINDOW_ONLY}),
        ({"window_faults": 3, "resends": 4}, set()),
    ],
)
def test_counters_become_signs_when_they_are_many(counted: dict[str, int], signs: set[Sign]) -> None:
    link = replace(LinkStatistics(lines_sent=40_000), **counted)  # type: ignore[arg-type]
    assert signs_of(patient(link=link)).keys() == signs


def test_a_plug_that_slips_is_back_at_once_and_a_person_takes_longer() -> None:
    back = "usb 1-1.2: new full-speed USB device number 7 using xhci_hcd"
    gone = "usb 1-1.2: USB disconnect, device number 5"
    assert Sign.USB_BACK in signs_of(patient(kernel=kernel(gone, back)))
    slow = (*kernel(gone, ago=60), *kernel(back, ago=40))
    assert Sign.USB_BACK not in signs_of(patient(kernel=slow))


def test_what_is_older_than_the_window_is_no_sign() -> None:
    old = WINDOW_SECONDS + 10
    seen = patient(
        kernel=kernel("usb 1-1.2: USB disconnect, device number 5", ago=old),
        incidents=(incident("link_lost", ago=old), incident("printer_reset", ago=old)),
        host_troubles=((NOW - old, "under_voltage"),),
    )
    assert signs_of(seen) == {}


def test_faults_that_follow_the_heaters_are_seen_and_two_of_them_are_chance() -> None:
    faults = tuple(incident("disturbed", ago=600 - 50 * number) for number in range(6))
    near = tuple(one.at - 1.0 for one in faults[:4])
    assert Sign.AT_SWITCHING in signs_of(patient(incidents=faults, switchings=near))
    assert Sign.AT_SWITCHING not in signs_of(patient(incidents=faults, switchings=near[:2]))
    assert Sign.AT_SWITCHING not in signs_of(patient(incidents=faults[:2], switchings=near))


def test_what_a_connection_has_mended_is_over() -> None:
    seen = (incident("printer_garbled"), incident("port_missing"), incident("printer_silent"))
    assert signs_of(patient(incidents=seen, status=PrinterStatus.IDLE)) == {}
    assert signs_of(patient(incidents=seen, status=PrinterStatus.ERROR)).keys() == {
        Sign.GARBLED,
        Sign.PORT_MISSING,
        Sign.SILENT,
    }


def test_heat_and_memory_are_signs_of_the_host() -> None:
    hot = replace(WELL_HOST, temperature_celsius=85.0, swap_share=0.9, memory_share=0.97, disk="critical")
    assert signs_of(patient(host=hot)).keys() == {Sign.MEMORY_SHORT, Sign.DISK_FULL, Sign.TOO_HOT}
