"""The hot journal: what was about to be sent survives the process, torn records are skipped."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from hydrogen.errors import DiskFull, FileUnreadable
from hydrogen.gcode.link.resumption import Numbering
from hydrogen.spooler.journal.journal import HEADER_BYTES, RECORD_BYTES, HotJournal, JobHeader, read_job_header
from tests.spooler.cold_images import damaged


def test_last_record_is_read_back(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal")
    assert journal.last() is None
    journal.begin(5000)
    journal.record(5001, 17, 5000)
    journal.record(5002, -1, 5001)
    journal.close()
    journal.close()
    last = HotJournal(tmp_path / "p.journal").last()
    assert last is not None
    assert (last.epoch, last.number, last.offset, last.acknowledged) == (1, 5002, -1, 5001)


def test_each_beginning_is_a_new_epoch_also_over_a_restart(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal")
    journal.begin(1000)
    journal.begin(2000)
    again = HotJournal(tmp_path / "p.journal")
    again.begin(3000)
    assert [(r.epoch, r.number) for r in sorted(again.records(), key=lambda r: r.sequence)] == [
        (1, 1000),
        (2, 2000),
        (3, 3000),
    ]


def test_records_tell_the_next_process_where_the_printer_may_be(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal")
    assert journal.resumption() is None
    journal.begin(5000)
    since = journal.sequence
    journal.record(5000, 4, 5000)
    journal.record(5001, 17, 5000)
    journal.announce(6000, 5001)
    found = HotJournal(tmp_path / "p.journal").resumption()
    assert found is not None
    assert found.numbering == Numbering(base=5000, acknowledged=5001, last_given=5001, announced=(6000,))
    assert [found.offset(last, since=since) for last in (5000, 5001, 6000)] == [4, 17, 17]


def test_resumed_numbering_goes_on_in_its_epoch(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal")
    journal.begin(5000)
    journal.record(5001, 17, 5000)
    again = HotJournal(tmp_path / "p.journal")
    again.record(5001, -1, 5000)
    last = again.last()
    assert last is not None
    assert (last.epoch, last.number, last.offset) == (1, 5001, -1)


def test_ring_keeps_the_youngest_records(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal", records=8)
    journal.begin(0)
    for number in range(1, 101):
        journal.record(number, number * 10, number - 1)
    assert sorted(record.number for record in journal.records()) == list(range(93, 101))
    last = journal.last()
    assert last is not None
    assert last.number == 100


def test_large_offsets_fit(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal")
    journal.begin(0)
    journal.record(9_999_999, 1 << 40, 9_999_998)
    last = journal.last()
    assert last is not None
    assert last.offset == 1 << 40


@pytest.mark.parametrize("torn_byte", range(0, RECORD_BYTES, 3))
def test_torn_record_is_skipped(tmp_path: Path, torn_byte: int) -> None:
    path = tmp_path / "p.journal"
    journal = HotJournal(path)
    journal.begin(1000)
    journal.record(1001, 10, 1000)
    journal.record(1002, 20, 1001)
    journal.close()
    data = bytearray(path.read_bytes())
    data[HEADER_BYTES + 3 * RECORD_BYTES + torn_byte] ^= 0x55
    path.write_bytes(data)
    last = HotJournal(path).last()
    assert last is not None
    assert last.number == 1001


@pytest.mark.parametrize("seed", range(10))
def test_damaged_journal_is_read_and_never_tells_what_was_not_written(tmp_path: Path, seed: int) -> None:
    """A tenth of 1,000 each: torn writes, flipped bits, zeroed sectors, cut files."""
    random = Random(seed)
    path = tmp_path / "p.journal"
    journal = HotJournal(path, records=64)
    for _ in range(100):
        journal.begin(random.randrange(1000, 9000))
        for _ in range(random.randrange(120)):
            before = journal.last()
            assert before is not None
            journal.record(before.number + 1, before.number * 30, before.number - random.randrange(4))
        written = set(journal.records())
        youngest, whole = journal.last(), path.read_bytes()
        assert youngest is not None
        data = bytearray(whole)
        at = HEADER_BYTES + youngest.sequence % 64 * RECORD_BYTES
        data[at : at + RECORD_BYTES] = random.randbytes(random.randrange(RECORD_BYTES)).ljust(RECORD_BYTES, b"\0")
        path.write_bytes(damaged(data, random))
        left = HotJournal(path, records=64)
        assert set(left.records()) <= written
        last = left.last()
        assert last is None or (last.sequence < youngest.sequence and last.acknowledged < last.number + 1)
        left.close()
        path.write_bytes(whole)


def test_file_of_another_format_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "p.journal"
    path.write_bytes(b"something else")
    journal = HotJournal(path)
    assert journal.last() is None
    assert path.stat().st_blocks * 512 >= path.stat().st_size


def test_full_disk_is_told_at_the_start_and_not_by_a_bus_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", no_room)
    with pytest.raises(DiskFull):
        HotJournal(tmp_path / "p.journal")
    with pytest.raises(FileUnreadable):
        HotJournal(tmp_path / "missing" / "p.journal")


def test_record_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "p.journal"
    script = (
        "import sys, os, signal; from pathlib import Path; from hydrogen.spooler.journal.journal import HotJournal\n"
        "j = HotJournal(Path(sys.argv[1])); j.begin(1000)\n"
        "for n in range(1001, 1501): j.record(n, n, n - 1)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=20)
    last = HotJournal(path).last()
    assert last is not None
    assert last.number == 1500


def test_record_is_hot(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal")
    journal.begin(1000)
    best = min(_time_of_a_thousand(journal) for _ in range(20))
    assert best / 1000 < 4e-6, f"{best * 1e3:.2f} us per record"


def _time_of_a_thousand(journal: HotJournal) -> float:
    began = time.process_time()
    for number in range(1000):
        journal.record(number, number, number)
    return time.process_time() - began


def test_job_header_is_read_back_and_nonsense_is_none(tmp_path: Path) -> None:
    path = tmp_path / "p.job.json"
    assert read_job_header(path) is None
    header = JobHeader(
        job="j1",
        file="part.gcode",
        actor="ada",
        spool_file="j1.gcode",
        size_bytes=10,
        inode=7,
        sha256="ab",
        lines_total=2,
        started_at=1.5,
    )
    header.write(path)
    assert read_job_header(path) == header
    assert [entry.name for entry in tmp_path.iterdir()] == ["p.job.json"]
    path.write_text('{"job": 1}')
    assert read_job_header(path) is None


def test_place_of_a_stream_outlives_any_number_of_commands(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal", records=16)
    journal.begin(5000)
    since = journal.sequence
    journal.record(5000, 0, 5000)
    journal.record(5001, 17, 5000)
    for number in range(5002, 5100):
        journal.record(number, -1, number - 1)
    found = HotJournal(tmp_path / "p.journal", records=16).resumption()
    assert found is not None
    assert [found.offset(last, since=since) for last in (5098, 5099)] == [17, 17]
