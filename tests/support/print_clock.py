"""When a virtual printer acknowledges each line of a file, in virtual time: the truth for estimates of the time left.

`python -m tests.support.print_clock FILE [FILE ...]` shows how far the estimates are off, for files that are not ours to keep.
"""

from __future__ import annotations

import gzip
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from hydrogen.gcode.line import prepare
from hydrogen.gcode.program.metadata import JobOutline, OutlineScanner
from hydrogen.gcode.program.time_left import TimeEstimate, TimeLeft
from hydrogen_simulators.firmware.marlin import VirtualMarlin
from hydrogen_simulators.firmware.settings import MarlinSettings

LOOK_SECONDS = 2.0
"""Of printer time, between two looks at the progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was so, and what was said, at one moment of a print; done: the fraction that clients are shown."""

    elapsed_seconds: float
    left_seconds: float
    done: float
    estimate: TimeEstimate

    @property
    def relative_error(self) -> float:
        """As a share of what is really left."""
        assert self.estimate.seconds is not None
        return (self.estimate.seconds - self.left_seconds) / max(self.left_seconds, 1.0)

    @property
    def error(self) -> float:
        """Of the estimate, as a share of the whole print."""
        assert self.estimate.seconds is not None
        return (self.estimate.seconds - self.left_seconds) / (self.left_seconds + self.elapsed_seconds)


def outline_of(data: bytes, *, chunk: int = 1 << 20) -> JobOutline:
    scanner = OutlineScanner(len(data))
    for at in range(0, len(data), chunk):
        scanner.feed(data[at : at + chunk])
    return scanner.finish()


def acknowledged(data: bytes, settings: MarlinSettings | None = None) -> list[tuple[int, float]]:
    """(offset behind a line, printer seconds at its `ok`), one line in flight over a wire that takes no time."""
    printer, now, offset = VirtualMarlin(settings or MarlinSettings(advanced_ok=False)), 0.0, 0
    printer.power_on(now)
    printer.data_to_send()
    moments = []
    for raw in data.splitlines(keepends=True):
        offset += len(raw)
        body = prepare(raw)
        if body is None:
            continue
        printer.receive(body + b"\n", now)
        while b"ok" not in printer.data_to_send():
            due = printer.next_deadline()
            assert due is not None, body
            now = max(now, due)
            printer.handle_deadline(now)
        moments.append((offset, now))
    return moments


def looks_at(
    data: bytes, *, outline: JobOutline | None = None, expected_seconds: float | None = None, speed: float = 1.0
) -> list[Look]:
    """A whole print, looked at every LOOK_SECONDS. speed: of the printer against its settings, in its own time."""
    moments = [(offset, at / speed) for offset, at in acknowledged(data)]
    end = moments[-1][1]
    left = TimeLeft(outline or outline_of(data), expected_seconds=expected_seconds)
    looks, next_look = [], 0.0
    for (offset, at), (_, following) in zip(moments, [*moments[1:], moments[-1]], strict=True):
        while next_look <= following:
            moment = max(at, next_look)
            next_look = moment + LOOK_SECONDS
            left.note(offset, moment)
            looks.append(
                Look(
                    elapsed_seconds=moment, left_seconds=end - moment, done=moment / end, estimate=left.estimate(offset)
                )
            )
    return looks


def main() -> None:
    for name in sys.argv[1:]:
        path = Path(name)
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        outline = outline_of(data)
        bare = replace(outline, time_marks=(), estimated_seconds=None)
        told = {
            "as it is": outline,
            "without M73": replace(outline, time_marks=()),
            "without all": bare,
            "bytes only": replace(bare, print_time=None),
        }
        for what, known in told.items():
            looks = looks_at(data, outline=known)
            judged = [look for look in looks if look.done >= 0.1 and look.estimate.seconds is not None]
            worst = max(judged, key=lambda look: abs(look.error))
            early = max(
                (look for look in judged if look.left_seconds > 120.0), key=lambda look: abs(look.relative_error)
            )
            hit = [look for look in judged if _is_between(look)]
            print(
                f"{path.name}, {what}: {looks[-1].elapsed_seconds:.0f} s, first word {looks[0].estimate.seconds} s"
                f" ({looks[0].estimate.source}), worst error from 10 % on {worst.error:+.1%} of the whole at {worst.done:.0%},"
                f" {early.relative_error:+.1%} of what is left at {early.done:.0%} (over two minutes left),"
                f" within its spread {len(hit) / len(judged):.0%}"
            )


def _is_between(look: Look) -> bool:
    low, high = look.estimate.low_seconds, look.estimate.high_seconds
    return low is not None and high is not None and low <= look.left_seconds <= high


if __name__ == "__main__":
    main()
