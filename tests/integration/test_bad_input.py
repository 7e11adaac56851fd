"""Whatever is wrong: a clear message, an error with a stable code, nothing that hangs, nothing that is lost."""

from __future__ import annotations

import asyncio
import os
import pty
import socket
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen.errors import HydrogenError, NotFound
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import HouseProcess, await_status, frame_where, running_house, until

StartPrinter = Callable[..., VirtualPrinter]

IMPATIENT = "\nconnect_timeout_seconds = 2.0"


def printer_table(port: Path | str, more: str = "") -> dict[str, str]:
    return {"printers.bench": f'driver = "marlin"\nport = "{port}"{more}'}


async def code_of_the_printers_error(client: Client) -> tuple[str, str]:
    frame = await frame_where(
        client,
        lambda frame: (
            frame.get("type") == "error.raised"
            or (frame.get("type") == "snapshot" and frame["state"]["printers"]["bench"]["error"])
        ),
    )
    error = frame["error"] if "error" in frame else frame["state"]["printers"]["bench"]["error"]
    return str(error["code"]), str(error["message"])


@pytest.mark.parametrize(
    ("port", "code"),
    [("/dev/no-such-printer", "port_missing"), ("/dev/null", "port_unusable"), ("{folder}/file", "port_unusable")],
    ids=["no port", "not a terminal", "a file"],
)
async def test_a_port_that_cannot_be_used_is_told_with_its_reason(tmp_path: Path, port: str, code: str) -> None:
    (tmp_path / "file").touch()
    port = port.format(folder=tmp_path)
    async with running_house(tmp_path, {}, **printer_table(port)) as house, connected(house.address) as client:
        told, message = await code_of_the_printers_error(client)
        assert told == code
        assert port in message
        assert await house.stop() == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
async def test_a_port_without_permission_is_told_with_the_remedy(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=None)
    printer.link.resolve().chmod(0)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected(house.address) as client:
        assert (await code_of_the_printers_error(client))[0] == "port_forbidden"


async def test_a_port_that_another_spooler_holds_is_busy(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(speed=None)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    async with running_house(tmp_path / "one", {"bench": str(printer.link)}) as first:
        async with connected(first.address) as client:
            await await_status(client, "idle")
        async with running_house(tmp_path / "two", {"bench": str(printer.link)}) as second:
            async with connected(second.address) as client:
                assert (await code_of_the_printers_error(client))[0] == "port_busy"
            assert await second.stop() == 0
        async with connected(first.address) as client:
            await await_status(client, "idle")


async def test_a_silent_port_is_told_as_silent(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    try:
        table = printer_table(os.ttyname(slave), IMPATIENT)
        async with running_house(tmp_path, {}, **table) as house, connected(house.address) as client:
            assert (await code_of_the_printers_error(client))[0] == "printer_silent"
            assert await house.stop() == 0
    finally:
        os.close(slave)
        os.close(master)


async def test_nothing_but_garbage_is_told_as_the_wrong_baud_rate(tmp_path: Path) -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)

    async def babble() -> None:
        while True:
            with suppress(OSError):
                os.write(master, bytes(range(128, 256)))
                os.read(master, 4096)
            await asyncio.sleep(0.05)

    babbling = asyncio.create_task(babble())
    try:
        table = printer_table(os.ttyname(slave), IMPATIENT)
        async with running_house(tmp_path, {}, **table) as house, connected(house.address) as client:
            code, message = await code_of_the_printers_error(client)
            assert code == "printer_garbled"
            assert "baud" in message
            assert await house.stop() == 0
    finally:
        babbling.cancel()
        with suppress(asyncio.CancelledError):
            await babbling
        os.close(slave)
        os.close(master)


async def test_files_that_cannot_be_printed_are_refused_before_anything_is_sent(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=None)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected(house.address) as client:
        await await_status(client, "idle")
        (house.files / "empty.gcode").write_bytes(b"")
        (house.files / "binary.gcode").write_bytes(b"G28\n\0\x01\x02\xff" * 100)
        (house.files / "long.gcode").write_bytes(b"G28\nG1 X" + b"1" * 10_000 + b"\n")
        for name, code in (
            ("missing.gcode", "not_found"),
            ("../data/hydrogen.db", "invalid_message"),
            ("empty.gcode", "file_rejected"),
            ("binary.gcode", "file_rejected"),
            ("long.gcode", "file_rejected"),
        ):
            with pytest.raises(HydrogenError) as caught:
                await client.command("job.start", "bench", {"file": name})
            assert caught.value.code == code, name
            assert caught.value.message
        assert printer.ledger.move_count == 0
        assert (await client.command("job.history"))["jobs"] == []
        assert await house.stop() == 0


async def test_broken_frames_and_unknown_operations_are_answered(tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house, connected(house.address) as client:
        for text in ("{", "[]", '"x"', '{"type":"no such"}', '{"type":"command","id":"c"}', "\0"):
            await client._socket.send(text)
            error = await frame_where(client, lambda frame: frame.get("type") == "error")
            assert error["error"]["code"] == "invalid_message", text
        with pytest.raises(NotFound, match="explode"):
            await client.command("printer.explode")
        assert (await client.status())["type"] == "status"


async def test_a_taken_websocket_port_ends_the_start_with_the_reason(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        section = f'host = "127.0.0.1"\nport = {port}\nport_fallback = false'
        house = HouseProcess(tmp_path, {}, websocket=section)
        await house.start(is_expected_up=False)
        assert await house.ended() == 6
        assert f"{port}: " in house.said
        assert house.record is None


async def test_a_data_folder_that_cannot_be_made_ends_the_start_with_the_reason(tmp_path: Path) -> None:
    house = HouseProcess(tmp_path, {})
    (tmp_path / "data").write_text("a file where a folder should be")
    await house.start(is_expected_up=False)
    assert await house.ended() == 6
    assert str(tmp_path / "data") in house.said
    assert "Traceback" not in house.said


async def test_a_wrong_configuration_ends_the_start_with_file_key_and_remedy(tmp_path: Path) -> None:
    house = HouseProcess(tmp_path, {}, websocket='hots = "127.0.0.1"')
    await house.start(is_expected_up=False)
    assert await house.ended() == 2
    assert str(house.config) in house.said
    assert "websocket.hots" in house.said
    assert "Did you mean 'host'?" in house.said


async def test_a_printer_that_appears_later_is_connected(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    async with running_house(tmp_path, {"bench": str(tmp_path / "ttyLATE")}) as house:
        async with connected(house.address) as client:
            assert (await code_of_the_printers_error(client))[0] == "port_missing"
            start_virtual_printer("ttyLATE", speed=None)
            await await_status(client, "idle")
        assert await house.stop() == 0
        await until(lambda: house.spooler_pid() is None)
