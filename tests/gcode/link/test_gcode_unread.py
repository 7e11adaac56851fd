"""What stands unread in the printer's receive ring never exceeds it, whatever goes past the window."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from hydrogen.errors import Unavailable
from hydrogen.gcode.dialect import DIALECTS, Dialect
from hydrogen.gcode.emergency import Notice
from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.link_limits import PROBE
from hydrogen.gcode.link.unread import Unread
from hydrogen.gcode.link.window import SMALLEST_RING, USUAL_SLOTS, Window
from hydrogen_simulators.faults import FaultPlan, FaultyWire
from hydrogen_simulators.personas import PERSONAS, persona_named
from tests.gcode.test_gcode_dialect import INTENDED
from tests.support.link_bench import moves
from tests.support.property_settings import REPEATABLE
from tests.support.timed_bench import TimedBench

WORDS = (b"M108", b"M410", b"M876 S1")


def unread(*lines: bytes, slots: int = 1) -> tuple[Unread, LineLedger]:
    """With these lines in flight, to a printer with so many places and the smallest ring."""
    ledger, window = LineLedger(5000), Window()
    window.expect(ring_bytes=SMALLEST_RING, slots=slots, is_ok_early=False)
    for line in lines:
        ledger.advance(len(ledger.give(line).frame))
    return Unread(ledger, window), ledger


def test_nothing_in_flight_is_read_as_it_comes() -> None:
    count, _ = unread()
    assert not count.beside
    assert count.has_room(96)


def test_probes_behind_a_line_stand_in_the_ring_of_a_printer_with_one_place() -> None:
    count, _ = unread(b"G4 S60")
    for _ in range(3):
        assert count.has_room(len(PROBE))
        count.on_probe(len(PROBE))
    assert not count.has_room(len(PROBE))
    assert count.has_room(SMALLEST_RING - 1 - 3 * len(PROBE))


def test_places_of_the_queue_are_out_of_the_ring() -> None:
    count, _ = unread(b"G4 S60", slots=USUAL_SLOTS)
    for _ in range(3):
        count.on_word(5)
    assert not count.has_room(SMALLEST_RING)  # the line and the words have taken all four
    assert count.has_room(SMALLEST_RING - 1)


def test_place_that_is_kept_behind_an_early_ok_counts() -> None:
    ledger, window = LineLedger(5000), Window()
    window.expect(ring_bytes=128, slots=1, is_ok_early=True)
    count = Unread(ledger, window)
    assert count.has_room(96)
    ledger.advance(len(ledger.give(b"G1 X1").frame))
    assert not count.has_room(127)


def test_what_went_before_an_acknowledged_line_was_read() -> None:
    count, ledger = unread(b"G1 X1")
    count.on_word(5)
    ledger.advance(len(ledger.give(b"G1 X2").frame))
    count.on_probe(len(PROBE))
    ledger.acknowledge(5001)
    count.on_acknowledged(5001)
    assert count.beside
    ledger.acknowledge(5002)
    count.on_acknowledged(5002)
    assert count.beside  # the probe went behind it
    count.on_quiet()
    assert not count.beside


def test_words_ok_tells_that_it_was_read_and_all_before_it() -> None:
    count, _ = unread(b"G1 X1")
    count.on_probe(len(PROBE))
    count.on_word(5)
    count.on_word_answered()
    assert not count.beside
    count.on_word(5)
    count.forget()
    assert not count.beside


def early(*lines: bytes, ring_bytes: int = SMALLEST_RING) -> tuple[Unread, LineLedger]:
    """The same to a printer with one place that says `ok` as it queues a line; all of them are acknowledged."""
    ledger, window = LineLedger(5000), Window()
    window.expect(ring_bytes=ring_bytes, slots=1, is_ok_early=True)
    for line in lines:
        ledger.advance(len(ledger.give(line).frame))
    ledger.acknowledge(ledger.front)
    return Unread(ledger, window), ledger


def test_line_longer_than_the_ring_waits_until_a_place_is_proven_and_only_the_next_one_goes() -> None:
    count, ledger = early(b"G4 P9000")
    assert not count.must_be_asked(SMALLEST_RING - 1)
    assert count.must_be_asked(SMALLEST_RING)
    count.on_place_proven()
    assert not count.must_be_asked(SMALLEST_RING)
    ledger.advance(len(ledger.give(b"G4 P9000").frame))
    assert count.must_be_asked(SMALLEST_RING)
    assert not early(b"G4 P9000", ring_bytes=128)[0].must_be_asked(96)


def test_word_that_goes_out_takes_the_place_that_was_proven() -> None:
    count, _ = early(b"G1 X1")
    count.on_place_proven()
    count.on_word(5)
    assert count.must_be_asked(SMALLEST_RING)
    count.on_place_proven()
    count.forget()
    assert count.must_be_asked(SMALLEST_RING)


def test_printer_that_says_it_is_idle_has_read_what_is_in_flight_or_never_got_it() -> None:
    count, ledger = early()
    ledger.advance(len(ledger.give(b"G1 X123.456 Y123.456 E1234.56789").frame))
    assert not count.has_room(len(PROBE) + 9)
    count.on_idle()
    assert count.has_room(SMALLEST_RING - 1)
    assert not count.has_room(SMALLEST_RING)
    assert count.must_be_asked(SMALLEST_RING)
    ledger.acknowledge(ledger.front)
    count.on_idle()
    assert not count.must_be_asked(SMALLEST_RING)


def test_what_is_sent_again_is_unread_again() -> None:
    count, ledger = early()
    ledger.advance(len(ledger.give(b"G1 X123.456 Y123.456 E1234.56789").frame))
    count.on_idle()
    count.on_quiet()
    assert not count.has_room(len(PROBE) + 9)


# ---------------------------------------------------------------------------------------------------- the whole link

CASES = [(name, ring) for name in PERSONAS for ring in (64, 128) if persona_named(name).settings.ring_size]
"""Personas whose serial port can lose bytes, with rings of both sizes that are built (dialect.py)."""


def job(random: Random) -> list[bytes]:
    """Short moves, and commands during which some firmwares read nothing."""
    lines: list[bytes] = []
    for move in moves(100):
        lines.append(move)
        if random.random() < 0.03:
            lines.append(b"G1 X123.45678 Y123.45678 Z12.345678 E12345.678901 F12000.0000")
        if random.random() < 0.06:
            lines.append(b"G4 P%d" % random.choice((300, 900, 2500, 9000)))
    return lines


def say(bench: TimedBench, dialect: Dialect, word: bytes, *, has_parser: bool) -> None:
    """As the connection does: past the window only where the firmware acts early."""
    with contextlib.suppress(Unavailable):
        if dialect.notice_of(word[:4], has_parser=has_parser) is Notice.IN_TURN:
            bench.submit(word.decode())
        else:
            bench.submit_unnumbered(word)


@example(case=("repetier", 64), seed=652, is_noisy=False, knows_ring=False, is_quiet=False, latency=0.03)  # a long line
@example(case=("repetier", 64), seed=20796, is_noisy=False, knows_ring=False, is_quiet=True, latency=0.002)  # a lost ok
@given(
    case=st.sampled_from(CASES),
    seed=st.integers(0, 100_000),
    is_noisy=st.booleans(),
    knows_ring=st.booleans(),
    is_quiet=st.booleans(),
    latency=st.sampled_from([0.0, 0.002, 0.03]),
)
@settings(REPEATABLE, max_examples=120, phases=(Phase.explicit, Phase.generate))  # a seed has nothing to shrink
def test_ring_never_overflows_with_slow_commands_words_and_probes_at_once(
    case: tuple[str, int], seed: int, is_noisy: bool, knows_ring: bool, is_quiet: bool, latency: float
) -> None:
    """The safety property, for every persona whose serial port can lose bytes. is_quiet: it never says that it is busy."""
    name, ring = case
    random, dialect = Random(seed), DIALECTS[INTENDED[name]]
    kind = replace(
        persona_named(name).settings,
        ring_size=ring,
        instant_motion=True,
        instant_heating=True,
        greets_on_power=False,
        prevent_cold_extrusion=False,
        command_latency_seconds=latency,
        busy_interval_seconds=0.0 if is_quiet else 2.0,
    )
    bench = TimedBench(kind, seed=seed, knows_ring=knows_ring).open()
    bench.link.speak(dialect)
    if is_noisy:
        plan = FaultPlan(line_loss_rate=0.01, ok_loss_rate=0.01, line_damage_rate=0.01)
        bench.weather = FaultyWire(plan, seed)
    before = bench.printer.ledger.counts["rx_overflow_bytes"]
    at = bench.now
    for _ in range(30):
        at += random.expovariate(0.7)
        for _ in range(random.choice((1, 1, 4))):
            word = random.choice(WORDS)
            bench.at(at, partial(say, bench, dialect, word, has_parser=kind.emergency_parser))
    bench.print_lines(job(random))
    assert bench.printer.ledger.counts["rx_overflow_bytes"] == before, bench.describe()


@pytest.mark.parametrize("doubled", [1, 2, 4])
def test_doubled_plain_oks_within_one_marker_interval_stay_within_queue_and_ring(doubled: int) -> None:
    """Each lets one line too many go: up to four find a place in the queue, or stand in a ring that has room for them."""
    kind = replace(
        persona_named("marlin-2-avr").settings,
        instant_motion=True,
        greets_on_power=False,
        prevent_cold_extrusion=False,
        command_latency_seconds=0.01,
    )
    bench = TimedBench(kind, knows_ring=True).open()
    lines = moves(900)
    source = bench.begin(lines)
    bench.run(lambda: bench.link.is_window_open)
    left = Counter(oks=doubled)
    heard = bench.weather.towards_host

    def double(data: bytes) -> bytes:
        data = heard(data)
        if left["oks"] and data == b"ok\n":
            left["oks"] -= 1
            return data + data
        return data

    bench.weather.towards_host = double  # type: ignore[method-assign]
    bench.finish(source)
    assert not left["oks"]
    assert bench.overflowed_bytes == 0
    assert bench.difference(lines).is_none
