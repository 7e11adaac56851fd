"""The fixtures."""

from __future__ import annotations

import pytest


@pytest.mark.virtual_printer(advanced_ok=False, firmware_name="Marlin of the test")
def test_marker_gives_options_of_board_and_port(virtual_printer, open_host):
    assert "Marlin of the test" in open_host(virtual_printer.link).ask("M115", "\nok")


def test_two_printers_may_run_side_by_side(start_virtual_printer, open_host):
    links = [start_virtual_printer(name).link for name in ("ttyA", "ttyB")]
    assert [open_host(link).ask("G90") for link in links] == ["ok P15 B3\n"] * 2


def test_unknown_option_is_refused(start_virtual_printer):
    with pytest.raises(TypeError, match="no_such_option"):
        start_virtual_printer(no_such_option=1)


def test_board_can_be_touched_in_its_own_thread(virtual_printer):
    virtual_printer.do(lambda printer, now: printer.halt("", now))
    assert virtual_printer.printer.is_halted
