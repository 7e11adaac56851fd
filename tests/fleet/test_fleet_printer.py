"""A configured printer is a value."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from hydrogen.fleet.printer import ConfiguredPrinter


def test_a_configured_printer_cannot_be_changed_and_connects_by_default() -> None:
    printer = ConfiguredPrinter(name="bench", driver="marlin", factory="m:f", settings={})
    assert printer.autoconnect
    with pytest.raises(FrozenInstanceError):
        printer.name = "other"  # type: ignore[misc]
