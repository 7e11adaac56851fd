"""Uploads to a service that prints: the print is the file, a broken upload leaves nothing, a full disk is survived."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.cli.client import connected
from hydrogen_simulators.ledger import job_hash
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.chaos.small_disk import SmallDisk, disk_over
from tests.integration.house_process import (
    KEY,
    HouseProcess,
    await_status,
    connected_idle,
    frame_where,
    print_started,
    running_house,
    square_lines,
    until,
)
from tests.support.http_peer import Answer, answer_from, ask

StartPrinter = Callable[..., VirtualPrinter]

GCODE = b"".join(b"G1 X%d Y%d E.05\n" % (number % 200, number % 190) for number in range(3_800)) * 158
AUTHORIZED = {"Authorization": f"Key {KEY}"}


def web_port(house: HouseProcess) -> int:
    assert house.record is not None
    return house.record.web_port


async def put(house: HouseProcess, name: str, content: bytes) -> Answer:
    return await ask(web_port(house), "PUT", f"/api/storage/{name}", headers=AUTHORIZED, body=content)


def drafts(house: HouseProcess) -> list[Path]:
    return list((house.files / ".incoming").glob("*"))


async def send_part(house: HouseProcess, share: float) -> asyncio.StreamWriter:
    """An upload that stops somewhere; its bytes have been written to the disk."""
    _, writer = await asyncio.open_connection("127.0.0.1", web_port(house))
    head = f"PUT /api/storage/part.gcode HTTP/1.1\r\nHost: localhost\r\nAuthorization: Key {KEY}\r\n"
    writer.write(f"{head}Content-Length: {len(GCODE)}\r\n\r\n".encode() + GCODE[: int(len(GCODE) * share)])
    await until(lambda: any(draft.stat().st_size for draft in drafts(house)))
    return writer


async def test_uploads_beside_a_print_disturb_nothing_and_are_told(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20)
    lines = square_lines(600, feedrate=600)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected_idle(house) as client:
        job = await print_started(client, house, lines)
        await until(lambda: printer.ledger.move_count >= 50)
        assert (await put(house, "big.gcode", GCODE)).status == 201
        for name, status in (("job.gcode", 409), ("..%2fx.gcode", 400), ("x.sh", 400)):
            assert (await put(house, name, b"G28\n")).status == status
        deleted = await ask(web_port(house), "DELETE", "/api/storage/job.gcode", headers=AUTHORIZED)
        assert deleted.status == 409 and "printed" in deleted.json["error"]["message"]
        told = await frame_where(client, lambda frame: frame.get("type") == "file.added" and "big" in frame["path"])
        assert (told["size_bytes"], bool(told["actor"])) == (len(GCODE), True)
        printer.change_speed(None)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished")
        assert (finished["job"], finished["outcome"]) == (job, "completed"), finished
        whole = await ask(web_port(house), "GET", "/api/storage/big.gcode", headers=AUTHORIZED)
        assert whole.body == GCODE
        assert (await ask(web_port(house), "DELETE", "/api/storage/job.gcode", headers=AUTHORIZED)).status == 200
        assert await house.stop() == 0, house.said
    assert printer.ledger.job_hash == job_hash(lines)


async def test_uploads_that_are_killed_from_either_side_leave_nothing(tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        writer = await send_part(house, 0.5)
        writer.transport.abort()
        await until(lambda: not drafts(house))
        writer = await send_part(house, 0.5)
        assert await house.stop(signal.SIGKILL) != 0
        writer.close()
        assert len(drafts(house)) == 1
        await house.start()
        assert not drafts(house)
        assert (await put(house, "part.gcode", GCODE)).status == 201
        writer = await send_part(house, 0.1)
        assert await house.stop() == 0, house.said
        writer.close()
        assert not drafts(house)
        assert [path.name for path in house.files.glob("*.gcode")] == ["part.gcode"]


async def test_a_full_disk_refuses_uploads_and_the_service_goes_on(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=None)
    folder = tmp_path / "house"
    folder.mkdir()
    house = HouseProcess(folder, {"bench": str(printer.link)}, files="reserve_bytes = 2000000")
    with disk_over(folder, lambda: [house.process.pid] if house.process else []) as disk:
        if not isinstance(disk, SmallDisk):
            pytest.skip("no mount namespace for a disk that can be full")
        configuration = house.config.read_text()
        house.prefix, house.seen = disk.prefix, disk.seen
        house.log = tmp_path / "service.log"
        disk.seen(house.config).write_text(configuration)
        try:
            await house.start()
            async with connected(house.address) as client:
                await await_status(client, "idle")
                assert (await put(house, "big.gcode", GCODE)).status == 507
                answer = answer_from(await _sent_in_chunks(house, GCODE))
                assert (answer.status, answer.code) == (507, "disk_full")
                await until(lambda: not drafts(house))
                lines = square_lines(200)
                assert (await put(house, "small.gcode", "\n".join(lines).encode() + b"\n")).status == 201
                disk.fill()
                assert (await put(house, "other.gcode", b"G28\n")).status == 507
                disk.free()
                await client.command("job.start", "bench", {"file": "small.gcode"})
                finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished")
                assert finished["outcome"] == "completed", finished
                assert (await put(house, "other.gcode", b"G28\n")).status == 201
            assert await house.stop() == 0, house.said
        finally:
            await house.clean_up()
    assert printer.ledger.job_hash == job_hash(lines)


async def _sent_in_chunks(house: HouseProcess, content: bytes) -> bytes:
    """Without saying beforehand how much it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", web_port(house))
    head = (
        f"PUT /api/storage/big.gcode HTTP/1.1\r\nHost: localhost\r\nAuthorization: Key {KEY}\r\nConnection: close\r\n"
    )
    writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    for begin in range(0, len(content), 100_000):
        chunk = content[begin : begin + 100_000]
        writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
    writer.write(b"0\r\n\r\n")
    try:
        async with asyncio.timeout(30):
            return await reader.read()
    finally:
        writer.close()
