"""What A means, given the journal's records: the table."""

from __future__ import annotations

from itertools import count

import pytest

from hydrogen.gcode.link.resumption import JournalRecord, Numbering, RecordKind, resumption_of

LINE, OPENING, ANNOUNCEMENT = RecordKind.LINE, RecordKind.OPENING, RecordKind.ANNOUNCEMENT
Row = tuple[int, int, int, int, RecordKind]


def records(*rows: Row, first: int = 1) -> list[JournalRecord]:
    """Rows of epoch, number, offset, acknowledged, kind, in the order of time."""
    return [
        JournalRecord(epoch, number, offset, acknowledged, sequence, kind)
        for (epoch, number, offset, acknowledged, kind), sequence in zip(rows, count(first), strict=False)
    ]


OPENED: Row = (1, 5000, -1, 5000, OPENING)
PLACED: tuple[Row, ...] = (OPENED, (1, 5000, 0, 5000, LINE))
"""A stream begins: it stands at 0 behind the last line before it."""
JOB: tuple[Row, ...] = (
    *PLACED,
    (1, 5001, 20, 5000, LINE),
    (1, 5002, 40, 5001, LINE),
    (1, 5003, -1, 5001, LINE),  # a client's command
    (1, 5004, 60, 5002, LINE),
)
RENEWED: tuple[Row, ...] = (*JOB, (1, 5000, -1, 5004, ANNOUNCEMENT))
MARKED: tuple[Row, ...] = (*RENEWED, (1, 60_002, -1, 5004, ANNOUNCEMENT))
SECOND: tuple[Row, ...] = (*RENEWED, (2, 5000, -1, 5000, OPENING), (2, 5001, -1, 5000, LINE), (2, 5002, 80, 5000, LINE))
AGAIN: tuple[Row, ...] = (*JOB, (1, 5003, -1, 5002, LINE), (1, 5004, -1, 5002, LINE), (1, 5005, 60, 5003, LINE))
"""The same epoch went on behind 5002: 5003 and 5004 are now a barrier and a command, and the line is 5005."""
UNRELATED: tuple[Row, ...] = (*JOB, (2, 3000, -1, 3000, OPENING), (2, 3001, -1, 3000, LINE))


@pytest.mark.parametrize(
    ("rows", "accepted", "offset"),
    [
        pytest.param(JOB, 5001, None, id="below what is acknowledged"),
        pytest.param(JOB, 5002, 40, id="K"),
        pytest.param(JOB, 5003, 40, id="a command: the stream is where it was"),
        pytest.param(JOB, 5004, 60, id="S - 1"),
        pytest.param(JOB, 5005, None, id="never given"),
        pytest.param(JOB, 0, None, id="reset"),
        pytest.param(PLACED, 5000, 0, id="nothing was given"),
        pytest.param((*PLACED, (1, 5001, 20, 5000, LINE)), 5000, 0, id="the first line is lost"),
        pytest.param(RENEWED, 5004, 60, id="M110 is lost"),
        pytest.param(RENEWED, 5000, 60, id="M110 came through: everything ran"),
        pytest.param(RENEWED, 5003, None, id="everything had run, so it cannot be"),
        pytest.param(MARKED, 60_002, 60, id="a marker came through"),
        pytest.param(MARKED, 5000, 60, id="the first of two"),
        pytest.param(SECOND, 5000, 60, id="behind a new numbering's beginning"),
        pytest.param(SECOND, 5001, 60, id="a barrier behind it"),
        pytest.param(SECOND, 5002, 80, id="a line behind it"),
        pytest.param(SECOND, 5004, None, id="a number of the numbering before"),
        pytest.param(AGAIN, 5003, 40, id="the youngest record of a number wins"),
        pytest.param(AGAIN, 5005, 60, id="given again under another number"),
    ],
)
def test_what_the_printers_last_number_means(rows: tuple[Row, ...], accepted: int, offset: int | None) -> None:
    found = resumption_of(reversed(records(*rows)))
    assert found is not None
    assert found.numbering.knows(accepted) == (offset is not None)
    if offset is not None:
        assert found.offset(accepted, since=1) == offset


def test_numbering_that_nobody_announced_continues_nothing() -> None:
    found = resumption_of(records(*UNRELATED))
    assert found is not None
    assert found.numbering.knows(3001)
    assert found.offset(3001, since=1) is None


def test_empty_journal_tells_nothing() -> None:
    assert resumption_of([]) is None


def test_stream_offsets_of_an_earlier_job_are_not_this_ones() -> None:
    rows = (*JOB, (1, 5004, 500, 5004, LINE), (1, 5005, -1, 5004, LINE), (1, 5006, 533, 5004, LINE))
    found = resumption_of(records(*rows))
    assert found is not None
    assert found.offset(5004, since=7) == 500  # it began in the middle of its file
    assert found.offset(5005, since=7) == 500
    assert found.offset(5006, since=7) == 533
    assert found.offset(5003, since=7) == 500  # its first place was given behind a command that did not arrive


def test_what_the_ring_has_overwritten_is_not_guessed() -> None:
    rows: list[Row] = [(1, number, -1, number - 1, LINE) for number in range(6000, 6010)]
    found = resumption_of(records(*rows, first=900))
    assert found is not None
    assert found.offset(6009, since=10) is None
    assert found.numbering == Numbering(base=5999, acknowledged=6008, last_given=6009)


def test_meaning_is_the_same_once_the_link_has_gone_on() -> None:
    """The owner asks when he has a connection, and that has sent a barrier and more by then."""
    rows = (*JOB, (1, 5003, -1, 5002, LINE), (1, 5004, -1, 5003, LINE))
    found = resumption_of(records(*rows))
    assert found is not None
    assert found.offset(5002, since=1) == 40
    begun = (*RENEWED, (2, 5000, -1, 5000, OPENING), (2, 5001, -1, 5000, LINE))
    found = resumption_of(records(*begun))
    assert found is not None
    assert found.offset(5000, since=1) == 60


def test_numbering_is_new_only_where_an_announcement_came_through() -> None:
    numbering = Numbering(base=5000, acknowledged=5004, last_given=5004, announced=(5000, 60_002))
    assert numbering.is_new(5000)
    assert numbering.is_new(60_002)
    assert not numbering.is_new(5004)
    assert not numbering.is_new(1)


def test_announcement_that_was_overtaken_by_lines_counts_no_more() -> None:
    found = resumption_of(records(*RENEWED, (1, 5005, 70, 5004, LINE)))
    assert found is not None
    assert found.numbering == Numbering(base=5000, acknowledged=5004, last_given=5005)
