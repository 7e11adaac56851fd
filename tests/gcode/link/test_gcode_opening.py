"""How a link begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import DeviceError, PrinterBusy, PrinterGarbled, PrinterHalted, PrinterSilent
from hydrogen.gcode.link.link import GcodeLink
from hydrogen.gcode.link.link_events import LineTraced, LinkClosed, LinkOpened
from hydrogen.gcode.link.link_limits import PROBE, LinkLimits
from hydrogen.gcode.link.link_state import LinkPhase
from hydrogen.gcode.link.opening import UNREAD_MOST, Opening
from hydrogen.gcode.link.packing import LEAVE
from hydrogen.gcode.replies import parse_reply
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.firmware.settings import MarlinSettings
from hydrogen_simulators.personas import PERSONAS
from tests.support.link_bench import BASE, LinkBench, moves
from tests.support.property_settings import REPEATABLE

UNNUMBERED = {"reprapfirmware", "reprapfirmware-3", "klipper", "teacup"}
"""Personas that look at no line number."""


def opened_with(settings: MarlinSettings, plan: FaultPlan | None = None, seed: int = 1) -> LinkBench:
    return LinkBench(settings, plan, seed=seed).open()


@pytest.mark.parametrize("greets", [True, False], ids=["board that greets", "port that was open before"])
def test_link_opens_without_waiting_for_start(greets: bool) -> None:
    bench = opened_with(MarlinSettings(greets_on_power=greets))
    assert bench.has(LinkOpened)
    assert bench.printer.last_line_number == BASE
    assert bench.now - 100 < 3


def test_link_opens_behind_a_dwell_that_a_former_owner_left_and_no_late_m110_sets_the_number_back() -> None:
    bench = LinkBench(MarlinSettings(greets_on_power=False, instant_motion=True))
    bench.printer.receive(b"G4 S9\n", bench.now)
    bench.open()
    bench.print_lines(moves(30))
    assert bench.executed() == moves(30)
    assert bench.link.statistics.resends == 0


def test_line_that_a_former_owner_left_half_sent_is_ended_first() -> None:
    bench = LinkBench(MarlinSettings(greets_on_power=False))
    bench.printer.receive(b"N17 G1 X1", bench.now)
    bench.open()
    assert bench.has(LinkOpened)


@pytest.mark.parametrize("seed", range(10))
def test_link_opens_in_bad_weather(seed: int) -> None:
    plan = FaultPlan(
        byte_corruption_rate=0.005,
        ok_loss_rate=0.1,
        line_loss_rate=0.1,
        ok_duplication_rate=0.1,
        reply_corruption_rate=0.003,
    )
    bench = opened_with(MarlinSettings(greets_on_power=False, advanced_ok=seed % 2 == 0), plan, seed)
    assert bench.has(LinkOpened), bench.describe()
    assert bench.printer.last_line_number == BASE


def ending(feed: bytes, every: float = 0.5) -> DeviceError:
    link = GcodeLink(number_base=BASE, limits=LinkLimits(opening_patience=5.0))
    link.open(0.0)
    now = 0.0
    while link.phase is not LinkPhase.CLOSED:
        while link.data_to_send(now):
            pass
        now += every
        assert now < 400, "never gives up"
        if feed:
            link.receive_data(feed, now)
        link.handle_deadline(now)
    return closing_error(link)


def closing_error(link: GcodeLink) -> DeviceError:
    (closed,) = (event for event in link.events() if isinstance(event, LinkClosed))
    return closed.error


def test_silence_is_told_from_garbage() -> None:
    silent = ending(b"")
    assert isinstance(silent, PrinterSilent)
    assert "no byte" in str(silent)
    garbled = ending(b"\xf8\x00\xff\x1c\x80\n\xe0\xe0")
    assert isinstance(garbled, PrinterGarbled)
    assert "112 bytes came" in str(garbled)
    assert "12 % of them printable" in str(garbled)
    assert "baud" in str(garbled)
    assert garbled.details["bytes_received"] == 112


def test_text_that_no_printer_speaks_is_quoted() -> None:
    error = ending(b"Welcome to the coffee machine\r\nplease insert a coin\r\n")
    assert isinstance(error, PrinterGarbled)
    assert '"Welcome to the coffee machine", "please insert a coin"' in str(error)
    assert error.details["last_lines"][-1] == "please insert a coin"


@pytest.mark.parametrize(
    "said",
    [
        b"Explorer stk500V2 by MLS\r\nBootloader>\r\n",
        b"ets Jun  8 2016 00:22:57\r\nwaiting for download\r\n",
        b"\x14\x10",
    ],
    ids=["mega", "esp32", "optiboot"],
)
def test_bootloader_is_named(said: bytes) -> None:
    error = ending(said)
    assert isinstance(error, PrinterGarbled)
    assert "a bootloader answers" in str(error)


def test_printer_that_has_halted_is_named() -> None:
    error = ending(b"Error:Printer halted. kill() called!\n")
    assert isinstance(error, PrinterHalted)
    assert "reset" in str(error)


def test_printer_that_waits_for_a_person_is_named_after_the_usual_patience() -> None:
    error = ending(b"echo:busy: paused for user\n")
    assert isinstance(error, PrinterBusy)
    assert "paused for user" in str(error)
    assert error.details["waited_seconds"] == 5


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        (b"echo:Now fresh file: a.gco\nFile selected\n", 5, 6),
        (b"T:20.00 /0.00 B:20.00 /0.00 @:0 B@:0\n", 290, 310),
        (b"ok\n", 290, 310),
    ],
    ids=["text", "reports", "an ok each half second, whatever is asked"],
)
def test_printer_that_talks_but_does_not_answer_is_given_up(said: bytes, least: float, most: float) -> None:
    error = ending(said, every=0.45)
    if said.startswith(b"echo"):
        assert isinstance(error, PrinterGarbled)
        return
    assert isinstance(error, PrinterSilent)
    assert "talks, but answered no question" in str(error)
    assert least <= error.details["waited_seconds"] <= most


def test_busy_printer_is_waited_for_but_not_for_ever() -> None:
    link = GcodeLink(number_base=BASE, limits=LinkLimits(opening_patience=5.0))
    link.open(0.0)
    now, sent = 0.0, b""
    while link.phase is LinkPhase.OPENING:
        now += 2.0
        link.receive_data(b"echo:busy: processing\n", now)
        link.handle_deadline(now)
        while data := link.data_to_send(now):
            sent += data
        if now <= 300:
            assert len(sent) <= UNREAD_MOST + 5 * len(PROBE), "fills a ring that nobody reads"
    assert 1200 <= now < 1300
    assert isinstance(closing_error(link), PrinterSilent)


# ------------------------------------------------------------------------------------------------------- all personas


def persona(name: str, **changes: object) -> MarlinSettings:
    return replace(PERSONAS[name].settings, **changes)  # type: ignore[arg-type]


def sent_by(bench: LinkBench) -> list[bytes]:
    return [
        event.line[2:].encode() for event in bench.events if isinstance(event, LineTraced) and event.line[:1] == ">"
    ]


def traced(bench: LinkBench) -> LinkBench:
    bench.link.is_tracing = True
    return bench


def error_of(bench: LinkBench) -> DeviceError | None:
    return next((event.error for event in bench.events if isinstance(event, LinkClosed)), None)


def check_base(bench: LinkBench, name: str) -> None:
    """What was found out is true."""
    assert bench.link.numbers_checked is (name not in UNNUMBERED)
    if bench.link.numbers_checked:
        assert bench.printer.last_line_number == BASE


@pytest.mark.parametrize("greets", [False, True], ids=["silent", "boots"])
@pytest.mark.parametrize("name", PERSONAS)
def test_idle_printer_of_any_firmware_is_open_within_a_second(name: str, greets: bool) -> None:
    bench = LinkBench(persona(name, greets_on_power=greets)).open()
    assert bench.has(LinkOpened), error_of(bench)
    assert bench.now - 100 < 1.0
    check_base(bench, name)


NOISE = FaultPlan(byte_corruption_rate=0.01, reply_corruption_rate=0.01)
LOSSES = FaultPlan(byte_loss_rate=0.005, reply_byte_loss_rate=0.005, byte_duplication_rate=0.005, ok_loss_rate=0.1)


@pytest.mark.parametrize("plan", [NOISE, LOSSES], ids=["one byte of a hundred changed", "bytes lost and doubled"])
@pytest.mark.parametrize("name", PERSONAS)
def test_noise_never_makes_it_hang_or_begin_at_a_wrong_number(name: str, plan: FaultPlan) -> None:
    opened = 0
    for seed in range(12):
        bench = LinkBench(persona(name, greets_on_power=seed % 2 == 0), plan, seed=seed).open(limit_seconds=400)
        if bench.has(LinkOpened):
            opened += 1
            check_base(bench, name)
        else:
            assert isinstance(error_of(bench), DeviceError)
    assert opened >= 11


@pytest.mark.parametrize("latency", [0.0, 0.9], ids=["prompt", "slow board"])
@pytest.mark.parametrize("seed", range(6))
def test_no_m110_is_left_waiting_for_its_turn_even_if_oks_are_lost(seed: int, latency: float) -> None:
    settings = MarlinSettings(
        greets_on_power=False, advanced_ok=seed % 2 == 0, busy_interval_seconds=0.0, command_latency_seconds=latency
    )
    bench = LinkBench(settings, FaultPlan(ok_loss_rate=0.4), seed=seed)
    bench.printer.receive(b"G4 S%d\n" % (3 + 2 * seed), bench.now)
    traced(bench).open(limit_seconds=200)
    assert bench.has(LinkOpened), error_of(bench)
    check_base(bench, "marlin-2")
    m110 = [line for line in sent_by(bench) if b"M110" in line]
    assert all(line == b"N5000 M110 N5000*125" or line.startswith(b"N6000") for line in m110)
    executed = sum("M110" in line for line in bench.printer.ledger.lines)
    bench.printer.handle_deadline(bench.now + 100)
    later = sum("M110" in line for line in bench.printer.ledger.lines) - executed
    assert later <= 1, "besides the last one, which has taken effect already, one was still waiting for its turn"
    assert bench.printer.last_line_number == BASE


# -------------------------------------------------------------------------------------------- a print from its own card

SLOW = b"G28\n" + b"".join(b"G1 X%d F75\n" % (n % 2 * 10) for n in range(160))
"""Moves of 8 s; they fill planner and queue (Klipper moves only what is homed)."""

BRISK = b"G28\n" + b"".join(b"G1 X%d F6000\n" % (n % 2 * 10) for n in range(900))
HEATING = b"M190 S80\nM109 S200\n" + b"G28\n" + b"G1 X10 F60\nG1 X0\n" * 80

QUESTIONS = {b"", PROBE.rstrip(), b"M27"}


def attached(name: str, file: bytes, lead_seconds: float, plan: FaultPlan | None = None) -> LinkBench:
    """A link opened to a printer whose owner has started `file`; M27 is answered by its card, not by a canned line."""
    settings = persona(name, greets_on_power=False, card={"owner.gco": file}, homing_seconds=5.0)
    speech = settings.speech
    speech = replace(speech, answers={key: words for key, words in speech.answers.items() if key != "M27"})
    bench = traced(LinkBench(replace(settings, speech=speech), plan))
    bench.printer.start_card_print("owner.gco", bench.now)
    bench.now += lead_seconds
    bench.printer.handle_deadline(bench.now)
    bench.printer.data_to_send()
    return bench.open(limit_seconds=600)


def finish_card(bench: LinkBench) -> None:
    """Until the printer has nothing to do."""
    end = bench.now + 3000
    while (bench.printer.is_printing_card or bench.printer.is_waiting_for_time) and bench.now < end:
        bench.now = min(end, bench.printer.next_deadline() or end)
        bench.printer.handle_deadline(bench.now)


@pytest.mark.parametrize(
    ("file", "lead"), [(SLOW, 30.0), (BRISK, 9.0), (HEATING, 5.0)], ids=["slow", "brisk", "heating"]
)
@pytest.mark.parametrize("name", PERSONAS)
def test_printer_that_prints_from_its_card_gets_questions_only(name: str, file: bytes, lead: float) -> None:
    bench = attached(name, file, lead)
    error = error_of(bench)
    assert isinstance(error, PrinterBusy), error
    assert error.code == "printer_busy"
    assert set(sent_by(bench)) <= QUESTIONS
    if "byte" in str(error):
        assert 0 < error.details["byte_done"] <= error.details["byte_total"] == len(file)
    else:
        assert name == "marlin-2-wide"  # 32 places of slow moves in front of M27
    finish_card(bench)
    assert [line.encode() for line in bench.printer.ledger.card_lines] == file.splitlines()
    assert set(bench.printer.ledger.host_lines) <= {"M27", "M105", "M10M27"}
    assert not [line for line in bench.printer.ledger.moves if line.encode() not in file.splitlines()]


def test_card_print_that_is_told_unasked_is_enough() -> None:
    error = ending(b"SD printing byte 5/100\n")
    assert isinstance(error, PrinterBusy)
    assert error.details == {"byte_done": 5, "byte_total": 100}


# ------------------------------------------------------------------------------------- firmwares that nobody has seen


def conversation(answer: Callable[[bytes], bytes], patience: float = 15.0) -> tuple[GcodeLink, list[bytes]]:
    """A link opened against `answer`, which gets each line without its end."""
    link = GcodeLink(number_base=BASE, limits=LinkLimits(opening_patience=patience))
    link.open(0.0)
    now, sent = 0.0, []
    while link.phase not in (LinkPhase.READY, LinkPhase.CLOSED):
        assert now < 400, "hangs"
        while data := link.data_to_send(now):
            for line in data.splitlines():
                sent.append(line)
                if said := answer(line):
                    link.receive_data(said, now + 0.01)
        now = max(now + 0.01, link.next_deadline() or now)
        link.handle_deadline(now)
    return link, sent


PLAIN_ANSWERS = {b"M105": b"ok T:20.0 B:20.0\n", b"M27": b"ok\n"}


@pytest.mark.parametrize(
    "answers",
    [
        PLAIN_ANSWERS,
        {b"M105": b"ok\n", b"M27": b"Not SD printing\nok\n"},
        {PROBE.rstrip(): b"T:20.0 B:20.0\nok\n", **PLAIN_ANSWERS},
        {PROBE.rstrip(): b"ok\n", b"M27": b"Unknown command: M27\nok\n"},
        {b"": b"ok\n", PROBE.rstrip(): b"ok T:0\n", b"M27": b'// Unknown command:"M27"\nok\n'},
    ],
    ids=["drops the probe", "drops it, bare ok", "temperatures on their own line", "bare ok to all", "without a card"],
)
def test_firmware_that_answers_no_number_is_taken_for_one_that_checks_none(answers: dict[bytes, bytes]) -> None:
    link, sent = conversation(lambda line: answers.get(line, b""))
    assert link.phase is LinkPhase.READY
    assert link.numbers_checked is False
    assert set(sent) <= QUESTIONS | {b"M105"}


def test_firmware_that_answers_the_number_at_last_is_not_mistaken_for_one_that_checks_none() -> None:
    counter, last = iter(range(1000)), [0]

    def answer(line: bytes) -> bytes:
        if line.startswith(b"N9999999"):
            return b"" if next(counter) < 22 else b"Resend: %d\nok\n" % (last[0] + 1)
        if b"M110" in line:
            last[0] = int(line.partition(b" ")[0][1:])
        return b"ok\n" if line else b""

    link, _ = conversation(answer)
    assert link.phase is LinkPhase.READY
    assert link.numbers_checked is True
    assert last[0] == BASE


def test_one_damaged_refusal_does_not_make_a_number_checker_of_klipper() -> None:
    answers = iter([b"Resend: 7\nok\n"])

    def answer(line: bytes) -> bytes:
        if line.startswith(b"N9999999"):
            return next(answers, b"ok T:20 /0\n")
        return b"" if not line else b"ok\n"

    link, _ = conversation(answer)
    assert link.phase is LinkPhase.READY
    assert link.numbers_checked is False


def test_resend_that_contradicts_the_words_before_it_proves_nothing() -> None:
    last, lies = [4000], iter([b"5001"])

    def answer(line: bytes) -> bytes:
        if line.startswith(b"N9999999"):
            shown = next(lies, b"%d" % (last[0] + 1)) if given else b"%d" % (last[0] + 1)
            return b"Error:Line Number is not Last Line Number+1, Last Line: %d\nResend: %b\nok\n" % (last[0], shown)
        if b"M110" in line:
            if given:
                last[0] = int(line.partition(b" ")[0][1:])
            given.append(line)  # the first one is lost, and its `ok` is another command's
        return b"ok\n" if line else b""

    given: list[bytes] = []
    link, _ = conversation(answer)
    assert link.phase is LinkPhase.READY
    assert last[0] == BASE


def test_oks_of_a_former_owners_questions_do_not_make_a_klipper_of_marlin() -> None:
    """Its queue was full when the port was opened: two M105 and a move are acknowledged before the probe is read."""
    answers = iter([b"ok T:20 /0\n", b"ok T:20 /0\n"])
    last = [4000]

    def answer(line: bytes) -> bytes:
        if line.startswith(b"N9999999"):
            return next(answers, b"Resend: %d\nok\n" % (last[0] + 1))
        if b"M110" in line:
            last[0] = int(line.partition(b" ")[0][1:])
        return b"ok\n" if line else b""

    link, _ = conversation(answer)
    assert link.numbers_checked is True
    assert last[0] == BASE


def test_each_question_earns_one_answer() -> None:
    def answer(line: bytes) -> bytes:
        return {b"": b"", b"M27": b"Not SD printing\nok\n"}.get(line, b"ok T:20 /0\nok T:20 /0\n")

    link, sent = conversation(answer)
    assert link.numbers_checked is False
    assert sent == [b"", PROBE.rstrip(), PROBE.rstrip(), b"M27", PROBE.rstrip()]


def test_executed_probes_with_a_refusal_between_them_are_damage() -> None:
    last = [0]
    damaged = iter([b"ok T:20 /0\n", b"Resend: ?\nok\n"] * 4)

    def answer(line: bytes) -> bytes:
        if line.startswith(b"N9999999"):
            right = b"Resend: %d\nok\n" % (last[0] + 1)
            return next(damaged, right) if last[0] else right
        if b"M110" in line:
            last[0] = int(line.partition(b" ")[0][1:])
        return b"ok\n" if line else b""

    link, _ = conversation(answer)
    assert link.numbers_checked is True
    assert last[0] == BASE


def said(opening: Opening, text: bytes, now: float) -> None:
    for line in text.splitlines():
        opening.on_bytes(line + b"\n")
        opening.on_reply(parse_reply(line), now)


def passed(opening: Opening, until: float) -> None:
    """Time, in which nothing is said."""
    while opening.error is None and (due := opening.next_deadline()) <= until:
        opening.handle_deadline(due)


def test_printer_that_has_answered_may_be_mute_for_a_minute_behind_slow_moves_but_no_longer() -> None:
    opening = Opening(base=BASE, limits=LinkLimits(), now=0.0)
    opening.handle_deadline(0.0)
    said(opening, b"Resend: 1\nok", 1.0)
    passed(opening, 55.0)
    assert opening.error is None
    assert opening.outgoing[-1] in (PROBE, b"M27\n")
    passed(opening, 70.0)
    assert isinstance(opening.error, PrinterSilent)


def test_printer_that_says_it_is_busy_is_given_its_number_once() -> None:
    """It counts from somewhere else as long as M110 waits for its turn."""
    opening = Opening(base=BASE, limits=LinkLimits(), now=0.0, phase=LinkPhase.NUMBERING)
    sent: list[bytes] = []
    for tenth in range(600):
        passed(opening, tenth / 10)
        if PROBE in opening.outgoing:
            said(opening, b"Resend: 17\nok", tenth / 10)
        sent += opening.outgoing
        opening.outgoing.clear()
        if tenth % 20 == 0:
            said(opening, b"echo:busy: processing", tenth / 10)
    assert [line for line in sent if line != PROBE] == [b"N5000 M110 N5000*125\n"]


def test_base_is_given_anew_only_when_no_m110_can_be_waiting() -> None:
    """Each M110 takes 4 s, its `ok` never arrives; the probe is judged at once."""
    opening = Opening(base=BASE, limits=LinkLimits(), now=0.0, phase=LinkPhase.NUMBERING)
    pending: list[tuple[float, int]] = []
    last, now = 0, 0.0
    while not opening.is_settled:
        now = max(now, opening.next_deadline())
        assert now < 100
        opening.handle_deadline(now)
        while opening.outgoing:
            line = opening.outgoing.popleft()
            while pending and pending[0][0] <= now:
                last = pending.pop(0)[1]
            if line == PROBE:
                said(opening, b"Resend: %d\nok" % (last + 1), now)
            else:
                pending.append((max([now, *(due for due, _ in pending)]) + 4.0, int(line.partition(b" ")[0][1:])))
    assert last == BASE
    assert pending == []


def test_printer_that_never_falls_silent_is_open_all_the_same() -> None:
    opening = Opening(base=BASE, limits=LinkLimits(), now=0.0, phase=LinkPhase.NUMBERING)
    opening.handle_deadline(0.0)
    said(opening, b"ok", 0.01)
    said(opening, b"Resend: 5001\nok", 0.02)
    now = 0.02
    while not opening.is_settled:
        now += 0.05
        assert now < 3, "waits for silence"
        said(opening, b"echo:chatter", now)
        opening.handle_deadline(now)


SAYINGS = [
    *(
        b"ok",
        b"ok T:20 /0 B:20 /0",
        b"ok N5 P15 B3",
        b"Resend: 5001",
        b"Resend: 1",
        b"rs",
        b"start",
        b"wait",
        b"",
        b"\xff\x00",
    ),
    *(b"echo:busy: processing", b"echo:busy: paused for user", b"T:20 /0", b"Not SD printing", b"SD printing byte 0/0"),
    *(
        b"Error:checksum mismatch, Last Line: 5000",
        b"Error:No Checksum",
        b"// Printer is not ready",
        b"Unknown command: M27",
    ),
]


@given(st.lists(st.tuples(st.sampled_from(SAYINGS), st.floats(0.0, 3.0)), max_size=60), st.booleans())
@REPEATABLE
def test_whatever_is_said_it_comes_to_an_end_and_sends_only_what_it_may(
    said: list[tuple[bytes, float]], is_known: bool
) -> None:
    phase = LinkPhase.NUMBERING if is_known else LinkPhase.OPENING
    opening = Opening(base=BASE, limits=LinkLimits(), now=0.0, phase=phase)
    now, sent = 0.0, []
    words = iter(said)
    while not opening.is_settled and opening.error is None:
        word, wait = next(words, (b"", 1000.0))
        until = now + wait
        while opening.next_deadline() <= until and not opening.is_settled and opening.error is None:
            now = max(now, opening.next_deadline())
            opening.handle_deadline(now)
        now = until if wait < 1000.0 else now
        opening.on_bytes(word + b"\n")
        opening.on_reply(parse_reply(word), now)
        sent += opening.outgoing
        opening.outgoing.clear()
        assert now < 2000
    assert all(line in (b"\n", PROBE, b"M27\n", b"M105\n", LEAVE) or b" M110 N" in line for line in sent)
