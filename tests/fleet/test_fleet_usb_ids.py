"""What numbers on USB say."""

from __future__ import annotations

import pytest

from hydrogen.fleet.usb_ids import LikelyKind, title_of


@pytest.mark.parametrize(
    ("vendor", "product", "kind", "title"),
    [
        ("2c99", "0002", LikelyKind.PRINTER, "Original Prusa i3 MK3"),
        ("2c99", "ffff", LikelyKind.PRINTER, "Prusa printer"),
        ("1a86", "7523", LikelyKind.ADAPTER, "CH340 adapter"),
        ("0403", "9999", LikelyKind.ADAPTER, "FTDI adapter"),
        ("0483", "5740", LikelyKind.BOARD, "STM32 virtual COM port"),
        ("dead", "beef", LikelyKind.UNKNOWN, ""),
    ],
)
def test_known_numbers_have_a_title_and_unknown_ones_none(
    vendor: str, product: str, kind: LikelyKind, title: str
) -> None:
    found = title_of(vendor, product)
    assert (found.kind, found.title) == (kind, title)
