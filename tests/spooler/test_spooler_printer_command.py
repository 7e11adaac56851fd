from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.errors import InvalidMessage
from hydrogen.model.codec import encode_json
from hydrogen.spooler.printer_command import bounded_replies, carry_out, has_emergency_stop
from hydrogen.spooler.request import ConnectPrinter, CoolDown, Extrude, Home, Jog, MoveTo, SetTemperature
from tests.spooler.bench import Bench


async def test_each_command_is_a_call_of_the_driver(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        for request in (
            SetTemperature(heater="bed", target_celsius=60.0),
            Home(axes="xy"),
            Jog(z_mm=5.0, feedrate_mm_per_minute=600.0),
            MoveTo(x_mm=10.0, z_mm=0.05, feedrate_mm_per_minute=1500.0),
            Extrude(length_mm=-2.0),
            CoolDown(),
        ):
            assert await carry_out(request, bench.driver.connection) == {}
        assert bench.driver.executed == [
            "M140 S60",
            "G28 XY",
            "JOG None None 5.0 F600",
            "G90",
            "G0 X10 Z0.05 F1500",
            "EXTRUDE -2",
            "M104 S0",
            "M140 S0",
        ]
        with pytest.raises(InvalidMessage):
            await carry_out(ConnectPrinter(), bench.driver.connection)
        with pytest.raises(InvalidMessage, match="at least one axis"):
            await carry_out(MoveTo(), bench.driver.connection)


@pytest.mark.parametrize(
    ("line", "is_stop"),
    [("M112", True), (" m112 ; now", True), ("M0112", True), ("M1120", False), ("M117 M112", False), ("é", False)],
)
def test_emergency_stop_is_seen_among_lines(line: str, is_stop: bool) -> None:
    assert has_emergency_stop(["G28", line]) is is_stop


@pytest.mark.parametrize("reply", ["x" * 300, '"\\' * 150, "\x01" * 100, "é" * 300])
def test_replies_always_fit_a_frame(reply: str) -> None:
    result = bounded_replies([reply] * 1000)
    assert len(encode_json({"replies": result["replies"]})) < 60_000
