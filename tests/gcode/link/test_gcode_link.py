"""The link against a virtual Marlin, in every weather, in virtual time."""

from __future__ import annotations

import os
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrogen.errors import LineRefused, PrinterHalted, PrinterReset, PrinterSilent, Unavailable
from hydrogen.gcode.checksum import numbered
from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import (
    ActionDemanded,
    CommandAcknowledged,
    DuplicatePossible,
    EmergencyWordSettled,
    ExecutionProven,
    FirmwareErrorReported,
    LineTraced,
    LinkClosed,
    LinkOpened,
    PositionChanged,
    TemperaturesReported,
)
from hydrogen.gcode.link.link_limits import PROBE, WORDS_MOST, LinkLimits
from hydrogen.gcode.link.link_state import LinkPhase
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.personas import persona_named
from tests.support.link_bench import BASE, LinkBench, ListSource, moves

SEEDS = range(int(os.environ.get("HYDROGEN_TEST_SEEDS", "20")))
LINES = int(os.environ.get("HYDROGEN_TEST_LINES", "400"))


def instant(**changes: object) -> MarlinSettings:
    values: dict[str, object] = {"instant_motion": True, "instant_heating": True, "greets_on_power": False}
    return MarlinSettings(**{**values, **changes})  # type: ignore[arg-type]


def closing_error(bench: LinkBench) -> Exception:
    (closed,) = bench.all(LinkClosed)
    assert isinstance(closed, LinkClosed)
    return closed.error


# ------------------------------------------------------------------------------------------------- exactly once


WEATHERS = {
    "clear": FaultPlan(),
    "damaged bodies": FaultPlan(corrupt_every=7),
    "lost lines": FaultPlan(drop_line_every=9),
    "lost oks": FaultPlan(drop_ok_every=8),
    "doubled oks": FaultPlan(duplicate_ok_every=5),
    "needless resends": FaultPlan(resend_every=6),
    "all at once": FaultPlan(corrupt_every=13, drop_line_every=17, drop_ok_every=19, resend_every=23),
}


@pytest.mark.parametrize("weather", WEATHERS)
@pytest.mark.parametrize("advanced_ok", [True, False], ids=["numbered ok", "plain ok"])
@pytest.mark.parametrize("chunk", [None, 1], ids=["whole", "single bytes"])
@pytest.mark.parametrize("ok_after_resend", [True, False], ids=["ok after resend", "no ok after resend"])
def test_every_line_runs_exactly_once_and_in_order(
    weather: str,
    advanced_ok: bool,
    chunk: int | None,
    ok_after_resend: bool,
) -> None:
    plan = WEATHERS[weather]
    bench = LinkBench(instant(advanced_ok=advanced_ok, ok_after_resend=ok_after_resend), plan, chunk=chunk).open()
    lines = moves(200)
    bench.print_lines(lines)
    assert bench.executed() == lines
    assert not bench.has(LinkClosed)
    assert bench.link.ledger.stream_lines == len(lines)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_weather_loses_doubles_and_invents_nothing(seed: int) -> None:
    """Substitution of bytes both ways, lost lines, lost and doubled oks: section 5 of the link's facts promises these."""
    rate = 0.0001 * (1 + seed % 10)
    plan = FaultPlan(
        byte_corruption_rate=rate,
        line_loss_rate=rate * 5,
        ok_loss_rate=rate * 5,
        ok_duplication_rate=rate * 5,
        reply_corruption_rate=rate / 2,
    )
    bench = LinkBench(instant(advanced_ok=seed % 2 == 0, repeats_in_silence=seed % 3 != 0), plan, seed=seed).open()
    lines = moves(LINES)
    bench.print_lines(lines)
    assert_nothing_lost_in_silence(bench, lines)


def is_sorted(run: list[bytes], lines: list[bytes]) -> bool:
    place = {line: i for i, line in enumerate(lines)}
    return all(place[a] < place[b] for a, b in pairwise(run))


def assert_nothing_lost_in_silence(bench: LinkBench, lines: list[bytes], undecidable: int = 1) -> None:
    """Everything ran, once; or the link said why it ended. What the protocol cannot decide is bounded: a line whose damage
    an 8-bit XOR does not see (it runs as another line), and a line that may have run twice (reported)."""
    wanted = set(lines)
    ours = ("M105", "M110", "M27", "M400")
    run = [line.encode() for line in bench.printer.ledger.lines if not line.startswith(ours)]
    foreign = [line for line in run if line not in wanted]
    missing = wanted - set(run)
    assert bench.has(LinkClosed) or len(missing) <= len(foreign), bench.describe()
    harmful = [line for line in foreign if line[:1] in b"GM"]
    assert len(harmful) <= undecidable + len(lines) // 1000, harmful
    assert len(run) - len(set(run)) <= len(bench.all(DuplicatePossible)), bench.describe()
    in_order = [line for line in run if line in wanted]
    assert is_sorted(in_order, lines) or bench.has(DuplicatePossible)


@pytest.mark.parametrize("seed", range(5))
def test_wire_that_loses_bytes_makes_no_storm_and_reports_what_may_have_run_twice(seed: int) -> None:
    bench = LinkBench(instant(), FaultPlan(byte_loss_rate=0.001), seed=seed).open()
    lines = moves(LINES)
    bench.print_lines(lines)
    assert_nothing_lost_in_silence(bench, lines)
    assert bench.lines_on_wire < 1.5 * len(lines)


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_any_mixture_of_faults_ends_with_all_lines_run_or_with_a_reason(data: st.DataObject) -> None:
    every = st.one_of(st.just(0), st.integers(3, 40))
    plan = FaultPlan(
        corrupt_every=data.draw(every),
        drop_line_every=data.draw(every),
        resend_every=data.draw(every),
        drop_ok_every=data.draw(every),
        duplicate_ok_every=data.draw(every),
    )
    kind = instant(
        advanced_ok=data.draw(st.booleans()),
        ok_after_resend=data.draw(st.booleans()),
        repeats_in_silence=data.draw(st.booleans()),
    )
    bench = LinkBench(kind, plan, chunk=data.draw(st.sampled_from([None, 1, 3]))).open()
    lines = moves(60)
    bench.print_lines(lines)
    assert bench.executed() == lines or bench.has(LinkClosed), bench.describe()


RATES = st.sampled_from([0.0, 0.0005, 0.002])


@given(
    rates=st.fixed_dictionaries(
        {
            "byte_corruption_rate": RATES,
            "byte_loss_rate": RATES,
            "byte_duplication_rate": RATES,
            "reply_corruption_rate": RATES,
            "reply_byte_loss_rate": RATES,
            "reply_byte_duplication_rate": RATES,
        },
    ),
    seed=st.integers(0, 10_000),
    chunk=st.sampled_from([None, 1, 3]),
    advanced_ok=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_bytes_corrupted_lost_doubled_and_split_both_ways_lose_nothing_in_silence(
    rates: dict[str, float],
    seed: int,
    chunk: int | None,
    advanced_ok: bool,
) -> None:
    bench = LinkBench(instant(advanced_ok=advanced_ok), FaultPlan(**rates), seed=seed, chunk=chunk)  # type: ignore[arg-type]
    bench.open(limit_seconds=600)
    lines = moves(60)
    bench.print_lines(lines)
    hits = sum(bench.wire.counts[name] for name in ("bytes_corrupted", "bytes_lost", "bytes_doubled"))
    assert_nothing_lost_in_silence(bench, lines, undecidable=1 + hits // 4)


@given(noise=st.lists(st.binary(min_size=1, max_size=40), max_size=30))
@settings(max_examples=60, deadline=None)
def test_noise_from_the_printer_never_raises_and_never_breaks_the_law(noise: list[bytes]) -> None:
    bench = LinkBench().open()
    bench.link.attach(ListSource(moves(50)))
    for piece in noise:
        bench.now += 0.01
        bench.link.receive_data(piece, bench.now)
        bench.link.receive_data(b"\n", bench.now)
        bench.link.handle_deadline(bench.now)
        bench.link.data_to_send(bench.now)
        ledger = bench.link.ledger
        assert ledger.acknowledged <= ledger.accepted <= ledger.next - 1
        assert ledger.acknowledged <= ledger.front <= ledger.next - 1


def test_one_line_in_flight_and_the_next_only_after_its_ok() -> None:
    link = LinkBench().open().link
    link.attach(ListSource(moves(3)))
    assert link.data_to_send(1.0) == numbered(BASE + 1, moves(3)[0])
    assert link.given == (BASE + 1, len(moves(3)[0]) + 1)
    assert link.data_to_send(1.0) == b""
    link.receive_data(b"o", 1.1)
    assert link.data_to_send(1.1) == b""
    link.receive_data(b"k\n", 1.2)
    assert link.data_to_send(1.2) == numbered(BASE + 2, moves(3)[1])


def test_standstill_after_a_lost_line_or_ok_is_below_a_second() -> None:
    for plan in (FaultPlan(drop_line_every=50), FaultPlan(drop_ok_every=50), FaultPlan(corrupt_every=50)):
        bench = LinkBench(instant(), plan).open()
        bench.print_lines(moves(500))
        assert bench.longest_standstill < 1.0, plan


# ------------------------------------------------------------------------------------------------------ resending


def open_link() -> GcodeLink:
    link = LinkBench().open().link
    link.attach(ListSource(moves(20)))
    return link


def send(link: GcodeLink, count: int, now: float = 1.0) -> None:
    for _ in range(count):
        assert link.data_to_send(now)
        link.receive_data(b"ok\n", now)
    assert link.data_to_send(now)


def test_link_sends_nothing_after_a_resend_until_the_wire_is_silent() -> None:
    link = open_link()
    send(link, 3)
    number = link.ledger.next - 1
    link.receive_data(b"Error:checksum mismatch, Last Line: %d\nResend: %d\nok\n" % (number - 1, number), 2.0)
    assert link.phase is LinkPhase.DRAINING
    assert link.data_to_send(2.01) == b""
    link.receive_data(b"Resend: %d\nok\n" % number, 2.05)
    link.handle_deadline(2.07)
    assert link.data_to_send(2.07) == b""
    link.handle_deadline(2.12)
    assert link.data_to_send(2.12) == numbered(number, moves(20)[3])


def test_reports_that_come_faster_than_silence_do_not_prolong_a_drain() -> None:
    link = open_link()
    send(link, 3)
    number = link.ledger.next - 1
    link.receive_data(b"Resend: %d\nok\n" % number, 2.0)
    for now in (2.02, 2.04, 2.06, 2.08):
        link.receive_data(b" T:21.00 /0.00 B:21.00 /0.00 @:0 B@:0\n", now)
        link.handle_deadline(now)
    assert link.data_to_send(2.08) == numbered(number, moves(20)[3])


def test_what_is_acknowledged_has_left_the_wire_whatever_the_baud_rate_says() -> None:
    """A pty takes lines faster than the baud rate allows; the drain must not wait for bytes that arrived long ago."""
    link = LinkBench(byte_seconds=10 / 9600).open().link
    link.attach(ListSource(moves(200)))
    send(link, 150, now=2.0)
    link.receive_data(b"Resend: %d\nok\n" % (link.ledger.next - 1), 2.001)
    link.handle_deadline(2.15)
    assert link.data_to_send(2.15)


def test_drain_ends_even_if_the_printer_never_stops_talking() -> None:
    link = open_link()
    send(link, 3)
    link.receive_data(b"Resend: %d\nok\n" % (link.ledger.next - 1), 2.0)
    now = 2.0
    while link.phase is LinkPhase.DRAINING:
        now += 0.02
        assert now < 2.0 + LinkLimits().drain_most + 0.1
        link.receive_data(b"echo: blah\n", now)
        link.handle_deadline(now)


def test_ok_directly_after_resend_acknowledges_nothing() -> None:
    link = open_link()
    send(link, 2)
    acknowledged = link.ledger.acknowledged
    link.receive_data(b"Resend: %d\nok\n" % (acknowledged + 1), 2.0)
    assert link.ledger.acknowledged == acknowledged


def test_resend_below_the_last_acknowledged_line_is_obeyed_and_reported() -> None:
    link = open_link()
    send(link, 5)
    number = link.ledger.acknowledged
    link.receive_data(b"Error:checksum mismatch, Last Line: %d\nResend: %d\nok\n" % (number - 1, number), 2.0)
    (event,) = (event for event in link.events() if isinstance(event, DuplicatePossible))
    assert event.number == number
    assert event.text == moves(20)[4].decode()
    link.handle_deadline(2.1)
    assert link.data_to_send(2.1) == numbered(number, moves(20)[4])
    assert link.statistics.possible_duplicates == 1


@pytest.mark.parametrize("line", [b"Resend: -2", b"Resend:", b"Resend: 999999", b"Resend: 12"])
def test_impossible_resend_is_questioned_not_believed(line: bytes) -> None:
    link = open_link()
    send(link, 3)
    before = (link.ledger.acknowledged, link.ledger.front)
    link.receive_data(line + b"\nok\n", 2.0)
    assert (link.ledger.acknowledged, link.ledger.front) == before
    link.handle_deadline(2.1)
    assert link.data_to_send(2.1) == PROBE


def test_resend_number_that_contradicts_the_last_line_is_questioned() -> None:
    link = open_link()
    send(link, 4)
    number = link.ledger.next - 1
    link.receive_data(b"Error:checksum mismatch, Last Line: %d\nResend: %d\nok\n" % (number - 1, number - 2), 2.0)
    link.handle_deadline(2.1)
    assert link.data_to_send(2.1) == PROBE


def test_printer_that_asks_for_the_impossible_for_ever_ends_the_link_with_a_reason() -> None:
    link = open_link()
    send(link, 3)
    now = 2.0
    for _ in range(40):
        link.receive_data(b"Resend: 999999\nok\n", now)
        now += 0.2
        link.handle_deadline(now)
        link.data_to_send(now)
    (closed,) = (event for event in link.events() if isinstance(event, LinkClosed))
    assert closed.error.code == "link_lost"
    assert "999999" in str(closed.error)


# ---------------------------------------------------------------------------------------------- silence, busy, long


@pytest.mark.parametrize("busy", [2.0, 0.0], ids=["busy lines", "not a word"])
@pytest.mark.parametrize("hours", [0.5, 8.0])
def test_long_commands_never_time_out_while_the_printer_lives(busy: float, hours: float) -> None:
    bench = LinkBench(instant(busy_interval_seconds=busy)).open()
    bench.print_lines([b"G4 S%d" % (hours * 3600), *moves(3)], limit_seconds=hours * 3600 + 600)
    assert not bench.has(LinkClosed)
    assert bench.executed() == moves(3)
    assert bench.link.statistics.stalls == 0
    assert bench.link.statistics.barriers <= 2


def test_lost_ok_of_a_long_command_is_found_by_a_barrier() -> None:
    bench = LinkBench(instant(advanced_ok=False)).open()
    bench.link.submit("G4 S20")
    bench.run(lambda: bench.link.ledger.front > bench.link.ledger.acknowledged, 5)
    bench.printer.mute()
    bench.run(lambda: bench.printer.next_deadline() is None or bench.now > 125, 60)
    bench.printer.unmute()
    bench.run(lambda: bench.link.is_settled, 60)
    assert bench.has(CommandAcknowledged)
    assert bench.link.statistics.barriers >= 1


def test_slow_moves_fill_the_planner_without_a_single_resend() -> None:
    bench = LinkBench(MarlinSettings(greets_on_power=False, instant_heating=True)).open()
    lines = [b"G1 X%d F60" % (i % 2 * 3) for i in range(40)]
    bench.print_lines(lines, limit_seconds=400)
    assert bench.executed() == lines
    assert bench.link.statistics.resends == 0
    assert not bench.has(DuplicatePossible)


def test_silent_printer_ends_the_link_within_forty_seconds_and_says_so() -> None:
    bench = LinkBench(instant()).open()
    bench.link.attach(ListSource(moves(50)))
    bench.run(lambda: bench.printer.ledger.move_count >= 5, 5)
    bench.printer.mute()
    began = bench.now
    bench.run(lambda: bench.has(LinkClosed), 60)
    assert isinstance(closing_error(bench), PrinterSilent)
    assert bench.now - began < 40


def test_temperature_reports_prove_life_but_do_not_hide_a_lost_line() -> None:
    bench = LinkBench(instant(), FaultPlan(drop_line_every=10)).open()
    bench.link.submit("M155 S1")
    bench.print_lines(moves(40))
    assert bench.executed() == moves(40)
    assert bench.longest_standstill < 1.0


def lost_ok_found(answers: list[bytes]) -> GcodeLink:
    """A link whose line was accepted and whose `ok` was lost; `answers` are what the barrier is answered with."""
    link = open_link()
    send(link, 3)
    now, number = 2.0, link.ledger.next - 1
    while not any(b"M105" in sent and sent != PROBE for sent in (link.data_to_send(now),)):
        now += 0.01
        assert now < 10, "no barrier"
        link.handle_deadline(now)
        if link.phase is LinkPhase.PROBING:
            link.receive_data(
                b"Error:Line Number is not Last Line Number+1, Last Line: %d\nResend: %d\nok\n" % (number, number + 1),
                now,
            )
    for answer in answers:
        link.receive_data(answer % (number + 1) if b"%d" in answer else answer, now + 0.01)
    return link


@pytest.mark.parametrize(
    "answers",
    [
        [b"ok T:21.00 /0.00 B:21.00 /0.00 @:0 B@:0\n"],
        [b"ok N%d P15 B3 T:21.00 /0.00 B:21.00 /0.00\n"],
        [b"T:21.00 /0.00 B:21.00 /0.00\n", b"ok\n"],
    ],
    ids=["ok T:", "ok N P B T:", "T: before ok"],
)
def test_barrier_settles_a_lost_ok_in_every_dialect_of_m105(answers: list[bytes]) -> None:
    link = lost_ok_found(answers)
    assert link.ledger.acknowledged == link.ledger.front
    assert link.data_to_send(9.0)


def test_heat_up_lines_are_progress() -> None:
    bench = LinkBench(MarlinSettings(greets_on_power=False, instant_motion=True, busy_interval_seconds=0)).open()
    bench.print_lines([b"M109 S200", *moves(2)], limit_seconds=400)
    assert bench.executed() == moves(2)
    assert bench.link.statistics.probes == 1, "only the proof at the end"
    assert bench.has(TemperaturesReported)


# ------------------------------------------------------------------------------------------------------- endings


def test_halt_closes_the_link_with_the_firmwares_words() -> None:
    bench = LinkBench(instant(), FaultPlan(halt_after=10)).open()
    bench.link.attach(ListSource(moves(50)))
    bench.printer.call_at_move(
        10, lambda now: bench.printer.halt("Error:MAXTEMP triggered, system stopped! Heater_ID: E0", now)
    )
    bench.run(lambda: bench.has(LinkClosed), 60)
    error = closing_error(bench)
    assert isinstance(error, PrinterHalted)
    assert bench.link.data_to_send(bench.now) == b""
    with pytest.raises(Unavailable):
        bench.link.submit("M105")


def test_board_reset_closes_the_link_and_not_one_more_line_runs() -> None:
    bench = LinkBench(instant(), FaultPlan()).open()
    bench.link.attach(ListSource(moves(50)))
    bench.printer.call_at_move(10, bench.printer.reset)
    bench.run(lambda: bench.has(LinkClosed), 60)
    assert isinstance(closing_error(bench), PrinterReset)
    assert len(bench.executed()) <= 11


def test_reset_whose_greeting_was_lost_is_told_by_the_line_number() -> None:
    link = open_link()
    send(link, 3)
    for now in (2.0, 3.0):
        link.receive_data(b"Error:Line Number is not Last Line Number+1, Last Line: 0\nResend: 1\nok\n", now)
        link.handle_deadline(now + 0.1)
        link.data_to_send(now + 0.1)
    (closed,) = (event for event in link.events() if isinstance(event, LinkClosed))
    assert isinstance(closed.error, PrinterReset)


def test_emergency_stop_sends_nothing_more_and_is_confirmed_or_said_to_be_unconfirmed() -> None:
    link = open_link()
    send(link, 2)
    link.submit("M105")
    link.expect_halt(2.0)
    link.receive_data(b"ok\n", 2.1)
    assert link.data_to_send(2.1) == b""
    link.receive_data(b"echo:M112 Shutdown\nError:Printer halted. kill() called!\n", 2.2)
    (closed,) = (event for event in link.events() if isinstance(event, LinkClosed))
    assert isinstance(closed.error, PrinterHalted)
    assert closed.error.details["is_confirmed"] is True

    deaf = open_link()
    deaf.expect_halt(2.0)
    deaf.handle_deadline(5.0)
    (closed,) = (event for event in deaf.events() if isinstance(event, LinkClosed))
    assert isinstance(closed.error, PrinterHalted)
    assert closed.error.details["is_confirmed"] is False


# ------------------------------------------------------------------------------------------------------ commands


def test_commands_go_before_the_jobs_lines_and_keep_their_order() -> None:
    bench = LinkBench(instant()).open()
    source = ListSource(moves(10))
    source.is_paused = True
    bench.link.attach(source)
    for text in ("M400", "M114", "M106 S10"):
        bench.link.submit(text)
    bench.link.submit("M104 S0", first=True)
    source.is_paused = False
    bench.run(lambda: source.is_exhausted and bench.link.is_settled, 30)
    commands = [line for line in bench.printer.ledger.lines if not line.startswith("G1")]
    assert commands[-4:] == ["M104 S0", "M400", "M114", "M106 S10"]
    assert bench.printer.ledger.lines.index("M106 S10") < bench.printer.ledger.lines.index(moves(1)[0].decode())


def test_answer_of_a_command_is_collected_and_handed_over_with_its_ticket() -> None:
    bench = LinkBench(instant()).open()
    ticket = bench.link.submit("M115")
    bench.run(lambda: bench.has(CommandAcknowledged), 30)
    assert ticket is not None
    assert ticket.is_done
    assert ticket.replies[0].startswith("FIRMWARE_NAME:Marlin")
    assert "Cap:AUTOREPORT_TEMP:1" in ticket.replies


def test_answer_of_m105_and_m114_become_events() -> None:
    bench = LinkBench(instant()).open()
    bench.link.submit("M105")
    bench.link.submit("M114")
    bench.run(lambda: bench.link.is_settled, 30)
    assert bench.has(TemperaturesReported)
    assert bench.has(PositionChanged)


def test_empty_lines_are_no_commands_and_dangerous_ones_are_refused() -> None:
    link = open_link()
    assert link.submit("; only a comment") is None
    with pytest.raises(LineRefused):
        link.submit("G1 X" + "1" * 100)


def test_waiting_commands_are_bounded() -> None:
    link = GcodeLink(number_base=BASE, limits=LinkLimits(commands_waiting=3))
    for _ in range(3):
        link.submit("M105")
    with pytest.raises(Unavailable):
        link.submit("M105")


@pytest.mark.parametrize("advanced_ok", [True, False], ids=["numbered ok", "plain ok"])
def test_unnumbered_command_goes_ahead_of_everything_and_its_ok_is_not_taken_for_a_lines(advanced_ok: bool) -> None:
    bench = LinkBench(MarlinSettings(greets_on_power=False, instant_motion=True, advanced_ok=advanced_ok)).open()
    source = ListSource(moves(5))
    bench.link.submit("M109 S200")
    bench.link.attach(source)
    bench.run(lambda: bench.link.ledger.front > bench.link.ledger.acknowledged, 5)
    bench.link.submit_unnumbered(b"M108")
    bench.run(lambda: source.is_exhausted and bench.link.is_settled, 5)
    assert bench.executed() == moves(5)
    assert bench.link.statistics.surplus_acknowledgements == 0
    assert not bench.has(DuplicatePossible)


def test_proof_comes_after_everything_was_acknowledged() -> None:
    bench = LinkBench(instant(), FaultPlan(drop_line_every=7)).open()
    source = ListSource(moves(20))
    bench.link.attach(source)
    bench.link.prove()
    bench.run(lambda: bench.has(ExecutionProven), 60)
    assert source.is_exhausted
    assert bench.executed() == moves(20)


def test_error_that_stops_nothing_is_reported_and_the_print_goes_on() -> None:
    bench = LinkBench(instant()).open()
    bench.print_lines([b"G2 X10", *moves(2)])
    errors = [error for error in bench.all(FirmwareErrorReported) if isinstance(error, FirmwareErrorReported)]
    assert [error.code for error in errors] == ["firmware_error", "cold_extrusion"]
    assert bench.executed() == moves(2)


def test_host_actions_are_told() -> None:
    bench = LinkBench(instant()).open()
    bench.printer.say("//action:pause")
    bench.run(lambda: bench.has(ActionDemanded), 5)
    assert bench.all(ActionDemanded) == [ActionDemanded("pause", "")]


def test_trace_shows_both_directions() -> None:
    bench = LinkBench(instant()).open()
    bench.link.is_tracing = True
    bench.print_lines(moves(1))
    lines = [event.line for event in bench.all(LineTraced) if isinstance(event, LineTraced)]
    assert lines[0].startswith(f"> N{BASE + 1} G1")
    assert lines[1].startswith("< ok")


def test_numbers_start_over_when_they_grow_long_and_the_link_is_idle() -> None:
    bench = LinkBench(instant(), limits=LinkLimits(renumber_above=BASE + 50)).open()
    bench.print_lines(moves(60))
    assert bench.link.ledger.next > BASE + 50
    bench.link.detach()
    bench.run(lambda: bench.link.phase is LinkPhase.READY and bench.link.ledger.next == BASE + 1, 10)
    bench.print_lines(moves(10, first=60))
    assert bench.executed() == moves(70)
    assert len(bench.all(LinkOpened)) == 1


# ----------------------------------------------------------------------------------- firmware that checks no numbers


def test_firmware_that_ignores_numbers_gets_one_line_at_a_time_and_no_probe() -> None:
    link = GcodeLink(number_base=BASE)
    link.open(0.0)
    now = 0.0
    while link.phase is LinkPhase.OPENING:
        while data := link.data_to_send(now):
            if data == PROBE:
                link.receive_data(b"ok B:22.0 /0.0 T0:22.0 /0.0\n", now)
        now += 0.1
        link.handle_deadline(now)
    assert link.numbers_checked is False
    link.attach(ListSource(moves(3)))
    assert link.data_to_send(now) == numbered(BASE + 1, moves(1)[0])
    barriers = []
    for _ in range(100):
        now = link.next_deadline() or now
        link.handle_deadline(now)
        while data := link.data_to_send(now):
            barriers.append(data)
    assert barriers == [numbered(BASE + 2, b"M105"), numbered(BASE + 3, b"M105")]
    link.receive_data(b"ok\nok T0:22.0 /0.0\nok T0:22.0 /0.0\n", now)
    assert link.data_to_send(now) == numbered(BASE + 4, moves(2)[1])
    assert link.data_to_send(now) == b""


def test_fourth_emergency_word_waits_outside_the_printers_receive_buffer() -> None:
    bench = LinkBench(instant()).open()
    bench.link.submit("G4 S30")
    bench.run(lambda: bench.link.ledger.oldest_in_flight is not None, 1)
    for _ in range(WORDS_MOST):
        bench.link.submit_unnumbered(b"M108")
    with pytest.raises(Unavailable, match="emergency commands wait"):
        bench.link.submit_unnumbered(b"M108")
    bench.run(lambda: len(bench.all(EmergencyWordSettled)) == WORDS_MOST and bench.link.is_settled, 60)
    bench.link.submit_unnumbered(b"M108")


def test_klipper_that_stops_executing_ends_the_job_with_its_words() -> None:
    bench = LinkBench(persona_named("klipper").settings).open()
    bench.link.attach(ListSource(moves(50)))
    bench.run(lambda: bench.printer.ledger.move_count >= 10, 60)
    bench.printer.say("!! Printer is not ready")
    bench.run(lambda: bench.has(LinkClosed), 10)
    (closed,) = bench.all(LinkClosed)
    assert isinstance(closed, LinkClosed)
    assert closed.error.code == "printer_not_ready"
