from __future__ import annotations

from pathlib import Path

from hydrogen.cli.client import connected
from hydrogen.cli.snapshot import snapshot_of
from tests.roof.house_in_process import house_in_process


async def test_state_is_told_to_a_fresh_connection(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house, connected(house.find_address()) as client:
        assert (await snapshot_of(client))["printers"] == {}
