"""Every deadline and bound of the link, in one place, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLimits:
    """Seconds, unless the name says otherwise.

    probe_interval: between probes while opening. 0.5 s: four reach a board that takes 2 s to boot.
    opening_patience: without a recognisable line while opening. 15 s covers bootloaders and SD initialisation.
    quiet: silence after which the residue of a fault is over. 60 ms: the longest gap inside a burst of replies that a
        real Marlin showed was below 20 ms (facts/link.md section 3, step 6).
    drain_most: a drain ends after this, however much a chattering printer still says.
    silence_least, silence_most: silence with a line in flight after which the printer is asked; between them the learned
        time from line to `ok` decides.
    silence_long: the same while a long command runs; the question is harmless then, the answer rarely news.
    barrier_long: without progress in a long command, though the printer has accepted everything: 10 s, then a barrier.
    barrier_again, barrier_long_again, barrier_last_again: until the first barrier is believed lost behind a move, behind a
        long command, and until any further one behind a move is.
    probe_answer: until a probe is believed lost, doubled once; probe_again: until another is sent to a printer that has read
        neither of them, four times as long each time.
    unanswered_most: probes unanswered for so long end the link. A long command that never answered a probe may be a
        firmware that does not read while it works: it gets unanswered_long.
    answer_slack: an answer that comes so much later than the fastest one was prompt all the same. 1 ms: a scheduler's tick, a
        USB frame; more where a network is in between.
    halt_answer: after an emergency stop, until the halt counts as unconfirmed.
    receive_buffer_bytes: what the printer's serial port can hold, where it is known; 0: one line in flight.
    command_slots: places in the printer's command queue, where they are known; Marlin's BUFSIZE is 4.
    commands_waiting: submitted commands that wait; more are refused.
    renumber_above: an idle link starts over at its base above this, so that numbers keep to seven digits.
    """

    probe_interval: float = 0.5
    opening_patience: float = 15.0
    quiet: float = 0.06
    drain_most: float = 2.0
    silence_least: float = 0.3
    silence_most: float = 2.0
    silence_long: float = 2.0
    barrier_long: float = 10.0
    barrier_again: float = 0.6
    barrier_long_again: float = 60.0
    barrier_last_again: float = 10.0
    probe_answer: float = 0.3
    probe_again: float = 5.0
    unanswered_most: float = 30.0
    unanswered_long: float = 1200.0
    answer_slack: float = 0.001
    halt_answer: float = 3.0
    receive_buffer_bytes: int = 0
    command_slots: int = 4
    commands_waiting: int = 256
    renumber_above: int = 2_000_000


PROBE_NUMBER = 9_999_999
PROBE = b"N9999999 M105*46\n"
"""Asks for the last accepted line and executes nothing: a number that cannot be next makes Marlin say
`Error:Line Number is not Last Line Number+1, Last Line: n`, `Resend: n+1`, `ok`, even during a dwell (facts/link.md 1)."""

BARRIER_BODY = b"M105"
"""Executed in its turn: its `ok T:`, which no other command gives, means that everything before it was executed or planned."""

BARRIER_NUMBERS = 1000
"""Kept free below the probe's number for the barriers that come before a numbering of its own."""

NUMBER_CEILING = PROBE_NUMBER - BARRIER_NUMBERS
"""The highest number a line may have; a longer job goes on with a numbering of its own."""

WORDS_MOST = 3
"""Emergency words that may be owed an `ok`: with a probe they fill the room that the window leaves in the receive buffer."""

IDENTITY_LINES_KEPT = 128
"""Of the answer to M115: Marlin says some forty capabilities."""
