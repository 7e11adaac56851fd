"""A chamber that gets too hot, from the sensor's bus to the printer's head: drivers, service, spooler, virtual printer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hydrogen.cli.client import Client
from hydrogen_simulators.endpoints.one_wire_tree import OneWireTree
from hydrogen_simulators.endpoints.thermometer_port import ThermometerPort
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from hydrogen_simulators.sensors.thermometer import Swing, ThermometerPlan
from tests.integration.house_process import (
    HouseProcess,
    connected_idle,
    frame_where,
    print_started,
    running_house,
    square_lines,
)

StartPrinter = Callable[..., VirtualPrinter]
CHAMBER = "28-000005e2fdc3"
SLOW_LINES = square_lines(4000, feedrate=60)
"""Minutes of printing, at the virtual printer's speed too: no wait here is so long that the job could end meanwhile."""


async def test_a_chamber_that_is_too_hot_pauses_the_job_and_a_fire_cancels_it_and_cools_the_printer(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20)
    tree = OneWireTree(tmp_path / "w1")
    tree.show(CHAMBER, 45.0)
    port = tmp_path / "ttyTHERMO"
    sections = {
        "sensors.chamber": f'driver = "onewire"\nroot = "{tree.folder}"\nprinter = "bench"\nlabel = "Chamber"\n'
        "interval_seconds = 0.2\n"
        'limits = [{ above = 60, action = "pause", for_seconds = 0.5, hysteresis = 5 }]',
        "sensors.smoke": f'driver = "thermometer"\nport = "{port}"\nchannel = "T1"\ninterval_seconds = 0.2\n'
        'limits = [{ above = 80, action = "cancel_and_cool", for_seconds = 0 }]',
    }
    async with (
        running_house(tmp_path, {"bench": str(printer.link)}, "--own-spoolers", **sections) as house,
        connected_idle(house) as client,
    ):
        await _too_hot(client, house, tree)
        await _fire(client, house, port)


async def _too_hot(client: Client, house: HouseProcess, tree: OneWireTree) -> None:
    job = await print_started(client, house, SLOW_LINES)
    await frame_where(client, of_type("sensor.measured", sensor="chamber", value=45.0, printer="bench"))
    tree.show(CHAMBER, 61.0)
    told = await frame_where(client, of_type("error.raised", printer="bench"))
    assert told["error"]["code"] == "sensor_limit_exceeded"
    assert told["error"]["message"] == "Chamber is at 61 celsius, above 60: what prints is paused"
    paused = await frame_where(client, of_type("job.paused", job=job))
    assert paused["actor"] == "sensor chamber"
    assert paused["reason"].startswith("Chamber was above 60")
    await client.command("job.resume", "bench")
    await frame_where(client, of_type("job.resumed", job=job))
    for _ in range(3):
        seen = await frame_where(client, lambda frame: frame.get("type") in ("sensor.measured", "job.paused"))
        assert seen["type"] == "sensor.measured", "who resumes it against the alarm has the last word"
    tree.show(CHAMBER, 54.0)
    ended = await frame_where(client, of_type("sensor.alarm_changed", sensor="chamber"))
    assert (ended["alarm"], ended["value"]) == (None, 54.0)
    await client.command("job.cancel", "bench")
    await frame_where(client, of_type("job.finished", job=job, outcome="cancelled"))
    await frame_where(client, of_type("printer.state_changed", status="idle"))


async def _fire(client: Client, house: HouseProcess, port: Path) -> None:
    """The thermometer is unplugged and plugged in again meanwhile."""
    job = await print_started(client, house, SLOW_LINES)
    await frame_where(client, of_type("temperature.measured", heater="bed", target_celsius=60.0))
    with thermometer(port, 30.0):
        seen = await frame_where(client, of_type("sensor.quality_changed", sensor="smoke", quality="ok"))
        assert seen["simulated"] is True
    await frame_where(client, of_type("sensor.quality_changed", sensor="smoke", quality="disconnected"))
    with thermometer(port, 95.0):
        finished = await frame_where(client, of_type("job.finished", job=job))
        assert (finished["outcome"], finished["actor"]) == ("cancelled", "sensor smoke")
        assert finished["reason"].startswith("smoke was above 80")
        await frame_where(client, of_type("temperature.measured", heater="bed", target_celsius=0.0))


def of_type(kind: str, **fields: object) -> Callable[[Mapping[str, Any]], bool]:
    return lambda frame: frame.get("type") == kind and all(frame.get(name) == value for name, value in fields.items())


@contextmanager
def thermometer(link: Path, celsius: float) -> Iterator[None]:
    plan = ThermometerPlan(form="labelled", swings=(Swing(celsius=celsius),), every_seconds=0.05)
    port = ThermometerPort(link, plan)
    thread = threading.Thread(target=port.run)
    thread.start()
    try:
        yield
    finally:
        port.stop()
        thread.join()
