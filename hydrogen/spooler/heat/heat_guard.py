"""The heat guard: every heater of one printer, and whether anybody still needs them hot. Pure: no clock, no port.

What it finds, and what is done about it (`HeatPolicy` has the numbers; docs/safety.md the reasons):

==================== ================================================================== ==========================
code                 when                                                               remedy
==================== ================================================================== ==========================
heaters_idle         a target above 0, no job, and no person has asked for anything     all heaters off
                     for idle_timeout_seconds
heater_unasked       the printer reports a target above every one that a line or a      off, or told only (policy);
                     request asked for, for unasked_seconds                             told only for a job's heater
heater_unsupervised  the link was lost and is back, or this process stood still for     all heaters off
                     STANDSTILL_SECONDS; there is no job, and a target is above 0
heater_turned_off    the firmware turned off a heater that should be on                 told
heater_out_of_band   it had reached its target and is band_celsius away from it for     job ends, all heaters off
                     band_seconds
heater_rising        off, and climbs by rise_celsius                                    job ends, all heaters off
heater_silent        on, and no temperature for silent_seconds although the printer     job ends, all heaters off
                     answers
heater_implausible   three readings in a row that no sensor can mean                    told
heater_frozen        power on, far from its target, and always the same figure          told
==================== ================================================================== ==========================

Nothing of it fires while things are as they should be: a job, however long; a pause, however long (a paused job is a job);
heating up and cooling down, however slow; another tool's standby temperature; a firmware that clamps or lowers a target.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from hydrogen.devices.driver import TargetAsked
from hydrogen.model.temperature import HeaterState
from hydrogen.spooler.heat.asked_targets import AskedTargets
from hydrogen.spooler.heat.heat_alarm import Alarm, Remedy
from hydrogen.spooler.heat.heater_watch import HeaterWatch
from hydrogen.spooler.policy import HeatPolicy

ANSWERED_SECONDS = 5.0
"""After the answer to "how warm are you?": for the temperature that should have been in it."""

STANDSTILL_SECONDS = 15.0
"""Between two checks, which come every second: so long nobody watched (SIGSTOP, a machine without breath). A service gives a
spooler as long before it ends it, and its successor turns off what nobody watched; so does one that wakes up by itself."""

_HEATERS = ("tool", "bed", "chamber")
"""By the beginning of the name; probes, boards and the like have no heat of ours to guard."""


class Silence(StrEnum):
    """heard: temperatures come. missed: they do not, ask. asked: no answer yet. answered: an answer, at `answered_at`."""

    HEARD = "heard"
    MISSED = "missed"
    ASKED = "asked"
    ANSWERED = "answered"


class HeatGuard:
    """Tell it what happens; `observe` and `check` return what is wrong. `now` is monotonic seconds."""

    def __init__(self, policy: HeatPolicy) -> None:
        self._policy = policy
        self._asked = AskedTargets()
        self._watches: dict[str, HeaterWatch] = {}
        self._unasked_since: dict[str, float] = {}
        self._told_unasked: dict[str, float] = {}
        self._was_lost = False
        self._unsupervised: set[str] = set()
        self._needed_at = 0.0
        self._checked_at: float | None = None
        self._heard_at = 0.0
        self._answered_at = 0.0
        self.silence = Silence.HEARD

    @property
    def is_hot(self) -> bool:
        """Has any heater a target above 0, as far as the printer has told?"""
        return any(self.is_on(heater) for heater in self._watches)

    def is_on(self, heater: str) -> bool:
        """Has this one? Where the firmware reports no targets, what was asked for counts."""
        watch = self._watches.get(heater)
        if watch is None:
            return False
        return watch.is_hot if watch.target_celsius is not None else self._asked.newest(heater) > 0

    # ------------------------------------------------------------------------------------------------- what happens

    def connected(self, now: float, *, was_lost: bool) -> None:
        """A new conversation. was_lost: the one before it ended by itself, and nobody could watch meanwhile."""
        self._watches.clear()
        self._unasked_since.clear()
        self._told_unasked.clear()
        self._unsupervised.clear()
        self._was_lost = was_lost
        self._needed_at = self._heard_at = self._checked_at = now
        self.silence = Silence.HEARD

    def note_need(self, now: float) -> None:
        """A person asked for something, or a job has just ended: the idle timeout starts anew."""
        self._needed_at = now

    def note_lines(self, lines: Iterable[TargetAsked], now: float) -> None:
        """These lines, which concern heat, were sent."""
        self._asked.note(lines, now)

    def note_question(self) -> None:
        """The printer was asked for its temperatures, because of `Silence.MISSED`."""
        self.silence = Silence.ASKED

    def note_answer(self, now: float) -> None:
        """The question was acknowledged."""
        if self.silence is Silence.ASKED:
            self.silence, self._answered_at = Silence.ANSWERED, now

    # ------------------------------------------------------------------------------------------------- readings

    def observe(self, heater: str, state: HeaterState, now: float, *, has_job: bool) -> list[Alarm]:
        """One reading."""
        if not heater.startswith(_HEATERS):
            return []
        self._heard_at, self.silence = now, Silence.HEARD
        watch, target = self._watches.get(heater), state.target_celsius
        is_first = watch is None
        if watch is None:
            watch = self._watches[heater] = HeaterWatch(heater, self._policy)
        before = watch.target_celsius
        alarms = [] if target is None else self._judge_target(heater, before, target, now, is_first, has_job)
        may_rise = self._asked.is_macro_running(now) or heater.startswith("chamber")
        return alarms + watch.observe(state.actual_celsius, target, now, has_power=bool(state.power), may_rise=may_rise)

    def _judge_target(
        self, heater: str, before: float | None, target: float, now: float, is_first: bool, has_job: bool
    ) -> list[Alarm]:
        if is_first:
            self._meet(heater, target, has_job=has_job)
        elif before != target or has_job:
            self._unsupervised.discard(heater)
        is_asked = self._asked.is_asked(heater, target, now)
        if target <= 0:
            self._unasked_since.pop(heater, None)
            self._told_unasked.pop(heater, None)
            return self._judge_turned_off(heater, before)
        if (is_asked and heater not in self._unsupervised) or self._told_unasked.get(heater) == target:
            self._unasked_since.pop(heater, None)
            return []
        is_certain = heater in self._unsupervised  # nothing of ours can be on its way yet
        if now - self._unasked_since.setdefault(heater, now) < self._policy.unasked_seconds and not is_certain:
            return []
        self._told_unasked[heater] = target
        return self._unasked(heater, target, has_job=has_job)

    def _meet(self, heater: str, target: float, *, has_job: bool) -> None:
        """The first reading of a conversation. A job that goes on asked for its targets by lines that we did not see."""
        if has_job:
            self._asked.adopt(heater, target)
        elif self._was_lost and target > 0:
            self._unsupervised.add(heater)

    def _judge_turned_off(self, heater: str, before: float | None) -> list[Alarm]:
        if not before or self._asked.is_off_asked(heater):
            return []
        message = f"the printer turned {heater} off by itself; it had {before:g} °C"
        return [Alarm(code="heater_turned_off", message=message, remedy=Remedy.TELL, heater=heater, celsius=before)]

    def _unasked(self, heater: str, target: float, *, has_job: bool) -> list[Alarm]:
        if heater in self._unsupervised:
            code, remedy = "heater_unsupervised", Remedy.COOL_DOWN
            message = f"{heater} has {target:g} °C, and the link was lost meanwhile: all heaters are turned off"
            return [Alarm(code=code, message=message, remedy=remedy, heater=heater, celsius=target)]
        wish, is_of_job = self._policy.unasked_targets, has_job and self._asked.newest(heater) > 0
        self._asked.adopt(heater, target)
        if wish == "allow":
            return []
        remedy = Remedy.TELL if wish == "warn" or is_of_job else Remedy.TURN_OFF
        advice = "" if remedy is Remedy.TELL else ": it is turned off (heat.unasked_targets decides)"
        message = f"{heater} has a target of {target:g} °C that nobody asked for{advice}"
        return [Alarm(code="heater_unasked", message=message, remedy=remedy, heater=heater, celsius=target)]

    # ------------------------------------------------------------------------------------------------- time

    def check(self, now: float, *, has_job: bool) -> list[Alarm]:
        """What no reading can show; ask every second or so."""
        unwatched_seconds = 0.0 if self._checked_at is None else now - self._checked_at
        self._checked_at = now
        if not self.is_hot:
            self._needed_at, self.silence = now, Silence.HEARD
            return []
        if has_job:
            self._needed_at = now
        elif unwatched_seconds >= STANDSTILL_SECONDS:
            self._needed_at = self._heard_at = now
            return [_stood_still(unwatched_seconds)]
        return self._check_silence(now) + self._check_idle(now)

    def _check_idle(self, now: float) -> list[Alarm]:
        limit = self._policy.idle_timeout_seconds
        if limit <= 0 or now - self._needed_at < limit:
            return []
        self._needed_at = now
        message = f"heaters were on for {limit:g} s without a job and without a request: all of them are turned off"
        return [Alarm(code="heaters_idle", message=message, remedy=Remedy.COOL_DOWN)]

    def _check_silence(self, now: float) -> list[Alarm]:
        if self.silence is Silence.HEARD and now - self._heard_at >= self._policy.silent_seconds:
            self.silence = Silence.MISSED
        if self.silence is not Silence.ANSWERED or now - self._answered_at < ANSWERED_SECONDS:
            return []
        self._heard_at, self.silence = now, Silence.HEARD
        message = (
            f"heaters are on, and the printer has told no temperature for {self._policy.silent_seconds:g} s although it"
            " answers: look at it"
        )
        return [Alarm(code="heater_silent", message=message, remedy=Remedy.END_JOB)]


def _stood_still(seconds: float) -> Alarm:
    message = (
        f"nobody watched the heaters for {seconds:.0f} s, because this process stood still: all of them are turned off"
    )
    return Alarm(code="heater_unsupervised", message=message, remedy=Remedy.COOL_DOWN)
