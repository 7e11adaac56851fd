"""How much may be on its way to the printer.

Theory of operation. One line in flight is the default: under damage it loses and doubles nothing, and on a fast wire it is
fast enough. It wastes the time in which a line's `ok` travels back, though: 7 to 40 % of a serial wire. So the window opens
to more lines, but only

- where the printer's receive buffer has been measured, or is known (`allow`): a byte too much in a 128-byte ring is lost in
  silence, and what is left of two lines can be a third one that is in no file. Then at most `ring - 1 - 40` bytes are
  unacknowledged; the 40 are left for a probe and an emergency word (facts/link.md section 4);
- on a wire that is clean: 200 lines in a row were answered without a fault. An idle link tries that out with lines that do
  nothing (`trial_lines`), so that a job need not. The first fault shuts the window for 500 lines, each further one for
  twice as long, and the third of a job for the rest of it. Behind a fault lies what was in flight, and each line of that is
  one more that may run unchecked;
- where one line in flight is measured to be the brake: of the last 20 lines, half were answered about as fast as this
  printer ever answers. A printer that lets us wait because its planner is full needs no window.

Once open it stays open from job to job, until a fault.

At most `slots - 1` lines are on their way, so that the printer's command queue never fills up and a probe is always read.
"""

from __future__ import annotations

RESERVED_BYTES = 40
"""Left free in the printer's receive buffer for what overtakes: a probe has 18 bytes, `\\nM112\\n` six, `M876 S1\\n` eight."""

SMALLEST_RING = 64
"""Bytes of the receive ring of some 32-bit cores, and of Teacup; one of them is never used."""

USUAL_SLOTS = 4
"""Marlin's BUFSIZE."""

CLEAN_LINES = 200
"""Lines without a fault before the window opens for the first time."""

JUDGED_LINES = 20
"""Lines whose answers tell whether one line in flight is the brake; so many by so many, until it is."""

CLEAN_LINES_AFTER_FAULT = 500
"""The same after a job's first fault; twice as many after the second."""

FAULTS_MOST = 3
"""Faults of a job after which the window stays shut until the next job."""

PROMPT_FACTOR, PROMPT_SLACK_SECONDS = 1.5, 0.001
"""A line was answered promptly when it took at most the factor times the shortest delay seen, and the slack (a scheduler's
tick, a USB frame; see LinkLimits.answer_slack)."""


class Window:
    """The credit of one link. `bytes_most` and `lines_most` are what may be in flight now: 0 bytes and 1 line when shut.

    slots: places in the printer's command queue, measured, or Marlin's usual four. is_ok_early: an `ok` comes when
    a line is queued. ring_bytes: of its receive buffer, measured, or what any has.
    """

    __slots__ = (
        "_allowed_bytes",
        "_allowed_lines",
        "_clean",
        "_faults",
        "_is_known",
        "_judged",
        "_needed",
        "_prompt",
        "_shortest",
        "_slack",
        "_slots_proven",
        "bytes_most",
        "is_counting",
        "is_ok_early",
        "lines_most",
        "ring_bytes",
        "slots",
    )

    def __init__(self, *, answer_slack: float = PROMPT_SLACK_SECONDS) -> None:
        self._slack = answer_slack
        self.bytes_most = 0
        self.lines_most = 1
        self.slots = USUAL_SLOTS
        self.is_ok_early = False
        self.ring_bytes = SMALLEST_RING
        self.is_counting = False
        self._allowed_bytes = 0
        self._allowed_lines = 1
        self._slots_proven = USUAL_SLOTS
        self._is_known = False
        self._clean = self._judged = self._prompt = 0
        self.begin_job()

    @property
    def slots_sure(self) -> int:
        """Places of the queue that lines without an `ok` have for sure: one less where a line keeps its place behind it."""
        return self._slots_proven - self.is_ok_early

    @property
    def known(self) -> tuple[int, int] | None:
        """Ring and places, if they are known."""
        return (self.ring_bytes, self._slots_proven) if self._is_known else None

    @property
    def is_open(self) -> bool:
        """May more than one line be in flight now?"""
        return self.lines_most > 1

    def expect(self, *, ring_bytes: int, slots: int, is_ok_early: bool) -> None:
        """What the dialect says of the printer; of ring and queue only until that is known better. Who told the ring of such
        a firmware told nothing of its queue: it is never measured where it is smaller than Marlin's."""
        self.is_ok_early = is_ok_early
        if not self._is_known:
            self.ring_bytes, self._slots_proven = ring_bytes, slots
        elif slots < USUAL_SLOTS:
            self.allow(self.ring_bytes, min(slots, self._slots_proven))

    def allow(self, ring_bytes: int, slots: int) -> None:
        """The printer's receive buffer has at least `ring_bytes`, its command queue at least `slots` places."""
        self._allowed_bytes = max(ring_bytes - 1 - RESERVED_BYTES, 0)
        self._allowed_lines = max(slots - 1, 1) if self._allowed_bytes else 1
        if slots > 1:
            self.slots = slots
        self._is_known = ring_bytes > 0
        if self._is_known:
            self.ring_bytes, self._slots_proven = ring_bytes, max(slots, 1)
        self._shut()

    @property
    def trial_lines(self) -> int:
        """So many more clean lines are needed that an idle link may try out."""
        return max(self._needed - self._clean, 0) if self.is_counting and not self._faults else 0

    def begin_job(self) -> None:
        """A new stream of lines: what the wire did to the last one is forgiven, how fast it was answered means nothing."""
        self._faults = 0
        self._needed = CLEAN_LINES
        self._shortest: float | None = None
        if not self.is_open:
            self._shut()

    def on_answer(self, seconds: float) -> None:
        """A line that was alone in flight was acknowledged; `seconds` is its round trip without its own time on the wire.

        Called only while `is_counting`.
        """
        delay = max(seconds, 0.0)
        shortest = self._shortest
        if shortest is None or delay < shortest:
            self._shortest = shortest = delay
        self._clean += 1
        self._judged += 1
        if delay <= shortest * PROMPT_FACTOR + self._slack:
            self._prompt += 1
        if self._judged >= JUDGED_LINES:
            self._judge()

    def on_fault(self) -> None:
        """A line or an `ok` was damaged, lost or doubled."""
        self._faults += 1
        self._needed = CLEAN_LINES_AFTER_FAULT << (self._faults - 1)
        self._clean = 0
        self._shut()

    def _judge(self) -> None:
        if self._clean >= self._needed and self._prompt * 2 >= self._judged:
            self.bytes_most, self.lines_most = self._allowed_bytes, self._allowed_lines
            self.is_counting = False
        self._judged = self._prompt = 0

    def _shut(self) -> None:
        self.bytes_most, self.lines_most = 0, 1
        self._judged = self._prompt = 0
        self.is_counting = self._allowed_lines > 1 and self._faults < FAULTS_MOST
