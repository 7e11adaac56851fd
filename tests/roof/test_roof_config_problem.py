"""What is wrong, in words."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hydrogen.config_problem import Problem, nearest, problem_from, refusal
from hydrogen.config_section import LoggingSection, TlsSection


def problems(model: type[LoggingSection | TlsSection], **table: object) -> list[Problem]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(table)
    return [problem_from(item, model, "test", ("logging",)) for item in caught.value.errors()]


def test_a_problem_is_a_sentence_with_what_was_probably_meant() -> None:
    (told,) = problems(LoggingSection, levle="info")
    assert str(told) == (
        "test: logging.levle: found an unknown key, expected one of format, level. Did you mean 'level'?"
    )


def test_it_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROGEN_LOGGING__LEVEL", "loud")
    (told,) = problems(LoggingSection, level="loud")
    assert told.source == "environment variable HYDROGEN_LOGGING__LEVEL"
    assert told.found == "'loud'"


def test_values_of_keys_that_smell_of_a_secret_are_not_repeated() -> None:
    (told,) = problems(TlsSection, key=17)
    assert told.found == "a value of type int (not shown)"


def test_a_refusal_tells_all_and_has_the_details_of_the_first() -> None:
    first = Problem(source="a.toml", key="x", found="1", expected="2")
    error = refusal([first, Problem(source="a.toml", key="y", found="3", expected="4")])
    assert error.message.splitlines() == ["a.toml: x: found 1, expected 2", "a.toml: y: found 3, expected 4"]
    assert error.details == {"file": "a.toml", "key": "x", "found": "1", "expected": "2"}


def test_what_is_like_nothing_is_like_nothing() -> None:
    assert nearest("marlni", ["marlin"]) == "marlin"
    assert nearest("zzz", ["marlin"]) == ""
