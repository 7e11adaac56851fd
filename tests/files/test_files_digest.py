"""Digests are known as long as the file is the same, also by the next service."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.files import digest as digest_module
from hydrogen.files.digest import DigestIndex, FileIdentity

SHA = "ab" * 32
OTHER = "cd" * 32
IDENTITY = FileIdentity(10, 20, 30)


def loaded(path: Path) -> DigestIndex:
    index = DigestIndex(path)
    index.load()
    return index


def test_a_digest_is_known_again_after_a_restart(tmp_path: Path) -> None:
    index = loaded(tmp_path / "digests.jsonl")
    index.remember("würfel.gcode", IDENTITY, SHA)
    index.remember("würfel.gcode", IDENTITY, SHA)
    assert (tmp_path / "digests.jsonl").read_bytes().count(SHA.encode()) == 1
    assert loaded(tmp_path / "digests.jsonl").find("würfel.gcode", IDENTITY) == SHA


@pytest.mark.parametrize("identity", [FileIdentity(11, 20, 30), FileIdentity(10, 21, 30), FileIdentity(10, 20, 31)])
def test_another_size_time_or_inode_is_another_file(tmp_path: Path, identity: FileIdentity) -> None:
    index = loaded(tmp_path / "digests.jsonl")
    index.remember("a.gcode", IDENTITY, SHA)
    assert index.find("a.gcode", identity) is None
    assert index.find("b.gcode", IDENTITY) is None


def test_the_last_word_counts_and_what_is_torn_or_foreign_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "digests.jsonl"
    index = loaded(path)
    index.remember("a.gcode", IDENTITY, SHA)
    index.remember("a.gcode", IDENTITY, OTHER)
    with path.open("ab") as stream:
        stream.write(b'["b.gcode", 1, 2, 3, "short"]\n[1]\n{"a": 1}\n\xff\n["c.gcode", true, 2, 3, "' + SHA.encode())
    again = loaded(path)
    assert again.find("a.gcode", IDENTITY) == OTHER
    again.remember("d.gcode", IDENTITY, SHA)
    assert loaded(path).find("d.gcode", IDENTITY) in (SHA, None)  # its line follows a torn one
    again.remember("e.gcode", IDENTITY, SHA)
    assert loaded(path).find("e.gcode", IDENTITY) == SHA


def test_it_is_bounded_in_memory_and_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest_module, "MOST_ENTRIES", 3)
    path = tmp_path / "digests.jsonl"
    index = loaded(path)
    for number in range(50):
        index.remember(f"{number}.gcode", IDENTITY, SHA)
    assert path.read_bytes().count(b"\n") <= 9
    again = loaded(path)
    assert again.find("0.gcode", IDENTITY) is None
    assert [again.find(f"{number}.gcode", IDENTITY) for number in (47, 48, 49)] == [SHA] * 3
    monkeypatch.setattr(digest_module, "MOST_BYTES", 10)
    assert loaded(path).find("49.gcode", IDENTITY) is None


def test_without_a_place_it_forgets_and_an_unwritable_place_is_no_harm(tmp_path: Path) -> None:
    for index in (DigestIndex(None), DigestIndex(tmp_path / "gone" / "digests.jsonl")):
        index.load()
        index.remember("a.gcode", IDENTITY, SHA)
        assert index.find("a.gcode", IDENTITY) == SHA
