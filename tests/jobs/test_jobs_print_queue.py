"""The queue at work: over a real database, against printers that outlive it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from hydrogen.core.clock import SystemClock
from hydrogen.errors import Conflict, DiskFull, FileRejected, HydrogenError, NotFound, SpoolerLost
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.queue_rows import QueueChanges
from hydrogen.jobs.store import JobStore
from hydrogen.model.backlog import BedState, EntryState
from hydrogen.model.events import JobFinished, JobPaused, JobResumed, JobStarted, PrinterBedChanged, QueueChanged
from hydrogen.model.job import JobOutcome
from hydrogen.spooler.request import RecoverJob, StartJob
from tests.jobs.desk_bench import QueueBench, ScriptedPrinters
from tests.support.waiting import wait_until


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[QueueBench]:
    made = QueueBench(tmp_path / "hydrogen.db", ScriptedPrinters("p"))
    await made.begin()
    yield made
    await made.end()
    assert made.printers.breaches == []


def states(bench: QueueBench) -> list[EntryState]:
    return [entry.state for entry in bench.book.entries]


async def test_an_entry_waits_for_a_cleared_bed_and_then_prints(bench: QueueBench) -> None:
    entry = await bench.queue.add("a.gcode", actor="anna")
    assert bench.printers.starts == []
    await bench.clear("p")
    await bench.until_starts(1)
    [(printer, request)] = bench.printers.starts
    assert (printer, request.file, request.actor) == ("p", "a.gcode", "anna")
    await wait_until(lambda: states(bench) == [EntryState.PRINTING])
    assert bench.book.entry(entry.id).job == request.job
    bench.printers.finish("p")
    await wait_until(lambda: bench.book.entries == ())
    assert bench.book.desk("p").bed is BedState.OCCUPIED


async def test_the_next_one_waits_until_the_bed_is_cleared_again(bench: QueueBench) -> None:
    await bench.queue.add("a.gcode", copies=2)
    await bench.clear("p")
    await bench.until_starts(1)
    bench.printers.finish("p")
    await wait_until(lambda: states(bench) == [EntryState.QUEUED])
    assert len(bench.printers.starts) == 1
    await bench.clear("p")
    await bench.until_starts(2)
    assert bench.printers.starts[0][1].job != bench.printers.starts[1][1].job


async def test_the_id_is_on_the_disk_before_the_job_is_sent(bench: QueueBench) -> None:
    seen: list[QueueBook] = []
    ask = bench.printers.request

    async def looked_up(printer: str, request: StartJob) -> object:
        seen.append(await bench.store.load_queue())
        return await ask(printer, request)

    bench.printers.request = looked_up  # type: ignore[method-assign, assignment]
    await bench.queue.add("a.gcode")
    await bench.clear("p")
    await bench.until_starts(1)
    assert seen[0].entries[0].job == bench.printers.starts[0][1].job
    assert seen[0].desk("p").bed is BedState.OCCUPIED


async def test_a_file_that_is_not_there_is_not_queued(bench: QueueBench) -> None:
    with pytest.raises(NotFound):
        await bench.queue.add("none.gcode")
    assert bench.book.entries == ()


async def test_a_file_that_is_refused_fails_holds_the_queue_and_leaves_the_bed_clear(bench: QueueBench) -> None:
    bench.printers.answers["p"] = FileRejected("line 7 is too long")
    await bench.queue.add("a.gcode")
    await bench.queue.add("b.gcode")
    await bench.clear("p")
    await wait_until(lambda: "line 7" in bench.book.desk("p").held)
    assert bench.book.desk("p").bed is BedState.CLEAR
    assert [past["state"] for past in await bench.queue.past_entries(5)] == ["failed"]
    await bench.queue.change(lambda book: book.release("p"), actor="anna")
    await bench.until_starts(1)
    assert bench.printers.starts[0][1].file == "b.gcode"


async def test_a_printer_that_is_free_and_refuses_is_not_asked_again_and_again(bench: QueueBench) -> None:
    bench.printers.answers["p"] = Conflict("the job was cancelled while its file was checked")
    await bench.queue.add("a.gcode")
    await bench.clear("p")
    await wait_until(lambda: "cancelled" in bench.book.desk("p").held)
    assert states(bench) == [EntryState.QUEUED]
    assert bench.book.desk("p").bed is BedState.CLEAR


@pytest.mark.parametrize(("answer", "starts"), [("lost", 1), ("deaf", 0)])
async def test_an_answer_that_is_lost_neither_doubles_a_job_nor_loses_it(
    bench: QueueBench, answer: str, starts: int
) -> None:
    bench.printers.answers["p"] = answer
    entry = await bench.queue.add("a.gcode")
    await bench.clear("p")
    state, bed = (EntryState.PRINTING, BedState.OCCUPIED) if starts else (EntryState.QUEUED, BedState.UNKNOWN)
    await wait_until(lambda: (bench.book.entry(entry.id).state, bench.book.desk("p").bed) == (state, bed))
    assert len(bench.printers.starts) == starts


async def test_a_job_that_fails_holds_the_queue_until_it_is_released(bench: QueueBench) -> None:
    await bench.queue.add("a.gcode")
    await bench.queue.add("b.gcode")
    await bench.clear("p")
    await bench.until_starts(1)
    bench.printers.finish("p", JobOutcome.FAILED, "link_lost")
    await wait_until(lambda: bench.book.desk("p").held != "")
    await bench.clear("p")
    assert len(bench.printers.starts) == 1
    await bench.queue.change(lambda book: book.release("p"), actor="anna")
    await bench.until_starts(2)


async def test_a_start_by_hand_is_a_word_about_the_bed_and_takes_it(bench: QueueBench) -> None:
    request = StartJob(job="j1", path="/files/a.gcode", file="a.gcode", actor="anna")
    result = await bench.queue.start_now("p", request)
    assert result["job"] == "j1"
    assert bench.book.desk("p").bed is BedState.OCCUPIED
    with pytest.raises(Conflict, match="under way"):
        await bench.clear("p")
    bench.printers.finish("p")
    await wait_until(lambda: not bench.book.desk("p").is_busy)
    await bench.clear("p")


async def test_a_start_by_hand_that_is_refused_changes_nothing(bench: QueueBench) -> None:
    await bench.clear("p")
    bench.printers.said_clear.clear()
    bench.printers.answers["p"] = FileRejected("empty")
    with pytest.raises(FileRejected):
        await bench.queue.start_now("p", StartJob(job="j1", path="/x", file="a.gcode"))
    assert bench.book.desk("p").bed is BedState.CLEAR


async def test_a_job_that_is_taken_up_again_has_its_bed_before_it_is_sent(bench: QueueBench) -> None:
    await bench.queue.add("a.gcode")
    bench.printers.answers["p"] = Conflict("the plan changed")
    request = RecoverJob(job="j0", new_job="j1", plan_digest="d")
    with pytest.raises(Conflict):
        await bench.queue.recover_now("p", request)
    assert (bench.book.desk("p").bed, bench.book.desk("p").job) == (BedState.UNKNOWN, None)
    bench.printers.answers["p"] = "deaf"  # it may run, or not
    with pytest.raises(SpoolerLost):
        await bench.queue.recover_now("p", request)
    desk = bench.book.desk("p")
    assert (desk.bed, desk.job, desk.is_busy) == (BedState.OCCUPIED, "j1", True)
    assert bench.printers.starts == []


async def test_pause_and_resume_show_in_the_entry(bench: QueueBench) -> None:
    await bench.queue.add("a.gcode")
    await bench.clear("p")
    await wait_until(lambda: states(bench) == [EntryState.PRINTING])
    job = bench.printers.starts[0][1].job
    bench.printers.tell(JobPaused(at=2.0, printer="p", job=job))
    await wait_until(lambda: states(bench) == [EntryState.PAUSED])
    bench.printers.tell(JobResumed(at=3.0, printer="p", job=job))
    await wait_until(lambda: states(bench) == [EntryState.PRINTING])


async def test_every_change_is_told_with_the_whole_entry_and_the_queue_in_short(bench: QueueBench) -> None:
    first = await bench.queue.add("a.gcode", actor="anna")
    second = await bench.queue.add("b.gcode")
    await bench.queue.change(lambda book: book.move(second.id, position=0), actor="bert")
    await bench.queue.change(lambda book: book.remove(first.id), actor="bert")
    await bench.queue.change(lambda book: book.hold("p", "lunch"), actor="bert")
    await bench.clear("p")
    told = [event for event in bench.events if isinstance(event, QueueChanged)][1:]
    assert [(e.entry.id if e.entry else None, e.removed, e.actor) for e in told] == [
        (first.id, None, "anna"),
        (second.id, None, ""),
        (second.id, None, "bert"),
        (None, first.id, "bert"),
        (None, None, "bert"),
    ]
    assert told[2].queue.next == (second.id, first.id)
    assert bench.context.state.queue == told[-1].queue
    assert told[-1].queue.held == {"p": "lunch"}
    beds = [event for event in bench.events if isinstance(event, PrinterBedChanged)]
    assert [(bed.bed, bed.actor) for bed in beds] == [(BedState.CLEAR, "anna")]
    assert bench.context.state.printers["p"].bed is BedState.CLEAR


async def test_a_life_whose_clock_is_behind_gives_ids_that_sort_behind_the_last_ones(tmp_path: Path) -> None:
    """The history, its pages and the receipts that are kept go by ids: a Raspberry Pi has no clock of its own."""
    ids = []
    for wall in (2_000_000_000.0, 5.0):
        bench = QueueBench(tmp_path / "hydrogen.db", ScriptedPrinters("p"), wall=wall)
        await bench.begin()
        ids += [(await bench.queue.add(f"{name}.gcode")).id for name in "ab"]
        await bench.end()
    assert ids == sorted(set(ids))


async def test_two_printers_share_the_entries_for_any(tmp_path: Path) -> None:
    bench = QueueBench(tmp_path / "hydrogen.db", ScriptedPrinters("p", "q"))
    await bench.begin()
    await bench.queue.add("a.gcode")
    await bench.queue.add("b.gcode", printer="q")
    await bench.queue.add("c.gcode")
    await bench.clear("q")
    await bench.clear("p")
    await bench.until_starts(2)
    assert {printer: request.file for printer, request in bench.printers.starts} == {"q": "a.gcode", "p": "c.gcode"}
    await bench.end()


async def test_a_full_disk_starts_nothing_and_is_waited_for(bench: QueueBench, monkeypatch: pytest.MonkeyPatch) -> None:
    save = bench.store.save_queue

    async def full(changes: QueueChanges) -> None:
        raise DiskFull("no space left")

    monkeypatch.setattr(bench.store, "save_queue", full)
    with pytest.raises(DiskFull):
        await bench.queue.add("a.gcode")
    bench.printers.tell(JobStarted(at=1.0, printer="p", job="j9", file="x", lines_total=1, bytes_total=1))
    await wait_until(lambda: any(isinstance(error, DiskFull) for error in bench.troubles))
    monkeypatch.setattr(bench.store, "save_queue", save)
    await bench.until_bed("p", BedState.OCCUPIED)


# ------------------------------------------------------------------------------------------------------ crashes


async def test_a_print_goes_on_over_the_death_of_the_service(bench: QueueBench) -> None:
    await bench.queue.add("a.gcode")
    await bench.clear("p")
    await wait_until(lambda: states(bench) == [EntryState.PRINTING])
    await bench.crash()
    await bench.begin()
    assert states(bench) == [EntryState.PRINTING]
    bench.printers.finish("p")
    await wait_until(lambda: bench.book.entries == ())
    assert len(bench.printers.starts) == 1


async def test_an_end_that_came_while_nobody_listened_is_heard_later(bench: QueueBench) -> None:
    await bench.queue.add("a.gcode", copies=2)
    await bench.clear("p")
    await wait_until(lambda: states(bench) == [EntryState.PRINTING])
    await bench.crash()
    bench.printers.finish("p")
    await bench.begin()
    await wait_until(lambda: states(bench) == [EntryState.QUEUED])
    assert bench.book.entries[0].copies_done == 1


async def test_an_end_that_is_in_the_record_only_is_found_there(bench: QueueBench) -> None:
    await bench.queue.add("a.gcode")
    await bench.clear("p")
    await wait_until(lambda: states(bench) == [EntryState.PRINTING])
    await bench.crash()
    bench.printers.finish("p")
    (finished,) = [event for event in bench.printers.kept if isinstance(event, JobFinished)]
    bench.printers.kept.clear()
    store = JobStore(bench.path, SystemClock())
    await store.start()
    await store.record_fact(finished, "i.1")
    await bench.begin(store)
    await wait_until(lambda: bench.book.entries == ())
    assert [past["state"] for past in await bench.queue.past_entries(5)] == ["completed"]


async def test_a_job_that_vanished_without_a_word_is_interrupted(bench: QueueBench) -> None:
    await bench.queue.add("a.gcode")
    await bench.clear("p")
    await wait_until(lambda: states(bench) == [EntryState.PRINTING])
    await bench.crash()
    bench.printers.finish("p")
    bench.printers.kept.clear()
    await bench.begin()
    await wait_until(lambda: bench.book.entries == ())
    assert [past["state"] for past in await bench.queue.past_entries(5)] == ["interrupted"]
    assert bench.book.desk("p").bed is BedState.UNKNOWN


async def test_an_older_copy_of_the_record_starts_nothing_by_itself(bench: QueueBench) -> None:
    await bench.clear("p")
    await bench.queue.change(lambda book: book.hold("p", "for the test"), actor="anna")
    await bench.queue.add("a.gcode")
    await bench.store._database.make_copy()
    await bench.crash()
    bench.path.write_bytes(b"not a database any more" * 100)
    await bench.begin()
    assert [entry.file for entry in bench.book.entries] == ["a.gcode"]
    assert bench.book.desk("p").bed is BedState.UNKNOWN
    assert "older copy" in bench.book.desk("p").held


class MortalStore(JobStore):
    """Dies at the n-th writing of the queue: before it reaches the disk, or behind."""

    def __init__(self, path: Path, *, at: int, is_written: bool) -> None:
        super().__init__(path, SystemClock())
        self.left = at
        self.is_written = is_written
        self.is_dead = asyncio.Event()

    async def save_queue(self, changes: QueueChanges) -> None:
        self.left -= 1
        if self.left < 0:
            if self.left == -1 and self.is_written:
                await super().save_queue(changes)
            self.is_dead.set()
            await asyncio.Event().wait()
        await super().save_queue(changes)


@pytest.mark.parametrize("is_written", [False, True])
@pytest.mark.parametrize("at", range(7))
async def test_a_crash_at_any_step_loses_doubles_and_starts_nothing_unasked(
    tmp_path: Path, at: int, is_written: bool
) -> None:
    """Two copies, two people's words; the service dies once, at each step in turn, on either side of the disk."""
    printers = ScriptedPrinters("p")
    bench = QueueBench(tmp_path / "hydrogen.db", printers)
    store = MortalStore(bench.path, at=at, is_written=is_written)
    await bench.begin(store)
    work = asyncio.create_task(_two_copies(bench))
    dying = asyncio.create_task(store.is_dead.wait())
    await asyncio.wait({work, dying}, return_when=asyncio.FIRST_COMPLETED)
    if store.is_dead.is_set():
        work.cancel()
        await asyncio.wait({work})
        for task in tuple(bench.queue._books._writing):
            task.cancel()
        await bench.crash()
        await bench.begin()
        await _two_copies(bench)
    dying.cancel()
    assert printers.breaches == []
    assert len(printers.starts) == 2, "neither lost nor doubled"
    assert [past["copies_done"] for past in await bench.queue.past_entries(5)] == [2]
    await bench.end()


async def _two_copies(bench: QueueBench) -> None:
    """A patient person: adds the entry if it is not there, clears the bed whenever that may be, lets prints end."""
    past = await bench.queue.past_entries(1)
    if not bench.book.entries and not past:
        await bench.queue.add("a.gcode", copies=2)
    while bench.book.entries:
        await asyncio.sleep(0.002)
        desk = bench.book.desk("p")
        if bench.printers.states["p"].job is not None:
            bench.printers.finish("p")
        elif desk.held:
            await bench.queue.change(lambda book: book.release("p"), actor="anna")
        elif not desk.is_busy and desk.bed is not BedState.CLEAR:
            with suppress(Conflict):
                await bench.clear("p")


@pytest.mark.parametrize("seed", range(12))
async def test_whatever_people_printers_and_crashes_do_nothing_starts_onto_a_full_bed(
    tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    printers = ScriptedPrinters("p", "q")
    bench = QueueBench(tmp_path / "hydrogen.db", printers, settle_seconds=0.01)
    await bench.begin()
    for _ in range(40):
        await _something(bench, random)
        await asyncio.sleep(random.choice([0, 0, 0.003]))
    await bench.end()
    assert printers.breaches == []
    assert bench.troubles == []
    jobs = [request.job for _, request in printers.starts]
    assert len(jobs) == len(set(jobs)), "no job twice"


async def _something(bench: QueueBench, random: Random) -> None:
    printers, name = bench.printers, random.choice(bench.printers.names)
    with suppress(HydrogenError):
        match random.randrange(10):
            case 0 | 1:
                await bench.queue.add("a.gcode", copies=random.randint(1, 2), priority=random.randint(0, 1))
            case 2 | 3 | 4:
                await bench.clear(name)
                if random.random() < 0.5:  # a double click: the second one is not a person's word about the bed
                    await bench.queue.change(lambda book: book.clear_bed(name, book.desk(name).job), actor="anna")
            case 5 | 6 if printers.states[name].job is not None:
                outcome = random.choice(list(JobOutcome))
                printers.finish(name, outcome)
                await bench.queue.change(lambda book: book.release(name), actor="anna")
            case 7:
                printers.answers[name] = random.choice(["lost", "deaf", FileRejected("bad"), SpoolerLost("gone")])
            case 8:
                await bench.crash()
                await bench.begin()
            case 9:
                request = StartJob(job=f"hand{random.getrandbits(60):x}", path="/x", file="h.gcode")
                await bench.queue.start_now(name, request)
            case _:
                pass


async def test_a_start_by_hand_that_comes_again_leaves_the_desk_as_it_was(bench: QueueBench) -> None:
    """The spooler answers a repeat with the first result, whatever has become of that job meanwhile."""
    first = StartJob(job="j1", path="/files/a.gcode", file="a.gcode", idempotency_key="k" * 16)
    await bench.queue.start_now("p", first)

    async def repeated(printer: str, request: StartJob) -> dict[str, object]:
        return {"job": "j1", "lines_total": 10}

    ask, bench.printers.request = bench.printers.request, repeated  # type: ignore[method-assign, assignment]
    assert (await bench.queue.start_now("p", replace(first, job="j2")))["job"] == "j1"
    assert (bench.book.desk("p").job, bench.book.desk("p").is_busy) == ("j1", True)
    bench.printers.finish("p")
    await wait_until(lambda: not bench.book.desk("p").is_busy)
    await bench.clear("p")
    assert (await bench.queue.start_now("p", replace(first, job="j3")))["job"] == "j1"
    desk = bench.book.desk("p")
    assert (desk.job, desk.is_busy, desk.bed) == ("j1", False, BedState.CLEAR)
    bench.printers.request = ask  # type: ignore[method-assign]
