"""The link with an open window: as much as the wire takes, never more than the printer holds."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import DuplicatePossible, LinkClosed
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.window import CLEAN_LINES, RESERVED_BYTES
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.support.link_bench import BASE, LinkBench, ListSource, moves

RING = 128
WINDOWED = LinkLimits(receive_buffer_bytes=RING)
NOW = 1000.0


def board(**changes: object) -> MarlinSettings:
    values: dict[str, object] = {
        "instant_motion": True,
        "instant_heating": True,
        "greets_on_power": False,
        "ring_size": RING,
        **changes,
    }
    return MarlinSettings(**values)  # type: ignore[arg-type]


def open_window(lines: list[bytes], ok: bytes = b"ok\n") -> GcodeLink:
    """A link whose window has just opened; `lines` follow."""
    link = LinkBench(board(advanced_ok=False), limits=WINDOWED).open().link
    link.attach(ListSource([*moves(CLEAN_LINES), *lines]))
    while not link.is_window_open:
        assert link.data_to_send(NOW)
        link.receive_data(ok % (link.ledger.front) if b"%" in ok else ok, NOW)
    return link


def fetch(link: GcodeLink, now: float = NOW) -> list[bytes]:
    fetched = []
    while data := link.data_to_send(now):
        fetched.append(data)
    return fetched


NUMBERED = b"ok N%d P15 B3\n"


def test_open_window_takes_lines_while_they_fit_beside_the_reserve() -> None:
    link = open_window([b"G1 X%d" % i for i in range(10)], NUMBERED)
    sent = fetch(link)
    assert len(sent) == 3  # the fourth slot of the printer stays free, so that a probe is read
    link.receive_data(NUMBERED % (BASE + CLEAN_LINES + 1), NOW)
    assert len(fetch(link)) == 1


def test_bytes_bound_long_lines() -> None:
    link = open_window([b"G1 X%d.12345 Y100.12345 E12.12345 F1800" % i for i in range(10, 20)], NUMBERED)
    sent = fetch(link)
    assert sum(map(len, sent)) <= RING - 1 - RESERVED_BYTES
    assert len(sent) == 1
    assert link.ledger.next - 1 - link.ledger.front == 1  # numbered, and waiting for room
    link.receive_data(NUMBERED % link.ledger.front, NOW)
    assert len(fetch(link)) == 1


@pytest.mark.parametrize("command", [b"G28", b"M109 S200", b"M400", b"G4 S600", b"M600"])
def test_nothing_follows_a_command_that_may_take_minutes(command: bytes) -> None:
    link = open_window([b"G1 X1", command, b"G1 X2", b"G1 X3"], NUMBERED)
    assert len(fetch(link)) == 2
    link.receive_data(NUMBERED % (link.ledger.front - 1), NOW)
    assert fetch(link) == []
    link.receive_data(NUMBERED % link.ledger.front, NOW)
    assert len(fetch(link)) == 2


def test_marker_is_sent_when_the_window_opens_over_oks_without_numbers() -> None:
    link = open_window([b"G1 X%d" % i for i in range(10)])
    assert b"M105" in fetch(link)[0]


def test_too_many_oks_are_found_by_the_marker_and_the_count_is_settled() -> None:
    link = open_window([b"G1 X%d" % i for i in range(600)])
    fetch(link)
    link.receive_data(b"ok T:20.0 /0.0 B:20.0 /0.0\n", NOW)
    for _ in range(255):
        fetch(link)
        link.receive_data(b"ok\n", NOW)
    link.receive_data(b"ok\n", NOW)  # one too many, in the middle: nobody can see it yet
    for _ in range(5):
        fetch(link)
        link.receive_data(b"ok\n", NOW)
    assert link.statistics.surplus_acknowledgements > 0
    assert not link.is_window_open


def refused_with_a_line_behind(heard: bytes) -> list[int]:
    """Three lines over plain `ok`s, the second refused; the numbers that are reported for what is `heard` after that."""
    link = open_window([b"G1 X%d" % i for i in range(10)])
    fetch(link)
    link.receive_data(b"ok T:20.0 /0.0 B:20.0 /0.0\n", NOW)
    fetch(link)
    assert link.ledger.front - link.ledger.acknowledged == 3
    refused = link.ledger.acknowledged + 2
    link.receive_data(b"Error:checksum mismatch, Last Line: %d\nResend: %d\nok\n" % (refused - 1, refused), NOW)
    link.receive_data(heard, NOW)
    return [event.number - refused for event in link.events() if isinstance(event, DuplicatePossible)]


def test_ok_that_may_be_a_headless_lines_is_reported() -> None:
    """The first line's own, or, if that was lost, that of the line behind the refused one: nothing tells which."""
    assert refused_with_a_line_behind(b"") == []
    assert refused_with_a_line_behind(b"ok\n") == [1]


def test_ok_too_many_behind_a_refused_line_is_reported_too() -> None:
    assert refused_with_a_line_behind(b"ok\nok\n") == [1, 1]


WEATHERS = {
    "clear": FaultPlan(),
    "damaged bodies": FaultPlan(corrupt_every=270),
    "lost lines": FaultPlan(drop_line_every=280),
    "lost oks": FaultPlan(drop_ok_every=290),
    "doubled oks": FaultPlan(duplicate_ok_every=260),
    "needless resends": FaultPlan(resend_every=310),
    "all at once": FaultPlan(corrupt_every=713, drop_line_every=517, drop_ok_every=419, resend_every=623),
}


@pytest.mark.parametrize("weather", WEATHERS)
@pytest.mark.parametrize("advanced_ok", [True, False], ids=["numbered ok", "plain ok"])
@pytest.mark.parametrize("chunk", [None, 7], ids=["whole", "pieces"])
def test_every_line_runs_exactly_once_with_a_window_too(weather: str, advanced_ok: bool, chunk: int | None) -> None:
    bench = LinkBench(board(advanced_ok=advanced_ok), WEATHERS[weather], chunk=chunk, limits=WINDOWED).open()
    lines = moves(1200)
    bench.print_lines(lines)
    assert bench.executed() == lines
    assert not bench.has(LinkClosed)
    assert bench.longest_standstill < 1.0


@given(
    ring=st.sampled_from([64, 100, 128, 256]),
    slots=st.sampled_from([2, 4, 8]),
    advanced_ok=st.booleans(),
    seed=st.integers(0, 10_000),
    rates=st.fixed_dictionaries(
        {
            "line_loss_rate": st.sampled_from([0.0, 0.002]),
            "ok_loss_rate": st.sampled_from([0.0, 0.002]),
            "ok_duplication_rate": st.sampled_from([0.0, 0.002]),
            "byte_corruption_rate": st.sampled_from([0.0, 0.00005]),
        }
    ),
)
@settings(max_examples=25, deadline=None)
def test_ring_never_overflows_whatever_the_weather(
    ring: int,
    slots: int,
    advanced_ok: bool,
    seed: int,
    rates: dict[str, float],
) -> None:
    """The safety property: bytes that a ring loses can make two lines into a third one."""
    limits = LinkLimits(receive_buffer_bytes=ring, command_slots=slots)
    kind = board(ring_size=ring, queue_size=slots, advanced_ok=advanced_ok, command_latency_seconds=0.002)
    bench = LinkBench(kind, FaultPlan(**rates), seed=seed, limits=limits).open()
    before = bench.printer.ledger.counts["rx_overflow_bytes"]
    lines = [b"G1 X%d.%02d E%d" % (i % 180, i % 100, i) for i in range(700)]
    bench.print_lines(lines)
    assert bench.printer.ledger.counts["rx_overflow_bytes"] == before
    assert bench.executed() == lines or bench.has(DuplicatePossible) or bench.has(LinkClosed)


def test_bound_that_is_wrong_is_seen_to_overrun_the_ring() -> None:
    """The property above can fail: a board with half the ring it is said to have loses bytes."""
    limits = LinkLimits(receive_buffer_bytes=512, command_slots=12)
    kind = board(ring_size=64, queue_size=2, command_latency_seconds=0.002)
    bench = LinkBench(kind, limits=limits).open()
    before = bench.printer.ledger.counts["rx_overflow_bytes"]
    bench.print_lines(moves(300))
    assert bench.printer.ledger.counts["rx_overflow_bytes"] > before
