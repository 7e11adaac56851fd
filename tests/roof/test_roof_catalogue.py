"""What can be asked of a house is declared in one place, and describes itself."""

from __future__ import annotations

from pathlib import Path

from tests.roof.house_in_process import house_in_process


async def test_every_part_of_the_house_can_be_asked_and_every_operation_describes_itself(tmp_path: Path) -> None:
    async with house_in_process(tmp_path, {"bench": tmp_path / "nowhere"}) as house:
        registry = house.hydrogen.registry
    rooms = {name.partition(".")[0] for name in registry.names}
    assert rooms >= {"printer", "power", "job", "queue", "file", "temperature", "sensor", "port", "system", "appkey"}
    assert all(registry.get(name).summary for name in registry.names)
