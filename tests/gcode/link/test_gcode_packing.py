"""Packing of a job: agreed upon, tested, given up at the first doubt, and never at the price of a line."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hydrogen.gcode.link.link_events import DuplicatePossible, LinkClosed
from hydrogen.gcode.link.link_limits import PROBE, LinkLimits
from hydrogen.gcode.link.link_state import LinkPhase
from hydrogen.gcode.link.packing import LEAVE, Packing, PackingNegotiation
from hydrogen.gcode.meatpack import KEEP_BLANKS, TURN_ON, pack, parse_report
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.support.link_bench import LinkBench, ListSource, moves

ON, OFF = "[MP] PV01 ON ESP", "[MP] PV01 OFF ESP"
LAST = 5000


def board(**changes: object) -> MarlinSettings:
    values: dict[str, object] = {
        "instant_motion": True,
        "instant_heating": True,
        "greets_on_power": False,
        "meatpack": True,
        "prevent_cold_extrusion": False,
        **changes,
    }
    return MarlinSettings(**values)  # type: ignore[arg-type]


def opened(
    plan: FaultPlan | None = None, seed: int = 1, limits: LinkLimits | None = None, **changes: object
) -> LinkBench:
    bench = LinkBench(board(**changes), plan, seed=seed, limits=limits).open()
    bench.link.allow_packing()
    return bench


def is_unpacking(bench: LinkBench) -> bool:
    return bench.printer.is_unpacking


# ------------------------------------------------------------------------------------------------------- negotiation


def negotiation(*said: Callable[[PackingNegotiation], None]) -> PackingNegotiation:
    talk = PackingNegotiation(last_number=LAST, quiet=0.06, now=0.0)
    assert list(talk.outgoing) == [TURN_ON + KEEP_BLANKS]
    for say in said:
        say(talk)
    return talk


def report(text: str) -> Callable[[PackingNegotiation], None]:
    said = parse_report(text)
    assert said is not None
    return lambda talk: talk.on_report(said, 0.1)


def resend(number: int | None) -> Callable[[PackingNegotiation], None]:
    return lambda talk: talk.on_resend(number, 0.1)


def test_two_reports_and_an_answer_to_a_packed_probe_are_an_agreement() -> None:
    talk = negotiation(report(ON), report(ON))
    assert talk.outgoing[-1] == pack(PROBE)
    talk.on_resend(LAST + 1, 0.2)
    assert not talk.is_done
    talk.handle_deadline(talk.next_deadline())
    assert talk.is_done
    assert talk.has_agreed


@pytest.mark.parametrize(
    "said",
    [
        [report(OFF)],
        [report(ON), report(OFF)],
        [report(ON), report("[MP] PV01 ON NSP")],
        [report("[MP] PV02 ON ESP")],
        [report(ON), report(ON), report(ON)],
        [report(ON), report(ON), resend(LAST)],
        [report(ON), report(ON), resend(None)],
        [resend(LAST + 1)],
        [report(ON), report(ON), resend(LAST + 1), resend(LAST + 1)],
    ],
)
def test_anything_else_is_none(said: list[Callable[[PackingNegotiation], None]]) -> None:
    talk = negotiation(*said)
    assert talk.is_done
    assert not talk.has_agreed


@pytest.mark.parametrize("said", [[], [report(ON)], [report(ON), report(ON)]])
def test_silence_is_none_either(said: list[Callable[[PackingNegotiation], None]]) -> None:
    talk = negotiation(*said)
    talk.handle_deadline(talk.next_deadline() - 0.01)
    assert not talk.is_done
    talk.handle_deadline(talk.next_deadline())
    assert talk.is_done
    assert not talk.has_agreed


def test_packing_is_wanted_once_per_job_where_the_firmware_can() -> None:
    packing = Packing()
    packing.begin_job()
    assert not packing.is_wanted
    assert packing.farewell == b""
    packing.allow()
    packing.begin_job()
    assert packing.is_wanted
    packing.negotiate(last_number=LAST, quiet=0.06, now=0.0)
    assert not packing.is_wanted
    assert packing.farewell == b""
    assert not packing.on_text("hello", 0.1)
    assert [packing.before_probe() for _ in range(4)] == [LEAVE, b"", LEAVE, b""]
    packing.on_text(ON, 0.1)
    assert packing.farewell == LEAVE
    assert [packing.before_probe() for _ in range(2)] == [LEAVE, LEAVE]
    assert not packing.conclude()
    assert packing.is_in_doubt
    packing.begin_job()
    assert packing.is_wanted


# ------------------------------------------------------------------------------------------------------------ the link


def test_job_goes_packed_and_ends_unpacked() -> None:
    bench = opened()
    before = bench.bytes_sent
    lines = moves(400)
    source = ListSource(lines)
    bench.link.attach(source)
    bench.run(lambda: bench.printer.ledger.move_count >= 100, 60)
    assert is_unpacking(bench)
    bench.run(lambda: source.is_exhausted and bench.link.is_settled, 60)
    bench.link.prove()
    bench.run(lambda: not is_unpacking(bench), 5)
    assert bench.executed() == lines
    plain = sum(len(line) + len("N5001 *100\n") for line in lines)
    assert (bench.bytes_sent - before) * 1.5 < plain


def test_firmware_that_cannot_gets_plain_lines() -> None:
    bench = LinkBench(board(meatpack=False)).open()
    bench.link.allow_packing()
    bench.print_lines(moves(50))
    assert bench.executed() == moves(50)
    assert not bench.has(LinkClosed)


def test_without_permission_nothing_is_tried() -> None:
    bench = LinkBench(board()).open()
    bench.print_lines(moves(20))
    assert bench.link.farewell == b""
    assert bench.executed() == moves(20)


def test_first_fault_ends_packing_for_the_job_and_the_next_job_packs_again() -> None:
    bench = opened(FaultPlan(corrupt_every=120))
    bench.print_lines(moves(200))
    assert bench.executed() == moves(200)
    assert not is_unpacking(bench)
    bench.wire = type(bench.wire)(FaultPlan(), 1)
    source = ListSource(moves(50, first=200))
    bench.link.attach(source)
    bench.run(lambda: bench.printer.ledger.move_count >= 220, 60)
    assert is_unpacking(bench)


def test_emergency_word_is_understood_in_the_middle_of_a_packed_job() -> None:
    bench = opened(emergency_parser=False)
    lines = moves(200)
    source = ListSource(lines)
    bench.link.attach(source)
    bench.run(lambda: bench.printer.ledger.move_count >= 100, 60)
    bench.link.submit_unnumbered(b"M108")
    bench.run(lambda: source.is_exhausted and bench.link.is_settled, 60)
    assert "M108" in bench.printer.ledger.lines
    assert not is_unpacking(bench)
    assert bench.executed() == lines


def test_printer_that_says_it_no_longer_unpacks_is_believed() -> None:
    bench = opened()
    lines = moves(200)
    source = ListSource(lines)
    bench.link.attach(source)
    bench.run(lambda: bench.printer.ledger.move_count >= 100, 60)
    bench.printer.receive(b"\xff\xff\xfa", bench.now)
    bench.run(lambda: source.is_exhausted and bench.link.is_settled, 60)
    assert bench.executed() == lines


def test_host_that_died_in_a_packed_job_leaves_a_printer_that_is_found_again() -> None:
    bench = opened()
    bench.link.attach(ListSource(moves(200)))
    bench.run(lambda: bench.printer.ledger.move_count >= 100, 60)
    assert is_unpacking(bench)
    bench.begin_anew()
    bench.open()
    assert bench.link.phase is LinkPhase.READY
    assert not is_unpacking(bench)
    bench.print_lines(moves(20, first=200))
    assert bench.executed()[-20:] == moves(20, first=200)


WEATHERS = {
    "damaged bodies": FaultPlan(corrupt_every=70),
    "lost lines": FaultPlan(drop_line_every=80),
    "lost oks": FaultPlan(drop_ok_every=90),
    "doubled oks": FaultPlan(duplicate_ok_every=60),
    "needless resends": FaultPlan(resend_every=110),
    "damaged replies": FaultPlan(reply_corruption_rate=0.001),
}


@pytest.mark.parametrize("weather", WEATHERS)
@pytest.mark.parametrize("advanced_ok", [True, False], ids=["numbered ok", "plain ok"])
@pytest.mark.parametrize("ring", [0, 128], ids=["one line", "window"])
def test_every_line_of_a_packed_job_runs_exactly_once(weather: str, advanced_ok: bool, ring: int) -> None:
    limits = LinkLimits(receive_buffer_bytes=ring)
    bench = opened(WEATHERS[weather], limits=limits, advanced_ok=advanced_ok)
    lines = moves(400)
    bench.print_lines(lines)
    assert bench.executed() == lines
    assert not bench.has(LinkClosed)


@given(
    seed=st.integers(0, 10_000),
    advanced_ok=st.booleans(),
    flush_eight_bit=st.booleans(),
    rates=st.fixed_dictionaries(
        {
            "byte_corruption_rate": st.sampled_from([0.0, 0.0005, 0.002]),
            "byte_loss_rate": st.sampled_from([0.0, 0.0005, 0.002]),
            "reply_corruption_rate": st.sampled_from([0.0, 0.0005]),
            "ok_loss_rate": st.sampled_from([0.0, 0.005]),
        }
    ),
)
@settings(max_examples=40, deadline=None)
def test_noise_on_a_packed_wire_loses_nothing_in_silence(
    seed: int, advanced_ok: bool, flush_eight_bit: bool, rates: dict[str, float]
) -> None:
    """What XOR cannot see runs as another line; what may have run twice is reported; all else is exactly once."""
    bench = opened(FaultPlan(**rates), seed, advanced_ok=advanced_ok, eight_bit_bytes_flush=flush_eight_bit)
    lines = moves(120)
    bench.print_lines(lines)
    run = [line.encode() for line in bench.printer.ledger.lines if not line.startswith(("M105", "M110", "M27", "M400"))]
    wanted = set(lines)
    foreign = [line for line in run if line not in wanted]
    missing = wanted - set(run)
    assert bench.has(LinkClosed) or len(missing) <= len(foreign), bench.describe()
    assert len(bench.executed()) - len(set(bench.executed())) <= len(bench.all(DuplicatePossible)), bench.describe()
