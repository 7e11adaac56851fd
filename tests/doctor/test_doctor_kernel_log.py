"""The kernel's own words, as they stand in people's reports."""

from __future__ import annotations

import pytest

from hydrogen.doctor.kernel_log import TEXT_LENGTH, Kind, device_of_tty, is_about, message_from

SAID = (
    ("hwmon hwmon1: Undervoltage detected!", Kind.UNDER_VOLTAGE, "", ""),
    ("Under-voltage detected! (0x00050005)", Kind.UNDER_VOLTAGE, "", ""),
    ("usb 1-1.2: USB disconnect, device number 5", Kind.USB_GONE, "1-1.2", ""),
    ("ftdi_sio ttyUSB0: FTDI USB Serial Device converter now disconnected from ttyUSB0", Kind.USB_GONE, "", "ttyUSB0"),
    ("usb 1-1.2: new full-speed USB device number 7 using dwc_otg", Kind.USB_FOUND, "1-1.2", ""),
    ("usb 1-1.2: ch341-uart converter now attached to ttyUSB1", Kind.PORT_FOUND, "1-1.2", "ttyUSB1"),
    ("cdc_acm 1-1.3:1.0: ttyACM0: USB ACM device", Kind.PORT_FOUND, "1-1.3", "ttyACM0"),
    ("usb 1-1-port2: disabled by hub (EMI?), re-enabling...", Kind.USB_DISABLED, "1-1.2", ""),
    ("usb usb1-port4: over-current change #3", Kind.OVER_CURRENT, "1-4", ""),
    ("hub 1-1:1.0: over-current condition on port 2", Kind.OVER_CURRENT, "1-1", ""),
    ("usb 1-1.2: reset full-speed USB device number 5 using xhci_hcd", Kind.USB_RESET, "1-1.2", ""),
    ("usb 1-1.2: device descriptor read/64, error -71", Kind.USB_ERROR, "1-1.2", ""),
    ("usb 1-1-port2: unable to enumerate USB device", Kind.USB_ERROR, "1-1.2", ""),
    ("ch341-uart ttyUSB0: usb_serial_generic_read_bulk_callback - urb stopped: -32", Kind.USB_ERROR, "", "ttyUSB0"),
    ("hub 1-1:1.0: hub_ext_port_status failed (err = -71)", Kind.HUB_FAILED, "1-1", ""),
    ("xhci_hcd 0000:01:00.0: HC died; cleaning up", Kind.HUB_FAILED, "", ""),
    ("Out of memory: Killed process 1234 (python3) total-vm:912344kB", Kind.OUT_OF_MEMORY, "", ""),
    ("I/O error, dev mmcblk0, sector 123456 op 0x1:(WRITE)", Kind.STORAGE_ERROR, "", ""),
    ("EXT4-fs (mmcblk0p2): Remounting filesystem read-only", Kind.STORAGE_ERROR, "", ""),
    ("CPU0: Core temperature above threshold, cpu clock throttled (total events = 1)", Kind.TOO_HOT, "", ""),
)


@pytest.mark.parametrize(("text", "kind", "device", "tty"), SAID)
def test_what_the_kernel_says_is_understood(text: str, kind: Kind, device: str, tty: str) -> None:
    message = message_from(5.0, text)
    assert message is not None
    assert (message.kind, message.device, message.tty, message.at) == (kind, device, tty, 5.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hwmon hwmon1: Voltage normalised",
        "usb 1-1.2: New USB device found, idVendor=1a86, idProduct=7523, bcdDevice= 2.64",
        "hub 1-1:1.0: USB hub found",
        "EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode",
        "wlan0: associated",
    ],
)
def test_what_tells_nothing_is_left_out(text: str) -> None:
    assert message_from(5.0, text) is None


def test_every_kind_has_a_pattern_and_a_text_is_cut() -> None:
    assert {kind for _, kind, _, _ in SAID} == set(Kind)
    long = message_from(1.0, "usb 1-1.2: USB disconnect, " + "x" * 9000)
    assert long is not None and len(long.text) == TEXT_LENGTH


def test_a_port_is_known_by_the_place_at_which_it_was_attached_last() -> None:
    lines = (
        "usb 1-1.2: ch341-uart converter now attached to ttyUSB0",
        "usb 1-1.3: ch341-uart converter now attached to ttyUSB0",
        "usb 1-1.4: new full-speed USB device number 9 using xhci_hcd",
        "ftdi_sio converter now attached to ttyUSB1",
    )
    messages = [message for line in lines if (message := message_from(1.0, line)) is not None]
    assert device_of_tty("ttyUSB0", messages) == "1-1.3"
    assert device_of_tty("ttyUSB1", messages) == "1-1.4"
    assert device_of_tty("ttyUSB2", messages) == ""


@pytest.mark.parametrize(
    ("text", "is_ours"),
    [
        ("usb 1-1.2: USB disconnect, device number 5", True),
        ("usb 1-1: USB disconnect, device number 2", True),
        ("usb 1-1.20: USB disconnect, device number 5", False),
        ("usb 1-1.2.1: USB disconnect, device number 5", False),
        ("usb 1-1.3: USB disconnect, device number 5", False),
        ("ch341-uart ttyUSB0: ch341-uart converter now disconnected from ttyUSB0", True),
        ("Out of memory: Killed process 1234 (python3)", False),
    ],
)
def test_a_message_is_about_a_port_its_adapter_and_the_hubs_before_it(text: str, is_ours: bool) -> None:
    message = message_from(1.0, text)
    assert message is not None
    assert is_about(message, "1-1.2", "ttyUSB0") is is_ours
    assert not is_about(message, "", "")
