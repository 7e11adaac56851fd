"""A thermometer on a pty: real opening, real lines, real loss."""

from __future__ import annotations

import asyncio
import os
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hydrogen.devices.port_identity import DeviceTree
from hydrogen.devices.sensor import FIRST_CHANNEL, Measurement
from hydrogen.errors import PortMissing, SensorLost
from hydrogen_drivers.thermometer.config import ThermometerConfig
from hydrogen_drivers.thermometer.driver import LineListener, ThermometerDriver
from hydrogen_drivers.thermometer.protocol import MOST_LINE_BYTES, LineReader
from hydrogen_simulators.endpoints.thermometer_port import ThermometerPort
from hydrogen_simulators.sensors.thermometer import FORMS, Swing, ThermometerPlan

PATIENCE_SECONDS = 20.0


def driver_for(port: Path | str, **keys: object) -> ThermometerDriver:
    return ThermometerDriver(ThermometerConfig(port=str(port), **keys).model_dump(mode="json"))


@contextmanager
def thermometer(link: Path, form: str = "labelled", **plan: object) -> Iterator[ThermometerPort]:
    swings = (Swing(celsius=23.5), Swing(celsius=41.0))
    port = ThermometerPort(link, ThermometerPlan(form=form, swings=swings, every_seconds=0.01, **plan))
    thread = threading.Thread(target=port.run)
    thread.start()
    try:
        yield port
    finally:
        port.stop()
        thread.join()


@pytest.mark.parametrize("form", FORMS)
async def test_the_virtual_thermometer_is_read_in_every_form_and_says_that_it_is_virtual(
    tmp_path: Path, form: str
) -> None:
    with thermometer(tmp_path / "tty", form, garbage_every=3):
        async with asyncio.timeout(PATIENCE_SECONDS):
            source = await driver_for(tmp_path / "tty").open({FIRST_CHANNEL})
            assert source.is_simulated
            for _ in range(3):
                assert await source.read() == {FIRST_CHANNEL: Measurement(value=23.5)}
            await source.close()
            await source.close()


async def test_channels_are_those_that_were_asked_for_and_are_there(tmp_path: Path) -> None:
    with thermometer(tmp_path / "tty"):
        async with asyncio.timeout(PATIENCE_SECONDS):
            source = await driver_for(tmp_path / "tty").open({"T2", "T9"})
            assert await source.read() == {"T2": Measurement(value=41.0)}
            await source.close()


async def test_a_thermometer_that_is_unplugged_is_lost_and_can_be_opened_again(tmp_path: Path) -> None:
    driver = driver_for(tmp_path / "tty")
    async with asyncio.timeout(PATIENCE_SECONDS):
        with thermometer(tmp_path / "tty"):
            source = await driver.open({FIRST_CHANNEL})
            await source.read()
        with pytest.raises(SensorLost, match="the port of the thermometer is gone"):
            while True:
                await source.read()
        await source.close()
        with pytest.raises(PortMissing):
            await driver.open({FIRST_CHANNEL})
        with thermometer(tmp_path / "tty"):
            again = await driver.open({FIRST_CHANNEL})
            assert await again.read() == {FIRST_CHANNEL: Measurement(value=23.5)}
            await again.close()


async def test_a_read_that_was_given_up_can_be_repeated(tmp_path: Path) -> None:
    with thermometer(tmp_path / "tty", silent_after=1):
        async with asyncio.timeout(PATIENCE_SECONDS):
            source = await driver_for(tmp_path / "tty").open({FIRST_CHANNEL})
            for _ in range(2):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await source.read()
            await source.close()


async def test_a_board_that_waits_to_be_asked_is_asked() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    loop = asyncio.get_running_loop()
    asked: list[bytes] = []

    def answer() -> None:
        asked.append(os.read(master, 64))
        os.write(master, b"23.5\r\n")

    loop.add_reader(master, answer)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            source = await driver_for(os.ttyname(slave), query="?\r\n").open({FIRST_CHANNEL})
            assert not source.is_simulated
            assert await source.read() == {FIRST_CHANNEL: Measurement(value=23.5)}
            assert await source.read() == {FIRST_CHANNEL: Measurement(value=23.5)}
            assert asked == [b"?\r\n"] * 2
            await source.close()
    finally:
        loop.remove_reader(master)
        os.close(slave)
        os.close(master)


async def test_a_board_behind_a_bridge_on_the_network_is_read_and_its_loss_noticed() -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"5\r\n23.5\r\n")
        await writer.drain()
        await said.wait()
        writer.close()

    said = asyncio.Event()
    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    number = server.sockets[0].getsockname()[1]
    async with server, asyncio.timeout(PATIENCE_SECONDS):
        source = await driver_for(f"tcp://127.0.0.1:{number}").open({FIRST_CHANNEL})
        assert not source.is_simulated
        assert await source.read() == {FIRST_CHANNEL: Measurement(value=23.5)}
        said.set()
        with pytest.raises(SensorLost):
            await source.read()
        await source.close()


async def test_an_adapter_that_is_not_there_is_missing(tmp_path: Path) -> None:
    driver = ThermometerDriver(
        ThermometerConfig(port="usb:1a86:7523:A1").model_dump(mode="json"),
        tree=DeviceTree(devices=tmp_path, sysfs=tmp_path),
    )
    with pytest.raises(PortMissing, match="there is no adapter usb:1a86:7523:A1"):
        await driver.open({FIRST_CHANNEL})


# --------------------------------------------------------------------------------------------------- bytes to lines


async def heard(*chunks: bytes, is_in_step: bool = False) -> float | None:
    listener = LineListener(LineReader(), is_in_step=is_in_step)
    for chunk in chunks:
        listener.data_received(chunk)
    listener.connection_lost(None)
    try:
        return (await listener.next_line())["1"].value
    except SensorLost:
        return None


async def test_half_a_line_at_the_beginning_is_no_figure() -> None:
    assert await heard(b"3.50\r\n") is None, "this may have been 23.50"
    assert await heard(b"3.50\r\n", b"23.60\r\n") == 23.6
    assert await heard(b"23.50\r\n", is_in_step=True) == 23.5


async def test_a_line_may_come_in_pieces_and_the_newest_counts() -> None:
    assert await heard(b"\n2", b"3.", b"50\r", b"\n") == 23.5
    assert await heard(b"\n1\n2\n3\nhello\n4") == 3.0


async def test_a_flood_without_an_end_of_line_takes_no_room_and_is_no_figure() -> None:
    assert await heard(b"\n", *([b"1" * 100] * 10), b"\n", b"20\n") == 20.0
    assert await heard(b"\n", b"1" * (MOST_LINE_BYTES + 1), b"23\n") is None
