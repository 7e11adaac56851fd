"""Is the stream packed (meatpack.py)? Agreed upon before a job, tested, and given up at the first doubt.

::

    OFF ──a job begins──► negotiation ──both reports and a packed probe were right──► ON ──any doubt──► OFF for this job
                               └─────────────────anything else──────────────────────────────────────────►──┘

A doubt is whatever may have brought the two ends out of step: a refused line, silence, a report that nobody asked for. So is
a question (the probe) and an emergency word, which go as plain text. Then a *farewell* goes out, the command that turns
packing off and a line end for what is half unpacked; the probe tells where to go on, and the lines are sent again as they
are. Plain text is noise to a printer that still unpacks, and the farewell can be damaged too: so on a link where packing
was ever tried it goes before every probe. It costs four bytes and a report. A firmware that has never reported may have no
MeatPack at all, and throw away what comes with such bytes: it gets the farewell before every other probe.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from hydrogen.gcode.link.link_limits import PROBE
from hydrogen.gcode.meatpack import KEEP_BLANKS, PROTOCOL, TURN_OFF, TURN_ON, PackingReport, pack, parse_report

LEAVE = TURN_OFF + b"\n"
"""Turned off, and whatever is in the printer's line buffer is ended."""

REPORT_SECONDS = 0.5
"""For a report: it is said when the bytes are read, by an idle printer at once."""


class Packing:
    """The state of one link. Bytes in, bytes out; no time.

    is_on: numbered lines go packed. is_wanted: the stream that is about to begin should be. is_in_doubt: it was given up,
    and the printer has not been asked since where it is. farewell: what goes before plain text that must be understood.
    """

    __slots__ = ("_is_allowed", "_is_tried", "_probes", "farewell", "is_in_doubt", "is_on", "is_wanted", "negotiation")

    def __init__(self) -> None:
        self.is_on = False
        self.is_wanted = False
        self.is_in_doubt = False
        self.farewell = b""
        self.negotiation: PackingNegotiation | None = None
        self._is_allowed = False
        self._is_tried = False
        self._probes = 0

    def allow(self) -> None:
        """The firmware says that it can: try it with the next job."""
        self._is_allowed = True

    def begin_job(self, *, can_be_tested: bool = True) -> None:
        """A new stream: what was doubted before may be tried again. can_be_tested: the printer answers probes."""
        self.is_wanted = self._is_allowed and can_be_tested and not self.is_on

    def negotiate(self, *, last_number: int, quiet: float, now: float) -> None:
        """Try to turn it on."""
        self.is_wanted = False
        self._is_tried = True
        self.negotiation = PackingNegotiation(last_number=last_number, quiet=quiet, now=now)

    def conclude(self) -> bool:
        """The negotiation is over: has the printer agreed?"""
        self.is_on = self.negotiation is not None and self.negotiation.has_agreed
        self.is_in_doubt = not self.is_on
        self.negotiation = None
        return self.is_on

    def before_probe(self) -> bytes:
        """What goes before a probe, in the same write."""
        self.is_in_doubt = False
        self._probes += 1
        return LEAVE if self._is_tried and (self.farewell or self._probes % 2) else b""

    def on_text(self, text: str, now: float) -> bool:
        """A line that nobody else understood. True if it is a report that packing is not what it should be."""
        report = parse_report(text)
        if report is None:
            return False
        if self._is_tried:
            self.farewell = LEAVE
        if self.negotiation is not None:
            self.negotiation.on_report(report, now)
            return False
        return self.is_on and not (report.is_on and report.keeps_blanks)

    def leave(self) -> None:
        """No more packed lines in this job."""
        if self.is_on:
            self.is_on = False
            self.is_in_doubt = True


class _Step(Enum):
    ASKING = "turned on: both reports?"
    TESTING = "a packed probe: answered?"
    PASSING = "its residue"
    DONE = "over"


class PackingNegotiation:
    """One attempt to turn packing on, with a printer that is idle and counts to `last_number`. Pure: what it says and `now` in;
    bytes, deadline, verdict out.
    """

    def __init__(self, *, last_number: int, quiet: float, now: float) -> None:
        self.outgoing: deque[bytes] = deque([TURN_ON + KEEP_BLANKS])
        self.has_agreed = False
        self._last_number = last_number
        self._quiet = quiet
        self._reports = 0
        self._step = _Step.ASKING
        self._due = now + REPORT_SECONDS

    @property
    def is_done(self) -> bool:
        """Is it over, with whatever verdict?"""
        return self._step is _Step.DONE

    def next_deadline(self) -> float:
        """When `handle_deadline` is due; there always is one."""
        return self._due

    def handle_deadline(self, now: float) -> None:
        """Time is up: done if only the residue was waited for, else failed."""
        if now >= self._due:
            self.has_agreed = self._step is _Step.PASSING
            self._step = _Step.DONE

    def on_report(self, report: PackingReport, now: float) -> None:
        """One of the answers."""
        self._reports += 1
        is_right = report.is_on and report.version == PROTOCOL and (report.keeps_blanks or self._reports == 1)
        if self._step is not _Step.ASKING or not is_right:
            self._step = _Step.DONE
        elif self._reports == 2:
            self.outgoing.append(pack(PROBE))
            self._step = _Step.TESTING
            self._due = now + REPORT_SECONDS

    def on_resend(self, number: int | None, now: float) -> None:
        """The answer to the packed probe, or the sign that something was garbled."""
        if self._step is _Step.TESTING and number == self._last_number + 1:
            self._step = _Step.PASSING
            self._due = now + self._quiet
        else:
            self._step = _Step.DONE
