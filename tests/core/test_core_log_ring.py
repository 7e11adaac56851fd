"""The last lines of the log: bounded, chosen, and never with a secret."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.core.clock import ManualClock
from hydrogen.core.log_ring import LogRing, LogWish
from hydrogen.core.structured_log import MASK, configure_log
from hydrogen.model.codec import encode_json
from tests.support.property_settings import REPEATABLE

SECRET = "sesame-4711-open"
EVERYTHING = LogWish()


@pytest.fixture(autouse=True)
def _standard_logging_as_it_was() -> Iterator[None]:
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers


def ring(**bounds: int) -> LogRing:
    return LogRing(ManualClock(), **bounds)


def events(kept: LogRing, wish: LogWish = EVERYTHING, limit: int = 100) -> list[str]:
    return [line.event for line in kept.lines(wish, limit=limit)]


def test_the_oldest_lines_go_first() -> None:
    kept = ring(lines=3)
    for number in range(5):
        kept.add("info", f"line {number}", {})
    assert events(kept) == ["line 2", "line 3", "line 4"]
    assert kept.number == 5
    assert events(kept, limit=2) == ["line 3", "line 4"]


def test_lines_are_bounded_in_bytes_and_the_last_one_stays() -> None:
    kept = ring(size_bytes=2_000)
    for number in range(50):
        kept.add("info", "said", {"number": number, "text": "x" * 100})
    total = sum(len(encode_json(line.as_plain())) for line in kept.lines(LogWish(), limit=100))
    assert 0 < total <= 2_000
    kept.add("info", "huge", {"text": "x" * 9_000})
    assert events(kept) == ["huge"]


def test_lines_are_chosen_by_level_part_printer_and_time() -> None:
    clock = ManualClock(wall=1000.0)
    kept = LogRing(clock)
    kept.add("debug", "a", {"printer": "ender3", "process": "spooler"})
    clock.advance(10)
    kept.add("warning", "b", {"printer": "prusa"})
    kept.add("error", "c", {"part": "job store"})
    assert events(kept, LogWish(level="warning")) == ["b", "c"]
    assert events(kept, LogWish(part="spooler")) == ["a"]
    assert events(kept, LogWish(part="job store")) == ["c"]
    assert events(kept, LogWish(printer="prusa")) == ["b"]
    assert events(kept, LogWish(since=1010.0)) == ["b", "c"]
    assert events(kept, LogWish(after=2)) == ["c"]
    assert events(kept, LogWish(may_reach=lambda printer: printer in (None, "ender3"))) == ["a", "c"]


def test_the_ring_has_what_is_too_unimportant_to_be_written() -> None:
    kept, stream = ring(), io.StringIO()
    log = configure_log(level="error", stream=stream, ring=kept)
    log.debug("a detail")
    log.info("a fact", count=1)
    log.error("a fault")
    assert stream.getvalue().count("\n") == 1
    assert events(kept) == ["a fact", "a fault"]
    configure_log(level="debug", stream=stream, ring=kept).debug("a detail")
    assert events(kept)[-1] == "a detail"


@pytest.mark.parametrize(
    "fields",
    [
        {"api_key": SECRET},
        {"headers": {"Authorization": f"Bearer {SECRET}"}},
        {"url": f"ws://host/?key={SECRET}&x=1"},
        {"text": f"Authorization: Key {SECRET}"},
        {"deep": [{"inner": {"session_token": SECRET}}]},
        {"error": ValueError(f"bad ?ticket={SECRET}")},
        {"body": f'{{"password": "{SECRET}"}}'},
        {"mqtt": f"mqtt://owner:{SECRET}@broker/"},
    ],
)
def test_what_is_masked_in_the_log_is_masked_in_the_ring(fields: dict[str, object]) -> None:
    kept = ring()
    log = configure_log(stream=io.StringIO(), ring=kept)
    log.info(f"asked with ?key={SECRET}", **fields)
    [line] = kept.lines(LogWish(), limit=1)
    told = encode_json(line.as_plain()).decode()
    assert SECRET not in told
    assert MASK in told


@given(
    st.sampled_from(["info", "warning", "error"]),
    st.dictionaries(st.text(max_size=9), st.text(max_size=30), max_size=4),
)
@REPEATABLE
def test_nothing_comes_in_by_another_way_than_to_the_stream(level: str, fields: dict[str, str]) -> None:
    """Line by line the ring holds what was written, masks and all."""
    kept, stream = ring(), io.StringIO()
    getattr(configure_log(json=True, stream=stream, ring=kept), level)(
        "said", **{f"x{k}": v for k, v in fields.items()}
    )
    [line] = kept.lines(LogWish(), limit=1)
    for value in line.fields.values():
        assert encode_json(value).decode() in stream.getvalue()


def test_foreign_code_logs_into_the_ring_too() -> None:
    kept = ring()
    configure_log(stream=io.StringIO(), ring=kept)
    logging.getLogger("some.library").warning("token=%s", SECRET)
    [line] = kept.lines(LogWish(), limit=1)
    assert line.level == "warning"
    assert SECRET not in encode_json(line.as_plain()).decode()
