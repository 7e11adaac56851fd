"""What lies on disk of a job is readable after any end, and never says more than was written."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from hydrogen.spooler.journal.cold_record import (
    FILE_BYTES,
    HEADER_BYTES,
    RING,
    encode_header,
    encode_record,
    header_places,
    read_header,
    read_records,
    record_place,
)
from tests.spooler.cold_images import damaged, header, image, put, record, torn

CUTS = 1000


def test_header_and_records_are_read_back() -> None:
    data = bytes(image(3))
    assert read_header(data) == (header(), 2)
    assert read_records(data, "j1") == [record(3), record(2), record(1)]


def test_ring_keeps_the_youngest_and_every_block_has_its_turn() -> None:
    data = bytes(image(3 * RING + 5))
    assert [one.sequence for one in read_records(data, "j1")] == list(range(3 * RING + 5, 2 * RING + 5, -1))
    places = {record_place(sequence) for sequence in range(RING)}
    assert len(places) == RING
    assert min(places) == HEADER_BYTES
    assert max(places) < header_places()[1] == FILE_BYTES - HEADER_BYTES
    assert all(abs(record_place(n) - record_place(n + 1)) >= 16_384 for n in range(RING))


def test_records_of_another_job_are_not_ours() -> None:
    data = image(2)
    put(data, encode_record(record(9, job="other")), record_place(9))
    assert [one.sequence for one in read_records(bytes(data), "j1")] == [2, 1]


@pytest.mark.parametrize("seed", range(10))
def test_power_cut_in_a_record_leaves_the_one_before(seed: int) -> None:
    """A tenth of 1,000 cuts each."""
    random = Random(seed)
    for _ in range(CUTS // 10):
        written = random.randrange(1, 2 * RING)
        before, block = image(written), encode_record(record(written + 1))
        youngest = read_records(bytes(torn(before, block, record_place(written + 1), random)), "j1")[0]
        assert youngest in (record(written), record(written + 1))


@pytest.mark.parametrize("seed", range(10))
def test_power_cut_in_the_header_leaves_one_that_was_meant(seed: int) -> None:
    random = Random(seed)
    for _ in range(CUTS // 10):
        closed = replace(header(), outcome="completed")
        copy = random.randrange(2)
        data = image(1)
        if copy:
            put(data, encode_header(closed, 3), header_places()[0])
        found = read_header(bytes(torn(data, encode_header(closed, 3 + copy), header_places()[copy], random)))
        assert found is not None
        assert found[0] in ((closed,) if copy else (header(), closed))


@pytest.mark.parametrize("seed", range(10))
def test_whatever_happens_to_the_file_it_is_read_and_never_tells_what_was_not_written(seed: int) -> None:
    random = Random(seed)
    for _ in range(CUTS // 10):
        written = random.randrange(2 * RING)
        data = torn(image(written), encode_record(record(written + 1)), record_place(written + 1), random)
        remains = damaged(data, random)
        head = read_header(remains)
        assert head is None or head[0] == header()
        for one in read_records(remains, "j1"):
            assert one == record(one.sequence)
            assert one.sequence <= written + 1


def test_state_that_does_not_fit_is_left_out() -> None:
    machine = record(1).machine
    assert machine is not None
    large = replace(record(1), machine=replace(machine, settings=tuple(f"M205 X{n}" * 9 for n in range(90))))
    data = image(0)
    put(data, encode_record(large), record_place(1))
    assert read_records(bytes(data), "j1") == [replace(large, machine=None)]


def test_longest_file_name_and_opening_fit_the_header() -> None:
    long = replace(header(), file="é" * 1024, opening=tuple("G1 X100.12345 Y100.12345 F3000" for _ in range(60)))
    data = image(0, long)
    assert read_header(bytes(data)) == (long, 2)
    with pytest.raises(ValueError, match="do not fit"):
        encode_header(replace(header(), file="é" * 5000), 1)
