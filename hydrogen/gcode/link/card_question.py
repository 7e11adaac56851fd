"""Is the printer printing from its own card? Asked before anything is sent that is more than a question.

M110 would be the first command to a printer that somebody else has set to work, and everything behind it would run in the
middle of that print. So M27 is asked, unnumbered (there is no number yet), and only what *says* that no card print runs is
believed. A line of the answer can be damaged or lost, so an `ok` alone, or one behind words that nobody knows, counts only
when it comes again.

::

    SD printing byte 158/10964     a print runs (also while it is paused: it is somebody's)
    Not SD printing                none
    Unknown command: "M27"         a firmware without a card
    ok                             twice in a row: none
    (no answer, but the probe's)   after a while none: see below

M27 waits for its turn; the probe is answered as soon as a line fits into the queue. While a card print runs the queue is
kept full (facts/marlin.md, Buffer numbers), so M27's answer may take as long as all its moves, and the probe's as long as
one. An answer that is not there yet is therefore no answer only if several probes in a row were answered at once.
An answer of Klipper that is no answer tells that it does not work at all: it acknowledges M105 even then (`ok T:0`), M27 it
does not. Sources: Marlin `M27.cpp`, `CardReader::report_status`; Klipper `virtual_sdcard.py` (`cmd_M27`), `gcode.py`
(`cmd_default`), `klippy.py` (the messages of its states).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hydrogen.gcode.link.evidence import clean
from hydrogen.gcode.link.link_limits import PROBE
from hydrogen.gcode.replies import FirmwareError, Reply, Text, UnknownCommand

QUESTION = b"M27\n"

ANSWERS_MOST = 4
"""Answers in words that nobody knows, until the firmware is taken for one that words it otherwise."""

ASKED_MOST = 3
"""Questions that may be without an answer: each takes a place in the printer's queue."""

PROMPT_SECONDS = 0.3
"""A probe that is answered within this time did not wait for a place in the queue."""

PROMPT_PROBES = 3
UNANSWERED_SECONDS = 10.0
"""So many prompt probes in a row, so long after the question: the firmware has no answer, or a former owner's dwell runs in
front of it. The four places of a queue with moves of two seconds take eight."""

OVERDUE_SECONDS = 120.0
"""No answer for so long from a printer whose queue is full: it works at something, and nothing more can be found out."""

REFUSALS_MOST = 10
"""Answers of a Klipper that is starting, a second apart, until that is told instead of waited for."""

WORDS_KEPT = 4

_printing = re.compile(r"(?i)\bSD print(?:ing byte[ \t]*(\d{1,12})[ \t]*/[ \t]*(\d{1,12})|ing byte| paused)").search
_idle = re.compile(r"(?i)\bnot (?:SD printing|currently playing)").search
_starting = re.compile(r"(?i)printer is not ready|klippy host software").search
_stopped = re.compile(r"(?i)printer is (?:halted|shutdown)|underlying issue is corrected").search


@dataclass(frozen=True, slots=True)
class CardProgress:
    """How far a card print is, in bytes; both None where the firmware does not say."""

    done: int | None = None
    total: int | None = None

    def __str__(self) -> str:
        if self.done is None or not self.total:
            return "it does not say how far"
        return f"byte {self.done} of {self.total} ({100 * self.done // self.total} %)"


class CardQuestion:
    """One asking, repeated as often as needed. Pure: replies in, the next question and a verdict out.

    is_idle: no card print runs. progress: one does. refusal: what a Klipper that does not work said; `is_starting` tells
    whether that may pass by itself.
    """

    def __init__(self) -> None:
        self.is_idle = False
        self.progress: CardProgress | None = None
        self.refusal = ""
        self.is_starting = False
        self._asked = 0
        self._asked_at = 0.0
        self._is_pending = False
        self._may_repeat = False
        self._probed_at: float | None = None
        self._prompt_probes = 0
        self._is_denied = False
        self._words: list[str] = []
        self._answers = 0
        self._bare_oks = 0
        self._refusals = 0

    @property
    def has_given_up(self) -> bool:
        """Was it told to wait too often?"""
        return self._refusals >= REFUSALS_MOST

    @property
    def is_asked(self) -> bool:
        """Is the question's `ok` outstanding?"""
        return self._is_pending

    @property
    def is_waiting(self) -> bool:
        """Was the question asked, and nothing can be done but to probe whether it is being worked at?"""
        return self._is_pending and not self._may_repeat

    def is_overdue(self, now: float) -> bool:
        """Is there no answer for OVERDUE_SECONDS?"""
        return self._is_pending and now - self._asked_at >= OVERDUE_SECONDS

    def question(self, now: float) -> bytes:
        """What is to be asked now: M27, or, if that was not answered in time, the probe. Nothing more once `is_idle`."""
        if self._is_pending and self._is_denied:
            self.is_idle = True  # the line was heard, its `ok` was not
        if self.is_waiting:
            self._probed_at = now if self._probed_at is None else self._probed_at
            return PROBE
        if not self._is_pending:
            self._asked, self._asked_at = 0, now
            self._words.clear()
        self._asked += 1
        self._is_pending, self._may_repeat = True, False
        return QUESTION

    def on_probe_answered(self, now: float) -> None:
        """The printer lives and reads."""
        if self._probed_at is None or not self._is_pending:
            return
        is_prompt = now - self._probed_at <= PROMPT_SECONDS
        self._probed_at = None
        self._prompt_probes = self._prompt_probes + 1 if is_prompt else 0
        self._may_repeat = self._asked < ASKED_MOST
        if self._prompt_probes >= PROMPT_PROBES and now - self._asked_at >= UNANSWERED_SECONDS:
            self.is_idle = True

    def on_reply(self, reply: Reply) -> None:
        """A line that is neither `ok` nor about line numbers; one that tells of the card counts asked or not."""
        if isinstance(reply, UnknownCommand):
            is_ours = reply.text.upper().startswith("M27")  # else it heard something else, and that is no answer
            self._is_denied = self._is_denied or (self._is_pending and is_ours)
        elif isinstance(reply, Text | FirmwareError):
            found = _printing(reply.text)
            if found is not None:
                self._on_printing(found)
            elif _idle(reply.text) is not None:
                self._is_denied = True
            elif self._is_pending and len(self._words) < WORDS_KEPT:
                self._words.append(clean(reply.text.removeprefix("//").strip()))

    def _on_printing(self, found: re.Match[str]) -> None:
        done, total = (int(digits) if digits else None for digits in found.groups())
        if total == 0:
            self._is_denied = True  # no file is open; old firmwares say so whenever there is a card
        else:
            self.progress = CardProgress(done, total)

    def on_ok(self) -> None:
        """The `ok` of the question, if it was asked."""
        if not self._is_pending:
            return
        self._is_pending = False
        self._probed_at = None
        said = " ".join(self._words)
        if self._is_denied:
            self.is_idle = True
        elif _starting(said) is not None or _stopped(said) is not None:
            self._refusals += 1
            self.refusal = said
            self.is_starting = _stopped(said) is None
        else:
            self._answers += 1
            self._bare_oks = 0 if self._words else self._bare_oks + 1
            self.is_idle = self._bare_oks >= 2 or self._answers >= ANSWERS_MOST
