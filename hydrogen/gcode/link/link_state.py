"""The phases of a link and what leads from one to the next.

The table is the truth: `LinkPhase` changes only through `next_phase`, which refuses what is not in it. The diagram in
`docs/architecture.md` is drawn from it.
"""

from __future__ import annotations

from enum import StrEnum


class LinkPhase(StrEnum):
    """What the link is doing.

    OPENING     asks for a sign of life: an empty line and probes.
    RESUMING    asks a printer that was left in the middle of a numbering for its last number, and nothing else.
    NUMBERING   gave the printer a number to count from (`M110`), alone on the wire, and waits until that was executed.
    VERIFYING   probes whether the printer counts from that number.
    MEASURING   fills the printer's receive buffer with nothing, to see how much it holds; then the numbers begin anew.
    NEGOTIATING turns packing on before a job, and tests it.
    READY       sends, at most a window's worth unacknowledged.
    DRAINING    a line was refused: sends nothing until the wire and the printer have fallen silent.
    PROBING     silence: asks for the last accepted line and sends nothing until the answer is there.
    CLOSED      over: the printer halted, was reset, or stopped answering. Nothing leads out.
    """

    OPENING = "opening"
    RESUMING = "resuming"
    NUMBERING = "numbering"
    VERIFYING = "verifying"
    MEASURING = "measuring"
    NEGOTIATING = "negotiating"
    READY = "ready"
    DRAINING = "draining"
    PROBING = "probing"
    CLOSED = "closed"


class LinkTrigger(StrEnum):
    """Why a phase ends."""

    NUMBERS_CHECKED = "the printer judged the probe's number"
    NUMBERS_IGNORED = "the printer executed the probe"
    PAST_KNOWN = "connected with a known past"
    NUMBER_FOUND = "the printer's last number is ours, or it checks none"
    NUMBER_STRANGE = "reset, or a number that is not ours"
    NUMBER_SET = "M110 was executed, or should have been"
    NUMBER_WRONG = "the printer counts from another number"
    NUMBER_PROVEN = "the probe confirmed the number, or showed that none is checked"
    BUFFER_UNKNOWN = "idle, and the receive buffer's size is wanted"
    BUFFER_MEASURED = "the receive buffer was measured, or would not be"
    NUMBERS_SPENT = "idle, and the numbers grow too long"
    PACKING_WANTED = "a job begins whose lines can be packed"
    PACKING_AGREED = "the printer unpacks"
    RESEND_ASKED = "Resend:"
    PROOF_NEEDED = "silence, doubt, or the end of a job"
    PROOF_GIVEN = "the probe was answered"
    QUIET = "the wire is silent"
    ENDED = "halt, reset or no answer"


TRANSITIONS: dict[LinkPhase, dict[LinkTrigger, LinkPhase]] = {
    LinkPhase.OPENING: {
        LinkTrigger.NUMBERS_CHECKED: LinkPhase.NUMBERING,
        LinkTrigger.NUMBERS_IGNORED: LinkPhase.READY,
        LinkTrigger.PAST_KNOWN: LinkPhase.RESUMING,
        LinkTrigger.ENDED: LinkPhase.CLOSED,
    },
    LinkPhase.RESUMING: {
        LinkTrigger.NUMBER_FOUND: LinkPhase.READY,
        LinkTrigger.NUMBER_STRANGE: LinkPhase.OPENING,
        LinkTrigger.ENDED: LinkPhase.CLOSED,
    },
    LinkPhase.NUMBERING: {
        LinkTrigger.NUMBER_SET: LinkPhase.VERIFYING,
        LinkTrigger.ENDED: LinkPhase.CLOSED,
    },
    LinkPhase.VERIFYING: {
        LinkTrigger.NUMBER_WRONG: LinkPhase.NUMBERING,
        LinkTrigger.NUMBER_PROVEN: LinkPhase.READY,
        LinkTrigger.ENDED: LinkPhase.CLOSED,
    },
    LinkPhase.MEASURING: {
        LinkTrigger.BUFFER_MEASURED: LinkPhase.NUMBERING,
        LinkTrigger.ENDED: LinkPhase.CLOSED,
    },
    LinkPhase.NEGOTIATING: {
        LinkTrigger.PACKING_AGREED: LinkPhase.READY,
        LinkTrigger.PROOF_NEEDED: LinkPhase.PROBING,
        LinkTrigger.ENDED: LinkPhase.CLOSED,
    },
    LinkPhase.READY: {
        LinkTrigger.RESEND_ASKED: LinkPhase.DRAINING,
        LinkTrigger.PROOF_NEEDED: LinkPhase.PROBING,
        LinkTrigger.NUMBERS_SPENT: LinkPhase.NUMBERING,
        LinkTrigger.BUFFER_UNKNOWN: LinkPhase.MEASURING,
        LinkTrigger.PACKING_WANTED: LinkPhase.NEGOTIATING,
        LinkTrigger.ENDED: LinkPhase.CLOSED,
    },
    LinkPhase.DRAINING: {
        LinkTrigger.RESEND_ASKED: LinkPhase.DRAINING,
        LinkTrigger.QUIET: LinkPhase.READY,
        LinkTrigger.PROOF_NEEDED: LinkPhase.PROBING,
        LinkTrigger.ENDED: LinkPhase.CLOSED,
    },
    LinkPhase.PROBING: {
        LinkTrigger.PROOF_GIVEN: LinkPhase.DRAINING,
        LinkTrigger.PROOF_NEEDED: LinkPhase.PROBING,
        LinkTrigger.ENDED: LinkPhase.CLOSED,
    },
    LinkPhase.CLOSED: {},
}


class IllegalTransition(Exception):
    """A defect of ours: names the phase and what happened in it."""


def next_phase(phase: LinkPhase, trigger: LinkTrigger) -> LinkPhase:
    """Where `trigger` leads from `phase`; raises IllegalTransition for what the table does not know."""
    try:
        return TRANSITIONS[phase][trigger]
    except KeyError:
        raise IllegalTransition(f"{trigger.name} in phase {phase}") from None
