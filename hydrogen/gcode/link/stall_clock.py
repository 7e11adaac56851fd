"""How long to wait before asking what became of a line.

The clock runs from the last *progress*: a line sent, an `ok`, a busy line, a heat-up line. What the printer reports by
itself proves that it lives (`on_bytes`), not that it works on our line. The patience is learned: the smoothed time from
line to `ok` plus four deviations (the estimator of RFC 6298), between the limits, and fixed for long commands.
"""

from __future__ import annotations

import math

from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.urgency import LONG, QUICK, Patience

PROBES_AT_ONCE = 2
"""So many unread probes fit into what the window leaves free in the printer's receive buffer."""

BARRIERS_UNPROVABLE = 2
"""Barriers behind one line of a firmware that checks no numbers."""


class StallClock:
    """Deadlines and counters of one link. All times are monotonic seconds.

    is_planner_full: the last `ok` said so (`P0`): the next line waits until a move has ended, however long that one is.
    """

    __slots__ = (
        "_answered_while_long",
        "_barrier_wanted_at",
        "_barriers_out",
        "_deviation",
        "_is_idle",
        "_is_stalled",
        "_last_byte_at",
        "_limits",
        "_patience",
        "_patience_seconds",
        "_probe_again_at",
        "_progress_at",
        "_smoothed",
        "_unanswered_since",
        "_unread_probes",
        "barriers",
        "check_at",
        "is_planner_full",
        "probes",
        "sent_at",
        "stalls",
    )

    def __init__(self, limits: LinkLimits) -> None:
        self._limits = limits
        self.check_at = 0.0
        self.is_planner_full = False
        self.probes = 0
        self.barriers = 0
        self.stalls = 0
        self._smoothed: float | None = None
        self._deviation = 0.0
        self._patience = QUICK
        self._patience_seconds = limits.silence_most
        self.sent_at = 0.0
        self._progress_at = 0.0
        self._last_byte_at = 0.0
        self._unread_probes = 0
        self._probe_again_at = 0.0
        self._unanswered_since: float | None = None
        self._barrier_wanted_at: float | None = None
        self._barriers_out = 0
        self._is_stalled = False
        self._is_idle = False
        self._answered_while_long = False

    @property
    def round_trip_seconds(self) -> float | None:
        """The smoothed time from a line to its `ok`."""
        return self._smoothed

    @property
    def reads_while_working(self) -> bool:
        """Has the printer answered a probe while this long command ran?"""
        return self._patience is LONG and self._answered_while_long

    # ------------------------------------------------------------------------------------------------- what happened

    def on_bytes(self, now: float) -> None:
        """The printer lives."""
        self._last_byte_at = now

    def on_sent(self, patience: Patience, now: float) -> None:
        """A line went out."""
        self.sent_at = self._progress_at = now
        self._is_idle = False
        if patience is LONG or patience is not self._patience:
            self._patience = patience
            self._answered_while_long = False
        self.check_at = now + self._wait()

    def on_acknowledged(self, now: float, *, is_idle: bool) -> None:
        """The oldest lines are done; `is_idle`: none is left in flight, so the time is a clean sample."""
        if is_idle and not self._is_stalled and self._patience is not LONG:
            self._learn(now - self.sent_at)
        self._is_stalled = False
        self._unread_probes = 0
        self._barrier_wanted_at = None
        self._barriers_out = 0
        self.on_progress(now)

    def on_progress(self, now: float) -> None:
        """The printer works on what it was given."""
        self._progress_at = now
        self._unanswered_since = None
        self._is_idle = False
        self.check_at = now + self._wait()

    def on_busy(self, now: float) -> None:
        """It works on a command that takes long, and says so: a barrier behind that is not lost."""
        self.on_progress(now)
        if self._barriers_out and self._barrier_wanted_at is not None:
            self._barrier_wanted_at = max(self._barrier_wanted_at, now + self._limits.barrier_long_again)

    def on_idle(self, now: float) -> None:
        """The printer says that it has nothing to do: unless it spoke before it saw the line, that or its `ok` was lost."""
        self._is_idle = True
        self.check_at = min(self.check_at, max(now, self.sent_at + self._limits.quiet))

    def on_resumed(self, now: float) -> None:
        """A drain is over: give what is in flight its time, but do not forget how long it has stood still."""
        if self.is_barrier_due(now):
            self.check_at = now
        elif self._patience is LONG and self._answered_while_long:
            self.check_at = now + self._limits.barrier_long
        else:
            self.check_at = now + self._wait()

    def on_stall(self, now: float) -> None:
        """Silence with a line in flight; counted once until the line is acknowledged."""
        if not self._is_stalled and self._patience is not LONG:
            self.stalls += 1
        self._is_stalled = True

    def on_repaired(self) -> None:
        """A lost line or a lost `ok` was found: the stall was real."""
        self._is_stalled = True

    def on_probe(self, now: float) -> None:
        """The question is out."""
        self.probes += 1
        if self._unanswered_since is None:
            self._unanswered_since = now
        if self._unread_probes < PROBES_AT_ONCE:
            wait = self._limits.probe_answer * 2**self._unread_probes
        else:
            wait = self._limits.probe_again * 4 ** min(self._unread_probes - PROBES_AT_ONCE, 8)
        self._unread_probes += 1
        self._probe_again_at = now + wait
        self.check_at = min(self._probe_again_at, self._end_of_patience(now))

    def on_probe_answered(self, now: float) -> None:
        """The printer named its last line: it lives, and its parser runs."""
        self._unanswered_since = None
        self._unread_probes = 0
        if self._patience is LONG:
            self._answered_while_long = True
        if self._barrier_wanted_at is None:
            is_long = self._patience is LONG and not self._is_idle
            self._barrier_wanted_at = self._progress_at + self._limits.barrier_long if is_long else now

    def on_barrier(self, now: float) -> None:
        """A barrier is out; the next one only when this one must have been lost. Each may occupy one of the printer's four
        command slots, and once they are full it answers no probe either: a long command gets two and never a third."""
        self.barriers += 1
        self._barriers_out += 1
        if self._barriers_out < 2:
            wait = self._limits.barrier_long_again if self._patience is LONG else self._limits.barrier_again
        else:
            wait = math.inf if self._patience is LONG else self._limits.barrier_last_again
        self._barrier_wanted_at = now + wait
        self.check_at = now + self._wait()

    def on_barrier_void(self, now: float) -> None:
        """The printer proved that the barrier never arrived: it occupies nothing and may be sent again."""
        self._barriers_out = max(self._barriers_out - 1, 0)
        self._barrier_wanted_at = now

    # ------------------------------------------------------------------------------------------------ what follows

    def may_probe(self, now: float) -> bool:
        """Is it time for another probe? A printer whose queue is full reads none, and they fill its receive buffer; that it
        says `busy` makes no difference. If not, `check_at` tells when."""
        if self._unread_probes < PROBES_AT_ONCE or now >= self._probe_again_at:
            return True
        self.check_at = min(self._probe_again_at, self._end_of_patience(now))
        return False

    def on_no_room(self, now: float) -> None:
        """A probe would not fit into the printer's receive buffer: as if it had been asked and not answered."""
        if self._unanswered_since is None:
            self._unanswered_since = now
        self.check_at = min(now + self._limits.probe_again, self._end_of_patience(now))

    def _end_of_patience(self, now: float) -> float:
        """When to look next whether the printer is still there."""
        since = now if self._unanswered_since is None else self._unanswered_since
        ends = since + self._limits.unanswered_most
        return ends if ends > now else now + self._limits.unanswered_most

    def on_unprovable(self, now: float) -> None:
        """Silence, and the firmware checks no numbers: no question tells what became of the line, only a barrier behind it.
        Two at most: they wait behind a macro that takes minutes."""
        if self._unanswered_since is None:
            self._unanswered_since = now
        if self._barrier_wanted_at is None:
            self._barrier_wanted_at = now
        if self._barriers_out >= BARRIERS_UNPROVABLE:
            self._barrier_wanted_at = math.inf
        self.check_at = now + self._limits.silence_most

    def is_gone(self, now: float) -> bool:
        """Has a firmware that checks no numbers said nothing at all for as long as any macro may take?"""
        return min(self.unanswered_seconds(now), now - self._last_byte_at) >= self._limits.unanswered_long

    def is_barrier_due(self, now: float) -> bool:
        """Has the printer proven that it has the line, and has it still not acknowledged it for long enough?"""
        return self._barrier_wanted_at is not None and now >= self._barrier_wanted_at

    def is_dead(self, now: float, *, is_queue_full: bool = False) -> bool:
        """Have probes gone unanswered for so long that nobody can be there? is_queue_full: it cannot read one."""
        is_working = self._patience is LONG and not self._answered_while_long
        is_excused = not self._is_idle and (is_queue_full or self._barriers_out > 2 or is_working)
        if not is_excused:
            return self.unanswered_seconds(now) >= self._limits.unanswered_most
        return min(self.unanswered_seconds(now), now - self._last_byte_at) >= self._limits.unanswered_long

    def unanswered_seconds(self, now: float) -> float:
        """How long the oldest unanswered question waits."""
        return 0.0 if self._unanswered_since is None else now - self._unanswered_since

    def _wait(self) -> float:
        if self._patience is LONG:
            return self._limits.silence_long
        return self._limits.silence_most if self.is_planner_full else self._patience_seconds

    def _learn(self, sample: float) -> None:
        if self._smoothed is None:
            self._smoothed = sample
            self._deviation = sample / 2
        else:
            self._deviation += (abs(sample - self._smoothed) - self._deviation) / 4
            self._smoothed += (sample - self._smoothed) / 8
        wait, limits = self._smoothed + 4 * self._deviation, self._limits
        if wait < limits.silence_least:
            self._patience_seconds = limits.silence_least
        else:
            self._patience_seconds = wait if wait < limits.silence_most else limits.silence_most
