"""The runtime folder: one service each, and nothing left behind."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from hydrogen.errors import Conflict
from hydrogen.fleet.runtime import (
    Announcement,
    RuntimeFolder,
    ServiceRecord,
    default_data_dir,
    default_runtime_dir,
    read_service_record,
)
from hydrogen.model.codec import plain
from hydrogen.spooler.policy import SpoolerPolicy
from tests.fleet.house import configured

RECORD = ServiceRecord(
    pid=1,
    epoch="e",
    version="0.1.0",
    websocket_host="127.0.0.1",
    websocket_port=5001,
    data_dir="/data",
    started_at=1_800_000_000.5,
)


def folder_at(path: Path, *, port: str = "/dev/ttyUSB0") -> RuntimeFolder:
    return RuntimeFolder(path, data_dir=path / "data", printers=[configured(port=port)])


async def test_each_printer_gets_the_settings_its_spooler_starts_with(tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "run")
    await folder.start()
    file = tmp_path / "run" / "bench.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_text()) == {
        "printer": "bench",
        "factory": "m:f",
        "settings": {},
        "policy": plain(SpoolerPolicy()),
        "spool_dir": str(tmp_path / "run" / "data" / "spool"),
        "contract": "1.0",
    }
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o750
    await folder.release()


async def test_a_second_service_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    first, second = folder_at(tmp_path), folder_at(tmp_path)
    await first.start()
    with pytest.raises(Conflict, match="another Hydrogen service"):
        await second.start()
    await first.release()
    await second.start()
    await second.release()


async def test_the_service_can_be_found_while_it_runs_and_not_after(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    announcement = Announcement(folder, lambda: RECORD)
    await folder.start()
    assert read_service_record(tmp_path) is None
    await announcement.start()
    assert read_service_record(tmp_path) == RECORD
    await announcement.release()
    assert read_service_record(tmp_path) is None
    await folder.release()
    await folder.release()


async def test_changed_settings_count_for_a_spooler_that_runs(tmp_path: Path) -> None:
    for port, is_changed in (("/dev/a", False), ("/dev/a", False)):
        folder = folder_at(tmp_path, port=port)
        await folder.start()
        assert folder.is_outdated("bench") is is_changed
        await folder.release()
    with (tmp_path / "bench.lock").open("w") as lock:
        for is_running in (False, True):
            if is_running:
                fcntl.flock(lock, fcntl.LOCK_EX)
            (tmp_path / "bench.json").write_text("{}")
            folder = folder_at(tmp_path)
            await folder.start()
            assert folder.is_outdated("bench") is is_running
            await folder.release()


def test_a_damaged_record_is_no_record(tmp_path: Path) -> None:
    for text in ("", "{", "[]", '{"pid": "x"}'):
        (tmp_path / "hydrogen.json").write_text(text)
        assert read_service_record(tmp_path) is None


def test_the_default_folders_follow_the_systems_customs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.setenv("XDG_DATA_HOME", "/home/anna/data")
    assert default_runtime_dir() == Path("/run/user/1000/hydrogen")
    assert default_data_dir() == Path("/home/anna/data/hydrogen")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert default_runtime_dir() == Path("/tmp/hydrogen-1000")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert default_runtime_dir() == Path("/run/hydrogen")
    assert default_data_dir() == Path("/var/lib/hydrogen")
