"""The outbox: a fact is kept until it was stored elsewhere."""

from __future__ import annotations

from pathlib import Path

from hydrogen.model.events import ErrorRaised, Event, JobFinished
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import ErrorReport
from hydrogen.spooler.outbox import Outbox


def finished(job: str) -> JobFinished:
    return JobFinished(
        at=1.0, printer="p", job=job, file="a.gcode", outcome=JobOutcome.COMPLETED, reason="", actor="ada"
    )


def complaint(text: str) -> ErrorRaised:
    return ErrorRaised(at=1.0, printer="p", error=ErrorReport(code="firmware_error", message=text))


def test_facts_are_kept_in_order_until_they_are_acknowledged(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "p.outbox", instance="i1")
    assert [outbox.keep(finished(f"j{n}")) for n in range(3)] == ["i1.1", "i1.2", "i1.3"]
    outbox.acknowledge("i1.2")
    outbox.acknowledge("i1.2")
    outbox.acknowledge("nobody.9")
    assert [fact_id for fact_id, _ in outbox.facts()] == ["i1.1", "i1.3"]
    assert outbox.finished_jobs() == {"j0", "j2"}


def test_next_spooler_finds_what_was_not_acknowledged(tmp_path: Path) -> None:
    first = Outbox(tmp_path / "p.outbox", instance="i1")
    first.keep(complaint("one"))
    first.keep(finished("j1"))
    first.acknowledge("i1.1")
    second = Outbox(tmp_path / "p.outbox", instance="i2")
    assert second.facts() == [("i1.2", finished("j1"))]
    assert second.keep(finished("j2")) == "i2.1"
    assert [fact_id for fact_id, _ in Outbox(tmp_path / "p.outbox", instance="i3").facts()] == ["i1.2", "i2.1"]


def test_file_is_empty_when_everything_is_acknowledged(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "p.outbox", instance="i1")
    outbox.acknowledge(outbox.keep(finished("j1")))
    assert (tmp_path / "p.outbox").read_bytes() == b""


def test_torn_and_foreign_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "p.outbox"
    Outbox(path, instance="i1").keep(finished("j1"))
    whole = path.read_bytes()
    path.write_bytes(
        b'{"id":"x.1","event":{"type":"from.the_future"}}\n{"id":"x.2","event":{"type":"job.finished"}}\n[1]\n'
        + whole
        + whole[: len(whole) // 2]
    )
    assert [fact_id for fact_id, _ in Outbox(path, instance="i2").facts()] == ["i1.1"]


def test_at_the_bound_the_oldest_fact_goes_but_a_terminal_event_last(tmp_path: Path) -> None:
    dropped: list[Event] = []
    outbox = Outbox(tmp_path / "p.outbox", instance="i1", capacity=3, on_overflow=dropped.append)
    outbox.keep(finished("j1"))
    for text in "abcd":
        outbox.keep(complaint(text))
    assert [event.error.message for event in dropped if isinstance(event, ErrorRaised)] == ["a", "b"]
    assert outbox.dropped == 2
    for job in ("j2", "j3", "j4"):
        outbox.keep(finished(job))
    assert outbox.finished_jobs() == {"j2", "j3", "j4"}
    assert len(Outbox(tmp_path / "p.outbox", instance="i2")) == 3


def test_file_stays_small_under_a_flood(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "p.outbox", instance="i1", capacity=10)
    for n in range(10_000):
        outbox.keep(complaint(f"{n} " + "x" * 500))
    assert (tmp_path / "p.outbox").stat().st_size <= 1 << 20
    assert len(Outbox(tmp_path / "p.outbox", instance="i2")) == 10


def test_disk_that_takes_nothing_costs_the_copy_and_not_the_fact(tmp_path: Path) -> None:
    problems: list[OSError] = []
    outbox = Outbox(tmp_path / "missing" / "p.outbox", instance="i1", on_disk_error=problems.append)
    outbox.keep(finished("j1"))
    assert len(outbox) == 1
    assert problems
