"""The sessions' files: for their owner, whole, and told by name when damaged."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hydrogen.auth.session_store import Revocations, SessionStore, SigningRecord, SigningRecords
from hydrogen.errors import FileUnreadable


def test_what_is_kept_is_read_again_and_is_for_its_owner_only(tmp_path: Path) -> None:
    store = SessionStore(tmp_path)
    signing = SigningRecords(keys=(SigningRecord(id="a", pem="PEM", made_at=1.5),), secret="ab" * 32)
    revoked = Revocations(sessions={"1.x": 5.0}, all_before_at=2.0)
    store.keep_signing(signing)
    store.keep_revocations(revoked)
    assert SessionStore(tmp_path).signing() == signing
    assert SessionStore(tmp_path).revocations() == revoked
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert "PEM" not in repr(signing) and "abab" not in repr(signing)


def test_without_files_there_is_a_secret_of_its_own_and_nothing_else(tmp_path: Path) -> None:
    first, second = SessionStore(tmp_path).signing(), SessionStore(tmp_path).signing()
    assert first.keys == () and len(first.secret) == 64 and first.secret != second.secret
    assert SessionStore(tmp_path).revocations() == Revocations()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"keys":[{"id":5}],"secret":"x"}', '{"keys":[],"secret":"xyz"}'])
def test_a_damaged_file_is_told_by_name(tmp_path: Path, content: str) -> None:
    (tmp_path / "session_keys.json").write_text(content)
    with pytest.raises(FileUnreadable, match="session_keys"):
        SessionStore(tmp_path).signing()


def test_only_what_can_be_read_and_makes_no_sense_is_put_aside(tmp_path: Path) -> None:
    store, path = SessionStore(tmp_path), tmp_path / "session_keys.json"
    assert store.put_damaged_signing_aside() is None
    store.keep_signing(SigningRecords(secret="ab" * 32))
    assert store.put_damaged_signing_aside() is None and path.exists()
    path.write_text("{")
    told = store.put_damaged_signing_aside()
    assert told is not None and told.details["aside"] == f"{path}.damaged"
    assert not path.exists()
    path.mkdir()
    assert store.put_damaged_signing_aside() is None and path.is_dir()
