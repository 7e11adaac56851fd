"""What is done to a house in the middle of a print: data, drawn from a seed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from types import MappingProxyType


class Kind(StrEnum):
    """What is struck; the value is its name for people."""

    KILL_SERVICE = "kill -9 of the service"
    KILL_SPOOLER = "kill -9 of the spooler"
    KILL_BOTH = "kill -9 of both"
    RESTART_SERVICE = "restart of the service"
    RELOAD_SERVICE = "SIGHUP to the service"
    STOP_SERVICE = "SIGSTOP of the service"
    STOP_SPOOLER = "SIGSTOP of the spooler"
    STOP_BOTH = "SIGSTOP of both"
    HANG_SPOOLER = "SIGSTOP of the spooler for good"
    UNPLUG = "unplug"
    UNPLUG_RESET = "unplug, board reset"
    KILL_UNPLUG = "kill -9 of the spooler and unplug"
    KILL_IN_NOISE = "kill -9 of the spooler in byte faults"
    KILL_ALL_UNPLUG = "kill -9 of both and unplug"
    RESET = "board reset"
    NOISE = "byte faults both ways"
    FULL_DISK = "full disk"
    CLOCK_JUMP = "clock jump"
    CLIENT_STORM = "client storm"


@dataclass(frozen=True, slots=True)
class Profile:
    """How a kind is drawn. seconds: how long it lasts, from and to. weight: how often, beside the others. ends_job: the board
    forgot its line numbers, so the job must end as interrupted; otherwise it must go on."""

    seconds: tuple[float, float] = (0.0, 0.0)
    weight: float = 1.0
    ends_job: bool = False


PROFILES: Mapping[Kind, Profile] = MappingProxyType(
    {
        Kind.KILL_SERVICE: Profile(weight=2),
        Kind.KILL_SPOOLER: Profile(weight=3),
        Kind.KILL_BOTH: Profile(weight=2),
        Kind.RESTART_SERVICE: Profile(),
        Kind.RELOAD_SERVICE: Profile(),
        Kind.STOP_SERVICE: Profile((0.2, 1.0)),
        Kind.STOP_SPOOLER: Profile((0.2, 1.5), weight=2),
        Kind.STOP_BOTH: Profile((0.2, 1.5), weight=2),
        Kind.HANG_SPOOLER: Profile(weight=0.25),
        Kind.UNPLUG: Profile((0.05, 1.0), weight=3),
        Kind.UNPLUG_RESET: Profile((0.05, 0.5), ends_job=True),
        Kind.KILL_UNPLUG: Profile((0.05, 0.5)),
        Kind.KILL_IN_NOISE: Profile((0.5, 1.5)),
        Kind.KILL_ALL_UNPLUG: Profile((0.05, 0.5)),
        Kind.RESET: Profile(ends_job=True),
        Kind.NOISE: Profile((0.2, 0.8), weight=3),
        Kind.FULL_DISK: Profile((0.2, 0.6), weight=2),
        Kind.CLOCK_JUMP: Profile(weight=2),
        Kind.CLIENT_STORM: Profile(),
    }
)

LONG = frozenset({Kind.HANG_SPOOLER})
"""Kinds that take as long as the watch's patience: left out of short lists."""

SHORT_LIST = 50

MOVES_BETWEEN = (1, 60)
"""So many moves are executed after the house has recovered, before the next strike: it may meet the first line after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """after_moves: so many moves later than the last recovery. seed: for whatever is random inside it."""

    number: int
    kind: Kind
    after_moves: int
    seconds: float
    seed: int

    def __str__(self) -> str:
        lasts = f", {self.seconds:.2f} s" if self.seconds else ""
        return f"{self.kind}{lasts}"

    @property
    def ends_job(self) -> bool:
        return PROFILES[self.kind].ends_job


def kinds_of(count: int) -> list[Kind]:
    """What a list of so many strikes is drawn from."""
    return [kind for kind in Kind if kind not in LONG or count > SHORT_LIST]


def strikes_of(seed: int, count: int, kinds: Collection[Kind] = ()) -> list[Strike]:
    """The same list for the same arguments; each kind at least once where `count` allows it. kinds: `kinds_of`, if empty."""
    random = Random(seed)
    chosen = [kind for kind in Kind if kind in (kinds or kinds_of(count))]
    more = random.choices(chosen, [PROFILES[kind].weight for kind in chosen], k=max(0, count - len(chosen)))
    drawn = random.sample(chosen, min(count, len(chosen))) + more
    random.shuffle(drawn)
    return [
        Strike(
            number=number,
            kind=kind,
            after_moves=random.randint(*MOVES_BETWEEN),
            seconds=round(random.uniform(*PROFILES[kind].seconds), 3),
            seed=random.randrange(1 << 32),
        )
        for number, kind in enumerate(drawn, 1)
    ]
