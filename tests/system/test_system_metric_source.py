"""All metrics of the house: told in a scrape, bounded, and no more than the reader may see."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hydrogen.core.clock import ManualClock
from hydrogen.system.metric import Reading
from hydrogen.system.metric_source import ALL_METRICS, FRESH_SECONDS
from tests.support.full_house import source_of


def printers_in(readings: list[Reading]) -> set[str]:
    return {
        reading.labels[reading.metric.labels.index("printer")]
        for reading in readings
        if "printer" in reading.metric.labels
    } - {""}


async def test_every_metric_has_a_reading_in_a_house_where_all_is_known(tmp_path: Path) -> None:
    told = {reading.metric for reading in await source_of(tmp_path).readings()}
    left_out = {metric.name for metric in ALL_METRICS} - {metric.name for metric in told}
    assert left_out <= {"hydrogen_process_written_bytes_total"}  # not every kernel tells


async def test_no_reading_has_more_or_fewer_labels_than_its_metric(tmp_path: Path) -> None:
    for reading in await source_of(tmp_path).readings():
        assert len(reading.labels) == len(reading.metric.labels), reading


async def test_a_reader_sees_its_own_printers_only(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    assert printers_in(await source.readings(frozenset({"printer3"}))) == {"printer3"}
    assert len(printers_in(await source.readings())) == 8


async def test_the_kernel_is_asked_once_a_second_however_many_scrape(tmp_path: Path) -> None:
    clock = ManualClock()
    source = source_of(tmp_path, clock=clock)
    await asyncio.gather(*(source.readings() for _ in range(5)))
    measured = source._measured
    await source.readings()
    assert source._measured is measured
    clock.advance(FRESH_SECONDS)
    await source.readings()
    assert source._measured is not measured
