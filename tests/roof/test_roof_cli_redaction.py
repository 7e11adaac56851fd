"""What a recording leaves out."""

from __future__ import annotations

import pytest

from hydrogen.cli.redaction import CardListing, redact, redact_sent


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("ok T:21.00 /0.00 B:21.00 /0.00 @:0 B@:0", None),
        ("Cap:EMERGENCY_PARSER:1", None),
        ("echo:  M92 X80.00 Y80.00 Z400.00 E500.00", None),
        ("G1 X10 Y10 E5 F3000", None),
        ("ok N12 P15 B3", None),
        ("M115 UUID:cede2a2f-41a2-4748-9b12-c55c62f367ff end", "M115 UUID:00000000-0000-0000-0000-000000000000 end"),
        ('M587 S"home sweet home" P"hunter2"', "M587 REDACTED"),
        ("SSID: my home", "SSID: REDACTED"),
        ("password=hunter2 and more", "password=REDACTED"),
        ("Serial Number: CZPX1234X004XK56789", "Serial Number: REDACTED"),
        ("echo:SN:CZPX0221X004", "echo:SN:REDACTED"),
        ("MAC 3c:71:bf:12:34:56 at 192.168.178.23", "MAC 00:00:00:00:00:00 at 0.0.0.0"),
        ("mail to jo.doe@example.org", "mail to REDACTED"),
        ("echo: Last Updated: 2024 | Author: (Jo Doe, my printer)", "echo: Last Updated: 2024 | Author: (REDACTED)"),
        ("M117 Jo's birthday", "M117 REDACTED"),
        ("M23 JOSGIFT.GCO", "M23 REDACTED"),
        ("File opened: JOSGIFT.GCO Size: 3712", "File opened: REDACTED"),
    ],
)
def test_private_things_are_hidden_and_the_rest_is_not(line: str, shown: str | None) -> None:
    assert redact(line) == (line if shown is None else shown)


def test_a_numbered_line_keeps_a_right_checksum() -> None:
    shown = redact_sent("N7 M117 Jo*99")
    body, _, checksum = shown.partition("*")
    assert body == "N7 M117 REDACTED"
    found = 0
    for byte in body.encode():
        found ^= byte
    assert found == int(checksum)
    assert redact_sent("N7 G28*1") == "N7 G28*1"
    assert redact_sent("M105") == "M105"


def test_the_names_on_a_card_are_hidden() -> None:
    listing = CardListing()
    lines = ["Begin file list", "JOSGIFT.GCO 3712 Jos Gift.gcode", " T:21.00 /0.00", "End file list", "FOO.GCO 1"]
    assert [listing.redact(line) for line in lines] == [
        "Begin file list",
        "FILE1.GCO 3712",
        " T:21.00 /0.00",
        "End file list",
        "FOO.GCO 1",
    ]
