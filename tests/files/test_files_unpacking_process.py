"""The process that unpacks, as it is run."""

from __future__ import annotations

import io
import os

import pytest

from hydrogen.files import unpacking_process
from tests.gcode.binary.encoder import sample


class Stream:
    def __init__(self, content: bytes = b"") -> None:
        self.buffer = io.BytesIO(content)


def run(content: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bytes]:
    out = Stream()
    monkeypatch.setattr(os, "nice", lambda step: step)
    monkeypatch.setattr(unpacking_process.sys, "stdin", Stream(content))
    monkeypatch.setattr(unpacking_process.sys, "stdout", out)
    return unpacking_process.main(), out.buffer.getvalue()


def test_text_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = run(sample()[0], monkeypatch)
    assert code == 0 and b"G1 X10.5 Y20.25 E.5 F1800\n" in text


def test_a_damaged_file_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(b"G28\n", monkeypatch)[0] == unpacking_process.DAMAGED
    assert capsys.readouterr().err == "it does not begin like binary G-code\n"
