"""The steps from one version of the database to the next."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hydrogen.core.clock import ManualClock
from hydrogen.jobs.schema import MIGRATIONS, SCHEMA_VERSION
from hydrogen.jobs.store import JobStore


async def test_a_file_of_the_first_version_is_taken_over_with_its_jobs(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    old = sqlite3.connect(path)
    old.executescript(f"BEGIN;{MIGRATIONS[0]}PRAGMA user_version=1;COMMIT;")
    old.execute(
        "INSERT INTO jobs (job, printer, file, actor, outcome) VALUES ('j1', 'p', 'a.gcode', 'anna', 'completed')"
    )
    old.commit()
    old.close()
    store = JobStore(path, ManualClock())
    await store.start()
    (job,) = await store.history()
    assert (job["job"], job["state"], job["bytes_total"]) == ("j1", "completed", None)
    assert (await store.load_queue()).entries == ()
    await store.release()
    with sqlite3.connect(path) as check:
        assert check.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    check.close()
