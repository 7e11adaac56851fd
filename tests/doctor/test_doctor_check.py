"""Each check, made to fail, says what mends it; none of them raises."""

from __future__ import annotations

import os
import pty
import socket
from pathlib import Path

import pytest

from hydrogen.doctor.check import (
    DAY_SECONDS,
    FILES,
    CheckResult,
    HouseFacts,
    Patient,
    check_certificate,
    check_files,
    check_folders,
    check_listeners,
    check_ports,
    check_programs,
    check_time,
    check_versions,
    check_voltage,
    missing_packages,
    run_checks,
)
from hydrogen.doctor.surroundings import Surroundings
from hydrogen.model.host import HostState

NOW = 1_800_000_000.0


def patient(folder: Path, host: HostState | None = None, **facts: object) -> Patient:
    known = {"data_dir": folder, "runtime_dir": folder, "version": "1.2.0", **facts}
    return Patient(
        facts=HouseFacts(**known),  # type: ignore[arg-type]
        host=host or HostState(),
        now=NOW,
        around=Surroundings(proc=folder, by_id=folder),
        files=(),
    )


def only(results: object) -> CheckResult:
    (result,) = list(results)  # type: ignore[call-overload]
    assert isinstance(result, CheckResult)
    return result


def test_this_machine_is_looked_at_without_an_exception(tmp_path: Path) -> None:
    results = run_checks(
        Patient(facts=HouseFacts(data_dir=tmp_path, runtime_dir=tmp_path, version="1"), host=HostState(), now=0)
    )
    assert {one.outcome for one in results} <= {"ok", "warning", "failed", "skipped"}
    assert all(one.mend for one in results if one.outcome in ("warning", "failed"))


def test_a_service_of_another_version_is_told_and_a_spooler_of_another_contract(tmp_path: Path) -> None:
    told = list(
        check_versions(
            patient(tmp_path, service_version="1.1.0", contracts=(("a", "1.3"), ("b", "2.0")), contract="1.0")
        )
    )
    assert [one.name for one in told if one.outcome == "warning"] == ["version", "spooler"]
    assert "the settings of b follow contract 2.0" in told[-1].sentence
    assert missing_packages() == []


def test_a_port_is_looked_at_from_all_sides(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        port = os.ttyname(theirs)
        assert only(check_ports(patient(tmp_path, printers=(("a", port),)))).outcome == "ok"
        (tmp_path / "44" / "fd").mkdir(parents=True)
        (tmp_path / "44" / "comm").write_text("cura")
        (tmp_path / "44" / "fd" / "5").symlink_to(port)
        taken = only(check_ports(patient(tmp_path, printers=(("a", port),))))
        assert (taken.outcome, taken.sentence) == ("failed", f"{port} is open in cura (44) too")
        link = tmp_path / "ttyUSB0"
        link.symlink_to("/dev/null")
        (tmp_path / "usb-stable").symlink_to("/dev/null")
        named = only(check_ports(patient(tmp_path, printers=(("a", str(link)),))))
        assert (named.outcome, named.mend.startswith('port = "')) == ("warning", True)
    finally:
        os.close(ours)
        os.close(theirs)
    missing = only(check_ports(patient(tmp_path, printers=(("a", str(tmp_path / "none")),))))
    assert missing.outcome == "failed"
    assert only(check_ports(patient(tmp_path, printers=(("a", "tcp://x"),)))).outcome == "skipped"


def test_a_port_of_another_group_names_the_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may open everything
    try:
        told = only(check_ports(patient(tmp_path, printers=(("a", os.ttyname(theirs)),))))
    finally:
        os.close(ours)
        os.close(theirs)
    assert told.mend.startswith("sudo usermod -aG")


def test_programs_that_grab_ports_are_named_with_their_end(tmp_path: Path) -> None:
    assert only(check_programs(patient(tmp_path))).outcome == "ok"
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "comm").write_text("ModemManager\n")
    told = only(check_programs(patient(tmp_path)))
    assert (told.outcome, "disable --now ModemManager" in told.mend) == ("warning", True)


def test_a_port_that_was_taken_is_told_before_and_after_the_start(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        before = only(check_listeners(patient(tmp_path, listeners=(("web", "127.0.0.1", taken, None),))))
        assert before.sentence == f"another program listens on {taken}"
    assert only(check_listeners(patient(tmp_path, listeners=(("web", "127.0.0.1", 5000, 5002),)))).outcome == "warning"
    assert only(check_listeners(patient(tmp_path, listeners=(("web", "127.0.0.1", 5000, 5000),)))).outcome == "ok"
    assert only(check_listeners(patient(tmp_path, listeners=(("web", "127.0.0.1", 0, 1234),)))).outcome == "ok"


@pytest.mark.parametrize(("days", "outcome"), [(-1, "failed"), (5, "warning"), (90, "ok")])
def test_a_certificate_is_told_before_it_ends(tmp_path: Path, days: float, outcome: str) -> None:
    told = only(check_certificate(patient(tmp_path, certificate_ends_at=NOW + days * DAY_SECONDS)))
    assert told.outcome == outcome
    assert list(check_certificate(patient(tmp_path))) == []


@pytest.mark.parametrize(("trusted", "outcome"), [(None, "skipped"), (True, "ok"), (False, "warning")])
def test_a_clock_that_nobody_keeps_is_told(tmp_path: Path, trusted: bool | None, outcome: str) -> None:
    assert only(check_time(patient(tmp_path, HostState(clock_trusted=trusted)))).outcome == outcome


@pytest.mark.parametrize(("level", "outcome"), [("ok", "ok"), ("low", "warning"), ("critical", "failed")])
def test_a_disk_that_fills_up_is_told(tmp_path: Path, level: str, outcome: str) -> None:
    told = list(check_folders(patient(tmp_path, HostState(disk=level, disk_free_bytes=5 << 20))))
    assert [one.outcome for one in told] == [outcome, "ok", "ok"]
    assert next(iter(check_folders(patient(tmp_path)))).outcome == "skipped"


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    told = list(check_folders(patient(tmp_path, data_dir=tmp_path / "a" / "b", runtime_dir=Path("/proc/nowhere/x"))))
    assert told[1].outcome == "ok"
    if os.geteuid() != 0:
        assert told[2].outcome == "failed"


@pytest.mark.parametrize(
    ("host", "outcome"),
    [
        (HostState(), "skipped"),
        (HostState(throttling=()), "ok"),
        (HostState(throttling=(), throttling_since_boot=("under_voltage",)), "ok"),
        (HostState(throttling=("under_voltage",)), "failed"),
    ],
)
def test_the_voltage_now_is_told_apart_from_earlier(tmp_path: Path, host: HostState, outcome: str) -> None:
    assert only(check_voltage(patient(tmp_path, host))).outcome == outcome


def test_files_of_the_system_are_looked_for_where_the_system_has_a_place_for_them(tmp_path: Path) -> None:
    rules = tmp_path / "rules.d"
    files = (("udev rules", (rules,), "*hydrogen*.rules", "no names", "sudo hydrogen udev install"),)
    seen = Patient(
        facts=HouseFacts(data_dir=tmp_path, runtime_dir=tmp_path, version="1"), host=HostState(), now=NOW, files=files
    )
    assert only(check_files(seen)).outcome == "skipped"
    rules.mkdir()
    assert only(check_files(seen)).mend == "sudo hydrogen udev install"
    (rules / "70-hydrogen.rules").write_text("")
    assert only(check_files(seen)).outcome == "ok"
    assert len(FILES) == 3
