"""A printer that was left in the middle of a numbering: the next line is the right one, or nothing moves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hydrogen.errors import PrinterHalted, PrinterSilent
from hydrogen.gcode.dialect import DIALECTS
from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import LinkClosed, LinkOpened
from hydrogen.gcode.link.link_limits import PROBE, LinkLimits
from hydrogen.gcode.link.link_state import LinkPhase
from hydrogen.gcode.link.packing import LEAVE
from hydrogen.gcode.link.resuming import EXECUTIONS_EXPECTED, EXECUTIONS_SURE, QUIET_SECONDS, SILENT_SECONDS, Resuming
from hydrogen.gcode.link.resumption import Numbering
from hydrogen.gcode.replies import parse_reply
from hydrogen_simulators.faults import FaultPlan, FaultyWire
from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.personas import persona_named
from tests.support.link_bench import moves
from tests.support.mortal_bench import MortalBench

PAST = Numbering(base=5000, acknowledged=5010, last_given=5014, announced=(7000,))
REFUSAL = "Error:Line Number is not Last Line Number+1, Last Line: {0}"


def board(**changes: object) -> MarlinSettings:
    values: dict[str, object] = {
        "instant_motion": True,
        "instant_heating": True,
        "greets_on_power": False,
        "prevent_cold_extrusion": False,
        **changes,
    }
    return MarlinSettings(**values)  # type: ignore[arg-type]


class Talk:
    """One Resuming and whoever answers it by hand."""

    def __init__(self, **more: object) -> None:
        self.now = 100.0
        self.resuming = Resuming(PAST, limits=LinkLimits(), now=self.now, **more)  # type: ignore[arg-type]
        self.sent: list[bytes] = []
        self._collect()

    def say(self, *lines: str) -> Talk:
        for line in lines:
            self.resuming.on_reply(parse_reply(line.encode()), self.now)
        self._collect()
        return self

    def refuse(self, last: int) -> Talk:
        return self.say(REFUSAL.format(last), f"Resend: {last + 1}", "ok")

    def wait(self, seconds: float) -> Talk:
        """Let time go by, deadline after deadline."""
        until = self.now + seconds
        while not self.is_over and self.resuming.next_deadline() <= until:
            self.now = max(self.now, self.resuming.next_deadline())
            self.resuming.handle_deadline(self.now)
            self._collect()
        self.now = until
        return self

    @property
    def is_over(self) -> bool:
        return self.resuming.is_settled or self.resuming.is_strange or self.resuming.error is not None

    def _collect(self) -> None:
        self.sent += self.resuming.outgoing
        self.resuming.outgoing.clear()


# ------------------------------------------------------------------------------------------------------ the verdicts


def test_line_end_and_silence_come_before_the_probe() -> None:
    talk = Talk()
    assert talk.sent == [b"\n"]
    talk.wait(QUIET_SECONDS - 0.01)
    assert talk.sent == [b"\n"]
    talk.wait(0.02)
    assert talk.sent == [b"\n", b"\n" + PROBE]


@pytest.mark.parametrize("last", [5010, 5012, 5014, 7000])
def test_number_that_may_be_ours_is_gone_on_behind(last: int) -> None:
    talk = Talk().wait(0.15).refuse(last).wait(0.1)
    assert talk.resuming.accepted == last
    assert talk.resuming.phase is LinkPhase.READY
    assert talk.resuming.numbers_checked


@pytest.mark.parametrize("last", [0, 1, 5009, 5015, 6999])
def test_any_other_number_is_strange(last: int) -> None:
    talk = Talk().wait(0.15).refuse(last).wait(0.1)
    assert talk.resuming.is_strange
    assert talk.resuming.accepted is None


def test_greeting_tells_of_a_reset_at_once() -> None:
    assert Talk().say("start").resuming.is_strange


def test_what_comes_before_the_probe_decides_nothing() -> None:
    """It was on its way when the former owner died, and he may have obeyed it."""
    talk = Talk().refuse(5011).wait(0.3)
    assert not talk.is_over
    talk.refuse(5013).wait(0.1)
    assert talk.resuming.accepted == 5013


def test_numbers_that_contradict_each_other_are_asked_for_again() -> None:
    talk = Talk().wait(0.15).say(REFUSAL.format(5012), "Resend: 5010", "ok").wait(0.1)
    assert not talk.is_over
    assert len(talk.sent) == 3
    assert talk.refuse(5012).wait(0.1).resuming.accepted == 5012


def test_number_without_a_last_line_must_come_twice() -> None:
    talk = Talk().wait(0.15).say("Resend: 5013", "ok").wait(0.1)
    assert not talk.is_over
    assert talk.say("Resend: 5013", "ok").wait(0.1).resuming.accepted == 5012


def test_garbled_answer_is_no_answer() -> None:
    talk = Talk().wait(0.15).say("Error:Line Number is not Last", "Res#nd: 50", "ok").wait(0.5)
    assert not talk.is_over
    assert talk.refuse(5012).wait(0.4).resuming.accepted == 5012


def test_remainder_stands_for_the_newest_line_that_leaves_it() -> None:
    talk = Talk(dialect=DIALECTS["teacup"]).wait(0.15)
    for _ in range(2):
        talk.say(f"rs {5013 % 256}").wait(0.4)
    assert talk.resuming.accepted == 5012


def test_halted_printer_is_an_error() -> None:
    talk = Talk().say("Error:Printer halted. kill() called!")
    assert isinstance(talk.resuming.error, PrinterHalted)


def test_firmware_that_executes_every_probe_proves_nothing() -> None:
    talk = Talk()
    for _ in range(EXECUTIONS_SURE):
        assert not talk.is_over
        talk.wait(0.2).say("ok T:20.0 /0.0 B:20.0 /0.0")
    assert talk.resuming.accepted == PAST.last_given
    assert not talk.resuming.numbers_checked


def test_what_the_dialect_says_anyway_needs_less_evidence() -> None:
    talk = Talk(dialect=DIALECTS["klipper"])
    for _ in range(EXECUTIONS_EXPECTED):
        talk.wait(0.2).say("ok T:20.0 /0.0")
    assert talk.resuming.accepted == PAST.last_given


def test_one_temperature_in_the_queue_is_not_taken_for_an_executed_probe() -> None:
    talk = Talk().wait(0.15).say("ok T:20.0 /0.0").say("ok T:20.0 /0.0").say("ok T:20.0 /0.0").wait(0.01)
    assert not talk.is_over
    assert talk.refuse(5012).wait(0.4).resuming.accepted == 5012


def test_printer_that_works_is_waited_for_without_filling_its_receive_buffer() -> None:
    talk = Talk()
    for _ in range(1000):
        talk.wait(2.0).say("echo:busy: processing")
    assert not talk.is_over
    assert sum(map(len, talk.sent[:4])) <= 63
    assert len(talk.sent) < 16
    assert talk.refuse(5014).wait(0.4).resuming.accepted == 5014


def test_nobody_is_not_waited_for_for_ever() -> None:
    talk = Talk().wait(SILENT_SECONDS + 1)
    assert isinstance(talk.resuming.error, PrinterSilent)


def test_somebody_who_acknowledges_but_names_no_number_is_asked_otherwise() -> None:
    talk = Talk().wait(1.0).say("ok").wait(2 * SILENT_SECONDS)
    assert talk.resuming.is_strange


def test_printer_that_may_unpack_is_told_not_to_first() -> None:
    talk = Talk(is_packed=True).wait(0.15)
    assert talk.sent == [LEAVE, LEAVE + PROBE]
    deaf = Talk().wait(5.0)
    assert any(question.startswith(LEAVE) for question in deaf.sent)


# ------------------------------------------------------------------------------------------------------------- lives

FILE = moves(160)


@pytest.mark.parametrize("chunk", range(20))
def test_killed_at_any_point_it_goes_on_with_the_very_next_line_or_moves_nothing(chunk: int) -> None:
    """Test 1 of facts/link.md, 200 seeded deaths and more: windows, first lines, partial writes, resets."""
    for seed in range(chunk * 10, chunk * 10 + 10):
        live_and_die(seed)


def live_and_die(seed: int) -> None:
    settings = board(
        advanced_ok=seed % 2 == 0,
        command_latency_seconds=(0.0, 0.004, 0.02)[seed % 3],
        ring_size=128 if seed % 5 else 256,
    )
    bench = MortalBench(settings, FILE, seed=seed, knows_ring=seed % 4 >= 2)
    random = bench.random
    bench.start()
    for _ in range(1 + random.randrange(3)):
        most = random.choice((2, 60, 250))
        until = bench.now + random.random() * most * 0.005
        bench.run(lambda until=until: bench.now >= until or bench.source.is_exhausted)  # type: ignore[misc]
        bench.die(loses_unsent=random.random() < 0.7)
        bench.stay_dead(random.choice((0.0, 0.001, 0.05, 3.0)))
        moved = bench.printer.ledger.move_count
        if random.random() < 0.2:
            bench.printer.reset(bench.now)
            moved = bench.printer.ledger.move_count
            bench.live_again()
            assert bench.resumed_from is None, (seed, bench.describe())
            bench.stay_dead(5.0)
            assert bench.printer.ledger.move_count == moved, (seed, bench.describe())
            assert bench.ran() == FILE[: len(bench.ran())], (seed, bench.describe())
            return
        bench.live_again()
        assert bench.resumed_from is not None, (seed, bench.describe())
    bench.finish(bench.source)  # type: ignore[arg-type]
    assert bench.ran() == FILE, (seed, bench.describe())
    assert not bench.overflowed_bytes, (seed, bench.describe())


def test_long_command_is_waited_for_and_nothing_runs_meanwhile() -> None:
    lines = [*FILE[:5], b"G28", *FILE[5:20]]
    bench = MortalBench(board(instant_motion=False, homing_seconds=60.0), lines)
    bench.start()
    bench.run(lambda: bench.link.ledger.next > 5006)
    bench.die(loses_unsent=True)
    bench.stay_dead(2.0)
    began = bench.now
    bench.live_again()
    assert bench.resumed_from is not None
    assert bench.now - began < 1.0  # the parser answers while it homes
    bench.finish(bench.source)  # type: ignore[arg-type]
    assert bench.ran() == lines


def test_full_queue_delays_the_answer_only() -> None:
    """A host that knew no restraint left five slow lines behind: no probe is read before one of them has ended."""
    bench = MortalBench(board(command_latency_seconds=8.0), FILE[:12], knows_ring=True)
    bench.open()
    bench.link._window.bytes_most, bench.link._window.lines_most = 200, 6
    bench._executed_before = len(bench.printer.ledger.lines)
    bench._attach(0)
    bench.stay_dead(0.5)
    bench.die(loses_unsent=False)
    began = bench.now
    bench.live_again()
    assert 5 < bench.now - began < 9
    assert bench.resumed_from is not None
    bench.finish(bench.source)  # type: ignore[arg-type]
    assert bench.ran() == FILE[:12]


def test_reset_printer_is_opened_as_if_it_had_no_past() -> None:
    bench = MortalBench(board(), FILE)
    bench.start()
    bench.run(lambda: bench.printer.ledger.move_count > 40)
    bench.die(loses_unsent=True)
    bench.printer.reset(bench.now)
    bench.stay_dead(1.0)
    bench.live_again()
    assert bench.all(LinkOpened) == [LinkOpened(numbers_checked=True)]
    assert bench.printer.last_line_number == 8000  # the new base


def test_klipper_goes_on_behind_the_last_line_given() -> None:
    persona = persona_named("klipper")
    bench = MortalBench(persona.settings, FILE)
    bench.start()
    bench.run(lambda: bench.printer.ledger.move_count > 40)
    given = bench.link.ledger.next - 1
    bench.die(loses_unsent=False)
    bench.stay_dead(1.0)
    bench.live_again()
    assert bench.resumed_from == given
    assert not bench.link.numbers_checked
    bench.finish(bench.source)  # type: ignore[arg-type]
    assert bench.ran() == FILE  # here the last line did arrive


def test_death_around_a_new_numbering_is_decided_wherever_it_strikes() -> None:
    """M110 lost, M110 obeyed, the first lines behind it: everything before it ran, once."""
    struck = set()
    for delay in range(120):
        bench = MortalBench(board(command_latency_seconds=0.002), FILE, seed=delay)
        bench.link._giving.highest_number = 5000 + 60
        bench.start()
        bench.run(lambda: bench.link.ledger.next > 5060)  # type: ignore[misc]  # noqa: B023
        until = bench.now + delay * 0.004
        bench.run(lambda: bench.now >= until or bench.source.is_exhausted)  # type: ignore[misc]  # noqa: B023
        struck.add(bench.link.phase)
        bench.die(loses_unsent=delay % 2 == 0)
        bench.stay_dead(0.05)
        bench.live_again()
        assert bench.resumed_from is not None, (delay, bench.describe())
        bench.finish(bench.source)  # type: ignore[arg-type]
        assert bench.ran() == FILE, (delay, bench.describe())
    assert {LinkPhase.NUMBERING, LinkPhase.VERIFYING, LinkPhase.READY, LinkPhase.PROBING} <= struck


def test_oks_of_the_former_owner_are_not_counted_for_our_lines() -> None:
    """Plain `ok`s: three lines of his wait in the queue when we come."""
    settings = board(advanced_ok=False, command_latency_seconds=0.3)
    bench = MortalBench(settings, FILE[:40], knows_ring=True)
    bench.start()
    bench.link._window.bytes_most, bench.link._window.lines_most = 87, 3
    bench.run(lambda: bench.printer.ledger.move_count > 3)
    bench.die(loses_unsent=False)
    bench.live_again()
    resumed_from = bench.resumed_from
    assert resumed_from is not None
    before = bench.printer.ledger.lines.count("M105")
    bench.run(lambda: bench.link.ledger.acknowledged > resumed_from)
    assert bench.printer.ledger.lines.count("M105") == before + 1  # the barrier has run: everything before it has
    bench.finish(bench.source)  # type: ignore[arg-type]
    assert bench.ran() == FILE[:40]


def test_link_without_a_past_is_opened_as_ever() -> None:
    link = GcodeLink(number_base=5000)
    link.open(100.0)
    assert link.phase is LinkPhase.OPENING
    assert link.resumed_from is None
    assert not any(isinstance(event, LinkClosed) for event in link.events())


@pytest.mark.parametrize("fault", ["drop_line_every", "drop_ok_every"])
def test_line_that_cannot_be_asked_about_costs_the_link_and_the_next_one_goes_on(fault: str) -> None:
    """Repetier built without `wait`: the line may stand in the ring, and a probe would not fit beside it."""
    repetier = persona_named("repetier").settings
    settings = replace(
        repetier,
        ring_size=64,
        instant_motion=True,
        greets_on_power=False,
        prevent_cold_extrusion=False,
        speech=replace(repetier.speech, idle_word=""),
    )
    lines = [line + b" F1800.0000" for line in moves(60)]
    bench = MortalBench(settings, lines)
    bench.start()
    bench.link.speak(DIALECTS["repetier"])
    bench.run(lambda: bench.link.ledger.stream_lines > 20)
    assert bench.link.ledger.oldest_in_flight is not None
    bench.weather = FaultyWire(FaultPlan(**{fault: 1}), 1)
    weather = bench.weather
    bench.run(lambda: weather.counts.total() > 0)
    bench.weather = FaultyWire(FaultPlan(), 1)
    bench.run(lambda: bench.has(LinkClosed))
    assert isinstance(bench.all(LinkClosed)[0].error, PrinterSilent)
    bench.live_again()
    bench.link.speak(DIALECTS["repetier"])
    assert bench.resumed_from is not None
    bench.finish(bench.source)  # type: ignore[arg-type]
    assert bench.ran() == lines, bench.describe()
    assert not bench.overflowed_bytes
