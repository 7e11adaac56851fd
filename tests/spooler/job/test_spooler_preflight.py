from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from hydrogen.errors import DiskFull, FileRejected, FileUnreadable, InvalidMessage
from hydrogen.spooler.job.preflight import Preflight


async def test_file_is_linked_read_and_summed(tmp_path: Path) -> None:
    path = tmp_path / "part.gcode"
    path.write_bytes(b";LAYER_CHANGE\nG1 X1\n;LAYER_CHANGE\nG1 X2\n")
    job = await Preflight(tmp_path / "spool").check("j1", path, "part.gcode")
    assert job.spool_file.samefile(path)
    assert (job.outline.lines_total, job.layers_total, job.size_bytes) == (2, 2, 40)
    assert job.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    path.unlink()
    reader = job.reader()
    assert reader.read().startswith(b";LAYER")
    reader.close()
    job.discard()
    job.discard()
    assert not job.spool_file.exists()


@pytest.mark.parametrize("code", [errno.EXDEV, errno.EPERM, errno.EMLINK])
async def test_file_is_copied_where_it_cannot_be_linked(tmp_path: Path, code: int) -> None:
    def no_link(path: Path, spool_file: Path) -> None:
        raise OSError(code, os.strerror(code))

    path = tmp_path / "part.gcode"
    path.write_bytes(b"G28\n")
    job = await Preflight(tmp_path / "spool", link=no_link).check("j1", path, "part.gcode")
    assert not job.spool_file.samefile(path)
    assert job.spool_file.read_bytes() == b"G28\n"


async def test_full_disk_is_named(tmp_path: Path) -> None:
    def no_room(path: Path, spool_file: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "part.gcode"
    path.write_bytes(b"G28\n")
    with pytest.raises(DiskFull, match=r"part\.gcode"):
        await Preflight(tmp_path / "spool", link=no_room).check("j1", path, "part.gcode")


@pytest.mark.parametrize(
    ("content", "details"),
    [
        (b"", {"reason": "empty"}),
        (b"; only talk\n", {"reason": "no_command"}),
        (b"G28\nG1 X\xc3\xa9\n", {"line": 2}),
        (b"G28\nG1 X1\nG1 X" + b"1" * 10_000 + b"\n", {"line": 3}),
        (b"PK\x03\x04\x00\x00\x00", {"reason": "binary"}),
    ],
)
async def test_bad_file_is_rejected_with_its_place_and_leaves_nothing(
    tmp_path: Path, content: bytes, details: dict[str, object]
) -> None:
    path = tmp_path / "part.gcode"
    path.write_bytes(content)
    preflight = Preflight(tmp_path / "spool")
    with pytest.raises(FileRejected) as rejected:
        await preflight.check("j1", path, "part.gcode")
    assert rejected.value.details.items() >= {"file": "part.gcode", **details}.items()
    assert not preflight.is_busy
    assert not list((tmp_path / "spool").iterdir())


async def test_file_that_vanished_and_folder_are_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.gcode", tmp_path, Path("/dev/null")):
        with pytest.raises(FileUnreadable):
            await Preflight(tmp_path / "spool").check("j1", path, "part.gcode")


@pytest.mark.parametrize("job", ["", "../x", "a b", "a.b", "x" * 101, "é"])
async def test_job_id_that_is_no_file_name_is_refused(tmp_path: Path, job: str) -> None:
    with pytest.raises(InvalidMessage):
        await Preflight(tmp_path / "spool").check(job, tmp_path / "part.gcode", "part.gcode")
