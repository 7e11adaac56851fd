"""Where the kernel's log is read, and what follows when it may not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.core.clock import ManualClock, SystemClock
from hydrogen.doctor.kernel_log import Kind
from hydrogen.doctor.kernel_reader import KernelLogReader, run_journal

RECORDS = """\
6,1,1000000,-;usb 1-1.2: new full-speed USB device number 5 using xhci_hcd
 SUBSYSTEM=usb
6,2,2500000,-;wlan0: associated
3,3,90000000,-;hwmon hwmon1: Undervoltage detected!
"""


def nothing() -> str:
    raise OSError("no journal")


def test_the_device_tells_when_in_our_time(tmp_path: Path) -> None:
    (tmp_path / "kmsg").write_text(RECORDS)
    reader = KernelLogReader(ManualClock(monotonic=100.0, wall=5000.0), kmsg=tmp_path / "kmsg", journal=nothing)
    messages = reader.read()
    assert messages is not None
    assert [(one.at, one.kind) for one in messages] == [(4901.0, Kind.USB_FOUND), (4990.0, Kind.UNDER_VOLTAGE)]


def test_else_the_journal_is_asked(tmp_path: Path) -> None:
    said = (
        "1700000000.250000 pi kernel: hwmon hwmon1: Undervoltage detected!\n"
        "-- no entries --\n"
        "1700000001.5 pi kernel: wlan0: associated\n"
    )
    reader = KernelLogReader(SystemClock(), kmsg=tmp_path / "none", journal=lambda: said)
    messages = reader.read()
    assert messages is not None
    assert [(one.at, one.text) for one in messages] == [(1700000000.25, "hwmon hwmon1: Undervoltage detected!")]


@pytest.mark.parametrize("journal", [nothing, lambda: "", lambda: "\n"])
def test_who_may_read_neither_knows_nothing(tmp_path: Path, journal: object) -> None:
    assert KernelLogReader(SystemClock(), kmsg=tmp_path / "none", journal=journal).read() is None  # type: ignore[arg-type]


def test_the_program_is_run_and_its_failure_is_an_error_of_the_system() -> None:
    assert run_journal(("/bin/echo", "1.0 pi kernel: x")) == "1.0 pi kernel: x\n"
    with pytest.raises(OSError, match="code 1"):
        run_journal(("/bin/false",))
    with pytest.raises(OSError, match=r".+"):
        run_journal(("/nowhere/journalctl",))


def test_this_machines_own_log_can_be_read_or_not_but_never_fails() -> None:
    messages = KernelLogReader(SystemClock()).read()
    assert messages is None or all(one.at > 0 for one in messages)
