"""How a link begins: find out who is there, and agree on a number to count from.

::

    OPENING ─► who is there? ──Resend: r──► prints from its card? ─► NUMBERING ──ok──► VERIFYING ──Resend: B+1──► done
                     └──── ok T: ─────────► prints from its card? ─► still ok T:? ─► done, numbers ignored
                                             NUMBERING ◄──other number──┘ └──ok T: instead──► done, numbers ignored

Until the printer has said that it is not printing from its own card it gets nothing but questions: the empty line, the
probe, M27 (card_question.py), never more at once than the smallest receive ring holds; and at last, when it
would be given up, the command that ends packing (packing.py), which no firmware executes. `start` is never waited for: a port
that was open before, or a board that does not reset, says nothing at all (facts/marlin.md, Connect). The empty line ends
whatever a former owner left half sent.

M110 sets the number when it is *executed*. Behind a dwell a second M110 could therefore run after the first new lines and
set the number back. So M110 with the base is only sent while no other M110 can be on its way. When one may have been lost,
another number is set first (a marker): once the probe names that, everything before it was executed, and the base can
follow. Its `ok` is only a hint to look; the probe's answer is the proof.

A firmware that numbers nothing executes the probe (`ok T:`). One that drops it in silence is asked a plain M105 at last. One
damaged answer may tell the one from the other wrongly, so either verdict must be confirmed before a line is sent.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from hydrogen.errors import DeviceError, PrinterBusy, PrinterGarbled, PrinterHalted, PrinterSilent
from hydrogen.gcode.checksum import numbered
from hydrogen.gcode.link.card_question import QUESTION, CardQuestion
from hydrogen.gcode.link.evidence import LINES_SHOWN, SCORED_BYTES, Evidence, Verdict, clean, quoted, score
from hydrogen.gcode.link.link_limits import BARRIER_BODY, PROBE, LinkLimits
from hydrogen.gcode.link.link_state import LinkPhase, LinkTrigger, next_phase
from hydrogen.gcode.link.packing import LEAVE
from hydrogen.gcode.replies import (
    Acknowledged,
    Busy,
    FirmwareError,
    Idle,
    LineNumberError,
    PositionReported,
    Reply,
    ResendRequested,
    Started,
    TemperatureReported,
    Text,
)
from hydrogen.gcode.temperature_report import TemperatureReport

ATTEMPTS = 12
"""Times a number is set before the wire is called unusable."""

MARKERS = 60_000
"""Markers are above this: no loss of a digit makes the base of one, and Repetier, which counts to 65,535, can count them."""

BOOT_QUIET = 0.3
"""Seconds of silence after a greeting line: Marlin prints some ten lines while it boots and reads nothing meanwhile."""

STARTED = "start"
"""The line of a greeting that a board says when it has come up, and only then."""

M110_PATIENCE = 1.5
"""Seconds for the `ok` of M110; it is late only when a former owner left commands in the queue."""

KEEPALIVE_PATIENCE = 2.5
"""After `busy:` the next one is due in 2 s (Marlin `DEFAULT_KEEPALIVE_INTERVAL`); the `ok` cannot have been lost before."""

CARD_PATIENCE = 1.0
"""Seconds for M27's answer, and between two questions to a Klipper that is starting."""

QUEUE_PATIENCE = 60.0
"""Without a word, for a printer that has answered before and now has M27 in its queue: behind slow moves it may say nothing."""

PROMPT_SECONDS = 0.3
"""A bare `ok` later than this is hardly the probe's."""

EXECUTIONS_SURE = 4
"""Points until a firmware is believed to number nothing: `ok T:` on the probe gives two, any other sign one."""

PLAIN = BARRIER_BODY + b"\n"
PLAIN_AFTER = 2 / 3
"""Of the patience: so long nothing at all was heard, and a plain M105 is asked in turn with the probe."""

LAST_SECONDS = 2.0
"""More patience for a printer that may unpack, because a host died in a packed job (packing.py): it is told not to."""

UNREAD_MOST = 63
"""Bytes that any receive ring holds: to a printer that talks without answering no more are sent."""

PROBE_AGAIN = 10.0
"""Seconds until such a printer is probed again all the same; twice as long at each further time."""

REPORTS_PATIENCE = 300.0
"""Seconds for which reports alone put the end off. They may be a heat-up, or come from a printer that hears nothing."""

GREETING_LINES = 12
"""Lines of text that are kept: as many as Marlin prints while it boots."""


class Opening:
    """The beginning of one link. Pure: replies, bytes and `now` in; bytes, a verdict and the next deadline out.

    phase NUMBERING begins in the middle, with a printer that is known: it is only given the number.
    greeting: the last lines of text that were heard, cleaned and bounded. announced: the numbers of every M110 that was put
    into `outgoing`; for the caller to empty.
    """

    def __init__(self, *, base: int, limits: LinkLimits, now: float, phase: LinkPhase = LinkPhase.OPENING) -> None:
        self.phase = phase
        self.is_done = False
        self.numbers_checked = True
        self.error: DeviceError | None = None
        self.outgoing: deque[bytes] = deque()
        self.announced: deque[int] = deque()
        self._limits = limits
        self._began_at = now
        self._next_at = now
        self._give_up_at = now + limits.opening_patience
        self._quiet_at: float | None = None
        self._quiet_most_at = now
        self._asked = b""
        self._asked_at = now
        self._is_credited = True
        self._unread = 0
        self._probe_again = PROBE_AGAIN
        self._is_judged = False
        self._executions = 0
        self._is_confirming = False
        self._asks_plainly = False
        self._owes_ok = False
        self._last_accepted: int | None = None
        self._card = CardQuestion()
        self._numbers = _Numbers(base)
        self._is_stranger = phase is LinkPhase.OPENING
        self._greeting: deque[str] = deque(maxlen=GREETING_LINES)
        self._bytes_heard = 0
        self._last_bytes = b""
        self._recognised = 0
        self._waits_for = ""
        self._has_left = False
        if self._is_stranger:
            self._send(b"\n", now)

    # ------------------------------------------------------------------------------------------------- what comes in

    def on_bytes(self, data: bytes) -> None:
        """Something came, whatever it is; the failure says what it looked like."""
        self._bytes_heard += len(data)
        self._last_bytes = (self._last_bytes + data)[-SCORED_BYTES:]

    @property
    def greeting(self) -> tuple[str, ...]:
        """See the class."""
        return tuple(self._greeting)

    def on_reply(self, reply: Reply, now: float) -> None:
        """One line from the printer. What it reports by itself is no residue of a question."""
        if self.error is not None:
            return
        if self._quiet_at is not None and not isinstance(reply, TemperatureReported | PositionReported | Idle):
            self._quiet_at = min(now + self._limits.quiet, self._quiet_most_at)
        self._put_off_the_end(reply, now)
        match reply:
            case Started():
                self._greeting.append(STARTED)
                self._restart_numbering(now)
            case FirmwareError(is_fatal=True):
                said = f"the printer has halted itself ({reply.text}); reset it and connect again"
                self._fail(PrinterHalted(said, code=reply.code, firmware_text=reply.text))
            case LineNumberError():
                self._last_accepted = reply.last_line
                self._on_refusal(now)
            case ResendRequested():
                self._on_resend(reply, now)
            case Acknowledged():
                self._on_ok(reply, now)
            case Busy():
                self._on_busy(reply, now)
            case _:
                self._on_words(reply)

    def _put_off_the_end(self, reply: Reply, now: float) -> None:
        """Who works is waited for; who only talks not for ever; text proves nothing, and a wait for a person has no end."""
        if isinstance(reply, Idle):
            return
        if isinstance(reply, Text):
            self._greeting.append(clean(reply.text))
            return
        self._recognised += 1
        match reply:
            case Busy():
                most = 0.0 if _waits_for_somebody(reply) else self._limits.unanswered_long
            case ResendRequested() | TemperatureReported(report=TemperatureReport(is_waiting=True)):
                most = self._limits.unanswered_long
            case _:
                most = REPORTS_PATIENCE
        patience = max(self._limits.opening_patience, QUEUE_PATIENCE if self._card.is_asked else 0.0)
        self._give_up_at = max(self._give_up_at, min(now + patience, self._began_at + most))

    def _on_busy(self, reply: Busy, now: float) -> None:
        self._waits_for = reply.what if _waits_for_somebody(reply) else ""
        if self.phase is LinkPhase.NUMBERING and self._numbers.attempts:
            self._next_at = max(self._next_at, now + KEEPALIVE_PATIENCE)

    def _on_words(self, reply: Reply) -> None:
        """Text and the like: does it tell of a card print, asked or not?"""
        if not self._is_stranger:
            return
        self._card.on_reply(reply)
        progress = self._card.progress
        if progress is not None:
            self._fail(
                PrinterBusy(
                    f"the printer is printing from its own card: {progress}; connect when that is over, or stop it there",
                    byte_done=progress.done,
                    byte_total=progress.total,
                ),
            )

    def _restart_numbering(self, now: float) -> None:
        """The board boots: what was agreed, and what it had not read, is gone."""
        self._next_at = now + BOOT_QUIET
        if self.phase is LinkPhase.VERIFYING:
            self.phase = next_phase(self.phase, LinkTrigger.NUMBER_WRONG)
            self.is_done = False
        self._numbers.on_restart()
        self._quiet_at = None
        self._owes_ok = False
        self._unread = 0

    def _on_refusal(self, now: float) -> None:
        """The firmware looks at numbers: `Resend:`, or the words before it. An `ok` follows that means nothing."""
        if self.phase is LinkPhase.READY:
            return
        self._owes_ok = True
        if self._quiet_at is None:
            self._quiet_most_at = now + self._limits.drain_most
        self._quiet_at = min(now + self._limits.quiet, self._quiet_most_at)
        self._executions = 0
        self._unread = 0
        if self.phase is LinkPhase.OPENING:
            self._is_judged = True
        elif self.phase is LinkPhase.NUMBERING:
            self._numbers.is_refused = True

    def _on_resend(self, reply: ResendRequested, now: float) -> None:
        self._on_refusal(now)
        number, last = reply.number, self._last_accepted
        self._last_accepted = None
        if self.phase is LinkPhase.OPENING:
            self._on_sign_of_life(now)
        elif self.phase is LinkPhase.VERIFYING and number is not None and last in (None, number - 1):
            self.is_done = self._numbers.is_base_proven_by(number)
            if not self.is_done:
                self.phase = next_phase(self.phase, LinkTrigger.NUMBER_WRONG)

    def _on_sign_of_life(self, now: float) -> None:
        self._probe_again = PROBE_AGAIN
        self._waits_for = ""
        self._card.on_probe_answered(now)

    def _on_read(self, byte_count: int, now: float) -> None:
        """A question was answered; at once, if nothing was in front of it."""
        is_prompt = now - self._asked_at <= PROMPT_SECONDS
        self._unread = 0 if is_prompt else max(0, self._unread - byte_count)

    def _on_ok(self, reply: Acknowledged, now: float) -> None:
        if reply.temperatures is not None and reply.number is None:
            self._on_execution(now, 1 if self._asked == PLAIN else 2)
        elif self._owes_ok:
            self._owes_ok = False
        elif self.phase is LinkPhase.NUMBERING:
            if self._quiet_at is None:
                self._verify(now)
        elif self.phase is LinkPhase.OPENING and self._card.is_asked:
            self._on_card_ok(now)
        elif now - self._asked_at <= PROMPT_SECONDS:
            self._on_execution(now, 1)

    def _on_card_ok(self, now: float) -> None:
        """M27 was answered: go on, ask again, or tell what is in the way."""
        self._card.on_ok()
        self._on_read(len(QUESTION), now)
        if self._card.is_idle:
            self._next_at = now
            if self._quiet_at is None:
                self._leave_opening(now)
        elif self._card.refusal and not self._card.is_starting:
            said = f"Klipper does not work: {self._card.refusal}; mend that, restart its firmware and connect again"
            self._fail(PrinterHalted(said, firmware_text=self._card.refusal))
        elif self._card.has_given_up:
            self._fail(PrinterSilent(f"Klipper is not ready: {self._card.refusal}", last_lines=self._last_lines()))
        else:
            self._next_at = now + (CARD_PATIENCE if self._card.refusal else 0.0)

    def _leave_opening(self, now: float) -> None:
        """Nobody prints: give the number, or where numbers mean nothing, begin; what an `ok` of somebody else's command made
        believe would be found out by now."""
        if self._is_judged:
            self.phase = next_phase(self.phase, LinkTrigger.NUMBERS_CHECKED)
            self._next_at = now
            self._ask(now)
        elif self._is_confirming and self._executions >= EXECUTIONS_SURE:
            self.phase = next_phase(self.phase, LinkTrigger.NUMBERS_IGNORED)
            self._ignore_numbers()
        else:
            if not self._is_confirming:
                self._is_confirming = True
                self._executions = EXECUTIONS_SURE - 2
            self._question(self._sign_of_life(now), self._limits.probe_interval, now)

    def _ignore_numbers(self) -> None:
        self.numbers_checked = False
        self.is_done = True

    def _on_execution(self, now: float, points: int) -> None:
        """The probe was executed, as it seems: a firmware that checks no numbers. One answer for one question."""
        if self.phase is LinkPhase.OPENING:
            self._on_sign_of_life(now)
        self._on_read(len(self._asked), now)
        if self._is_credited or self.phase not in (LinkPhase.OPENING, LinkPhase.VERIFYING) or not self._is_stranger:
            return
        self._is_credited = True
        self._executions += points
        if points > 1 or self._asked == PLAIN:
            is_waiting = self.phase is LinkPhase.OPENING and self._card.is_waiting
            self._next_at = now + (CARD_PATIENCE if is_waiting else self._limits.quiet)
        if self._executions < EXECUTIONS_SURE:
            return
        if self.phase is LinkPhase.VERIFYING:
            self._ignore_numbers()
        elif self._card.is_idle:
            self._leave_opening(now)

    def _verify(self, now: float) -> None:
        """M110 was executed, or should have been."""
        self.phase = next_phase(self.phase, LinkTrigger.NUMBER_SET)
        self._executions = 0
        self._unread = 0
        self._next_at = now
        self._ask(now)

    # -------------------------------------------------------------------------------------------------- what goes out

    @property
    def is_settled(self) -> bool:
        """Done, and the residue of the last answer has passed."""
        return self.is_done and (self._quiet_at is None or not self.numbers_checked)

    def next_deadline(self) -> float:
        """When `handle_deadline` is due; there always is one."""
        if self._quiet_at is not None:
            return self._quiet_at
        return min(self._next_at, self._give_up_at)

    def handle_deadline(self, now: float) -> None:
        """Ask again, go on, or give up."""
        if self.error is None and not self.is_done and now >= self._give_up_at:
            self._give_up(now)
        if self.error is not None:
            return
        if self._quiet_at is not None:
            if now < self._quiet_at:
                return
            self._quiet_at = None
            self._owes_ok = False
            self._next_at = now + self._pause_behind_refusal()
        if not self.is_done and now >= self._next_at:
            self._ask(now)

    def _give_up(self, now: float) -> None:
        """Nobody answers: say what was seen, but before that try, once, whether plain text is noise to the printer."""
        is_deaf = not (self._is_judged or self._executions or self._waits_for)
        if self.phase is LinkPhase.OPENING and is_deaf and not self._has_left:
            self._has_left = True
            self._give_up_at = now + LAST_SECONDS
            self._next_at = now + self._limits.quiet
            self._unread = 0  # a printer that unpacks has read all of it as something else
            self.outgoing.append(LEAVE)
        else:
            self._fail(self._diagnosis(now))

    def _pause_behind_refusal(self) -> float:
        if self.phase is LinkPhase.OPENING:
            return CARD_PATIENCE if self._card.is_waiting and not self._card.is_idle else 0.0
        return self._numbers.pause if self.phase is LinkPhase.NUMBERING else 0.0

    def _ask(self, now: float) -> None:
        if self.phase is LinkPhase.OPENING:
            self._ask_stranger(now)
        elif self.phase is LinkPhase.NUMBERING:
            self._ask_for_number(now)
        else:
            self._question(PROBE, self._limits.probe_answer, now)

    def _ask_stranger(self, now: float) -> None:
        """Who is there? Then: do you print from your card?"""
        if not self._is_judged and self._executions < EXECUTIONS_SURE:
            self._question(self._sign_of_life(now), self._limits.probe_interval, now)
            return
        question = b"" if self._card.is_idle else self._card.question(now)
        if self._card.is_idle:
            self._leave_opening(now)
        elif self._card.is_overdue(now):
            said = (
                "the printer is busy and does not say with what: does it print from its own card, or wait for somebody?"
            )
            self._fail(PrinterBusy(said, last_lines=self._last_lines()))
        elif question == PROBE:
            self._question(self._sign_of_life(now), CARD_PATIENCE, now)
        else:
            self._give_up_at = max(self._give_up_at, now + QUEUE_PATIENCE)
            self._question(question, CARD_PATIENCE, now)

    def _sign_of_life(self, now: float) -> bytes:
        """The probe; to a printer that says nothing at all to it, M105 in turn with it, and M105 alone once that is known."""
        if not self._asks_plainly:
            is_late = now - self._began_at >= PLAIN_AFTER * self._limits.opening_patience
            self._asks_plainly = is_late and not self._recognised
        if self._is_judged or not self._asks_plainly:
            return PROBE
        return PLAIN if self._asked == PROBE or self._is_confirming else PROBE

    def _question(self, question: bytes, patience: float, now: float) -> None:
        """Ask, unless the printer talks but has not read what it was sent before."""
        if self._recognised and self._unread + len(question) > UNREAD_MOST:
            again_at = self._asked_at + self._probe_again
            if now < again_at:
                self._next_at = again_at
                return
            self._probe_again *= 2
        self._send(question, now)
        self._next_at = now + patience

    def _send(self, data: bytes, now: float) -> None:
        self.outgoing.append(data)
        self._asked, self._asked_at = data, now
        self._is_credited = data not in (PROBE, PLAIN)
        self._unread += len(data)

    def _ask_for_number(self, now: float) -> None:
        """Give a number, unless one was given and is due: then look whether it was taken."""
        if self._numbers.is_given:
            self._verify(now)
        elif self._numbers.attempts >= ATTEMPTS:
            said = (
                f"the printer answers, but could not be told a line number in {ATTEMPTS} attempts: the wire loses bytes"
            )
            self._fail(PrinterGarbled(said, attempts=ATTEMPTS))
        else:
            self._send(self._numbers.give(), now)
            self.announced.append(self._numbers.target)
            self._next_at = now + self._numbers.patience

    # ------------------------------------------------------------------------------------------------------- verdict

    def _fail(self, error: DeviceError) -> None:
        self.error = error
        self.phase = next_phase(self.phase, LinkTrigger.ENDED)

    def _last_lines(self) -> list[str]:
        return list(self._greeting)[-LINES_SHOWN:]

    def _diagnosis(self, now: float) -> DeviceError:
        """What was seen, in words that tell a person what to look at."""
        waited = round(now - self._began_at)
        if not self._bytes_heard:
            return PrinterSilent(
                f"no byte came from the printer within {waited} s: is it switched on, is it the right port, and does its "
                "display say that it was halted?",
                waited_seconds=waited,
            )
        seen = score(self._last_bytes)
        facts: dict[str, Any] = {
            "bytes_received": self._bytes_heard,
            "printable_percent": round(100 * seen.printable_share),
            "last_lines": list(seen.lines),
        }
        if self._waits_for:
            said = f"the printer waits for somebody ({self._waits_for}): confirm on its display, then connect again"
            return PrinterBusy(said, waited_seconds=waited, **facts)
        if self._recognised:
            said = (
                f"the printer talks, but answered no question within {waited} s: does it hear us (cable, firmware), or is it "
                "printing from its own card?"
            )
            return PrinterSilent(said, waited_seconds=waited, **facts)
        return PrinterGarbled(_garbled(seen, self._bytes_heard), **facts)


class _Numbers:
    """Which number the printer is given next, and what proves it.

    target: the last one given. is_given: its proof is outstanding. is_refused: a line was refused since. pause: seconds until
    another one may be given: one that was neither taken nor refused may still be waiting for its turn.
    """

    def __init__(self, base: int) -> None:
        self.target = base
        self.attempts = 0
        self.pause = 0.0
        self.is_given = False
        self.is_refused = False
        self._base = base
        self._is_alone = True

    @property
    def patience(self) -> float:
        """Seconds for the `ok` of M110; the first attempts are quick, for a bad wire, the others for a long queue."""
        return M110_PATIENCE * min(max(1, self.attempts - 3), 4)

    def give(self) -> bytes:
        """The M110: with the base if no other can be on its way, else with a marker."""
        self.attempts += 1
        self.target = self._base if self._is_alone else MARKERS + self.attempts
        self.pause = 0.0
        self.is_given, self.is_refused, self._is_alone = True, False, False
        return numbered(self.target, b"M110 N%d" % self.target)

    def is_base_proven_by(self, next_number: int) -> bool:
        """The printer awaits `next_number`: does it count from the base?"""
        self._is_alone = next_number == self.target + 1
        self.is_given = False
        self.pause = 0.0 if self._is_alone or self.is_refused else self.patience
        return self._is_alone and self.target == self._base

    def on_restart(self) -> None:
        """Whatever was on its way is gone."""
        self.is_given, self._is_alone = False, True


def _waits_for_somebody(reply: Busy) -> bool:
    """`paused for user`, `paused for input` (Marlin `STR_BUSY_PAUSED_FOR_USER`, `STR_BUSY_PAUSED_FOR_INPUT`)."""
    return reply.what.startswith("paused")


def _garbled(seen: Evidence, byte_count: int) -> str:
    """What came, where no line of it was a printer's."""
    if seen.verdict is Verdict.BOOTLOADER:
        return f"a bootloader answers instead of a firmware ({quoted(seen.lines[-1:])}): reset the board, or flash it"
    if seen.verdict is Verdict.TEXT:
        return f"text came, but nothing a printer would say: {quoted(seen.lines)}; is it the right port and baud rate?"
    share = round(100 * seen.printable_share)
    return (
        f"{byte_count} bytes came, but nothing a printer would say ({share} % of them printable): check the baud rate, or set "
        'baud = "auto"'
    )
