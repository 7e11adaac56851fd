"""`hydrogen keys pending|approve|deny`, and what the app at the other end gets."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import main
from tests.roof.house_in_process import KEY, house_in_process


async def test_an_app_waits_until_the_command_line_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", KEY)
    async with house_in_process(tmp_path) as house:
        url = house.find_address().url
        desk = house.hydrogen.app_keys

        async def keys(*words: str) -> int:
            return await asyncio.to_thread(main, ["keys", *words, "--url", url])

        assert await keys("pending") == ExitCode.DONE
        assert "no app waits" in capsys.readouterr().out
        request, token = desk.book.ask("Cura\x1b[2J", user="bob", address="192.0.2.7")
        other, other_token = desk.book.ask("Stranger")
        assert await keys("pending") == ExitCode.DONE
        told = capsys.readouterr().out
        assert request.id in told and "for bob" in told and "\x1b" not in told and token not in told
        assert await keys("approve", request.id, "--scopes", "read,print") == ExitCode.DONE
        assert "print,read" in capsys.readouterr().out
        assert await keys("deny", other.id) == ExitCode.DONE
        assert await keys("approve", other.id) == ExitCode.USAGE
        assert await desk.collect(other_token) is None
        key = await desk.collect(token)
        assert key is not None
        monkeypatch.setenv("HYDROGEN_API_KEY", key)
        assert await asyncio.to_thread(main, ["files", "--url", url]) == ExitCode.DONE  # it opens at once
