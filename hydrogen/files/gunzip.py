"""gzip taken apart while it arrives, within limits: a few kilobytes can claim to be a terabyte."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from hydrogen.errors import FileRejected

BLOCK_BYTES = 1 << 20
"""At most so much is unpacked at once."""

MOST_RATIO = 200
"""Output for each byte of input. G-code packs to a tenth."""

RATIO_FROM_BYTES = 16 << 20
"""Less than this is no danger, whatever its ratio."""

_GZIP = 16 + zlib.MAX_WBITS


def check_ratio(name: str, *, packed_bytes: int, unpacked_bytes: int) -> None:
    """Raises FileRejected for what becomes so much of so little that it cannot be G-code."""
    if unpacked_bytes > max(RATIO_FROM_BYTES, MOST_RATIO * packed_bytes):
        raise FileRejected(
            f"{name} unpacks to more than {MOST_RATIO} times its size: that is no G-code", file=name, reason="bomb"
        )


class Gunzip:
    """One stream of one or more members (RFC 1952 section 2.2); zeros may follow the last one."""

    def __init__(self, name: str) -> None:
        """name: for messages."""
        self._name = name
        self._member = zlib.decompressobj(_GZIP)
        self._has_begun = False
        self._taken = 0
        self._given = 0

    def feed(self, data: bytes | bytearray) -> Iterator[bytes]:
        """What these bytes unpack to, in blocks. Raises FileRejected (damaged, bomb)."""
        self._taken += len(data)
        while data:
            if self._member.eof:
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._member = zlib.decompressobj(_GZIP)
            try:
                block = self._member.decompress(data, BLOCK_BYTES)
            except zlib.error as error:
                raise self._damaged(str(error)) from None
            self._has_begun = True
            data = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            self._given += len(block)
            check_ratio(self._name, packed_bytes=self._taken, unpacked_bytes=self._given)
            if block:
                yield block

    def finish(self) -> None:
        """Nothing more comes. Raises FileRejected for a stream that is cut off."""
        if not self._has_begun or not self._member.eof:
            raise self._damaged("it ends too early")

    def _damaged(self, reason: str) -> FileRejected:
        return FileRejected(f"{self._name} is damaged gzip: {reason}", file=self._name, reason="damaged")
