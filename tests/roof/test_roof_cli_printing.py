"""One print from the command line: the file is brought, the job is watched to its end."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.cli import printing
from hydrogen.cli.address import ServiceAddress
from hydrogen.cli.client import Client, connected
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.printing import PrintWatch, bring_file
from hydrogen.cli.render import PlainDisplay
from hydrogen.core.clock import SystemClock
from hydrogen.errors import FileRejected
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.roof.house_in_process import InProcessHouse, house_in_process

StartPrinter = Callable[..., VirtualPrinter]
LINES = "G28\nM104 S200\n" + "".join(f"G1 X{number % 90 + 5} F6000\n" for number in range(200))


def local_address(folder: Path) -> ServiceAddress:
    (folder / "data" / "files").mkdir(parents=True)
    return ServiceAddress(url="ws://x/", key="k", data_dir=folder / "data")


async def test_a_local_file_is_copied_under_its_name(tmp_path: Path) -> None:
    address = local_address(tmp_path)
    (tmp_path / "cube.gcode").write_text("G28\n")
    assert await bring_file(str(tmp_path / "cube.gcode"), address) == "cube.gcode"
    assert (tmp_path / "data" / "files" / "cube.gcode").read_text() == "G28\n"


async def test_a_service_of_another_user_is_given_the_file_over_http(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def upload(_address: ServiceAddress, source: Path, name: str) -> str:
        asked.append(source.name)
        return name

    address = local_address(tmp_path)
    (tmp_path / "cube.gcode").write_text("G28\n")
    monkeypatch.setattr(printing, "upload_file", upload)
    owner = address.data_dir.stat().st_uid if address.data_dir else 0
    monkeypatch.setattr(printing.os, "geteuid", lambda: owner + 1)
    assert await bring_file(str(tmp_path / "cube.gcode"), address) == "cube.gcode"
    assert asked == ["cube.gcode"]
    assert list((tmp_path / "data" / "files").iterdir()) == []


async def test_a_file_of_the_folder_is_not_copied_onto_itself(tmp_path: Path) -> None:
    address = local_address(tmp_path)
    inside = tmp_path / "data" / "files" / "sub" / "a.gcode"
    inside.parent.mkdir()
    inside.write_text("G28\n")
    assert await bring_file(str(inside), address) == "sub/a.gcode"


async def test_what_is_not_here_is_a_name_in_the_services_folder(tmp_path: Path) -> None:
    assert await bring_file("stored.gcode", ServiceAddress(url="ws://x/", key="k")) == "stored.gcode"


async def test_clear_nonsense_is_refused_before_anything_is_copied(tmp_path: Path) -> None:
    address = local_address(tmp_path)
    for name, content in (("a.stl", b"solid"), ("b.gcode", b""), ("c.gcode", b"\0\0")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FileRejected):
            await bring_file(str(tmp_path / name), address)
    assert list((tmp_path / "data" / "files").iterdir()) == []


async def started_job(client: Client, house: InProcessHouse) -> str:
    (house.files / "job.gcode").write_text(LINES)
    async for frame in client.frames():
        if "idle" in (frame.get("status"), (frame.get("state") or {}).get("status")):
            break
        if frame.get("type") == "snapshot" and frame["state"]["printers"]["bench"]["status"] == "idle":
            break
    return str((await client.command("job.start", "bench", {"file": "job.gcode"}))["job"])


def watch_of(house: InProcessHouse, job: str, stream: io.StringIO) -> PrintWatch:
    clock = SystemClock()
    return PrintWatch(house.find_address, printer="bench", job=job, display=PlainDisplay(stream, clock), clock=clock)


async def test_a_watched_print_ends_with_its_outcome(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(speed=100)
    stream = io.StringIO()
    async with house_in_process(tmp_path, {"bench": printer.link}) as house:
        async with connected(house.find_address()) as client:
            job = await started_job(client, house)
        watch = watch_of(house, job, stream)
        assert await watch.run() is ExitCode.DONE
        assert "job.gcode: print completed" in stream.getvalue()
        again = watch_of(house, job, stream)
        assert await again.run() is ExitCode.DONE, "a job that is over is found in the history"


async def test_a_cancelled_print_is_no_success(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(speed=5)
    stream = io.StringIO()
    async with house_in_process(tmp_path, {"bench": printer.link}) as house:
        async with connected(house.find_address()) as client:
            job = await started_job(client, house)
            await client.command("job.cancel", "bench", {"reason": "wrong filament"})
        assert await watch_of(house, job, stream).run() is ExitCode.NOT_PRINTED
    assert "print cancelled" in stream.getvalue()


async def test_a_local_file_is_uploaded_to_a_service_elsewhere_and_a_packed_one_to_any(tmp_path: Path) -> None:
    (tmp_path / "cube.gcode").write_text("G28\n")
    (tmp_path / "part.gcode.gz").write_bytes(gzip.compress(b"G28\n"))
    async with house_in_process(tmp_path / "house") as house:
        here = house.find_address()
        elsewhere = ServiceAddress(url=here.url, key=here.key)
        assert await bring_file(str(tmp_path / "cube.gcode"), elsewhere) == "cube.gcode"
        assert await bring_file(str(tmp_path / "part.gcode.gz"), here) == "part.gcode"
        assert sorted(path.name for path in house.files.glob("*.gcode")) == ["cube.gcode", "part.gcode"]
