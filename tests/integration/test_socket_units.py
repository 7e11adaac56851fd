"""A service whose spoolers are started by their sockets, as under systemd, and that tells a manager how it goes.

systemd does not run here: a stand-in binds the socket and starts the spooler with the first connection (socket_activator.py),
another one listens where NOTIFY_SOCKET says. What they do is what the units in udev/systemd/ ask for.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from hydrogen.cli.client import connected
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import (
    HouseProcess,
    await_status,
    frame_where,
    print_started,
    running_house,
    square_lines,
    until,
)
from tests.support.listening_manager import ListeningManager
from tests.support.socket_activator import socket_activator

StartPrinter = Callable[..., VirtualPrinter]


async def test_a_print_outlives_restart_stop_and_a_hung_spooler_behind_its_socket(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=30)
    lines = square_lines(300, feedrate=600)
    as_it_stands = {"printers.bench.park": "enabled = false"}  # a pause adds no moves to those of the file
    house = HouseProcess(tmp_path, {"bench": str(printer.link)}, **as_it_stands)
    house.runtime_dir.mkdir(mode=0o750)
    house.environment["HYDROGEN_SERVER__SPOOLERS"] = "socket"
    try:
        with ListeningManager(tmp_path) as manager:
            house.environment["NOTIFY_SOCKET"] = manager.address
            async with socket_activator("bench", house.runtime_dir) as activator:
                await house.start()
                await until(lambda: manager.has_heard("READY"), lambda: house.said)
                async with connected(house.address) as client:
                    await await_status(client, "idle")
                    job = await print_started(client, house, lines)
                    await frame_where(client, lambda f: f.get("type") == "job.progressed" and f["lines_done"] > 20)
                    await client.command("job.pause", "bench")  # so that it is there however long the rest takes
                    await frame_where(client, lambda f: f.get("type") == "job.paused")
                assert house.process is not None
                pid = house.process.pid
                assert activator.starts == [house.spooler_pid()]

                house.process.send_signal(signal.SIGHUP)  # `systemctl reload`: the same process
                await until(lambda: sum("READY" in m for m in manager.heard()) == 2, lambda: house.said)
                assert manager.has_heard("RELOADING")
                assert [m["MAINPID"] for m in manager.heard() if "MAINPID" in m] == [str(pid)] * 2

                spooler = house.spooler_pid()
                assert await house.stop() == 0, house.said  # `systemctl stop`
                assert manager.has_heard("STOPPING")
                assert house.spooler_pid() == spooler

                await house.start()
                async with connected(house.address) as client:
                    await frame_where(client, lambda frame: job in str(frame))
                    assert spooler is not None
                    os.kill(spooler, signal.SIGKILL)  # what the service does to one that hangs
                    await frame_where(client, lambda f: f.get("type") == "printer.attached" and job in str(f))
                    await await_status(client, "paused")
                    await client.command("job.resume", "bench")
                    done = await frame_where(client, lambda f: f.get("type") == "job.finished", seconds=50)
                    assert (done["job"], done["outcome"]) == (job, "completed")
                assert activator.ends == [-signal.SIGKILL]
                assert activator.starts == [spooler, house.spooler_pid()]
                assert await house.stop() == 0, house.said
                await until(lambda: activator.ends == [-signal.SIGKILL, 0])  # idle: ended with the service
                assert (house.runtime_dir / "bench.sock").is_socket()
    finally:
        await house.clean_up()
    executed = [line for line in printer.ledger.host_lines if line.startswith("G1 X")]
    assert executed == [line.partition(" ;")[0] for line in lines if line.startswith("G1 X")]


async def test_without_a_unit_the_service_says_what_to_start(tmp_path: Path) -> None:
    server = f'environment = "development"\ndata_dir = "{tmp_path}/data"\nruntime_dir = "{tmp_path}/run"\nspoolers = "socket"'
    async with running_house(tmp_path, {"bench": str(tmp_path / "tty")}, server=server) as house:
        await until(lambda: "systemctl start hydrogen-spooler@bench.socket" in house.said)
        assert house.spooler_pid() is None
        assert await house.stop() == 0, house.said


async def test_spooler_of_a_printer_that_was_taken_out_ends_and_its_socket_rests(tmp_path: Path) -> None:
    house = HouseProcess(tmp_path, {"old": str(tmp_path / "tty")})
    house.runtime_dir.mkdir(mode=0o750)
    house.environment["HYDROGEN_SERVER__SPOOLERS"] = "socket"
    try:
        async with socket_activator("old", house.runtime_dir) as activator:
            await house.start()
            await until(lambda: house.spooler_pid("old") is not None, lambda: house.said)
            assert house.process is not None
            house.config.write_text(house.config.read_text().replace("[printers.old", "[printers.new"))
            house.process.send_signal(signal.SIGHUP)
            await until(lambda: "spooler of no configured printer ended" in house.said, lambda: house.said)
            await until(lambda: activator.ends == [0], lambda: house.said)
            assert await house.stop() == 0, house.said
            assert len(activator.starts) == 1
            assert (house.runtime_dir / "old.sock").is_socket()
    finally:
        await house.clean_up()
