"""The machine's figures as metrics: what can be read is told, whatever else cannot."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from hydrogen.model.host import HostState
from hydrogen.system import host_metric
from hydrogen.system.host_metric import Places, measured_readings, told_readings


def measured(folder: Path) -> dict[tuple[str, tuple[str, ...]], object]:
    places = Places(data_dir=folder, runtime_dir=folder)
    return {(r.metric.name, r.labels): r.value for r in measured_readings(places, ("p",), "1.2.3")}


def test_sizes_on_disk_are_those_of_the_files(tmp_path: Path) -> None:
    (tmp_path / "hydrogen.db").write_bytes(b"x" * 100)
    (tmp_path / "hydrogen.db.copy").write_bytes(b"x" * 50)
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "j.gcode").write_bytes(b"x" * 30)
    (tmp_path / "spool" / "j.journal").write_bytes(b"x" * 20)
    told = measured(tmp_path)
    stored = {labels[0]: value for (name, labels), value in told.items() if name == "hydrogen_stored_bytes"}
    assert stored == {"database": 100, "database_log": 0, "database_copy": 50, "jobs": 30, "job_journals": 20}


def test_the_machine_and_the_service_are_told(tmp_path: Path) -> None:
    told = measured(tmp_path)
    assert told["hydrogen_host_memory_total_bytes", ()] == psutil.virtual_memory().total
    assert isinstance(told["hydrogen_process_resident_memory_bytes", ("service", "")], int)
    assert any(name == "hydrogen_system_info" for name, _ in told)


def test_a_part_of_the_machine_that_cannot_be_read_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError("no such figure")

    monkeypatch.setattr(host_metric.psutil, "virtual_memory", refuse)
    told = {name for name, _ in measured(tmp_path)}
    assert "hydrogen_host_memory_total_bytes" not in told
    assert {"hydrogen_build_info", "hydrogen_host_disk_total_bytes", "hydrogen_service_threads"} <= told


def test_what_holds_the_machine_back_is_one_of_a_closed_set() -> None:
    told = {(r.metric.name, r.labels): r.value for r in told_readings(HostState(throttling=("throttled",)))}
    assert told["hydrogen_host_throttled", ("throttled",)] is True
    assert told["hydrogen_host_throttled", ("under_voltage",)] is False
    assert not list(told_readings(HostState()))


def test_one_level_of_the_disk_holds_at_most() -> None:
    told = {r.labels: r.value for r in told_readings(HostState(disk="critical"))}
    assert told == {("low",): False, ("critical",): True}
