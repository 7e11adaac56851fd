"""The files folder: what leads out of it does not exist, what is added appears whole."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from hydrogen.errors import Conflict, DiskFull, FileUnreadable, InvalidMessage, NotFound
from hydrogen.files import folder as folder_module
from hydrogen.files.space import Space
from hydrogen.files.store import FileStore, NobodyNeeds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "files"
    (files / "sub").mkdir(parents=True)
    (files / "cube.gcode").write_text("G28\n")
    (files / "sub" / "part.GCO").write_text("G28\nG1 X1\n")
    (files / "notes.txt").write_text("not for printing")
    (files / ".hidden.gcode").write_text("G28\n")
    (tmp_path / "secret.gcode").write_text("G28\n")
    return files


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_printable_files_are_listed_with_their_size(folder: Path) -> None:
    listed = await FileStore(folder).list()
    assert [(file.path, file.size_bytes) for file in listed] == [("cube.gcode", 4), ("sub/part.GCO", 10)]
    assert listed[0].modified_at == (folder / "cube.gcode").stat().st_mtime


async def test_links_that_lead_out_are_neither_listed_nor_found(folder: Path) -> None:
    (folder / "out.gcode").symlink_to(folder.parent / "secret.gcode")
    (folder / "outside").symlink_to(folder.parent)
    (folder / "loop.gcode").symlink_to("loop.gcode")
    (folder / "in.gcode").symlink_to("cube.gcode")
    files = FileStore(folder)
    assert [file.path for file in await files.list()] == ["cube.gcode", "in.gcode", "sub/part.GCO"]
    for path in ("out.gcode", "outside/secret.gcode", "loop.gcode"):
        with pytest.raises(NotFound):
            files.resolve(path)
    assert files.resolve("in.gcode") == (folder / "cube.gcode").resolve()


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "/etc/passwd",
        "../secret.gcode",
        "sub/../../secret.gcode",
        "sub/",
        "a\0b.gcode",
        "a\nb.gcode",
        "a\\b.gcode",
        "\udcff.gcode",
        "\x7f.gcode",
        ".hidden.gcode",
        "sub/.x/y.gcode",
        "x" * 1025,
        "y" * 256 + ".gcode",
    ],
)
def test_what_is_no_path_below_the_folder_is_refused(folder: Path, path: str) -> None:
    with pytest.raises(InvalidMessage):
        FileStore(folder).resolve(path)


def test_only_gcode_files_can_be_resolved(folder: Path) -> None:
    files = FileStore(folder)
    assert files.resolve("sub/part.GCO").read_text() == "G28\nG1 X1\n"
    with pytest.raises(InvalidMessage, match="gcode"):
        files.resolve("notes.txt")
    for path in ("missing.gcode", "sub"):
        with pytest.raises(NotFound):
            files.resolve(path)


async def test_a_file_is_added_whole_under_its_name(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "new.gcode"
    source.write_bytes(b"G28\n" * 1000)
    stored = await FileStore(folder).add(source, "deep/new.gcode")
    assert (stored.path, stored.size_bytes) == ("deep/new.gcode", 4000)
    assert (folder / "deep" / "new.gcode").read_bytes() == source.read_bytes()
    assert names_in(folder / "deep") == ["new.gcode"]


async def test_adding_again_replaces_and_who_holds_the_old_one_keeps_it(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "cube.gcode"
    source.write_text("G28\nG1 X5\n")
    with (folder / "cube.gcode").open() as held:
        await FileStore(folder).add(source, "cube.gcode")
        assert held.read() == "G28\n"
    assert (folder / "cube.gcode").read_text() == "G28\nG1 X5\n"


async def test_a_file_is_not_added_through_a_link_that_leads_out(folder: Path, tmp_path: Path) -> None:
    (folder / "outside").symlink_to(tmp_path)
    source = tmp_path / "secret.gcode"
    with pytest.raises(InvalidMessage, match="out of"):
        await FileStore(folder).add(source, "outside/evil.gcode")
    with pytest.raises(InvalidMessage):
        await FileStore(folder).add(source, "evil.sh")
    assert not (tmp_path / "evil.gcode").exists()


async def test_a_full_disk_leaves_neither_a_part_nor_a_temporary_file(folder: Path, tmp_path: Path) -> None:
    store = FileStore(folder, space=Space(folder, probe=lambda _folder: 0))
    with pytest.raises(DiskFull):
        await store.add(tmp_path / "secret.gcode", "big.gcode")
    assert names_in(folder) == [".hidden.gcode", ".incoming", "cube.gcode", "notes.txt", "sub"]
    assert names_in(folder / ".incoming") == []


async def test_a_listing_of_a_folder_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="gone"):
        await FileStore(tmp_path / "gone").list()


async def test_a_listing_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "LISTED_FILES", 1)
    assert len(await FileStore(folder).list()) == 1


async def test_a_source_that_is_gone_is_told(folder: Path, tmp_path: Path) -> None:
    for name in ("a.gcode", "a.gcode.gz"):
        with pytest.raises(FileUnreadable):
            await FileStore(folder).add(tmp_path / "gone", name)
    assert names_in(folder / ".incoming") == [] if (folder / ".incoming").exists() else True


async def test_folders_are_not_moved_into_themselves_or_over_others(folder: Path) -> None:
    store = FileStore(folder)
    await store.make_folder("other/deep")
    for target in ("sub", "sub/deeper", "other", "other/deep"):
        with pytest.raises(Conflict):
            await store.move_folder("sub", target)
    with pytest.raises(Conflict):
        await store.make_folder("cube.gcode")
    with pytest.raises(NotFound):
        await store.move_folder("missing", "x")
    with pytest.raises(InvalidMessage):
        await store.remove_folder("..", recursive=True)
    moved = await store.move_folder("sub", "other/sub")
    assert [file.path for file in moved] == ["other/sub/part.GCO"]
    assert (folder / "other/sub/part.GCO").is_file()


async def test_a_file_is_not_moved_or_copied_over_another_one_unasked(folder: Path) -> None:
    store = FileStore(folder)
    for change in (store.move, store.copy):
        with pytest.raises(Conflict) as caught:
            await change("cube.gcode", "sub/part.GCO")  # type: ignore[operator]
        assert caught.value.details["reason"] == "exists"
    with pytest.raises(Conflict):
        await store.copy("cube.gcode", "cube.gcode")
    assert (await store.move("cube.gcode", "cube.gcode")).path == "cube.gcode"
    assert (await store.move("cube.gcode", "sub/part.GCO", may_replace=True)).size_bytes == 4


async def test_the_digest_goes_with_a_file_and_is_void_when_it_changes(folder: Path, tmp_path: Path) -> None:
    store = FileStore(folder)
    stored = await store.add(tmp_path / "secret.gcode", "new.gcode")
    assert stored.sha256 is not None and await store.digest_of("new.gcode") == stored.sha256
    moved = await store.move("new.gcode", "moved.gcode")
    assert moved.sha256 == stored.sha256 == await store.digest_of("moved.gcode")
    (folder / "moved.gcode").write_text("G28\nG28\n")
    assert await store.digest_of("moved.gcode") is None


async def test_a_link_is_deleted_and_not_what_it_leads_to(folder: Path) -> None:
    (folder / "link.gcode").symlink_to("cube.gcode")
    await FileStore(folder).remove("link.gcode")
    assert (folder / "cube.gcode").exists() and not (folder / "link.gcode").is_symlink()


AT_ONCE = 8


async def test_of_uploads_that_end_at_once_one_wins_and_the_others_are_told(folder: Path) -> None:
    store = FileStore(folder)
    async with AsyncExitStack() as stack:
        all_incoming = []
        for number in range(AT_ONCE):
            receiving = await store.receive("new.gcode", may_replace=False)
            all_incoming.append(await stack.enter_async_context(receiving))
            await all_incoming[number].write(f"G28 ;{number}\n".encode())
        ended = await asyncio.gather(*(one.commit() for one in all_incoming), return_exceptions=True)
    [winner] = [number for number, one in enumerate(ended) if not isinstance(one, BaseException)]
    assert [one.details["reason"] for one in ended if isinstance(one, Conflict)] == ["exists"] * (AT_ONCE - 1)
    assert (folder / "new.gcode").read_text() == f"G28 ;{winner}\n"


async def test_files_that_are_moved_to_one_place_at_once_are_all_kept(folder: Path) -> None:
    store = FileStore(folder)
    for number in range(AT_ONCE):
        (folder / f"{number}.gcode").write_text(f"G28 ;{number}\n")
    moves = (store.move(f"{number}.gcode", "place/one.gcode") for number in range(AT_ONCE))
    ended = await asyncio.gather(*moves, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in ended) == AT_ONCE - 1
    kept = [(folder / file.path).read_text() for file in await store.list()]
    assert sorted(text for text in kept if ";" in text) == [f"G28 ;{number}\n" for number in range(AT_ONCE)]


async def test_a_folder_is_kept_for_a_needed_file_however_many_are_listed_before_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "LISTED_FILES", 1)
    store = FileStore(folder, needs=Needed("sub/part.GCO"))
    with pytest.raises(Conflict, match="it prints"):
        await store.remove_folder("sub", recursive=True)
    with pytest.raises(Conflict, match="it prints"):
        await store.move_folder("sub", "elsewhere")
    assert (folder / "sub" / "part.GCO").exists()


class Needed(NobodyNeeds):
    """One file prints."""

    def __init__(self, path: str) -> None:
        self._path = path

    def is_needed(self, path: str) -> str | None:
        return "it prints" if path == self._path else None


@pytest.mark.parametrize("path", ["cube.gcode/part.gcode", "cube.gcode/deeper/part.gcode"])
async def test_an_upload_below_a_file_is_refused_before_its_first_byte(folder: Path, path: str) -> None:
    before = names_in(folder)
    with pytest.raises(Conflict, match=r"cube\.gcode is a file, not a folder"):
        await FileStore(folder).receive(path)
    assert names_in(folder) == before
