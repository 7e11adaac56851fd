"""The kernel's log, wherever this process may read it: `/dev/kmsg`, else the journal. May block; call it in a thread."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from hydrogen.core.clock import Clock
from hydrogen.doctor.kernel_log import KernelMessage, message_from

KMSG = Path("/dev/kmsg")
"""One record a read: `priority,sequence,microseconds since boot,flags;text` (Documentation/ABI/testing/dev-kmsg)."""

RECORD_BYTES = 8192
MOST_RECORDS = 50_000
"""More than any kernel's ring holds, so that a log which is written as fast as it is read has an end."""

MOST_MESSAGES = 2000
"""Of those that mean something; the newest ones."""

JOURNAL = ("journalctl", "-k", "-b", "-q", "-n", "3000", "-o", "short-unix", "--no-pager")
JOURNAL_SECONDS = 5.0

Lines = Iterator[tuple[float, str]]
"""Unix seconds and text."""


class KernelLogReader:
    """`read` tells what it finds now; None where nobody lets it."""

    def __init__(self, clock: Clock, *, kmsg: Path = KMSG, journal: Callable[[], str] | None = None) -> None:
        """journal: prints the kernel's lines of this boot; None asks journalctl. Raises OSError."""
        self._clock = clock
        self._kmsg = kmsg
        self._journal = journal or run_journal

    def read(self) -> tuple[KernelMessage, ...] | None:
        """The messages that the doctor knows, the oldest first."""
        try:
            return _known(self._records())
        except OSError:
            pass
        try:
            said = self._journal()
        except OSError:
            return None
        # Who may not read the journal gets an empty one and no complaint; every kernel says something when it starts.
        return _known(_journal_lines(said)) if said.strip() else None

    def _records(self) -> Lines:
        """Raises OSError. The kernel counts from the boot on, as the monotonic clock does."""
        booted_at = self._clock.wall() - self._clock.monotonic()
        handle = os.open(self._kmsg, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            for _ in range(MOST_RECORDS):
                try:
                    record = os.read(handle, RECORD_BYTES)
                except BlockingIOError:
                    return
                except OSError as error:
                    if error.errno == errno.EPIPE:  # it was overwritten before we got there
                        continue
                    raise
                if not record:
                    return
                yield from _record_lines(record.decode("utf-8", "replace"), booted_at)
        finally:
            os.close(handle)


def run_journal(command: Sequence[str] = JOURNAL) -> str:
    """Raises OSError where there is no journal, or it does not answer."""
    try:
        ended = subprocess.run(command, capture_output=True, timeout=JOURNAL_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{command[0]} did not answer within {JOURNAL_SECONDS:g} s") from error
    if ended.returncode:
        raise OSError(f"{command[0]} ended with code {ended.returncode}")
    return ended.stdout.decode("utf-8", "replace")


def _record_lines(text: str, booted_at: float) -> Lines:
    """A read of the device gives one record, a file of them gives many; what begins with a blank belongs to the line above."""
    for line in text.splitlines():
        head, mark, said = line.partition(";")
        fields = head.split(",")
        if mark and len(fields) >= 3 and fields[2].isdecimal() and not line.startswith(" "):
            yield booted_at + int(fields[2]) / 1e6, said


def _journal_lines(text: str) -> Lines:
    """`1700000000.123456 host kernel: text`."""
    for line in text.splitlines():
        at, _, rest = line.partition(" ")
        try:
            moment = float(at)
        except ValueError:
            continue
        yield moment, rest.partition("kernel: ")[2] or rest


def _known(lines: Lines) -> tuple[KernelMessage, ...]:
    found = [message for at, text in lines if (message := message_from(at, text)) is not None]
    return tuple(found[-MOST_MESSAGES:])
