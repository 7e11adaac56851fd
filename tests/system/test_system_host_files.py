"""Files of the host, below a folder that stands for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.errors import HostError
from hydrogen.system.host_files import FileState, HostFile, host_file, install, packaged_folder, remove

FILE = HostFile(target="/etc/udev/rules.d/x.rules", content=b"# x\n")


def test_a_file_is_missing_then_fine_then_different_then_missing(tmp_path: Path) -> None:
    assert FILE.state(tmp_path) is FileState.MISSING
    install([FILE], tmp_path)
    path = tmp_path / "etc/udev/rules.d/x.rules"
    assert FILE.path(tmp_path) == path
    assert path.stat().st_mode & 0o777 == 0o644
    assert FILE.state(tmp_path) is FileState.FINE
    path.write_text("# changed by hand\n")
    assert FILE.state(tmp_path) is FileState.DIFFERENT
    install([FILE], tmp_path)
    assert path.read_bytes() == FILE.content
    remove([FILE, FILE], tmp_path)
    assert FILE.state(tmp_path) is FileState.MISSING


def test_what_is_fine_is_not_written_again(tmp_path: Path) -> None:
    install([FILE], tmp_path)
    before = FILE.path(tmp_path).stat().st_ino
    install([FILE], tmp_path)
    assert FILE.path(tmp_path).stat().st_ino == before


def test_a_place_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "etc/udev/rules.d/x.rules").mkdir(parents=True)
    with pytest.raises(HostError, match=r"cannot read .*x\.rules"):
        FILE.state(tmp_path)
    (tmp_path / "file").write_text("")
    for act in (install, remove):
        with pytest.raises(HostError, match=r"cannot (read|write) .*file/y"):
            act([HostFile(target="/file/y", content=b"")], tmp_path)


def test_packaged_files_are_found_and_their_words_replaced() -> None:
    assert (packaged_folder() / "README.md").is_file()
    unit = host_file("systemd/hydrogen.service", "/etc/x.service", words={"BIN": "/opt/h/bin"})
    assert b"ExecStart=/opt/h/bin/hydrogen serve" in unit.content
    assert b"@BIN@" not in unit.content


def test_a_package_without_its_files_says_so(tmp_path: Path) -> None:
    package = tmp_path / "hydrogen"
    with pytest.raises(HostError, match="install Hydrogen anew"):
        packaged_folder(package)
    (package / "host_files").mkdir(parents=True)
    (package / "host_files" / "70-hydrogen.rules").write_text("")
    assert packaged_folder(package) == package / "host_files"
