"""Which addresses are called."""

from __future__ import annotations

import pytest

from hydrogen.auth.outgoing import is_fetchable


@pytest.mark.parametrize(
    "url", ["https://login.example/realm", "http://127.0.0.1:9000", "http://localhost/x", "http://[::1]/"]
)
def test_https_is_called_and_plain_text_on_this_machine(url: str) -> None:
    assert is_fetchable(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example",
        "file:///etc/passwd",
        "ftp://a",
        "https://",
        "",
        "https://u:p@login.example",
        "http://[",
        "//a",
    ],
)
def test_nothing_else_is(url: str) -> None:
    assert not is_fetchable(url)
