from __future__ import annotations

from hydrogen.model.codec import plain_event
from hydrogen.model.events import TerminalLineReported
from hydrogen.spooler.terminal import BATCH_LINES, WAITING_LINES, TerminalTap
from hydrogen.spooler.wire.frame import encode_frame
from tests.support.waiting import wait_until


async def test_lines_come_in_bounded_batches_that_fit_a_frame() -> None:
    batches: list[tuple[str, ...]] = []
    tap = TerminalTap(batches.append)
    for _ in range(WAITING_LINES + 5):
        tap.add("\x01é" * 5000)
    await wait_until(lambda: batches)
    assert sum(map(len, batches)) == WAITING_LINES + 1
    assert batches[-1][-1] == "... 5 lines left out"
    for lines in batches:
        event = TerminalLineReported(at=1.0, printer="p", lines=lines)
        assert encode_frame("event", {"event": plain_event(event), "fact": None})


async def test_many_short_lines_come_by_the_hundred() -> None:
    batches: list[tuple[str, ...]] = []
    tap = TerminalTap(batches.append)
    for _ in range(BATCH_LINES * 2 + 1):
        tap.add("< ok")
    await wait_until(lambda: batches)
    assert [len(batch) for batch in batches] == [BATCH_LINES, BATCH_LINES, 1]


async def test_next_lines_make_the_next_batch_and_close_forgets() -> None:
    batches: list[tuple[str, ...]] = []
    tap = TerminalTap(batches.append)
    tap.add("> M105")
    await wait_until(lambda: batches)
    tap.add("< ok")
    await wait_until(lambda: len(batches) == 2)
    tap.add("< late")
    tap.close()
    tap.close()
    assert batches == [("> M105",), ("< ok",)]
