"""The planner of a printer: blocks with real acceleration, looked ahead over, carried out one after the other.

Theory of operation. A block is a straight piece with a speed it would like and an acceleration it may use. Where two meet,
the corner bounds the speed (``limits.py``); behind the last one the printer stands still. A block that is added makes the
planner look back: how fast may each be entered so that those behind it can still slow down, and forward again: how fast can it
be, with what there is to speed up on. All of that is done in squares of speeds, v² + 2 a s, so that no root is drawn. A speed
that no later block can raise is settled, and no pass goes beyond it (Marlin ``planner.cpp``: ``recalculate``,
``block_buffer_planned``).

When a block begins it becomes a trapezoid: speed up, go, slow down to what the next one was to be entered with at that moment;
nothing changes it any more. Everything is lazy: time is looked at when somebody asks, and what was due happens at its own time.
"""

from __future__ import annotations

from collections import deque
from math import inf, sqrt

Place = tuple[float, float, float, float]
"""X, Y, Z, E in millimetres."""

LEAST_SPEED = 0.05
"""mm/s at standstill (Marlin ``planner.h``, MINIMUM_PLANNER_SPEED): a block ends with it when nothing follows."""

_STANDSTILL = LEAST_SPEED * LEAST_SPEED

BLOCKS_TO_BEGIN = 3
"""So many blocks end the wait before the first one (Marlin ``planner.cpp``, ``get_current_block``)."""


class _Block:
    """``gain`` is 2 a s, ``entry`` the square of the speed it is entered with, ``most`` what that can become at best."""

    __slots__ = ("acceleration", "end", "entry", "gain", "length", "most", "start", "top")

    def __init__(
        self, start: Place, end: Place, length: float, top: float, acceleration: float, gain: float, most: float
    ) -> None:
        self.start = start
        self.end = end
        self.length = length
        self.top = top
        self.acceleration = acceleration
        self.gain = gain
        self.most = most
        self.entry = most

    def seconds(self, leave: float) -> float:
        """How long it takes if it is left with this square of a speed."""
        entry, acceleration = self.entry, self.acceleration
        peak_square = min(self.top, (entry + leave + self.gain) / 2)
        peak = sqrt(peak_square)
        ramps = (2 * peak_square - entry - leave) / (2 * acceleration)
        cruise = (self.length - ramps) / peak if self.length > ramps else 0.0
        return (2 * peak - sqrt(entry) - sqrt(leave)) / acceleration + cruise

    def share(self, leave: float, elapsed: float) -> float:
        """Which part of its way is behind it after ``elapsed`` seconds."""
        entry, acceleration = sqrt(self.entry), self.acceleration
        peak = sqrt(min(self.top, (self.entry + leave + self.gain) / 2))
        up, down = (peak - entry) / acceleration, (peak - sqrt(leave)) / acceleration
        left = self.seconds(leave) - elapsed
        if elapsed < up:
            travelled = entry * elapsed + acceleration * elapsed * elapsed / 2
        elif left < down:
            travelled = self.length - (sqrt(leave) * left + acceleration * left * left / 2)
        else:
            travelled = (peak + entry) / 2 * up + peak * (elapsed - up)
        return min(1.0, max(0.0, travelled / self.length))


class Planner:
    """Up to ``capacity`` blocks. ``now`` is printer seconds and does not run backwards.

    ``hold_seconds``: so long the first block waits for two more, that there be something to look ahead to.
    ``underruns``: how often a block found the planner empty although its chain was not broken.
    """

    def __init__(self, capacity: int, hold_seconds: float, now: float) -> None:
        self.underruns = 0
        self._capacity = capacity
        self._hold_seconds = hold_seconds
        self._to_begin = min(BLOCKS_TO_BEGIN, capacity)
        self._blocks: deque[_Block] = deque()
        self._is_running = False
        self._begins_at = now
        """Of the first block."""
        self._changes_at = inf
        """When the first block begins or ends."""
        self._leave = _STANDSTILL
        """The square of the speed that the running block is left with."""
        self._is_chained = False
        self._ends_at: float | None = now

    def free(self, now: float) -> int:
        """How many blocks there is room for."""
        if self._changes_at <= now:
            self._advance(now)
        return self._capacity - len(self._blocks)

    def waiting(self, now: float) -> int:
        """How many blocks have not begun."""
        if self._changes_at <= now:
            self._advance(now)
        return len(self._blocks) - self._is_running

    def is_moving(self, now: float) -> bool:
        """True while a block is not done."""
        if self._changes_at <= now:
            self._advance(now)
        return bool(self._blocks)

    def room_at(self, now: float) -> float:
        """When a block can be added: ``now``, or the end of the oldest block."""
        if self._changes_at <= now:
            self._advance(now)
        return now if len(self._blocks) < self._capacity else self._changes_at

    @property
    def ends_at(self) -> float:
        """When the last block is done, if none is added; in the past if the printer stands still."""
        if self._ends_at is None:
            self._ends_at = self._sum_up()
        return self._ends_at

    def add(
        self, start: Place, end: Place, length: float, speed: float, acceleration: float, corner: float, now: float
    ) -> None:
        """Plan a block of ``length`` mm that would like ``speed`` mm/s; ``corner`` is the square of the speed that its
        beginning bears. The caller has made room."""
        if self._changes_at <= now:
            self._advance(now)
        blocks = self._blocks
        gain = 2 * acceleration * length
        if not blocks:
            self.underruns += self._is_chained
            self._is_chained = True
            self._begins_at = now
            self._changes_at = now + self._hold_seconds
            most = min(corner, speed * speed)
        elif self._is_running and len(blocks) == 1:
            most = self._leave
        else:
            most = min(corner, speed * speed, blocks[-1].top)
        blocks.append(_Block(start, end, length, speed * speed, acceleration, gain, most))
        self._ends_at = None
        self._look_ahead()
        if not self._is_running and len(blocks) >= self._to_begin:
            self._begin(now)

    def break_chain(self) -> None:
        """The next block may find the planner empty without that being a starved planner."""
        self._is_chained = False

    def stop(self, now: float) -> Place | None:
        """Stop and lose what was planned; where the steppers stand then, None if they were not moving."""
        place = self.place(now)
        self._blocks.clear()
        self._is_running = False
        self._changes_at = inf
        self._ends_at = now
        self._is_chained = False
        return place

    def place(self, now: float) -> Place | None:
        """Where the steppers are; None: where the last block ended."""
        if self._changes_at <= now:
            self._advance(now)
        if not self._blocks:
            return None
        block = self._blocks[0]
        if not self._is_running:
            return block.start
        share = block.share(self._leave, now - self._begins_at)
        (x, y, z, e), (to_x, to_y, to_z, to_e) = block.start, block.end
        return (x + (to_x - x) * share, y + (to_y - y) * share, z + (to_z - z) * share, e + (to_e - e) * share)

    # -- looking ahead

    def _look_ahead(self) -> None:
        """Backward from the last block to the first whose entry stays as it was, then forward from there."""
        blocks = self._blocks
        first = 1 if self._is_running else 0
        last = index = len(blocks) - 1
        reach = _STANDSTILL
        while index >= first:
            block = blocks[index]
            reach += block.gain
            if block.most < reach:
                reach = block.most
            if reach == block.entry and index != last:
                break
            block.entry = reach
            index -= 1
        settled = index if index > first else first
        block = blocks[settled]
        for later in range(settled + 1, last + 1):
            following = blocks[later]
            reach = block.entry + block.gain
            if reach < following.entry:
                following.entry = reach
                if block.entry == block.most:
                    following.most = reach
            block = following

    # -- time

    def _advance(self, now: float) -> None:
        """Begin and end what was due up to ``now``."""
        blocks = self._blocks
        while self._changes_at <= now:
            if self._is_running:
                blocks.popleft()
            if not blocks:
                self._is_running = False
                self._ends_at = self._changes_at
                self._changes_at = inf
                return
            self._begin(self._changes_at)

    def _begin(self, at: float) -> None:
        """Let the first block begin: how it is left is settled now, and with it how the next one is entered."""
        block = self._blocks[0]
        self._leave = _STANDSTILL
        if len(self._blocks) > 1:
            following = self._blocks[1]
            self._leave = following.most = following.entry
        self._is_running = True
        self._begins_at = at
        self._changes_at = at + block.seconds(self._leave)

    def _sum_up(self) -> float:
        """Added up block by block as ``_advance`` will do it: the same to the last bit, so that a wait until then ends."""
        blocks = list(self._blocks)
        at = self._changes_at
        leaves = [block.entry for block in blocks[1:]] + [_STANDSTILL]
        for block, leave in list(zip(blocks, leaves, strict=True))[self._is_running :]:
            at += block.seconds(leave)
        return at
