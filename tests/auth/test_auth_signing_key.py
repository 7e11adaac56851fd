"""A signing key from another process: good, bounded in time, and nothing of it left behind."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from hydrogen.auth.signature import signing_key
from hydrogen.auth.signing_key import RSA_BITS, new_signing_key, signing_key_made_apart
from hydrogen.errors import HostError
from tests.support.waiting import wait_until


def stand_in(folder: Path, script: str) -> str:
    """A program in the interpreter's place; writes its pid into `folder`/pid."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\necho $$ > {folder}/pid\n{script}\n")
    path.chmod(0o700)
    return str(path)


def test_a_key_made_here_is_an_rsa_key_of_the_promised_size() -> None:
    assert signing_key(new_signing_key()).raw_value.key_size == RSA_BITS


async def test_a_key_made_apart_is_another_one_every_time() -> None:
    made = await asyncio.gather(signing_key_made_apart(), signing_key_made_apart())
    assert {signing_key(pem).raw_value.key_size for pem in made} == {RSA_BITS}
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 3", "code 3"),
        ("echo no key", "code 0"),
        ("yes | head -c 100000", "not made"),
        ("exec sleep 60", "within"),
    ],
)
async def test_a_maker_that_fails_or_hangs_is_told_of_and_is_gone(tmp_path: Path, script: str, words: str) -> None:
    with pytest.raises(HostError, match=words):
        await signing_key_made_apart(python=stand_in(tmp_path, script), seconds=1.0 if "sleep" in script else 30.0)
    assert is_gone(tmp_path)


async def test_a_maker_that_does_not_exist_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="cannot be made"):
        await signing_key_made_apart(python=str(tmp_path / "nobody"))


async def test_a_maker_ends_with_who_waits_for_it(tmp_path: Path) -> None:
    waiting = asyncio.create_task(signing_key_made_apart(python=stand_in(tmp_path, "exec sleep 60")))
    await wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip())
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert is_gone(tmp_path)


def is_gone(folder: Path) -> bool:
    try:
        os.kill(int((folder / "pid").read_text()), 0)
    except ProcessLookupError:
        return True
    return False
