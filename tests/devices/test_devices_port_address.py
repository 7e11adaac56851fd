"""What may stand after `port =`."""

from __future__ import annotations

import pytest

from hydrogen.devices.port_address import PortKind, parse_port


@pytest.mark.parametrize(
    ("text", "kind", "host", "number"),
    [
        ("tcp://printer.local:8888", PortKind.TCP, "printer.local", 8888),
        ("rfc2217://10.0.0.7:2217/", PortKind.RFC2217, "10.0.0.7", 2217),
        ("RFC2217://[fe80::1]:23", PortKind.RFC2217, "fe80::1", 23),
    ],
)
def test_bridge_is_a_host_and_a_port(text: str, kind: PortKind, host: str, number: int) -> None:
    address = parse_port(text)
    assert (address.kind, address.host, address.number) == (kind, host, number)
    assert address.is_network
    assert address.text == text


@pytest.mark.parametrize(
    ("text", "by", "rest"),
    [
        ("usb:1a86:7523:AB 12", "usb", "AB 12"),
        ("usb:1a86:7523", "usb", ""),
        ("usb-socket:1a86:7523:1-1.2:00", "usb-socket", "1-1.2:00"),
    ],
)
def test_adapter_is_vendor_product_and_what_tells_it_apart(text: str, by: str, rest: str) -> None:
    address = parse_port(text)
    assert (address.kind, address.by, address.vendor, address.product, address.rest) == (
        PortKind.ADAPTER,
        by,
        "1a86",
        "7523",
        rest,
    )


@pytest.mark.parametrize(
    ("text", "persona", "speed"),
    [
        ("virtual:", "", ""),
        ("virtual:persona=marlin-1.1", "marlin-1.1", ""),
        ("virtual:speed=max", "", "max"),
        ("virtual:persona=prusa-mk3,speed=0.5", "prusa-mk3", "0.5"),
    ],
)
def test_virtual_printer_may_be_another_one_and_faster(text: str, persona: str, speed: str) -> None:
    address = parse_port(text)
    assert (address.kind, address.persona, address.speed) == (PortKind.VIRTUAL, persona, speed)
    assert not address.is_network
    assert not address.has_device


@pytest.mark.parametrize("text", ["/dev/ttyUSB0", "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0", "bench"])
def test_all_else_is_a_device_file(text: str) -> None:
    assert parse_port(text).kind is PortKind.DEVICE
    assert not parse_port(text).is_network


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tcp://printer", "host:port"),
        ("tcp://printer:0", "1 to 65535"),
        ("tcp://printer:99999", "1 to 65535"),
        ("tcp://a b:80", "host:port"),
        ("tcp://user@host:80", "host:port"),
        ("socket://host:80", "tcp:// or rfc2217://"),
        ("usb:1A86:7523", "small hexadecimal"),
        ("usb:1a86", "usb:VENDOR:PRODUCT"),
        ("virtual:speed=0", "above 0"),
        ("virtual:speed=fast", "a number"),
        ("virtual:speed=2,persona=prusa-mk3", "virtual:persona=NAME"),
        ("virtual:persona=prusa-mk3speed=2", "virtual:persona=NAME"),
        ("virtual:persona=../x", "virtual:persona=NAME"),
        ("virtual:persona=a,", "virtual:persona=NAME"),
        ("usb-socket:1a86:7523", "usb-socket:"),
        ("usb:1a86:7523:", "usb:VENDOR:PRODUCT"),
        ("/dev/tty\0", "NUL"),
    ],
)
def test_what_cannot_be_is_told_with_what_was_expected(text: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        parse_port(text)
