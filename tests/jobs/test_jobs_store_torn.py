"""The record's files, torn at random points: always readable, a gapless beginning of the commits or the copy of the day.

`HYDROGEN_TORN_RECORDS=1000` draws as many; so does the promise in the project's goals.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.jobs.store import HistoryFilter, JobStore
from tests.jobs.torn_record import WAYS, Image, Life, half_checkpoint, lived, told

DRAWS = int(os.environ.get("HYDROGEN_TORN_RECORDS", "100"))

PARTS = ("main", "main", "log", "index", "checkpoint")


def torn(image: Image, part: str, way: str, random: Random) -> Image:
    if part == "checkpoint":
        return half_checkpoint(image, random)
    return replace(image, **{part: WAYS[way](getattr(image, part), random)})


async def read_all(store: JobStore, life: Life) -> None:
    """Everything that a user can ask the record for."""
    for wanted in (HistoryFilter(), HistoryFilter(printer="p"), HistoryFilter(state="completed")):
        await store.history(500, wanted)
    await store.facts(10_000)
    await store.load_queue()
    await store.past_entries(1_000)
    for job in life.jobs[::7]:
        await store.receipt(job)
        await store.job(job)


async def what_is_left(path: Path, image: Image, part: str, life: Life) -> str:
    """Open it as a service does, and judge."""
    troubles: list[str] = []
    store = JobStore(path, ManualClock(), on_trouble=lambda _name, error: troubles.append(str(error)))
    await store.start()
    try:
        await read_all(store, life)
        commits = life.said.get(await store._database.read(told))
        damage = store._database.damage
    finally:
        await store._database.close(copy=False)
    assert commits is not None, "it tells what was never written"
    if damage is not None:
        assert part == "main", f"good pages count as damaged: {damage.reason}"
        assert store.is_restored and len(troubles) == 1
        assert commits == life.copied
        return "the copy of the day"
    assert not troubles
    assert commits <= image.commits
    if part in ("index", "checkpoint"):
        assert commits == image.commits, "what was on the disk is lost"
    elif part == "main":
        assert commits == image.commits, "an older state is taken for the last one"
    return "all of it" if commits == image.commits else "a beginning"


@pytest.mark.timeout(300)
async def test_a_record_that_was_torn_is_read_and_tells_nothing_that_was_not(tmp_path: Path) -> None:
    random = Random(20261129)
    (tmp_path / "life").mkdir()
    life = await lived(tmp_path / "life", random)
    assert len(life.images) > 15
    found = Counter[tuple[str, str]]()
    for draw in range(DRAWS):
        image, part, way = random.choice(life.images), random.choice(PARTS), random.choice(list(WAYS))
        path = tmp_path / f"{draw}" / "hydrogen.db"
        path.parent.mkdir()
        torn(image, part, way, random).put(path)
        try:
            left = await what_is_left(path, image, part, life)
        except Exception as error:
            raise AssertionError(f"draw {draw}: {part} {way} at commit {image.commits}: {error!r}") from error
        found[(part, left)] += 1
        for file in path.parent.iterdir():
            file.unlink()
    print(dict(sorted(found.items())))
    assert found["main", "the copy of the day"] > DRAWS / 10, "the damage has to mean something"
