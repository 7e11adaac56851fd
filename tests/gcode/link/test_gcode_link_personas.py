"""The link with every virtual printer: each firmware in every weather, in virtual time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from hydrogen.errors import DeviceError, PrinterSilent
from hydrogen.gcode.dialect import DIALECTS, dialect_of
from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import ActionDemanded, DuplicatePossible, LinkClosed, NumberingBegun
from hydrogen.gcode.link.link_limits import PROBE_NUMBER
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
    """A persona met as the driver meets it: identified, asked for its temperatures, measured, allowed to unpack, homed.

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
        self.ask("M105")
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

    def print(
        self, lines: list[bytes], plan: FaultPlan | None = None, *, seed: int = 1, seconds: float = 900.0
    ) -> None:
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

    def assert_exactly_once(self, lines: list[bytes], *, may_doubt: bool = False) -> None:
        """Everything ran once and in order, the link said nothing of a doubt (or may have), and the ring lost nothing."""
        assert self.bench.executed() == [line for line in lines if line.startswith(b"G1 ")], self.bench.describe()
        assert self.end is None
        assert may_doubt or not self.bench.has(DuplicatePossible)
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
    if weather not in (
        "doubled oks",
        "damaged replies",
    ):  # an ok too many, or for another line, is not the printer's word
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
    """At the remainder the probe would be the next line, and run. The job is longer than the numbers up to there are."""
    remainder = PROBE_NUMBER % 65_536
    rig = Rig("repetier", number_base=remainder - 1200)
    begun = len(rig.bench.all(NumberingBegun))
    lines = moves(1300)
    rig.print(lines, plan)
    rig.assert_exactly_once(lines)
    assert len(rig.bench.all(NumberingBegun)) > begun
    highest = max(number for number, _ in rig.bench.given)
    assert remainder - 1200 < highest < remainder


@pytest.mark.parametrize("persona", CHECKED)
@pytest.mark.parametrize("plan", [FaultPlan(), ALL_AT_ONCE], ids=["clear", "all at once"])
def test_job_with_more_lines_than_numbers_runs_exactly_once(persona: str, plan: FaultPlan) -> None:
    rig = Rig(persona)
    rig.link._giving.highest_number = BASE + 300  # as if the seven digits ended there
    begun = len(rig.bench.all(NumberingBegun))
    lines = moves(700)
    rig.print(lines, plan)
    # a doubled ok in an open window can make the count run ahead; a line that is asked for below it may have run, for all
    # that the link can know: it says so, though here none did
    rig.assert_exactly_once(lines, may_doubt=plan is ALL_AT_ONCE)
    assert len(rig.bench.all(NumberingBegun)) - begun >= 2


# ---------------------------------------------------------------------------------------------------- single deviations


@pytest.mark.parametrize("persona", CHECKED)
@pytest.mark.parametrize("kind", ["corrupt_every", "drop_line_every", "drop_ok_every", "resend_every"])
def test_fault_in_the_last_line_of_a_job_is_found(persona: str, kind: str) -> None:
    """39 lines and a marker, or 40: what is last is hit in one of the two. Nothing behind it asks for it, but the proof."""
    rig = Rig(persona)
    rig.forbid_acknowledging_what_was_not_accepted()
    for first in (0, 100):
        lines = moves(39 if first else 40, first=first)
        before = len(rig.bench.executed())
        rig.print(lines, FaultPlan(**{kind: 40}))
        assert rig.bench.executed()[before:] == lines
        assert rig.end is None
    assert not rig.bench.has(DuplicatePossible)


@pytest.mark.parametrize("persona", ["prusa-mk2", "smoothieware", "anycubic-i3-mega-32"])
@pytest.mark.parametrize("weather", ["damaged lines", "needless resends", "lost lines"])
@pytest.mark.parametrize("chunk", [1, 3])
def test_ok_that_is_no_success_is_not_counted_and_one_that_is_one_is(persona: str, weather: str, chunk: int) -> None:
    """No ok behind the request (MK2, Smoothieware), or an ok behind the complaint (32-bit i3 Mega)."""
    rig = Rig(persona, chunk=chunk)
    rig.forbid_acknowledging_what_was_not_accepted()
    lines = moves(LINES)
    rig.print(lines, WEATHERS[weather])
    rig.assert_exactly_once(lines)
    assert rig.link.statistics.possible_duplicates == 0


@pytest.mark.parametrize("is_known", [True, False])
def test_ok_behind_a_complaint_counts_only_where_the_dialect_is_not_known(is_known: bool) -> None:
    """An `ok` without a number, so that only the dialect tells; the law of the test above can be broken."""
    speech = replace(persona_named("anycubic-i3-mega-32").settings.speech, ok_numbered="")
    rig = Rig("anycubic-i3-mega-32", speech=speech)
    rig.forbid_acknowledging_what_was_not_accepted()
    lines = moves(LINES)
    if is_known:
        rig.print(lines, WEATHERS["damaged lines"])
        rig.assert_exactly_once(lines)
    else:
        rig.link.speak(DIALECTS["marlin"])
        with pytest.raises(AssertionError, match="phase ready"):
            rig.print(lines, WEATHERS["damaged lines"])


@pytest.mark.parametrize(("kind", "most_seconds"), [("drop_line_every", 1.2), ("drop_ok_every", 1.2)])
def test_wait_of_repetier_tells_that_a_line_was_lost(kind: str, most_seconds: float) -> None:
    """A lost homing is missed at the next `wait`; that its ok was lost, the barrier behind a long command tells."""

    def repaired_after(idle_word: str) -> float:
        speech = replace(persona_named("repetier").settings.speech, idle_word=idle_word)
        rig = Rig("repetier", speech=speech)
        rig.bench.change_weather(FaultPlan(**{kind: 1}))
        lost = rig.link.submit("G28 X")
        assert lost is not None
        rig.bench.rest()
        rig.bench.change_weather(FaultPlan())
        sent_at = rig.bench.now
        rig.bench.run(lambda: lost.is_done, 30)
        assert rig.bench.printer.ledger.lines.count("G28 X") == 1
        return rig.bench.now - sent_at

    with_wait = repaired_after("wait")
    assert with_wait <= most_seconds
    assert repaired_after("") >= with_wait


def test_wait_of_repetier_is_no_progress() -> None:
    """It hears nothing any more, and says every second that it has nothing to do."""
    rig = Rig("repetier")
    rig.bench.change_weather(FaultPlan(line_loss_rate=1.0))
    begins = rig.bench.now
    rig.link.attach(ListSource(moves(10)))
    rig.bench.run(lambda: rig.bench.has(LinkClosed), 60)
    assert isinstance(rig.end, PrinterSilent)
    assert rig.bench.now - begins < 45


# ------------------------------------------------------------------------------------------------------------ packing

PACKING = [name for name in PERSONAS if persona_named(name).settings.meatpack]


@pytest.mark.parametrize("persona", PACKING)
def test_packed_job_needs_fewer_bytes_and_runs_exactly_once(persona: str) -> None:
    rig = Rig(persona)
    lines = moves(LINES)
    was_unpacking: list[bool] = []
    rig.bench.laws.append(lambda: was_unpacking.append(rig.bench.printer.is_unpacking))
    rig.print(lines)
    rig.assert_exactly_once(lines)
    assert any(was_unpacking)
    assert not rig.bench.printer.is_unpacking
    assert rig.bench.bytes_sent < 0.75 * sum(len(b"N5000 *100\n") + len(line) for line in lines)


@pytest.mark.parametrize("persona", PACKING)
@pytest.mark.parametrize("seed", range(6))
def test_packed_job_on_a_wire_that_damages_bytes_runs_exactly_once(persona: str, seed: int) -> None:
    """Faults by the byte: those by the line look for a number in plain text, and a packed line shows none."""
    rig = Rig(persona, seed=seed)
    lines = moves(LINES)
    plan = FaultPlan(byte_corruption_rate=0.0006, ok_loss_rate=0.01, ok_duplication_rate=0.01)
    rig.print(lines, plan, seed=seed)
    rig.assert_exactly_once(lines)
    assert rig.bench.wire.counts["bytes_corrupted"] > 0


# ------------------------------------------------------------------------------------------------------ long commands

LONG_COMMANDS = (b"M109 S200", b"G28 X", b"G29", b"M400", b"G4 S30", b"M0 S20")
"""What a printer has not (G29 without a probe, Klipper's M0), it calls unknown and acknowledges."""


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("is_silent", [False, True], ids=["as it is", "no busy messages"])
def test_long_commands_have_no_timeout_and_the_print_goes_on(persona: str, is_silent: bool) -> None:
    changes = {**SLOW, "busy_interval_seconds": 0.0} if is_silent else SLOW
    rig = Rig(persona, **changes)
    lines: list[bytes] = []
    for place, command in enumerate(LONG_COMMANDS):
        lines += [*moves(4, first=4 * place), command]
    lines += moves(20, first=100)
    begins = rig.bench.now
    rig.print(lines, seconds=1200)
    wanted = set(lines)
    assert [line.encode() for line in rig.bench.printer.ledger.lines if line.encode() in wanted] == lines
    rig.assert_exactly_once(lines)
    assert rig.bench.now - begins > 90


@pytest.mark.parametrize("persona", [name for name in CHECKED if persona_named(name).settings.emergency_parser])
@pytest.mark.parametrize(("busy_interval_seconds", "wait_seconds"), [(2.0, 1800.0), (0.0, 900.0)])
def test_filament_change_waits_for_a_person(persona: str, busy_interval_seconds: float, wait_seconds: float) -> None:
    """M600, a long time at each prompt. The first answer fills the last place of the command queue behind the barriers, and
    nothing is read from then on: a printer that says nothing either is believed for 20 minutes (`unanswered_long`).

    In a build without emergency parser only the printer's own button ends it.
    """
    rig = Rig(persona, busy_interval_seconds=busy_interval_seconds, **SLOW)
    bench = rig.bench
    lines = [*moves(5), b"M600", *moves(20, first=5)]
    source = ListSource(lines)
    rig.link.attach(source)
    for button, word in (("Continue", b"M108"), ("PurgeMore", b"M876 S1")):
        bench.run(partial(_shows, bench, button), 120)
        bench.pass_time(wait_seconds)
        rig.link.submit_unnumbered(word)
    bench.run(lambda: source.is_exhausted and rig.link.is_settled, 600)
    assert [line.encode() for line in bench.printer.ledger.lines if line.encode() in set(lines)] == lines
    rig.assert_exactly_once(lines)


def _shows(bench: LinkBench, button: str) -> bool:
    demanded = [event for event in bench.events if isinstance(event, ActionDemanded)]
    return any(event.action == "prompt_button" and event.text == button for event in demanded)
