"""The head of a signed token, read without believing it: which key is said to have signed it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from hydrogen.errors import AuthFailed, HydrogenError
from hydrogen.model.codec import decode_json

LONGEST_HEAD = 2048
"""Characters; a head holds an algorithm and the name of a key."""


def key_id_of(token: str) -> str | None:
    """The `kid` of a token's head; None if it names none. Raises AuthFailed for what is no signed token."""
    head, _, rest = token.partition(".")
    if rest.count(".") != 1 or len(head) > LONGEST_HEAD:
        raise AuthFailed("this is no token: a signed one has three parts")
    try:
        body = decode_json(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError, RecursionError, HydrogenError):
        raise AuthFailed("the head of this token cannot be read") from None
    key_id = body.get("kid") if isinstance(body, Mapping) else 0
    if key_id is not None and not isinstance(key_id, str):
        raise AuthFailed("the head of this token names its key wrongly")
    return key_id
