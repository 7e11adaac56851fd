"""K rises: what an `ok` stands for (ok_reader.py) becomes what is known to have been executed or planned.

The one place where lines are acknowledged, so everybody who learns from an answer is told here: the barrier that settles a
count without numbers, the window, the stall clock, the trust in what the printer claims.
"""

from __future__ import annotations

from hydrogen.gcode.link.giving import Giving
from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.link_events import (
    CommandAcknowledged,
    DuplicatePossible,
    EmergencyWordSettled,
    TemperaturesReported,
)
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.link.link_state import LinkPhase
from hydrogen.gcode.link.ok_reader import OkMeaning
from hydrogen.gcode.replies import Acknowledged


class Acknowledging:
    """See the module. `now` is monotonic seconds.

    numbers_checked: does the firmware check line numbers? is_undecided: it does not, and a line without an `ok` was
    overtaken by what came behind it. may_hide_headless: a line was refused over plain `ok`s in an open window, while lines
    before it were still owed theirs: if one of those was lost, an `ok` in the drain may be that of the line behind, whose
    number the firmware threw away with its receive buffer. Nothing tells the two apart, so it is reported.
    """

    __slots__ = (
        "_barrier",
        "_beside",
        "_count",
        "_drain",
        "_events",
        "_giving",
        "_latency",
        "_ledger",
        "_oks",
        "_stall",
        "_trust",
        "_unread",
        "_window",
        "is_undecided",
        "may_hide_headless",
        "numbers_checked",
    )

    def __init__(self, parts: LinkParts, giving: Giving) -> None:
        self.numbers_checked = True
        self.is_undecided = False
        self.may_hide_headless = False
        self._giving = giving
        self._ledger = parts.ledger
        self._barrier = parts.barrier
        self._oks = parts.oks
        self._window = parts.window
        self._unread = parts.unread
        self._beside = parts.unread.beside
        self._stall = parts.stall
        self._drain = parts.drain
        self._trust = parts.trust
        self._count = parts.count
        self._latency = parts.count.latency
        self._events = parts.events

    def on_bare_ok(self, now: float) -> None:
        """`ok` and nothing else, while the link sends: nearly every line of a job ends here."""
        ledger, barrier = self._ledger, self._barrier
        if barrier.covers is not None or self._oks.owes_for_resend:
            self.on_ok(_BARE, LinkPhase.READY, now)
            return
        meaning = self._oks.on_plain(is_in_flight=self._may_be_next(ledger))
        if meaning is _NEXT_LINE:
            self._acknowledge(ledger.acknowledged + 1, now)
        else:
            self._settle(meaning, LinkPhase.READY, now)

    def on_ok(self, reply: Acknowledged, phase: LinkPhase, now: float) -> None:
        """An `ok` in any form, in any phase after the beginning."""
        if reply.temperatures is not None:
            self._events.append(TemperaturesReported(reply.temperatures))
        if reply.text:
            self._ledger.collect(reply.text.encode("ascii", "replace"))
        meaning = self._oks.meaning_of(
            reply,
            is_in_flight=self._may_be_next(self._ledger),
            is_draining=phase is LinkPhase.DRAINING,
            expects_barrier=self._barrier.covers is not None and not self._is_behind_long(),
        )
        if reply.planner_free is not None:
            self._stall.is_planner_full = not reply.planner_free
        if meaning is OkMeaning.NUMBERED and reply.number is not None:
            self._on_numbered_ok(reply.number, now)
        else:
            self._settle(meaning, phase, now)

    def on_proven(self, upto: int, now: float) -> None:
        """The `ok`s up to line `upto` must have been said, and were lost."""
        self._acknowledge(upto, now)

    def report_duplicate(self, number: int) -> None:
        """Line `number` may have run twice: counted and told."""
        self._count.possible_duplicates += 1
        self._events.append(DuplicatePossible(number, self._ledger.text(number)))

    # ------------------------------------------------------------------------------------------------------------------

    def _settle(self, meaning: OkMeaning, phase: LinkPhase, now: float) -> None:
        self._barrier.on_ok(now)
        if meaning is OkMeaning.NEXT_LINE:
            if self.may_hide_headless and phase is LinkPhase.DRAINING:
                self.may_hide_headless = False
                self._report_headless()
            self._acknowledge(self._ledger.acknowledged + 1, now)
        elif meaning is OkMeaning.TEMPERATURES:
            self._on_temperature_ok(phase, now)
        elif meaning is OkMeaning.UNNUMBERED:
            self._unread.on_word_answered()
            self._events.append(EmergencyWordSettled(is_confirmed=True))
            if (
                phase is LinkPhase.DRAINING
                and not self._oks.are_numbered
                and self._ledger.next > self._ledger.front + 2
            ):
                self._report_headless()  # or a line's that lost its head: rather told once too often
        elif meaning is not OkMeaning.NOTHING:
            self._on_surplus(phase)
            if meaning is OkMeaning.STRAY:
                self.report_duplicate(self._ledger.front)
            elif phase is LinkPhase.DRAINING and not self._oks.are_numbered and self.numbers_checked:
                self._report_headless()

    def _report_headless(self) -> None:
        """An `ok` too many among the residue of a refused line. The firmware threw away its receive buffer, and with it the
        number of the line behind; what is left of a line without its number runs unchecked."""
        behind = self._ledger.front + 2
        self.report_duplicate(behind if behind < self._ledger.next else self._ledger.front + 1)

    def _may_be_next(self, ledger: LineLedger) -> bool:
        """Can an `ok` without words be the oldest line's? Not if that is an M105 of a firmware that answers it with more."""
        number = ledger.acknowledged + 1
        if number == self._barrier.covers or (
            number == self._giving.temperature_number and self._oks.tell_temperatures
        ):
            return False
        return number <= ledger.front

    def _is_behind_long(self) -> bool:
        """Is a command in flight that may take minutes? A heat-up tells temperatures too, and its own `ok` is no barrier's."""
        return self._giving.long_number > self._ledger.acknowledged

    def _on_surplus(self, phase: LinkPhase) -> None:
        """An `ok` that nothing explains. Without numbers our count may run ahead now: let a barrier settle it."""
        self._count.surplus_acknowledgements += 1
        if not self._oks.are_numbered and phase is LinkPhase.READY and self.numbers_checked:
            self._window.on_fault()
            self._barrier.want_after_surplus(self._ledger.next)

    def _on_numbered_ok(self, number: int, now: float) -> None:
        if self._ledger.acknowledged < number <= self._ledger.front:
            self._acknowledge(number, now)
        elif number != self._ledger.acknowledged:
            self._count.surplus_acknowledgements += 1

    def _on_temperature_ok(self, phase: LinkPhase, now: float) -> None:
        """An M105 was executed, the oldest one in flight: the barrier, or a question. Everything before it was, too."""
        ledger = self._ledger
        number = ledger.temperature_line_in_flight()
        if number is None:
            if not self._barrier.on_late_answer(now):
                self._on_surplus(phase)
            return
        if not self.numbers_checked:
            self.is_undecided = number > ledger.acknowledged + 1
            if self.is_undecided:
                return
        else:
            number = self._barrier.proven_by(number)
        if number > ledger.acknowledged + 1:
            self._stall.on_repaired()
            self._window.on_fault()
        if number == self._barrier.covers:
            self._barrier.on_answered(now, self._stall.round_trip_seconds or 0.0)
        self._acknowledge(number, now)

    def _acknowledge(self, upto: int, now: float) -> None:
        """K rises to `upto`."""
        ledger = self._ledger
        if (
            self._window.is_counting
            and ledger.front == upto == ledger.acknowledged + 1
            and upto != self._giving.long_number
        ):
            self._window.on_answer(now - self._stall.sent_at - self._drain.wire_seconds(ledger.in_flight_bytes))
            if self._window.is_open:
                self._barrier.mark_soon()
        if self._oks.words_owed and (self._oks.are_numbered or upto == self._barrier.covers):
            self._events.extend([EmergencyWordSettled(is_confirmed=False)] * self._oks.on_executed(upto))
        self._latency.on_acknowledged(ledger.acknowledged + 1, upto, now)
        for ticket in ledger.acknowledge(upto):
            self._events.append(CommandAcknowledged(ticket))
        if self._beside:
            self._unread.on_acknowledged(upto)
        self._barrier.on_acknowledged(upto)
        self._trust.on_acknowledged()
        self._stall.on_acknowledged(now, is_idle=upto == ledger.front)


_BARE = Acknowledged()
_NEXT_LINE = OkMeaning.NEXT_LINE
"""For code that runs for every line: looked up in its class the member costs ten times as much."""
