"""The rules for udev: that udev accepts them, what they know, and what they make of a device.

`udevadm test` of Debian's udev runs them, behind Debian's own rules, over a USB tree that the test made (fake_sysfs.py).
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from hydrogen.fleet import usb_ids
from hydrogen.fleet.usb_ids import LikelyKind, title_of
from tests.udev.fake_sysfs import ROOT, RULES, SECONDS, Adapter, FakeSysfs, can_pretend

IDS = ROOT / "udev" / "usb-ids.toml"
AT_12 = "/dev/hydrogen/at-platform-3f980000.usb-usb-0:1.2:1.0"
COMPLAINT = re.compile(r"70-hydrogen\.rules:\d+ (?!GROUP|MODE|LINK|ATTR|OWNER|Importing|Running)\S.*")

LIKELY = {
    LikelyKind.ADAPTER: {"ch340", "cp210x", "ftdi", "pl2303"},
    LikelyKind.BOARD: {"arduino", "atmega", "esp32", "maple", "rp2040", "stm32", "teensy"},
    LikelyKind.PRINTER: {"duet", "makibox", "marlin", "prusa", "rambo", "smoothie", "ultimaker"},
}
"""What discovery takes the rules' kinds for."""

WITHOUT_TITLE = {
    ("03eb", "204b"),
    ("067b", "23a3"),
    ("1d50", "604c"),
    ("1d50", "60ec"),
    ("1d50", "60ed"),
    ("1d50", "60ee"),
    ("28c7", "0001"),
    ("4348", "5523"),
}
"""Known to the rules alone: their links tell the kind, discovery has no words for them."""

needs_a_tree = pytest.mark.skipif(bool(can_pretend()), reason=can_pretend() or "-")


def devices() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(IDS.read_text())["device"]
    return found


def ids_in_rules() -> dict[tuple[str, str], str]:
    """(vendor, product) to kind, as the rules have it."""
    rule = re.compile(
        r'ENV\{ID_VENDOR_ID\}=="(\w{4})",(?: ENV\{ID_MODEL_ID\}=="([\w|]+)",)? ENV\{HYDROGEN_KIND\}="(\w+)"'
    )
    return {
        (vendor, product): kind
        for vendor, products, kind in rule.findall(RULES.read_text())
        for product in (products or "*").split("|")
    }


def test_rules_and_list_know_the_same_devices_and_each_has_a_source() -> None:
    listed = {(device["vendor"], device["product"]): device["kind"] for device in devices()}
    assert listed == ids_in_rules()
    assert len(listed) == len(devices())
    assert all(device["source"] and device["name"] for device in devices())
    assert ("1d50", "614e") not in listed  # Klipper's


def test_what_discovery_has_a_name_for_the_rules_know_too() -> None:
    known = ids_in_rules()
    for vendor, product in usb_ids._PRODUCTS:
        assert (vendor, product) in known or (vendor, "*") in known, (vendor, product)
    assert set(usb_ids._VENDORS) <= {vendor for vendor, _ in known}


def test_rules_and_discovery_take_a_device_for_the_same() -> None:
    untitled = set()
    for device in devices():
        numbers = device["vendor"], device["product"]
        found = title_of(*numbers).kind
        if found is LikelyKind.UNKNOWN:
            untitled.add(numbers)
        else:
            assert device["kind"] in LIKELY[found], (numbers, found)
    assert untitled == WITHOUT_TITLE


@pytest.mark.skipif(
    "verify" not in subprocess.run(["udevadm", "--help"], capture_output=True, text=True, check=False).stdout
    if Path("/usr/bin/udevadm").exists()
    else True,
    reason="this udevadm has no `verify` (it came with 254); `udevadm test` reads the rules below",
)
def test_udevadm_verify_accepts_the_rules() -> None:
    done = subprocess.run(
        ["udevadm", "verify", str(RULES)], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@needs_a_tree
def test_udevadm_reads_the_rules_without_a_complaint_and_would_complain(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path / "sys")
    adapter = Adapter(vendor="1a86", product="7523")
    sysfs.plug(adapter)
    told = sysfs.tested(adapter.port_path)
    assert "70-hydrogen.rules" in told.text
    assert COMPLAINT.findall(told.text) == []
    broken = tmp_path / RULES.name
    broken.write_text(RULES.read_text().replace('GROUP="dialout"', 'GRUP="dialout"'))
    assert COMPLAINT.findall(sysfs.tested(adapter.port_path, rules=broken).text)


@needs_a_tree
def test_a_bridge_without_a_serial_number_is_known_by_its_place(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    twins = [Adapter(vendor="1a86", product="7523", place=place, number=n) for n, place in enumerate(("1.2", "1.3"))]
    for twin in twins:
        sysfs.plug(twin)
    assert [sysfs.tested(twin.port_path).links for twin in twins] == [[AT_12], [AT_12.replace("1.2:", "1.3:")]]


@needs_a_tree
def test_a_port_is_known_by_its_serial_number_too_is_the_groups_and_no_modem(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    adapter = Adapter(vendor="0403", product="6001", serial="A50285BI", driver="ftdi_sio")
    sysfs.plug(adapter)
    told = sysfs.tested(adapter.port_path)
    assert told.links == [AT_12, "/dev/hydrogen/ftdi-A50285BI"]
    assert "70-hydrogen.rules:" in told.text
    assert re.search(r"70-hydrogen\.rules:\d+ MODE 0660", told.text)
    assert re.search(r"70-hydrogen\.rules:\d+ GROUP \d+", told.text)
    latency = [line for line in told.text.splitlines() if "latency_timer" in line and "writing '1'" in line]
    assert len(latency) == 1
    assert told.properties["ID_MM_PORT_IGNORE"] == "1"
    assert told.properties["ID_MM_DEVICE_IGNORE"] == "1"


@needs_a_tree
def test_the_device_behind_it_is_kept_awake_and_left_alone_by_modemmanager(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    adapter = Adapter(vendor="2c99", product="0002", serial="CZPX4720X004XC34242", driver="cdc_acm")
    sysfs.plug(adapter)
    told = sysfs.tested(adapter.device_path)
    assert "power/control' writing 'on'" in told.text
    assert told.properties["ID_MM_DEVICE_IGNORE"] == "1"
    assert told.links == []
    assert sysfs.tested(adapter.port_path).links == [AT_12, "/dev/hydrogen/prusa-CZPX4720X004XC34242"]


@needs_a_tree
@pytest.mark.parametrize(
    ("adapter", "links"),
    [
        (Adapter(vendor="10c4", product="ea60", serial="0001", driver="cp210x"), [AT_12]),
        (
            Adapter(vendor="1d50", product="60ee", serial="X1", driver="cdc_acm", interface="02"),
            [AT_12.replace(":1.0", ":1.2"), "/dev/hydrogen/duet-X1-if02"],
        ),
        (Adapter(vendor="1d50", product="614e", serial="K1", driver="cdc_acm"), []),
        (Adapter(vendor="046d", product="c52b", serial="M1", driver="cdc_acm"), []),
    ],
    ids=["serial number of every piece", "second interface", "klipper", "stranger"],
)
def test_what_gets_which_links(tmp_path: Path, adapter: Adapter, links: list[str]) -> None:
    sysfs = FakeSysfs(tmp_path)
    sysfs.plug(adapter)
    told = sysfs.tested(adapter.port_path)
    assert told.links == links
    assert ("ID_MM_DEVICE_IGNORE" in told.properties) == bool(links)


@needs_a_tree
def test_every_listed_device_is_known(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    for number, device in enumerate(devices()):
        product = "0002" if device["product"] == "*" else device["product"]
        adapter = Adapter(vendor=device["vendor"], product=product, number=number, place=f"1.{number}")
        sysfs.plug(adapter)
        assert sysfs.tested(adapter.port_path).properties.get("HYDROGEN_KIND") == device["kind"], device
