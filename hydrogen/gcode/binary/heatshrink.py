"""heatshrink, the compression of binary G-code, taken apart.

A stream of bits, the highest of a byte first. `1` and eight bits: that byte. `0`, a distance less one and a count less one, in
as many bits as window and lookahead have: so many bytes again, from so far back; before the first byte, a window of zeros is
there to be referred to. What follows the last byte is filled up.

Source: the format is described in the README of heatshrink (github.com/atomicobject/heatshrink).
"""

from __future__ import annotations

from struct import Struct

WORD_BITS = 64
"""That are looked at in one go: several tokens, of at most 17 bits each."""

_word_at = Struct(">Q").unpack_from
_FIRST_BIT = 1 << WORD_BITS - 1


class Damaged(ValueError):
    """Not what an encoder writes."""


def unshrunk(data: bytes, size: int, *, window_bits: int, lookahead_bits: int = 4) -> bytes:
    """The `size` bytes that `data` stands for; memory: those, and the data twice. Raises Damaged when it does not hold them."""
    before = 1 << window_bits
    out = bytearray(before)
    append = out.append
    padded = data + bytes(8)
    end = len(data) * 8
    token_bits = 1 + window_bits + lookahead_bits
    distance_shift = WORD_BITS - 1 - window_bits
    count_shift = WORD_BITS - token_bits
    distance_mask, count_mask = (1 << window_bits) - 1, (1 << lookahead_bits) - 1
    length, full, position = before, before + size, 0
    while length < full:
        if position >= end:
            raise Damaged("it ends too early")
        skipped = position & 7
        word = _word_at(padded, position >> 3)[0] << skipped
        left = WORD_BITS - skipped - token_bits  # as long as it is not below 0, a whole token is in the word
        while left >= 0 and length < full:
            if word & _FIRST_BIT:
                append(word >> WORD_BITS - 9 & 0xFF)
                word, left, position, length = word << 9, left - 9, position + 9, length + 1
                continue
            distance = (word >> distance_shift & distance_mask) + 1
            count = (word >> count_shift & count_mask) + 1
            word, left, position = word << token_bits, left - token_bits, position + token_bits
            start = length - distance
            if count <= distance:
                out += out[start : start + count]
            else:
                piece = bytes(out[start:])
                out += (piece * (count // distance + 1))[:count]
            length += count
    if position > end:
        raise Damaged("it ends too early")
    if length != full:
        raise Damaged("it holds more than it says")
    return bytes(out[before:])
