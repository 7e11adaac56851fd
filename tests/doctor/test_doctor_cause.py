"""The table itself: complete, printable, and careful with the word `high`."""

from __future__ import annotations

from pathlib import Path

from hydrogen.doctor.cause import CAUSES, Rule
from hydrogen.doctor.diagnosis import NOTHING_WRONG, UNKNOWN
from hydrogen.doctor.sign import FAULTS, Sign

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()


def test_names_are_unique_and_every_cause_says_what_to_do() -> None:
    names = [cause.name for cause in CAUSES]
    assert len(set(names)) == len(names) >= 12
    for cause in CAUSES:
        assert cause.name.replace("_", "").isalpha()
        assert cause.sentence and cause.next_step and cause.rules
        assert cause.explains <= FAULTS


def test_every_sign_means_something_to_a_cause() -> None:
    used = {sign for cause in CAUSES for rule in cause.rules for sign in rule.all_of | rule.any_of | rule.none_of}
    assert set(Sign) - used == {Sign.KERNEL_SILENT}  # it speaks for no cause; it is shown


def test_the_surest_rule_of_a_cause_stands_first() -> None:
    order = ["high", "medium", "low"]
    for cause in CAUSES:
        ranks = [order.index(rule.confidence) for rule in cause.rules]
        assert ranks == sorted(ranks), cause.name


def test_a_rule_wants_all_of_these_one_of_those_and_none_of_the_rest() -> None:
    rule = Rule(
        confidence="low",
        all_of=frozenset({Sign.USB_GONE}),
        any_of=frozenset({Sign.LINK_LOST, Sign.SILENT}),
        none_of=frozenset({Sign.HALTED}),
    )
    assert rule.fits({Sign.USB_GONE: "", Sign.SILENT: ""})
    assert not rule.fits({Sign.USB_GONE: ""})
    assert not rule.fits({Sign.SILENT: ""})
    assert not rule.fits({Sign.USB_GONE: "", Sign.SILENT: "", Sign.HALTED: ""})


def test_the_page_lists_every_cause() -> None:
    rows = {line.split("`")[1] for line in PAGE.splitlines() if line.startswith("| `")}
    assert {cause.name for cause in CAUSES} | {UNKNOWN, NOTHING_WRONG} <= rows
