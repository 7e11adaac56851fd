"""A file is brought to the service over HTTP, and what is refused is said as everywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hydrogen.cli.upload import upload_file
from hydrogen.errors import AuthFailed, FileUnreadable, InvalidMessage, ServiceUnreachable
from tests.roof.house_in_process import house_in_process


async def test_a_file_arrives_under_its_name_and_refusals_are_told(tmp_path: Path) -> None:
    source = tmp_path / "a.gcode"
    source.write_text("G1 X1\n" * 500_000)
    async with house_in_process(tmp_path / "house") as house:
        address = house.find_address()
        assert await upload_file(address, source, "Würfel 1/a.gcode") == "Würfel 1/a.gcode"
        assert (house.files / "Würfel 1" / "a.gcode").read_bytes() == source.read_bytes()
        with pytest.raises(InvalidMessage, match="Windows"):
            await upload_file(address, source, "con.gcode")
        with pytest.raises(FileUnreadable):
            await upload_file(address, tmp_path / "missing.gcode", "b.gcode")
        with pytest.raises(AuthFailed):
            await upload_file(replace(address, key="wrong-key-0123"), source, "b.gcode")
    with pytest.raises(ServiceUnreachable):
        await upload_file(address, source, "b.gcode")
