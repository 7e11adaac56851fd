"""The pty and its link."""

from __future__ import annotations

import os
import stat

import pytest

from hydrogen_simulators.endpoints.port import LinkRefused


def test_words_that_nobody_read_are_not_heard_after_reopening(virtual_printer, open_host):
    first = open_host(virtual_printer.link)
    first.ask("M110 N0")
    virtual_printer.say("old news")
    first.close()
    virtual_printer.wait_until_closed()
    second = open_host(virtual_printer.link)
    assert "old news" not in second.ask("M110 N0")


def test_slave_is_raw_from_the_start(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    host.write("M118 \x11\x03 a\tb\n")
    assert host.read_until("ok") == "\x11\x03 a\tb\r\nok"


def test_link_is_removed_at_the_end_and_stop_may_be_called_twice(start_virtual_printer):
    printer = start_virtual_printer()
    assert stat.S_ISLNK(printer.link.lstat().st_mode)
    printer.stop()
    printer.stop()
    assert not os.path.lexists(printer.link)


def test_real_file_is_not_overwritten_but_an_old_link_is(start_virtual_printer, tmp_path):
    (tmp_path / "precious").write_text("data")
    with pytest.raises(LinkRefused, match="is not a symbolic link"):
        start_virtual_printer("precious")
    assert (tmp_path / "precious").read_text() == "data"
    (tmp_path / "old").symlink_to(tmp_path / "gone")
    assert start_virtual_printer("old").link.exists()


def test_link_in_a_missing_folder_is_refused(start_virtual_printer):
    with pytest.raises(LinkRefused, match="there is no folder"):
        start_virtual_printer("missing/tty")
