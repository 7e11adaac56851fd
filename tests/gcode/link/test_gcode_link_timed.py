"""The link over a wire that takes its time: bytes are in the port, on the wire and in the ring when something goes wrong.

Everything is seeded and in virtual time. The random weather runs 20 seeds of 1,000 lines; the long mode, 100,000 lines for
each of 200 seeds (half an hour), is

    HYDROGEN_LONG_LINK_TEST=200 pytest tests/gcode/link/test_gcode_link_timed.py -k weather

What no host can decide (facts/link.md section 5) is kept out by construction: no two moves are alike, a damaged line is
damaged in one place, and never so that its 8-bit XOR stays the same. A line that lost its head, or whose tail was left over
when the firmware threw its ring away, runs unchecked and then runs again; that must be reported.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from hydrogen.errors import PrinterReset
from hydrogen.gcode.link.link_events import DuplicatePossible, LinkClosed, NumberingBegun
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.window import CLEAN_LINES, RESERVED_BYTES
from hydrogen_simulators.faults import FaultPlan, FaultyWire
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.support.link_bench import BASE, moves
from tests.support.property_settings import REPEATABLE
from tests.support.timed_bench import TimedBench, TimedWire

RING = 128
LONGEST_STANDSTILL_SECONDS = 1.0
ONCE_OPEN = 1500
WARM = CLEAN_LINES + 30
"""Lines after which an allowed window is open."""

LONG_SEEDS = int(os.environ.get("HYDROGEN_LONG_LINK_TEST", "0"))
WEATHER_SEEDS = range(LONG_SEEDS or 20)
WEATHER_LINES = 100_000 if LONG_SEEDS else 1_000

NUMBERED_OR_PLAIN = pytest.mark.parametrize("advanced_ok", [True, False], ids=["numbered ok", "plain ok"])
OPEN_OR_SHUT = pytest.mark.parametrize("knows_ring", [True, False], ids=["window", "one line"])


def board(**changes: object) -> MarlinSettings:
    values: dict[str, object] = {
        "instant_motion": True,
        "instant_heating": True,
        "greets_on_power": False,
        "prevent_cold_extrusion": False,
        "ring_size": RING,
        **changes,
    }
    return MarlinSettings(**values)  # type: ignore[arg-type]


class Spoilt(FaultyWire):
    """A wire on which one thing happens to what one of the sides says."""

    def __init__(
        self,
        there: Callable[[bytes], bytes] | None = None,
        back: Callable[[bytes], bytes] | None = None,
    ) -> None:
        super().__init__(FaultPlan())
        self._there = there
        self._back = back

    def towards_printer(self, data: bytes) -> bytes:
        return self._there(data) if self._there else data

    def towards_host(self, data: bytes) -> bytes:
        return self._back(data) if self._back else data


def once(is_it: Callable[[bytes], bool], change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """The first time `is_it`, `change` it; else leave it."""
    left = [change]

    def spoil(data: bytes) -> bytes:
        return left.pop()(data) if left and is_it(data) else data

    return spoil


def assert_exactly_once_or_reported(bench: TimedBench, lines: list[bytes]) -> None:
    found = bench.difference(lines)
    assert not bench.has(LinkClosed), bench.describe()
    assert not found.missing, bench.describe()
    assert not found.is_disordered, bench.describe()
    # a line that lost its head runs unchecked: twice, or damaged besides
    unchecked = [*found.doubled, *found.foreign]
    assert len(unchecked) <= len(bench.all(DuplicatePossible)), (unchecked, bench.describe())


# -------------------------------------------------------------------------------------------------------- the bench


def test_wire_takes_ten_bits_for_a_byte_and_keeps_count_of_what_has_not_left() -> None:
    wire = TimedWire(0.5, latency_seconds=10.0)
    wire.push(b"ab\ncd", 100.0, occupying=5)
    assert wire.next_line_at() == 111.5
    assert wire.unsent_bytes(100.6) == 4
    assert wire.take(110.4) == b""
    assert wire.take(111.0) == b"ab"
    assert wire.take(111.5) == b"\n"
    assert wire.unsent_bytes(102.5) == 0
    wire.push(b"e\n", 102.0, occupying=4)  # two bytes were lost on the way: their time was not
    assert wire.take(200.0) == b"cde\n"
    assert wire.busy_seconds == 4.5


def test_ring_that_is_smaller_than_it_is_said_to_be_overflows() -> None:
    """What the tests below deny can be seen."""
    limits = LinkLimits(receive_buffer_bytes=512, command_slots=12)
    bench = TimedBench(board(ring_size=64, queue_size=2, command_latency_seconds=0.02), limits=limits).open()
    bench.print_lines(moves(300))
    assert bench.overflowed_bytes > 0


def test_lost_lines_make_a_standstill_and_a_difference_is_seen() -> None:
    bench = TimedBench(board(), FaultPlan(drop_line_every=50)).open()
    lines = moves(100)
    bench.print_lines(lines)
    assert bench.longest_standstill > 0.3
    assert bench.difference([*lines, b"G1 X999"]).missing == [b"G1 X999"]
    assert bench.difference(lines[1:]).foreign == lines[:1]
    assert bench.difference(lines[::-1]).is_disordered
    assert bench.difference(lines).is_none


# ------------------------------------------------------------------------------------------------------ a clean wire


@pytest.mark.parametrize("baud", [115_200, 250_000])
@NUMBERED_OR_PLAIN
@pytest.mark.parametrize("window", ["known", "measured", "shut"])
def test_clean_wire_is_full_with_a_window_and_nothing_overflows(baud: int, advanced_ok: bool, window: str) -> None:
    bench = TimedBench(board(advanced_ok=advanced_ok), baud=baud, knows_ring=window == "known").open()
    if window == "measured":
        bench.measure()
    lines = moves(WARM + ONCE_OPEN)
    source = bench.begin(lines)
    bench.run(lambda: bench.printer.ledger.move_count >= WARM)
    assert bench.link.is_window_open is (window != "shut")
    since = bench.mark()
    bench.run(lambda: source.is_exhausted)
    share = bench.share_of_wire(since)
    bench.finish(source)
    assert bench.executed()[-len(lines) :] == lines
    assert bench.difference(lines).is_none
    assert bench.overflowed_bytes == 0
    if window == "shut":
        assert bench.most_in_flight == 1
        assert share < 0.95
    else:
        assert share >= 0.97


@pytest.mark.parametrize(("ring", "allowed"), [(64, 0), (128, 128), (256, 256), (512, 256)])
@pytest.mark.parametrize("slots", [4, 8])
def test_measurement_over_a_slow_wire_finds_what_there_is(ring: int, allowed: int, slots: int) -> None:
    bench = TimedBench(board(ring_size=ring, queue_size=slots), latency_seconds=0.001).open().measure()
    lines = moves(WARM + 100)
    bench.print_lines(lines)
    assert bench.difference(lines).is_none
    assert bench.link.is_window_open is bool(allowed)
    assert bench.overflowed_bytes == 0


def test_measurement_given_up_behind_its_dwell_doubles_nothing() -> None:
    """M110 sets the number again when it runs: behind a dwell it would take back what was accepted meanwhile."""
    bench = TimedBench(board()).open()
    bench.weather = Spoilt(
        back=once(lambda said: b"Resend" in said, lambda said: said.replace(b"Resend: 5", b"Resend: 7"))
    )
    bench.measure()
    assert len(bench.all(NumberingBegun)) == 2
    lines = moves(60)
    bench.print_lines(lines)
    assert bench.difference(lines).doubled == []
    assert bench.difference(lines).missing == []


# ---------------------------------------------------------------------------------------------------------- overflow


def random_lines(random: Random, count: int) -> list[bytes]:
    """Commands of 7 to 82 bytes, no two alike: 17 to 93 with number, checksum and line end."""
    lines = []
    for i in range(count):
        head = b"M117 %d:" % i if random.random() < 0.3 else b"G1 E%d." % i
        lines.append(head.ljust(random.randint(7, 82), b"0"))
    return lines


def disturb(bench: TimedBench, random: Random) -> None:
    """Emergency words, commands, questions and proofs, at the pace of a busy person with three clients."""
    words = (b"M108", b"M876 S1", b"M410")
    time = bench.now
    for _ in range(30):
        time += random.expovariate(3)
        kind = random.randrange(4)
        if kind == 0:
            bench.at(time, partial(bench.submit_unnumbered, random.choice(words)))
        elif kind == 1:
            bench.at(time, partial(bench.submit, "M117 ".ljust(random.randint(6, 80), "y")))
        elif kind == 2:
            bench.at(time, partial(bench.submit, "M105"))
        else:
            bench.at(time, bench.link.prove)


@given(
    seed=st.integers(0, 100_000),
    ring=st.sampled_from([64, 128, 256, 512]),
    slots=st.sampled_from([4, 8]),
    is_measured=st.booleans(),
    advanced_ok=st.booleans(),
    is_noisy=st.booleans(),
    is_disturbed=st.booleans(),
    latency=st.sampled_from([0.0, 0.0005, 0.003, 0.02, 0.2]),
    baud=st.sampled_from([57_600, 115_200, 250_000]),
)
@settings(REPEATABLE, max_examples=100, phases=(Phase.explicit, Phase.generate))  # a seed has nothing to shrink
def test_ring_never_overflows_whatever_happens(
    seed: int,
    ring: int,
    slots: int,
    is_measured: bool,
    advanced_ok: bool,
    is_noisy: bool,
    is_disturbed: bool,
    latency: float,
    baud: int,
) -> None:
    """The safety property: bytes that a ring loses can make two lines into a third one, in silence."""
    random = Random(seed)
    kind = board(ring_size=ring, queue_size=slots, advanced_ok=advanced_ok, command_latency_seconds=latency)
    bench = TimedBench(kind, baud=baud, seed=seed, loop_seconds=0.001, knows_ring=not is_measured).open()
    if is_measured:
        bench.measure()
    lines = random_lines(random, 400)
    source = bench.begin(lines)
    bench.run(lambda: bench.link.is_window_open or len(bench.printer.ledger.lines) >= WARM)
    if is_noisy:
        plan = FaultPlan(
            line_damage_rate=0.005,
            line_loss_rate=0.005,
            ok_loss_rate=0.005,
            ok_duplication_rate=0.005,
            reply_corruption_rate=0.0001,
        )
        bench.weather = FaultyWire(plan, seed)
    if is_disturbed:
        disturb(bench, random)
    bench.finish(source)
    assert bench.overflowed_bytes == 0, bench.describe()
    assert bench.has(LinkClosed) or not bench.difference(lines).missing, bench.describe()


@pytest.mark.parametrize("ring", [64, 128])
def test_emergency_word_does_not_push_a_waiting_line_past_the_window(ring: int) -> None:
    """Over plain oks a word is followed by a barrier; a line that has its number and waits for room is none."""
    kind = board(ring_size=ring, advanced_ok=False, command_latency_seconds=0.2)
    bench = TimedBench(kind, knows_ring=True).open()
    lines = [b"G1 E%d." % i + b"0" * 60 for i in range(WARM + 20)]
    source = bench.begin(lines)
    bench.run(lambda: bench.link.is_window_open)
    line, barrier = 80, 18
    for _ in range(6):
        was = bench.link.ledger.acknowledged
        bench.run(lambda was=was: bench.link.ledger.acknowledged > was)  # type: ignore[misc]
        bench.submit_unnumbered(b"M108")
        assert bench.link.ledger.in_flight_bytes <= max(ring - 1 - RESERVED_BYTES, line) + barrier
    bench.finish(source)
    assert bench.overflowed_bytes == 0
    assert bench.difference(lines).missing == []


def test_answer_to_a_clients_question_is_not_the_barriers() -> None:
    """M105 asked by a client, then a barrier: the first `ok T:` proves nothing about what is between them."""
    bench = TimedBench(board(advanced_ok=False, command_latency_seconds=0.2)).open()
    lines = moves(40)
    source = bench.begin(lines)
    bench.run(lambda: bench.printer.ledger.move_count >= 20)
    bench.submit("M105")
    bench.run(lambda: bench.link.ledger.temperature_line_in_flight() is not None)
    asked = bench.link.ledger.temperature_line_in_flight()
    assert asked is not None
    bench.submit_unnumbered(b"M108")
    barrier = bench.link.ledger.front
    assert barrier > asked
    bench.run(lambda: bench.link.ledger.acknowledged >= asked)
    assert bench.link.ledger.acknowledged < barrier
    bench.finish(source)
    assert bench.difference(lines).missing == []


@NUMBERED_OR_PLAIN
@OPEN_OR_SHUT
def test_lost_answer_of_a_barrier_is_made_good_by_the_next(advanced_ok: bool, knows_ring: bool) -> None:
    """Barriers in a row have nothing between them: the answer of the second is not only the first one's."""
    bench = TimedBench(board(advanced_ok=advanced_ok), knows_ring=knows_ring).open()
    lines = moves(WARM + 40)
    source = bench.begin(lines)
    bench.run(lambda: bench.printer.ledger.move_count >= WARM)
    first_ok = once(lambda said: said.startswith(b"ok"), lambda said: b"")
    first_answer = once(lambda said: said.startswith(b"ok T:"), lambda said: b"")
    bench.weather = Spoilt(back=lambda said: first_answer(first_ok(said)))
    bench.finish(source)
    assert bench.difference(lines).is_none
    assert bench.link.statistics.barriers <= 4
    assert bench.longest_standstill <= 2 * LONGEST_STANDSTILL_SECONDS


@OPEN_OR_SHUT
def test_doubled_oks_do_not_add_up(knows_ring: bool) -> None:
    """The second `ok` comes when the next line is on its way, and is taken for its own: a count that runs ahead."""
    plan = FaultPlan(duplicate_ok_every=150)
    kind = board(advanced_ok=False, command_latency_seconds=0.005)
    bench = TimedBench(kind, plan, knows_ring=knows_ring).open()
    lines = moves(3000)
    source = bench.begin(lines)
    most_ahead = 0
    while not source.is_exhausted:
        done = bench.printer.ledger.move_count
        bench.run(lambda done=done: bench.printer.ledger.move_count > done or source.is_exhausted)  # type: ignore[misc]
        most_ahead = max(most_ahead, bench.link.ledger.stream_lines - bench.printer.ledger.move_count)
    bench.finish(source)
    assert bench.overflowed_bytes == 0
    assert most_ahead <= 3
    assert_exactly_once_or_reported(bench, lines)


# -------------------------------------------------------------------------------------------------------------- noise


@pytest.mark.parametrize("share_hit", [0.03, 0.10])
@NUMBERED_OR_PLAIN
@OPEN_OR_SHUT
@pytest.mark.parametrize("seed", range(2))
def test_noise_makes_no_storm_and_what_runs_twice_is_reported(
    share_hit: float, advanced_ok: bool, knows_ring: bool, seed: int
) -> None:
    """The table of facts/link.md section 4. The window opens only after clean lines, so at 10 % it stays shut."""
    plan = FaultPlan(line_damage_rate=share_hit)
    kind = board(advanced_ok=advanced_ok)
    bench = TimedBench(kind, plan, seed=seed, loop_seconds=0.002, knows_ring=knows_ring).open()
    lines = moves(1000)
    bench.print_lines(lines)
    assert bench.weather.counts["lines_damaged"] > 0.5 * share_hit * len(lines)
    assert bench.lines_sent < 1.5 * len(lines)
    assert bench.overflowed_bytes == 0
    assert_exactly_once_or_reported(bench, lines)


@NUMBERED_OR_PLAIN
@pytest.mark.parametrize("ring", [128, 256])
@pytest.mark.parametrize("seeds", [range(16), range(16, 32)], ids=["0-15", "16-31"])
def test_damage_in_an_open_window_is_made_good_or_reported(advanced_ok: bool, ring: int, seeds: range) -> None:
    """The firmware throws away the head of the line behind a damaged one; what is left of that may run unchecked."""
    for seed in seeds:
        kind = board(advanced_ok=advanced_ok, ring_size=ring)
        bench = TimedBench(kind, seed=seed, loop_seconds=0.002, knows_ring=True).open()
        lines = moves(WARM + 30)
        source = bench.begin(lines)
        bench.run(lambda bench=bench: bench.printer.ledger.move_count >= WARM)  # type: ignore[misc]
        assert bench.link.is_window_open
        bench.weather = FaultyWire(FaultPlan(line_damage_rate=0.2), seed)
        bench.finish(source)
        assert bench.overflowed_bytes == 0
        assert_exactly_once_or_reported(bench, lines)


# ------------------------------------------------------------------------------------------------ the faults of the rig


RIG_FAULTS = {
    "corrupt every 20th": FaultPlan(corrupt_every=20),
    "drop every 50th": FaultPlan(drop_line_every=50),
    "drop every 50th ok": FaultPlan(drop_ok_every=50),
    "resend every 10th": FaultPlan(resend_every=10),
    "all at once": FaultPlan(corrupt_every=20, drop_line_every=50, drop_ok_every=50, resend_every=10),
}


@pytest.mark.parametrize("fault", RIG_FAULTS)
@NUMBERED_OR_PLAIN
@pytest.mark.parametrize("ok_after_resend", [True, False], ids=["ok after resend", "no ok after resend"])
def test_no_fault_of_the_rig_costs_more_than_a_second(fault: str, advanced_ok: bool, ok_after_resend: bool) -> None:
    kind = board(advanced_ok=advanced_ok, ok_after_resend=ok_after_resend, command_latency_seconds=0.003)
    bench = TimedBench(kind, RIG_FAULTS[fault], knows_ring=True, is_logging=True).open()
    lines = moves(3000 if fault == "all at once" else 1000)  # long enough for the counters to meet in every way
    bench.print_lines(lines)
    assert bench.executed() == lines
    assert bench.overflowed_bytes == 0
    assert bench.longest_standstill <= LONGEST_STANDSTILL_SECONDS, bench.log_of_standstill()


# -------------------------------------------------------------------------------------------- what a Resend can look like


def a_single_fault(name: str, number: bytes) -> Spoilt:
    """Something that happens once, to line `number` or to what the printer says from then on."""

    def is_line(data: bytes) -> bool:
        return data.startswith(b"N" + number + b" ")

    def is_ok(said: bytes) -> bool:
        return said.startswith(b"ok")

    def is_resend(said: bytes) -> bool:
        return b"Resend:" in said

    def damage(data: bytes) -> bytes:
        return data.replace(b"X", b"Y", 1)

    faults: dict[str, Callable[[], Spoilt]] = {
        "head lost, a resend below K": lambda: Spoilt(once(is_line, lambda data: data[len(number) + 2 :])),
        "Resend: 1 that nobody meant": lambda: Spoilt(back=once(is_ok, lambda said: b"Resend: 1\nok\n" + said)),
        "Resend: -2": lambda: Spoilt(back=once(is_ok, lambda said: b"Resend: -2\nok\n" + said)),
        "two requests for one line": lambda: Spoilt(once(is_line, damage), once(is_resend, lambda said: said * 2)),
        "request is lost": lambda: Spoilt(once(is_line, damage), once(is_resend, lambda said: b"")),
        "request without its number": lambda: Spoilt(
            once(is_line, damage), once(is_resend, lambda said: said.replace(number, b""))
        ),
        "line is lost": lambda: Spoilt(once(is_line, lambda data: b"")),
        "ok is lost": lambda: Spoilt(back=once(is_ok, lambda said: b"")),
        "ok comes twice": lambda: Spoilt(back=once(is_ok, lambda said: said * 2)),
        "line end is lost": lambda: Spoilt(once(is_line, lambda data: data.rstrip(b"\n"))),
    }
    return faults[name]()


FAULT_NAMES = (
    "head lost, a resend below K",
    "Resend: 1 that nobody meant",
    "Resend: -2",
    "two requests for one line",
    "request is lost",
    "request without its number",
    "line is lost",
    "ok is lost",
    "ok comes twice",
    "line end is lost",
)


@pytest.mark.parametrize("fault", FAULT_NAMES)
@NUMBERED_OR_PLAIN
@OPEN_OR_SHUT
@pytest.mark.parametrize("ok_after_resend", [True, False], ids=["ok after resend", "no ok after resend"])
def test_single_fault_is_made_good_within_a_second(
    fault: str, advanced_ok: bool, knows_ring: bool, ok_after_resend: bool
) -> None:
    """Case 3 of the ten that break an implementation."""
    kind = board(advanced_ok=advanced_ok, ok_after_resend=ok_after_resend, command_latency_seconds=0.001)
    bench = TimedBench(kind, knows_ring=knows_ring, is_logging=True).open()
    lines = moves(WARM + 60)
    source = bench.begin(lines)
    bench.run(lambda: bench.printer.ledger.move_count >= WARM)
    assert bench.link.is_window_open is knows_ring
    bench.weather = a_single_fault(fault, b"%d" % (bench.link.ledger.next + 1))
    bench.finish(source)
    assert_exactly_once_or_reported(bench, lines)
    assert bench.lines_sent < len(lines) + 30
    assert bench.longest_standstill <= LONGEST_STANDSTILL_SECONDS, bench.log_of_standstill()


@NUMBERED_OR_PLAIN
@OPEN_OR_SHUT
def test_board_that_was_reset_without_a_word_ends_the_job(advanced_ok: bool, knows_ring: bool) -> None:
    """Its greeting is lost; it counts from 0 and asks for line 1, each time it is asked."""
    bench = TimedBench(board(advanced_ok=advanced_ok), knows_ring=knows_ring).open()
    lines = moves(WARM + 200)
    source = bench.begin(lines)
    bench.run(lambda: bench.printer.ledger.move_count >= WARM)
    bench.printer.reset(bench.now)
    bench.printer.data_to_send()
    bench.finish(source)
    (closed,) = bench.all(LinkClosed)
    assert isinstance(closed.error, PrinterReset)
    assert bench.difference(lines).doubled == []
    assert len(bench.executed()) < WARM + 10
    assert bench.printer.last_line_number < BASE


# ------------------------------------------------------------------------------------------------------------ weather


def weather(random: Random) -> FaultPlan:
    """Every fault at 0.01 to 1 % of the lines; half of the jobs are spared each kind."""

    def rate() -> float:
        return 10 ** random.uniform(-4, -2) if random.random() < 0.5 else 0.0

    def every() -> int:
        return round(1 / rate_found) if (rate_found := rate()) else 0

    return FaultPlan(
        corrupt_every=every(),
        drop_line_every=every(),
        resend_every=every(),
        drop_ok_every=every(),
        duplicate_ok_every=every(),
        line_damage_rate=rate(),
        line_loss_rate=rate(),
        ok_loss_rate=rate(),
        ok_duplication_rate=rate(),
        reply_corruption_rate=rate() / 20,
        reply_byte_loss_rate=rate() / 20,
    )


@pytest.mark.timeout(60 if not LONG_SEEDS else 600)
@pytest.mark.parametrize("seed", WEATHER_SEEDS)
def test_random_weather_runs_every_line_once_or_reports_it(seed: int) -> None:
    random = Random(seed)
    plan = weather(random)
    kind = board(
        ring_size=random.choice([128, 256]),
        advanced_ok=random.random() < 0.5,
        ok_after_resend=random.random() < 0.7,
        repeats_in_silence=random.random() < 0.7,
        command_latency_seconds=random.choice([0.0, 0.001, 0.005]),
    )
    bench = TimedBench(
        kind,
        baud=random.choice([115_200, 250_000]),
        latency_seconds=random.choice([0.0, 0.001]),
        loop_seconds=random.choice([0.0, 0.002]),
        seed=seed,
        knows_ring=random.random() < 0.7,
    ).open()
    bench.weather = FaultyWire(plan, seed)
    lines = moves(WEATHER_LINES)
    bench.print_lines(lines)
    assert bench.lines_sent < 1.5 * len(lines)
    assert bench.overflowed_bytes == 0
    assert_exactly_once_or_reported(bench, lines)
