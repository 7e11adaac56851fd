"""What becomes of the configuration when a client adds a printer, or takes one out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from hydrogen.config import configuration_from_table
from hydrogen.config_added import FILE_NAME, MOST_ADDED, read_added, write_added
from hydrogen.errors import (
    ConfigurationInvalid,
    Conflict,
    HostError,
    HydrogenError,
    InvalidMessage,
    NotFound,
    SpoolerLost,
)
from hydrogen.model.job import RecoverableJob
from hydrogen.model.printer import PrinterState
from hydrogen.model.state import State
from hydrogen.printer_book import PrinterBook
from tests.chaos.small_disk import disk_over

TABLE = {"driver": "marlin", "port": "/dev/ttyUSB0"}


class Bench:
    """A book over a folder, with one printer `written` in the configuration's own file. did: what was asked of the house."""

    def __init__(self, folder: Path, **added: Mapping[str, Any]) -> None:
        self.folder = folder
        self.did: list[str] = []
        self.restart_error: HydrogenError | None = None
        self.meanwhile: Callable[[], None] = lambda: None
        """What happens between the writing and what comes of it."""
        self.dismiss_error: HydrogenError | None = None
        self.printers: dict[str, PrinterState] = {}
        self.table = {"server": {"data_dir": str(folder)}, "printers": {"written": {"port": "/dev/ttyUSB9"}}}
        write_added(folder, added)
        self.book = self.opened()

    def opened(self, *, keeps_changes: bool = True) -> PrinterBook:
        return PrinterBook(
            configuration_from_table(self.table, "hydrogen.toml"),
            state=lambda: State(printers=MappingProxyType(self.printers)),
            may_restart=self._may_restart,
            restart=self._restart,
            dismiss=self._dismiss,
            keeps_changes=keeps_changes,
        )

    def _may_restart(self) -> None:
        self.meanwhile()
        if self.restart_error is not None:
            raise self.restart_error
        configuration_from_table(self.table, "hydrogen.toml")

    async def _restart(self) -> None:
        self.did.append("restart")

    async def _dismiss(self, name: str) -> None:
        self.did.append(f"dismiss {name}")
        self.meanwhile()
        if self.dismiss_error is not None:
            raise self.dismiss_error


async def test_an_added_printer_is_written_and_the_house_begins_anew(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.book.add("mk3", TABLE)
    assert read_added(tmp_path) == {"mk3": TABLE} == await bench.book.added()
    assert bench.did == ["restart"]


@pytest.mark.parametrize(
    ("name", "table", "error", "says"),
    [
        ("written", TABLE, Conflict, "another name"),
        ("added", TABLE, Conflict, "another name"),
        ("../x", TABLE, InvalidMessage, "characters a-z"),
        ("hydrogen", TABLE, InvalidMessage, "is taken"),
        ("new", {"port": "/dev/ttyUSB9"}, InvalidMessage, "printers.written has this one"),
        ("new", {"port": "/dev/ttyUSB5"}, InvalidMessage, "printers.added has this one"),
        ("new", {"port": "tcp://nowhere"}, InvalidMessage, "host:port"),
        ("new", {"port": "/dev/x", "driver": "marlni"}, InvalidMessage, "Did you mean 'marlin'"),
    ],
)
async def test_what_the_configuration_would_refuse_changes_nothing(
    tmp_path: Path, name: str, table: Mapping[str, Any], error: type[HydrogenError], says: str
) -> None:
    bench = Bench(tmp_path, added={"port": "/dev/ttyUSB5"})
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(error, match=says):
        await bench.book.add(name, table)
    assert (tmp_path / FILE_NAME).read_bytes() == before
    assert bench.did == []


async def test_a_house_that_could_not_begin_anew_is_left_as_it_is(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.restart_error = ConfigurationInvalid("hydrogen.toml: websocket.prt: found an unknown key")
    with pytest.raises(Conflict, match=r"nothing was changed: hydrogen\.toml"):
        await bench.book.add("mk3", TABLE)
    assert not (tmp_path / FILE_NAME).exists()
    assert bench.did == []


@pytest.mark.parametrize("added", [{}, {"other": {"port": "virtual:"}}], ids=["none before", "one before"])
async def test_what_is_taken_back_needs_no_room_on_the_disk(tmp_path: Path, added: Mapping[str, Any]) -> None:
    with disk_over(tmp_path / "disk", lambda: [os.getpid()]) as disk:
        folder = disk.seen(tmp_path / "disk")
        bench = Bench(folder, **added)
        bench.restart_error = ConfigurationInvalid("hydrogen.toml: websocket.prt: found an unknown key")
        bench.meanwhile = disk.fill
        try:
            with pytest.raises(Conflict, match=r"nothing was changed: hydrogen\.toml"):
                await bench.book.add("mk3", TABLE)
            assert read_added(folder) == added
            disk.fill()  # what was taken back has left some room
            with pytest.raises(HostError, match=r"printers\.toml"):  # full, or a limit on the size of files
                await bench.book.add("mk3", TABLE)
            assert read_added(folder) == added
        finally:
            disk.free()
        bench.restart_error, bench.meanwhile = None, lambda: None
        await bench.book.add("mk3", TABLE)
        assert read_added(folder) == {**added, "mk3": TABLE}
        assert [path.name for path in sorted(folder.glob("*printers.toml*"))] == [FILE_NAME]


async def test_removal_that_a_job_prevents_needs_no_room_on_the_disk(tmp_path: Path) -> None:
    with disk_over(tmp_path / "disk", lambda: [os.getpid()]) as disk:
        folder = disk.seen(tmp_path / "disk")
        bench = Bench(folder, mk3=TABLE)
        bench.dismiss_error, bench.meanwhile = Conflict("a job runs"), disk.fill
        try:
            with pytest.raises(Conflict, match="a job runs"):
                await bench.book.remove("mk3")
        finally:
            disk.free()
        assert read_added(folder) == {"mk3": TABLE}
        assert [path.name for path in sorted(folder.glob("*printers.toml*"))] == [FILE_NAME]


async def test_no_more_are_kept_than_there_is_room_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path, **{f"v{number}": {"port": "virtual:"} for number in range(MOST_ADDED)})
    with pytest.raises(Conflict, match="remove one first"):
        await bench.book.add("mk3", TABLE)


async def test_a_house_that_keeps_nothing_adds_nothing(tmp_path: Path) -> None:
    book = Bench(tmp_path).opened(keeps_changes=False)
    with pytest.raises(Conflict, match="keeps nothing"):
        await book.add("mk3", TABLE)


async def test_a_removed_printer_is_let_go_first(tmp_path: Path) -> None:
    bench = Bench(tmp_path, mk3=TABLE, other={"port": "virtual:"})
    await bench.book.remove("mk3")
    assert read_added(tmp_path) == {"other": {"port": "virtual:"}}
    assert bench.did == ["dismiss mk3", "restart"]
    await bench.book.remove("other")
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize(("name", "error"), [("written", Conflict), ("nobody", NotFound)])
async def test_only_what_was_added_is_removed(tmp_path: Path, name: str, error: type[HydrogenError]) -> None:
    bench = Bench(tmp_path, mk3=TABLE)
    with pytest.raises(error):
        await bench.book.remove(name)
    assert (read_added(tmp_path), bench.did) == ({"mk3": TABLE}, [])


async def test_a_printer_that_is_needed_is_not_removed(tmp_path: Path) -> None:
    bench = Bench(tmp_path, mk3=TABLE)
    bench.printers["mk3"] = PrinterState(recoverable=RecoverableJob(job="j1", file="a.gcode"))
    with pytest.raises(Conflict, match="give it up first"):
        await bench.book.remove("mk3")
    bench.printers.clear()
    bench.dismiss_error = Conflict("a job runs")  # it began in the meantime
    with pytest.raises(Conflict, match="a job runs"):
        await bench.book.remove("mk3")
    assert (read_added(tmp_path), bench.did) == ({"mk3": TABLE}, ["dismiss mk3"])


async def test_a_spooler_that_is_gone_keeps_nobody_from_removing_its_printer(tmp_path: Path) -> None:
    bench = Bench(tmp_path, mk3=TABLE)
    bench.dismiss_error = SpoolerLost("gone")
    await bench.book.remove("mk3")
    assert bench.did == ["dismiss mk3", "restart"]
