from __future__ import annotations

import pytest

from hydrogen.model.printer import Firmware, PrinterState


def test_nothing_is_shared_between_two_printers_that_could_be_changed() -> None:
    with pytest.raises(TypeError):
        PrinterState().heaters["bed"] = None  # type: ignore[index]
    with pytest.raises(TypeError):
        Firmware().capabilities["AUTOREPORT_TEMP"] = True  # type: ignore[index]
