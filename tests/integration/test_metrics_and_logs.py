"""A running house as Prometheus sees it: a real spooler process, and its printer that is away."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hydrogen.fleet.runtime import read_service_record
from tests.roof.house_in_process import KEY, InProcessHouse, house_in_process
from tests.support.http_peer import Answer, ask
from tests.support.metric_lint import lint
from tests.support.waiting import wait_until_answered


async def get(house: InProcessHouse, path: str) -> Answer:
    record = read_service_record(house.folder / "run")
    assert record is not None
    return await ask(record.web_port, "GET", path, headers={"Authorization": f"Key {KEY}"})


async def test_a_scrape_shows_the_printers_process_and_is_clean(tmp_path: Path) -> None:
    wanted = 'hydrogen_process_resident_memory_bytes{printer="bench",process="spooler"}'
    async with house_in_process(tmp_path, {"bench": tmp_path / "nowhere"}) as house, asyncio.timeout(30):
        texts: list[str] = []

        async def is_told() -> bool:
            texts.append((await get(house, "/metrics")).body.decode())
            return wanted in texts[-1]

        await wait_until_answered(is_told, 20)
        text = texts[-1]
        assert not (breaks := lint(text)), breaks
        assert 'hydrogen_printer_connected{printer="bench"} 0.0' in text
        assert 'hydrogen_stored_bytes{kind="database"}' in text
        assert (await get(house, "/api/system/logs")).status == 200
