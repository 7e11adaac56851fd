r"""The lines of a job's file as its readers count them: `\n`, `\r\n` and a lone `\r` all end one."""

from __future__ import annotations

import re

_raw_lines = re.compile(rb"[^\n\r]*(?:\r\n|\n|\r)|[^\n\r]+\Z").findall


def raw_lines(data: bytes) -> list[bytes]:
    """The lines in `data`, each with its end."""
    return _raw_lines(data)


def line_ends(data: bytes) -> int:
    r"""How many lines end in `data`, which is not cut between a `\r` and its `\n`."""
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
