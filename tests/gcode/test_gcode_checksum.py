from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.checksum import checksum, numbered


def checksum_by_hand(body: bytes) -> int:
    total = 0
    for byte in body:
        total ^= byte
    return total


@given(st.binary(max_size=300))
def test_checksum_is_the_exclusive_or_of_all_bytes(body: bytes) -> None:
    assert checksum(body) == checksum_by_hand(body)


def test_nothing_has_checksum_zero() -> None:
    assert checksum(b"") == 0


def test_numbered_lines_are_those_a_real_marlin_accepted() -> None:
    # marlin.md and link.md: lines that were sent to the firmware and executed.
    assert numbered(3, b"G90") == b"N3 G90*19\n"
    assert numbered(4, b"M114") == b"N4 M114*35\n"
    assert numbered(1, b"M105") == b"N1 M105*38\n"
    assert numbered(0, b"M110") == b"N0 M110*35\n"
    assert numbered(100, b"M110 N500") == b"N100 M110 N500*121\n"
    assert numbered(9_999_999, b"M105") == b"N9999999 M105*46\n"


@given(st.integers(0, 9_999_999), st.binary(min_size=1, max_size=82).filter(lambda body: b"\n" not in body))
def test_a_firmware_reads_number_and_body_back_from_a_numbered_line(number: int, body: bytes) -> None:
    line = numbered(number, body)
    summed, _, given_sum = line.removesuffix(b"\n").rpartition(b"*")
    assert int(given_sum) == checksum_by_hand(summed)
    head, _, rest = summed.partition(b" ")
    assert (int(head.removeprefix(b"N")), rest) == (number, body)
    assert len(line) - 1 <= 95
