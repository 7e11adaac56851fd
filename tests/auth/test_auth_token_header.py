"""The head of a token, from anybody."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.auth.token_header import key_id_of
from hydrogen.errors import AuthFailed


def token(head: str) -> str:
    """A token with this head."""
    return base64.urlsafe_b64encode(head.encode()).decode().rstrip("=") + ".b.c"


def test_the_key_is_named_or_not() -> None:
    assert key_id_of(token('{"alg":"RS256","kid":"a"}')) == "a"
    assert key_id_of(token('{"alg":"RS256"}')) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "a.b",
        "a.b.c",
        "a.b.c.d",
        "..",
        token("[]"),
        token('{"kid":5}'),
        token('{"kid":["a"]}'),
        token("{"),
        token("[" * 1400),
        token("x" * 9000),
        "\udc80.b.c",
    ],
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(AuthFailed):
        key_id_of(text)


@given(st.text(max_size=200))
def test_nothing_else_is_ever_raised(text: str) -> None:
    try:
        key_id_of(text + ".b.c")
    except AuthFailed:
        return
