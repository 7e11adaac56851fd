from __future__ import annotations

import pytest

from hydrogen.model.printer import Firmware, PrinterState, PrinterStatus

DEAF = {"offline", "connecting", "error", "halted", "link_lost"}


def test_the_words_of_the_wire() -> None:
    assert " ".join(PrinterStatus) == (
        "offline connecting idle printing pausing paused resuming cancelling finishing error halted link_lost"
    )


@pytest.mark.parametrize("status", list(PrinterStatus))
def test_a_printer_takes_commands_only_while_it_is_connected(status: PrinterStatus) -> None:
    assert status.is_connected is (status.value not in DEAF)


def test_nothing_is_shared_between_two_printers_that_could_be_changed() -> None:
    with pytest.raises(TypeError):
        PrinterState().heaters["bed"] = None  # type: ignore[index]
    with pytest.raises(TypeError):
        Firmware().capabilities["AUTOREPORT_TEMP"] = True  # type: ignore[index]
