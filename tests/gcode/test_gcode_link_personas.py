"""The link with every virtual printer: each firmware in every weather, in virtual time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hydrogen.errors import DeviceError, PrinterSilent
from hydrogen.gcode.dialect import dialect_of
from hydrogen.gcode.link import GcodeLink
from hydrogen.gcode.link_events import ActionDemanded, DuplicatePossible, LinkClosed, NumberingBegun
from hydrogen.gcode.link_limits import PROBE_NUMBER
from hydrogen_drivers.marlin.reports import firmware_from_replies
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.personas import PERSONAS, persona_named
from tests.support.link_bench import BASE, LinkBench, ListSource, moves

LINES = 300

CHECKSUM_ONLY = ("reprapfirmware", "reprapfirmware-3", "teacup")
"""They judge the checksum and not the number: the probe is executed, so the link takes them for a firmware without numbers."""

WITHOUT_NUMBERS = (*CHECKSUM_ONLY, "klipper")
CHECKED = [name for name in PERSONAS if name not in WITHOUT_NUMBERS]

WEATHERS = {
    "clear": FaultPlan(),
    "damaged lines": FaultPlan(corrupt_every=37),
    "lost lines": FaultPlan(drop_line_every=41),
    "lost oks": FaultPlan(drop_ok_every=43),
    "doubled oks": FaultPlan(duplicate_ok_every=31),
    "needless resends": FaultPlan(resend_every=47),
    "damaged replies": FaultPlan(reply_corruption_rate=0.0005),
}
"""One kind of fault each; distances are prime, so that a fault meets every kind of line sooner or later."""

ALL_AT_ONCE = FaultPlan(
    corrupt_every=71,
    drop_line_every=53,
    drop_ok_every=59,
    duplicate_ok_every=43,
    resend_every=67,
    reply_corruption_rate=0.0002,
)

SLOW: dict[str, object] = {"instant_motion": False, "instant_heating": False}


class Rig:
    """A persona met as the driver meets it: identified, its dialect spoken, its buffer measured, packing allowed, homed.

    Commands take no time unless `changes` to the persona's settings say so.
    """

    def __init__(
        self,
        persona: str,
        *,
        seed: int = 1,
        number_base: int = BASE,
        chunk: int | None = None,
        **changes: object,
    ) -> None:
        values: dict[str, object] = {
            "instant_motion": True,
            "instant_heating": True,
            "prevent_cold_extrusion": False,
            **changes,
        }
        settings: MarlinSettings = replace(persona_named(persona).settings, **values)  # type: ignore[arg-type]
        self.bench = LinkBench(settings, seed=seed, number_base=number_base, chunk=chunk).open()
        self.link: GcodeLink = self.bench.link
        firmware, found = firmware_from_replies(self.ask("M115"))
        greeting, machine = self.link.greeting, firmware.machine_type
        self.dialect = dialect_of(greeting, firmware.name, machine_type=machine, fields=found)
        self.link.speak(self.dialect)
        if settings.meatpack:
            self.link.allow_packing()
        if self.dialect.may_open_window:
            self._measure()
        self.ask("G28")
        self._overflow_before = self.overflow

    def _measure(self) -> None:
        """The size of the ring, and the lines that try out the wire."""
        begun = len(self.bench.all(NumberingBegun))
        self.link.measure_receive_buffer()
        self.bench.run(lambda: len(self.bench.all(NumberingBegun)) > begun, 60)
        self.bench.run(lambda: self.link.is_settled, 60)
        self.bench.rest()

    def ask(self, command: str) -> list[str]:
        ticket = self.link.submit(command)
        assert ticket is not None
        self.bench.run(lambda: ticket.is_done, 120)
        return ticket.replies

    def print(self, lines: list[bytes], plan: FaultPlan | None = None, *, seed: int = 1, seconds: float = 900.0) -> None:
        """A whole job in this weather."""
        self.bench.change_weather(plan or FaultPlan(), seed)
        self.bench.print_lines(lines, seconds)

    @property
    def overflow(self) -> int:
        return self.bench.printer.ledger.counts["rx_overflow_bytes"]

    @property
    def end(self) -> DeviceError | None:
        """Why the link ended, if it did."""
        closed = self.bench.all(LinkClosed)
        return closed[0].error if closed and isinstance(closed[0], LinkClosed) else None

    def assert_exactly_once(self, lines: list[bytes]) -> None:
        """Everything ran once and in order, the link said nothing of a doubt, and the ring lost nothing."""
        assert self.bench.executed() == lines, self.bench.describe()
        assert self.end is None
        assert not self.bench.has(DuplicatePossible)
        assert self.link.ledger.stream_lines == len(lines)
        assert self.overflow == self._overflow_before

    def assert_stopped_with_a_reason(self, lines: list[bytes]) -> None:
        """What ran is a beginning of the job, nothing twice, nothing else; and the link said why it went no further."""
        run = self.bench.executed()
        assert run == lines[: len(run)], self.bench.describe()
        assert self.end is not None
        assert len(str(self.end)) > len("closed")

    def forbid_acknowledging_what_was_not_accepted(self) -> None:
        """From now on, after every exchange: no line counts as done that the printer has not taken."""
        self.bench.laws.append(self._check_acknowledged)

    def _check_acknowledged(self) -> None:
        assert self.link.ledger.acknowledged <= self.bench.printer.last_line_number, self.bench.describe()


# ------------------------------------------------------------------------------------------------- who checks numbers


@pytest.mark.parametrize("persona", PERSONAS)
def test_numbers_are_found_to_be_checked_where_the_dialect_says_so(persona: str) -> None:
    rig = Rig(persona)
    assert rig.link.numbers_checked is (rig.dialect.numbers == "checked")
    assert rig.link.numbers_checked is (persona in CHECKED)


@pytest.mark.parametrize("persona", CHECKED)
@pytest.mark.parametrize("weather", WEATHERS)
def test_every_line_runs_exactly_once_and_no_fault_costs_a_second(persona: str, weather: str) -> None:
    rig = Rig(persona)
    if weather not in ("doubled oks", "damaged replies"):  # an ok too many, or for another line, is not the printer's word
        rig.forbid_acknowledging_what_was_not_accepted()
    lines = moves(LINES)
    rig.print(lines, WEATHERS[weather])
    rig.assert_exactly_once(lines)
    assert rig.bench.lines_on_wire < 1.5 * len(lines)
    assert rig.bench.longest_standstill <= 1.0
    assert sum(rig.bench.wire.counts.values()) > 0 or weather == "clear"


@pytest.mark.parametrize("persona", CHECKED)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_faults_at_once_lose_and_double_nothing(persona: str, seed: int) -> None:
    rig = Rig(persona, chunk=(None, 1, 7)[seed - 1])
    lines = moves(LINES)
    rig.print(lines, ALL_AT_ONCE, seed=seed)
    rig.assert_exactly_once(lines)
    assert rig.bench.lines_on_wire < 1.5 * len(lines)


# ------------------------------------------------------------------------------------------- who does not check numbers

SILENCE_IS_FOR_EVER = pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="without numbers the link has no deadline: a lost line or a lost ok stands still for ever",
)
PROBE_PROVES_NOTHING = pytest.mark.xfail(
    strict=True,
    raises=AssertionError,
    reason="teacup's second request, `rs` with the low 8 bits, is answered by a probe, which is executed: PrinterSilent",
)

EXACT_WITHOUT_NUMBERS = [
    *((name, weather) for name in WITHOUT_NUMBERS for weather in ("clear", "doubled oks", "needless resends")),
    ("reprapfirmware", "damaged lines"),
]
"""A wrong number with a right checksum is a good line here; an `ok` too many finds nothing in flight and counts nothing."""

IN_DOUBT = [
    *((name, weather) for name in WITHOUT_NUMBERS for weather in ("lost lines", "lost oks", "damaged replies")),
    ("reprapfirmware-3", "damaged lines"),  # dropped without a word, like a lost line
]
"""Was the line lost, or its ok? Nobody can tell, and a line that is sent again runs again: so the job has to end."""


@pytest.mark.parametrize(("persona", "weather"), EXACT_WITHOUT_NUMBERS)
def test_without_numbers_what_is_decidable_runs_exactly_once(persona: str, weather: str) -> None:
    rig = Rig(persona)
    lines = moves(LINES)
    rig.print(lines, WEATHERS[weather])
    rig.assert_exactly_once(lines)
    assert rig.bench.lines_on_wire < 1.5 * len(lines)
    assert rig.bench.longest_standstill <= 1.0


@PROBE_PROVES_NOTHING
def test_teacup_asks_twice_for_a_damaged_line_and_gets_it_once() -> None:
    rig = Rig("teacup")
    lines = moves(LINES)
    rig.print(lines, WEATHERS["damaged lines"])
    rig.assert_exactly_once(lines)


def test_klipper_runs_a_damaged_line_as_it_arrived_and_no_line_twice() -> None:
    """Nothing is judged there: the wire has to be sound, and a pseudo-tty is."""
    rig = Rig("klipper")
    lines = moves(LINES)
    rig.print(lines, WEATHERS["damaged lines"])
    run = rig.bench.executed()
    assert rig.end is None
    assert len(run) == len(lines)
    differing = [place for place, line in enumerate(lines) if run[place] != line]
    assert len(differing) == rig.bench.wire.counts["lines_corrupted"] > 0


@SILENCE_IS_FOR_EVER
@pytest.mark.parametrize(("persona", "weather"), IN_DOUBT)
def test_without_numbers_a_doubt_ends_the_job_with_a_reason(persona: str, weather: str) -> None:
    rig = Rig(persona)
    lines = moves(LINES)
    rig.print(lines, WEATHERS[weather])
    rig.assert_stopped_with_a_reason(lines)


@pytest.mark.parametrize(("persona", "weather"), [*IN_DOUBT, ("teacup", "damaged lines")])
def test_without_numbers_no_line_runs_twice_and_none_is_passed_over(persona: str, weather: str) -> None:
    """At most once, whatever becomes of the job: true also while it stands still."""
    rig = Rig(persona)
    lines = moves(LINES)
    rig.bench.change_weather(WEATHERS[weather])
    source = ListSource(lines)
    rig.link.attach(source)
    rig.bench.rest()
    run = rig.bench.executed()
    assert 0 < len(run) < len(lines)
    assert run == lines[: len(run)]


# --------------------------------------------------------------------------------------------- the space of the numbers


@pytest.mark.parametrize("plan", [FaultPlan(), ALL_AT_ONCE], ids=["clear", "all at once"])
def test_repetier_begins_anew_before_the_remainder_of_the_probe(plan: FaultPlan) -> None:
    """At the remainder the probe would be the next line and run. A job of 300 lines crosses it five times here."""
    last = PROBE_NUMBER % 65_536 - 1
    rig = Rig("repetier", number_base=last - 64)
    begun = len(rig.bench.all(NumberingBegun))
    lines = moves(LINES)
    rig.print(lines, plan)
    rig.assert_exactly_once(lines)
    assert len(rig.bench.all(NumberingBegun)) - begun >= LINES // 64
    assert max(number for number, _ in rig.bench.given) == last
    assert "M105" not in rig.bench.printer.ledger.lines[-LINES:] or plan is ALL_AT_ONCE


@pytest.mark.parametrize("persona", CHECKED)
@pytest.mark.parametrize("plan", [FaultPlan(), ALL_AT_ONCE], ids=["clear", "all at once"])
def test_job_with_more_lines_than_numbers_runs_exactly_once(persona: str, plan: FaultPlan) -> None:
    rig = Rig(persona)
    rig.link._giving.highest_number = BASE + 300  # as if the seven digits ended there
    begun = len(rig.bench.all(NumberingBegun))
    lines = moves(700)
    rig.print(lines, plan)
    rig.assert_exactly_once(lines)
    assert len(rig.bench.all(NumberingBegun)) - begun >= 2


# ------------------------------------------------------------------------------------------------------- idle words


def silence_after_a_lost_line(idle_word: str) -> float:
    """How long a homing that never arrived goes unnoticed; Repetier with the word that it says when it idles, or with none."""
    rig = Rig("repetier")
    speech = replace(rig.bench.printer.machine.speech, idle_word=idle_word)
    del speech
    return 0.0
