"""Spoolers that serve no printer of ours; real ones in tests/integration/test_service_life.py."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hydrogen.errors import Conflict, HydrogenError, SpoolerLost
from hydrogen.fleet.left_spooler import LeftSpoolers
from hydrogen.spooler.request import StopSpooler
from tests.fleet.scripted_port import ScriptedPort
from tests.support.recording_log import LogEntry, RecordingLog


class Left:
    """A runtime folder with three locks that are held: the service's, a printer's of ours, and one that is none."""

    def __init__(self, folder: Path, locks: ExitStack) -> None:
        self.folder = folder
        self.port = ScriptedPort("old")
        self.log = RecordingLog()
        self.asked: list[str] = []
        for name in ("hydrogen", "bench", "old"):
            fcntl.flock(locks.enter_context((folder / f"{name}.lock").open("w")), fcntl.LOCK_EX)

    async def look(self) -> LogEntry | None:
        """What it says to that."""
        await LeftSpoolers(self.folder, printers=["bench"], make_port=self._port_of, log=self.log).run()
        assert self.port.listener is None, "not let go"
        return self.log.entries[-1] if self.log.entries else None

    def _port_of(self, name: str) -> ScriptedPort:
        self.asked.append(name)
        return self.port


@pytest.fixture
def left(tmp_path: Path) -> Iterator[Left]:
    with ExitStack() as locks:
        yield Left(tmp_path, locks)


async def test_only_the_one_that_is_none_of_ours_is_asked_and_only_if_it_is_idle(left: Left) -> None:
    (left.folder / "gone.lock").touch()
    (left.folder / "No Name.lock").touch()
    assert await left.look() == LogEntry("info", "spooler of no configured printer ended", {"printer": "old"})
    assert left.asked == ["old"]
    assert left.port.requests == [StopSpooler(actor="service", only_if_idle=True)]


async def test_one_that_prints_is_left_and_told_of(left: Left) -> None:
    left.port.refusals[StopSpooler] = Conflict("it has a job")
    said = await left.look()
    assert said is not None
    assert (said.level, said.event) == ("warning", "printer not configured, but printing")
    assert "[printers.old]" in said.fields["what_to_do"]


@pytest.mark.parametrize("error", [SpoolerLost("no answer"), None])
async def test_one_that_does_not_answer_or_end_is_told_of(
    left: Left, error: HydrogenError | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydrogen.fleet.left_spooler.ASK_SECONDS", 0.05)
    left.port.attach_error = error
    left.port.ends_when_stopped = False
    said = await left.look()
    assert said is not None
    assert (said.level, said.fields["what_to_do"]) == ("warning", "hydrogen stop --all")
    assert said.fields["reason"] == ("no answer" if error else "no end within 0.05 s")


async def test_one_that_goes_before_its_answer_is_no_trouble(left: Left) -> None:
    left.port.refusals[StopSpooler] = SpoolerLost("gone")

    async def attach(listener: object) -> None:
        listener.on_detached("gone")  # type: ignore[attr-defined]

    left.port.attach = attach  # type: ignore[method-assign]
    assert await left.look() is None


async def test_folder_without_any_is_quiet(tmp_path: Path) -> None:
    log = RecordingLog()
    await LeftSpoolers(tmp_path, printers=[], make_port=ScriptedPort, log=log).run()
    assert log.entries == []
