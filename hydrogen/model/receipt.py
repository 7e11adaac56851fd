"""The receipt of a job: what really happened, told once it is over. Every list is bounded; what was left out is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hydrogen.model.job import JobOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaterRecord:
    """One heater while the job ran, from the moment it had first reached its target, and again after each new target.

    out_of_band_seconds: how long it was more than the band (5 °C) away from it. last_target_celsius: None: it was never on.
    """

    last_target_celsius: float | None = None
    min_celsius: float | None = None
    max_celsius: float | None = None
    in_band_seconds: float = 0.0
    out_of_band_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRecord:
    """A pause, from the printer's standstill until it went on; seconds without end until the job's end."""

    began_at: float
    seconds: float
    reason: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRecord:
    """Something that was said or went wrong; code is the error's, empty for a prompt."""

    noted_at: float
    text: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRecord:
    """The machine while the job ran, from its samples: how often it was looked at, the highest temperature and CPU share, the
    least disk."""

    samples: int = 0
    max_temperature_celsius: float | None = None
    max_cpu_share: float | None = None
    min_disk_free_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One job's record.

    actor started it, ended_by ended it. source_sha256: of the file's bytes. file_sha256: over the lines that the printer was to
    be given, as they are sent (no comments, numbers or checksums), each with a line feed behind it. executed_sha256: the same
    over the lines it acknowledged; equal to file_sha256 if and only if that was all of them. None where it could not be found.
    is_complete: False when the process that printed died: then it holds only what its journal knows.
    probes, barriers, resends, stalls, possible_duplicates: what the link counted (see LinkStatistics).
    """

    job: str
    file: str
    outcome: JobOutcome
    reason: str = ""
    error_code: str | None = None
    actor: str = ""
    ended_by: str = ""
    continues: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
    elapsed_seconds: float = 0.0
    lines_done: int = 0
    lines_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    source_sha256: str | None = None
    file_sha256: str | None = None
    executed_sha256: str | None = None
    resends: int = 0
    stalls: int = 0
    probes: int = 0
    barriers: int = 0
    possible_duplicates: int = 0
    heaters: Mapping[str, HeaterRecord] = field(default_factory=lambda: MappingProxyType({}))
    pauses: tuple[PauseRecord, ...] = ()
    paused_seconds: float = 0.0
    prompts: tuple[NoteRecord, ...] = ()
    errors: tuple[NoteRecord, ...] = ()
    link_losses: tuple[NoteRecord, ...] = ()
    left_out: int = 0
    host: HostRecord | None = None
    is_complete: bool = True
