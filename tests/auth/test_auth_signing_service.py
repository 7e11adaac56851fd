"""The first start leaves a signing key behind, whatever the former one was like, and tells what it found."""

from __future__ import annotations

import asyncio
import stat
import sys
from pathlib import Path

import pytest

from hydrogen.auth.session_store import SIGNING_FILE, SessionStore
from hydrogen.auth.sessions import SessionTokens
from hydrogen.auth.signing_service import SigningService
from hydrogen.core.clock import ManualClock
from tests.support.recording_log import RecordingLog


class Start:
    """One start of the service over one data folder."""

    def __init__(self, folder: Path) -> None:
        self.told: list[BaseException] = []
        self.log = RecordingLog()
        self.sessions = SessionTokens(SessionStore(folder), clock=ManualClock())
        self.service = SigningService(
            self.sessions, report=lambda _name, error: self.told.append(error), log=self.log, settling_seconds=0.0
        )


async def test_the_first_start_makes_a_key_for_its_owner_only_and_the_second_keeps_it(tmp_path: Path) -> None:
    first, second = Start(tmp_path), Start(tmp_path)
    await first.service.run()
    assert first.log.events() == ["session keys made"]
    path = tmp_path / SIGNING_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    await second.service.run()
    assert path.read_bytes() == before
    assert not second.log.events() and not first.told and not second.told
    assert len(SessionStore(tmp_path).signing().keys) == 1


@pytest.mark.parametrize("content", ["", "{", '{"keys":[],"secret":"xyz"}'])
async def test_damaged_keys_are_told_of_put_aside_and_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / SIGNING_FILE).write_text(content)
    start = Start(tmp_path)
    await start.service.run()
    assert len(SessionStore(tmp_path).signing().keys) == 1
    assert (tmp_path / f"{SIGNING_FILE}.damaged").read_text() == content
    assert "damaged" in str(start.told[0]) and len(start.told) == 1
    assert start.log.events("error") == ["session keys not in order"]


async def test_keys_that_cannot_be_read_or_kept_are_told_of_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / SIGNING_FILE).mkdir()
    start = Start(tmp_path)
    await start.service.run()
    assert "cannot be read" in str(start.told[0])
    assert (tmp_path / SIGNING_FILE).is_dir()


async def test_nothing_of_a_signing_library_is_loaded_on_the_way(tmp_path: Path) -> None:
    """In an interpreter of its own: here others may have loaded it."""
    script = (
        "import asyncio, sys; from pathlib import Path;"
        "from hydrogen.auth.session_store import SessionStore; from hydrogen.auth.sessions import SessionTokens;"
        "from hydrogen.core.clock import SystemClock;"
        f"print(asyncio.run(SessionTokens(SessionStore(Path({str(tmp_path)!r})), clock=SystemClock()).prepare()),"
        "[name for name in ('joserfc', 'cryptography') if name in sys.modules])"
    )
    assert await _said(sys.executable, "-c", script) == "True []"


async def _said(*command: str) -> str:
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await child.communicate()
    return said.decode().strip()
