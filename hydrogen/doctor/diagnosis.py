"""From evidence to verdicts: pure.

A cause whose faults are all explained by one that is at least as sure is left out: a brown-out that takes the USB device with
it is no bad cable. A fault that nothing explains is told as unknown, and never guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass

from hydrogen.doctor.cause import CAUSES, Cause, Confidence, Rule
from hydrogen.doctor.evidence import Evidence
from hydrogen.doctor.sign import FAULTS, Found, Sign, signs_of

ORDER: tuple[Confidence, ...] = ("high", "medium", "low")

UNKNOWN = "unknown"
NOTHING_WRONG = "nothing_wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """evidence: sentences, the sign and what was seen of it."""

    cause: str
    confidence: Confidence
    sentence: str
    next_step: str
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """verdicts: the surest first; never empty. not_seen: what could not be looked at, each with what would help."""

    printer: str
    verdicts: tuple[Verdict, ...]
    not_seen: tuple[str, ...] = ()

    @property
    def is_healthy(self) -> bool:
        return self.verdicts[0].cause == NOTHING_WRONG


def diagnose(evidence: Evidence) -> Diagnosis:
    """What is wrong, how surely, why it is thought so, and what to do next."""
    signs = signs_of(evidence)
    verdicts, explained = _judged(signs)
    faults = [sign for sign in signs if sign in FAULTS]
    open_faults = [sign for sign in faults if sign not in explained]
    if open_faults:
        verdicts.append(_unknown(signs, open_faults))
    if not verdicts:
        verdicts.append(_nothing_wrong(evidence))
    return Diagnosis(printer=evidence.printer, verdicts=tuple(verdicts), not_seen=_not_seen(evidence))


def _judged(signs: Found) -> tuple[list[Verdict], set[Sign]]:
    fitting = [(rule, cause) for cause in CAUSES if (rule := _rule_of(cause, signs)) is not None]
    fitting.sort(key=lambda pair: ORDER.index(pair[0].confidence))
    verdicts: list[Verdict] = []
    explained: set[Sign] = set()
    for rule, cause in fitting:
        its_faults = {sign for sign in cause.explains if sign in signs}
        if not rule.is_aside:
            if its_faults <= explained:
                continue
            explained |= its_faults
        verdicts.append(_verdict(cause, rule, signs))
    return verdicts, explained


def _rule_of(cause: Cause, signs: Found) -> Rule | None:
    return next((rule for rule in cause.rules if rule.fits(signs)), None)


def _verdict(cause: Cause, rule: Rule, signs: Found) -> Verdict:
    shown = [
        sign for sign in signs if sign in rule.all_of | rule.any_of or (sign in cause.explains and not rule.is_aside)
    ]
    return Verdict(
        cause=cause.name,
        confidence=rule.confidence,
        sentence=cause.sentence,
        next_step=cause.next_step,
        evidence=tuple(_sentence(sign, signs) for sign in shown),
    )


def _sentence(sign: Sign, signs: Found) -> str:
    return f"{sign}: {signs[sign]}" if signs[sign] else str(sign)


def _unknown(signs: Found, faults: list[Sign]) -> Verdict:
    return Verdict(
        cause=UNKNOWN,
        confidence="low",
        sentence="something is wrong, and what was seen does not tell why",
        next_step="hydrogen record NAME writes down what the printer says; exchange one thing at a time: cable, port, supply",
        evidence=tuple(_sentence(sign, signs) for sign in faults),
    )


def _nothing_wrong(evidence: Evidence) -> Verdict:
    lines = evidence.link.lines_sent
    return Verdict(
        cause=NOTHING_WRONG,
        confidence="high" if lines >= 1000 else "medium" if lines else "low",
        sentence="nothing is wrong, as far as can be seen",
        next_step="",
        evidence=(f"{lines:,} lines within the hour, {evidence.link.resends:,} of them repeated",),
    )


def _not_seen(evidence: Evidence) -> tuple[str, ...]:
    told = []
    if evidence.kernel is None:
        told.append("the kernel's log may not be read: sudo usermod -aG adm,systemd-journal $USER, or run it with sudo")
    if evidence.host.throttling is None:
        told.append(
            "the host does not tell whether its voltage is right: only a Raspberry Pi does (vcgencmd, group video)"
        )
    facts = evidence.port_facts
    if facts is not None and facts.holders is None:
        told.append("who else has the port open may not be looked at: run it with sudo")
    return tuple(told)
