"""A port's surroundings: a real pseudo terminal, really held open, and a folder that stands for /proc."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator
from pathlib import Path

import pytest

from hydrogen.devices.port_identity import DeviceTree
from hydrogen.doctor.surroundings import Surroundings


@pytest.fixture
def port() -> Iterator[str]:
    ours, theirs = pty.openpty()
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def process(proc: Path, number: int, name: str, *, holds: str = "", line: str = "") -> None:
    folder = proc / str(number)
    (folder / "fd").mkdir(parents=True)
    (folder / "comm").write_text(f"{name}\n")
    (folder / "cmdline").write_bytes(line.replace(" ", "\0").encode())
    if holds:
        (folder / "fd" / "3").symlink_to(holds)


def test_who_else_has_the_port_open_is_told_and_we_are_not(tmp_path: Path, port: str) -> None:
    process(tmp_path, 10, "octoprint", holds=port)
    process(tmp_path, 11, "python3", holds=port, line="python3 -m hydrogen.spooler_process bench")
    process(tmp_path, 12, "bash", holds="/dev/null")
    facts = Surroundings(proc=tmp_path).port(port)
    assert facts is not None
    assert (facts.exists, facts.may_open, facts.holders) == (True, True, ("octoprint (10)",))


def test_a_process_that_may_not_be_looked_at_leaves_it_open(tmp_path: Path, port: str) -> None:
    process(tmp_path, 10, "secret")
    (tmp_path / "10" / "fd").rmdir()
    (tmp_path / "10" / "fd").write_text("no folder")  # it ends while we look: nothing is known against it
    facts = Surroundings(proc=tmp_path).port(port)
    assert facts is not None and facts.holders == ()
    facts = Surroundings(proc=tmp_path / "nowhere").port(port)
    assert facts is not None and facts.holders is None


def test_a_port_that_is_missing_is_a_fact_and_an_address_is_none(tmp_path: Path) -> None:
    facts = Surroundings().port(str(tmp_path / "ttyUSB0"))
    assert facts is not None and not facts.exists
    assert Surroundings().port("tcp://printer:23") is None
    assert Surroundings().port("nonsense://x") is None
    assert Surroundings().port("") is None
    away = Surroundings(tree=DeviceTree(sysfs=tmp_path)).port("usb:1a86:7523:SERIAL:00")
    assert away is not None and not away.exists
    (tmp_path / "file").write_text("")
    facts = Surroundings().port(str(tmp_path / "file"))
    assert facts is not None and not facts.exists


def test_the_adapters_place_and_its_stable_name_are_found(tmp_path: Path, port: str) -> None:
    device = tmp_path / "devices/usb1/1-1/1-1.2/1-1.2:1.0/tty"
    device.mkdir(parents=True)
    place = tmp_path / "class" / "tty" / Path(port).name
    place.mkdir(parents=True)
    (place / "device").symlink_to(device)
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    (by_id / "usb-1a86_USB_Serial-if00").symlink_to(port)
    facts = Surroundings(proc=tmp_path, tree=DeviceTree(sysfs=tmp_path), by_id=by_id).port(port)
    assert facts is not None
    assert (facts.device, facts.by_id) == ("1-1.2", str(by_id / "usb-1a86_USB_Serial-if00"))


def test_programs_that_grab_ports_are_known_by_name(tmp_path: Path) -> None:
    process(tmp_path, 5, "ModemManager")
    process(tmp_path, 6, "brltty")
    process(tmp_path, 7, "bash")
    assert Surroundings(proc=tmp_path).programs() == {"ModemManager", "brltty"}
    assert Surroundings(proc=tmp_path / "none").programs() is None
    assert Surroundings().programs() is not None
