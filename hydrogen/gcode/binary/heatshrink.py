"""heatshrink, the compression of binary G-code, taken apart.

A stream of bits, the highest of a byte first. `1` and eight bits: that byte. `0`, a distance less one and a count less one, in
as many bits as window and lookahead have: so many bytes again, from so far back; before the first byte, a window of zeros is
there to be referred to. What follows the last byte is filled up.

Source: the format is described in the README of heatshrink (github.com/atomicobject/heatshrink).
"""

from __future__ import annotations


class Damaged(ValueError):
    """Not what an encoder writes."""


def unshrunk(data: bytes, size: int, *, window_bits: int, lookahead_bits: int = 4) -> bytes:
    """The `size` bytes that `data` stands for; memory: those, and the data twice. Raises Damaged when it does not hold them."""
    before = 1 << window_bits
    out = bytearray(before)
    padded = data + bytes(4)
    end = len(data) * 8
    position = 0
    token_bits = 1 + window_bits + lookahead_bits
    distance_shift = 32 - 1 - window_bits
    count_shift = 32 - token_bits
    distance_mask, count_mask = (1 << window_bits) - 1, (1 << lookahead_bits) - 1
    length = 0
    while length < size:
        byte = position >> 3
        word = padded[byte] << 24 | padded[byte + 1] << 16 | padded[byte + 2] << 8 | padded[byte + 3]
        word = word << (position & 7) & 0xFFFFFFFF
        if word & 0x80000000:
            position += 9
            if position > end:
                raise Damaged("it ends too early")
            out.append(word >> 23 & 0xFF)
            length += 1
            continue
        position += token_bits
        if position > end:
            raise Damaged("it ends too early")
        distance = (word >> distance_shift & distance_mask) + 1
        count = (word >> count_shift & count_mask) + 1
        start = before + length - distance
        if count <= distance:
            out += out[start : start + count]
        else:
            piece = bytes(out[start:])
            out += (piece * (count // distance + 1))[:count]
        length += count
    if length != size:
        raise Damaged("it holds more than it says")
    return bytes(out[before:])
