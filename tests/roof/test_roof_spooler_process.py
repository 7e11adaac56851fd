"""The spooler as a process: locks, signals, lifelines, weight. Real processes, a scripted printer inside them."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from hydrogen import __version__
from hydrogen.core.clock import SystemClock
from hydrogen.errors import SpoolerLost
from hydrogen.model.events import JobFinished, JobProgressed
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen.spooler.request import ConnectPrinter, SendGcode, StartJob, StopSpooler
from hydrogen.spooler.wire.address import RuntimeFiles
from hydrogen.spooler.wire.client import SpoolerClient
from hydrogen.spooler.wire.launcher import SpoolerLauncher
from hydrogen.spooler.wire.socket_unit import CALLS, SocketUnits
from hydrogen.spooler_process import NICENESS, main
from tests.spooler.bench import RecordingListener
from tests.support.listening_manager import ListeningManager
from tests.support.socket_activator import socket_activator
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]

FORBIDDEN = ("pydantic", "structlog", "websockets", "psutil", "rich", "sqlite3", "http", "starlette", "uvicorn")


class House:
    """A runtime folder and those who use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = RuntimeFiles(folder, "bench")
        self.ledger = folder / "ledger"
        self.ledger.touch()
        self.launchers: list[SpoolerLauncher] = []
        self.clients: list[SpoolerClient] = []
        self.pids: set[int] = set()

    def configure(self, **settings: Any) -> None:
        self.files.settings.write_text(
            json.dumps(
                {
                    "printer": "bench",
                    "factory": "tests.spooler.scripted_printer:make_driver",
                    "settings": {"ledger": str(self.ledger), **settings},
                    "spool_dir": str(self.folder / "spool"),
                    "contract": "1.0",
                }
            )
        )

    def launcher(self, **options: Any) -> SpoolerLauncher:
        launcher = SpoolerLauncher(self.folder, **options)
        self.launchers.append(launcher)
        return launcher

    async def attach(self, *, own: bool = False, version: str = __version__) -> tuple[SpoolerClient, RecordingListener]:
        client = SpoolerClient(
            "bench", self.folder, SystemClock(), version=version, instance="t", launcher=self.launcher(own=own)
        )
        listener = RecordingListener()
        self.clients.append(client)
        await client.attach(listener)
        self.pids.add(self.pid)
        return client, listener

    async def print(self, client: SpoolerClient, lines: int, job: str = "j1") -> None:
        path = self.folder / "part.gcode"
        path.write_text("".join(f"G1 X{n}\n" for n in range(lines)))
        await client.request(ConnectPrinter())
        await client.request(StartJob(job=job, path=str(path), file="part.gcode", actor="ada"))

    @property
    def pid(self) -> int:
        return int(self.files.lock.read_text() or 0)

    def proc(self, name: str) -> Path:
        """What the kernel tells of the spooler."""
        return Path(f"/proc/{self.pid}/{name}")

    @property
    def executed(self) -> list[str]:
        return self.ledger.read_text().splitlines()

    def is_alive(self) -> bool:
        return not is_gone(self.files.lock)

    async def until_gone(self, within_seconds: float = 9.0) -> None:
        await wait_until(lambda: not self.is_alive(), within_seconds=within_seconds, what="the end of the spooler")

    async def end(self) -> None:
        for client in self.clients:
            await client.detach()
        for launcher in self.launchers:
            await launcher.close()
        for pid in self.pids:
            if self.is_alive() and self.pid == pid:
                os.kill(pid, signal.SIGKILL)
        if self.pids:
            await self.until_gone()


def is_gone(lock: Path) -> bool:
    """Does nobody hold the lock?"""
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    house = House(tmp_path)
    house.configure()
    yield house
    await house.end()


async def test_detached_spooler_prints_and_outlives_its_service(house: House) -> None:
    house.configure(pace_seconds=0.001)
    client, listener = await house.attach()
    await house.print(client, 1500)
    await wait_until(lambda: listener.all(JobProgressed))
    pid = house.pid
    await client.detach()
    for launcher in house.launchers:
        await launcher.close()
    assert house.is_alive()

    again, second = await house.attach()
    assert house.pid == pid
    assert second.states[0].job is not None
    await wait_until(lambda: second.all(JobFinished), within_seconds=20.0)
    assert second.all(JobFinished)[0].outcome.value == "completed"
    assert [line for line in house.executed if line.startswith("G1")] == [f"G1 X{n}" for n in range(1500)]
    await again.request(StopSpooler())
    await house.until_gone()
    assert house.executed[-2:] == ["M104 S0", "M140 S0"]


async def test_job_that_ends_without_a_service_is_told_to_the_next_one_even_by_another_process(house: House) -> None:
    client, _ = await house.attach()
    await house.print(client, 50)
    await client.detach()
    await wait_until(lambda: "job.finished" in house.files.outbox.read_text())
    os.kill(house.pid, signal.SIGKILL)
    await house.until_gone()

    client, listener = await house.attach()
    await wait_until(lambda: len(listener.facts) == 3)
    # The receipt too, whether it was issued before the death or has to be made up.
    told = ["job.started", "job.finished", "job.receipt_issued"]
    assert [event.wire_type for _, event in listener.facts] == told
    for fact_id, _ in listener.facts:
        client.acknowledge(fact_id)
    await wait_until(lambda: not house.files.outbox.read_bytes())


async def test_killed_spooler_leaves_a_journal_and_its_successor_tells_the_end(house: House) -> None:
    house.configure(pace_seconds=0.001)
    client, listener = await house.attach()
    await house.print(client, 5000)
    await wait_until(lambda: len(house.executed) > 50)
    os.kill(house.pid, signal.SIGKILL)
    await wait_until(lambda: listener.detached)
    await house.until_gone()
    last = HotJournal(house.files.journal).last()
    assert last is not None
    moves = [line for line in house.executed if line.startswith("G1")]
    assert last.offset in (len("".join(f"{line}\n" for line in moves)), len("".join(f"{line}\n" for line in moves)) + 8)

    _, listener = await house.attach()
    await wait_until(lambda: listener.all(JobFinished))
    finished = listener.all(JobFinished)
    assert [(event.job, event.error_code) for event in finished] == [
        ("j1", "interrupted")
    ]  # the printer lived in it too


async def test_a_spooler_that_ends_in_order_takes_its_name_out_of_the_lock_and_a_killed_one_does_not(
    house: House,
) -> None:
    client, _ = await house.attach()
    pid = house.pid
    await client.request(StopSpooler())
    await house.until_gone()
    assert house.pid == 0

    client, _ = await house.attach()
    await client.request(ConnectPrinter())
    killed = house.pid
    assert killed not in (0, pid)
    os.kill(killed, signal.SIGKILL)
    await house.until_gone()
    assert house.pid == killed


async def test_sigterm_without_a_job_turns_the_heaters_off_and_ends_with_0(house: House) -> None:
    child = await _child(house)
    client, _ = await house.attach()
    await client.request(ConnectPrinter())
    child.terminate()
    assert await _exit_code(child) == 0
    assert house.executed == ["M104 S0", "M140 S0"]
    assert not house.files.socket.exists()


async def test_sigterm_with_a_job_stops_at_a_line_and_tells_why(house: House) -> None:
    house.configure(pace_seconds=0.001)
    child = await _child(house)
    client, listener = await house.attach()
    await house.print(client, 20_000)
    await wait_until(lambda: len(house.executed) > 50)
    child.terminate()
    assert await _exit_code(child) == 0
    await wait_until(lambda: listener.detached)
    finished = listener.all(JobFinished)[0]
    assert (finished.outcome.value, finished.error_code) == ("failed", "interrupted")
    assert house.executed[-2:] == ["M104 S0", "M140 S0"]
    assert len([line for line in house.executed if line.startswith("G1")]) == finished.lines_done
    assert json.loads(house.files.job.read_text())["outcome"] == "interrupted"


async def test_lifeline_ends_the_spooler_with_its_parent(house: House) -> None:
    client, listener = await house.attach(own=True)
    await client.request(ConnectPrinter())
    await house.launchers[-1].close()
    await wait_until(lambda: listener.detached)
    assert not house.is_alive()
    assert house.executed == ["M104 S0", "M140 S0"]


async def test_sigint_and_sighup_do_not_touch_a_detached_spooler(house: House) -> None:
    client, _ = await house.attach()
    for number in (signal.SIGINT, signal.SIGHUP):
        os.kill(house.pid, number)
    assert await client.request(ConnectPrinter()) == {}
    assert house.is_alive()


async def test_detached_spooler_has_its_own_session_and_no_terminal(house: House) -> None:
    await house.attach()
    assert os.getsid(house.pid) != os.getsid(0)
    assert os.getpgid(house.pid) != os.getpgid(0)
    assert str(house.proc("fd/0").readlink()) == "/dev/null"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take precedence")
async def test_a_spooler_takes_precedence_where_it_may(house: House) -> None:
    await house.attach()
    assert os.getpriority(os.PRIO_PROCESS, house.pid) == min(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))


async def test_a_spooler_takes_precedence_with_its_session_and_takes_no_other_along(house: House) -> None:
    before = await asyncio.to_thread(_autogroup, "self")
    if before is None:
        pytest.skip("this kernel has no autogroups")
    await house.attach()
    theirs = await asyncio.to_thread(_autogroup, str(house.pid))
    assert theirs is not None
    assert theirs[0] not in ("", before[0])
    assert theirs[1] == (NICENESS if os.geteuid() == 0 else 0)
    assert await asyncio.to_thread(_autogroup, "self") == before


def _autogroup(pid: str) -> tuple[str, int] | None:
    """Name and value, `/autogroup-97 nice -5`; nothing is told of a process in the session that the system began with."""
    told = Path(f"/proc/{pid}/autogroup")
    if not told.exists():
        return None
    name, _, value = told.read_text().partition(" nice ")
    return name, int(value or 0)


async def test_second_spooler_of_a_printer_ends_with_3(house: House) -> None:
    await house.attach()
    second = await _run(house)
    assert second.returncode == 3
    assert "another spooler holds the printer" in second.stderr


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (None, "No such file"),
        ("nonsense", "Expecting value"),
        ('{"printer": "bench"}', "factory"),
        ('{"printer": "bench", "factory": "no.such:thing", "spool_dir": "."}', "cannot be imported"),
        ('{"printer": "bench", "factory": "os:sep", "spool_dir": "."}', "not callable"),
        ('{"printer": "bench", "factory": "os:getcwd", "spool_dir": ".", "contract": "9.0"}', "follows contract 9.0"),
    ],
)
async def test_settings_that_cannot_be_used_end_with_2_and_a_reason(
    house: House, settings: str | None, says: str
) -> None:
    house.files.settings.unlink()
    if settings is not None:
        house.files.settings.write_text(settings)
    result = await _run(house)
    assert result.returncode == 2
    assert says in result.stderr


async def test_launcher_says_what_the_spooler_said(house: House) -> None:
    house.files.settings.write_text('{"printer": "bench", "factory": "no.such:thing", "spool_dir": "."}')
    with pytest.raises(SpoolerLost, match="cannot be imported"):
        await house.attach()
    with pytest.raises(SpoolerLost, match="cannot be imported"):
        await house.attach(own=True)


async def test_name_that_is_no_name_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["../evil", "--runtime-dir", str(tmp_path)]) == 2
    assert "no printer name" in capsys.readouterr().err


async def test_spooler_is_light_and_imports_nothing_once_it_is_ready(house: House) -> None:
    client, listener = await house.attach()
    await client.request(ConnectPrinter())
    before = (await client.request(SendGcode(lines=("M9999",))))["replies"]
    rollup = house.proc("smaps_rollup").read_text()
    pss_kib = int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)[1])  # type: ignore[index]
    assert pss_kib <= 28 * 1024, f"{pss_kib / 1024:.1f} MiB PSS"
    maps = house.proc("maps").read_text()
    assert "pydantic_core" not in maps
    assert "_sqlite3" not in maps
    packages = {name.partition(".")[0] for name in before}
    assert packages.isdisjoint(FORBIDDEN)

    await house.print(client, 500)
    await wait_until(lambda: listener.all(JobFinished))
    after = (await client.request(SendGcode(lines=("M9999",))))["replies"]
    assert set(after) - set(before) == set()


def test_import_of_the_process_pulls_in_nothing_heavy() -> None:
    script = "import sys, hydrogen.spooler_process; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=20)
    packages = {name.partition(".")[0] for name in done.stdout.split()}
    assert packages.isdisjoint(FORBIDDEN)


async def test_a_socket_that_was_handed_over_is_served_and_left_behind(house: House) -> None:
    async with socket_activator("bench", house.folder) as activator:
        for _ in range(2):
            client = SpoolerClient(
                "bench",
                house.folder,
                SystemClock(),
                version=__version__,
                instance="t",
                launcher=SocketUnits(house.folder),
            )
            house.clients.append(client)
            await client.attach(RecordingListener())
            house.pids.add(house.pid)
            assert house.pid == activator.starts[-1]
            await client.request(StopSpooler())
            ends = len(activator.starts)
            await wait_until(lambda ends=ends: len(activator.ends) == ends, within_seconds=20.0)
            assert house.files.socket.is_socket()
        assert activator.ends == [0, 0]


async def test_a_spooler_that_cannot_start_refuses_the_connection_that_woke_it(house: House) -> None:
    house.files.settings.write_text("nonsense")
    async with socket_activator("bench", house.folder) as activator:
        with pytest.raises(SpoolerLost, match="ended before it answered"):
            await SocketUnits(house.folder).rouse("bench")
        await wait_until(lambda: activator.ends == [2] * CALLS)
        assert len(activator.starts) == CALLS


async def test_the_manager_is_told_when_it_serves_and_when_it_ends(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with ListeningManager(tmp_path) as manager:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
        child = await _child(house)
        await wait_until(lambda: manager.has_heard("READY"), within_seconds=20.0)
        assert manager.heard()[0]["MAINPID"] == str(child.pid)
        child.terminate()
        assert await _exit_code(child) == 0
        assert manager.has_heard("STOPPING")


async def _child(house: House) -> asyncio.subprocess.Process:
    """A spooler in the foreground, whose exit code can be seen."""
    child = await asyncio.create_subprocess_exec(*_command(house), stdin=subprocess.DEVNULL)
    await wait_until(house.files.socket.exists, what="the socket")
    return child


async def _exit_code(child: asyncio.subprocess.Process) -> int:
    async with asyncio.timeout(20):
        return await child.wait()


async def _run(house: House) -> subprocess.CompletedProcess[str]:
    run: Callable[[], subprocess.CompletedProcess[str]] = lambda: subprocess.run(  # noqa: E731
        _command(house), capture_output=True, text=True, timeout=20, check=False
    )
    return await asyncio.to_thread(run)


def _command(house: House) -> list[str]:
    return [sys.executable, "-P", "-m", "hydrogen.spooler_process", "bench", "--runtime-dir", str(house.folder)]
