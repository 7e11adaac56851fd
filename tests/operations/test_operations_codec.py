"""From plain values to checked ones, and refusals that help."""

from __future__ import annotations

import json
from typing import Annotated

import pytest
from pydantic import Field

from hydrogen.errors import InvalidMessage
from hydrogen.operations.codec import describe, digest_of, model_from_plain
from hydrogen.operations.operation import Params
from hydrogen.operations.printer import JogParams, printer_operations
from tests.operations.fleet import WillingFleet, named


class Sample(Params):
    count: Annotated[int, Field(ge=1, le=9)]
    text: str = ""


def refusal(values: object) -> InvalidMessage:
    with pytest.raises(InvalidMessage) as caught:
        model_from_plain(Sample, values, what="sample")
    return caught.value


def test_refusal_names_field_reason_and_limit() -> None:
    error = refusal({"count": 10})
    assert error.message.startswith("sample: count: ")
    assert error.details == {"field": "count", "reason": error.details["reason"], "limit": 9}


def test_unknown_field_is_named_and_cut_short() -> None:
    assert refusal({"count": 1, "extra": 2}).details["field"] == "extra"
    error = refusal({"count": 1, "x" * 60_000: 2})
    assert len(json.dumps(error.as_wire())) < 500


def test_value_is_never_repeated() -> None:
    assert "secret" not in json.dumps(refusal({"count": "secret"}).as_wire())
    assert "secret" not in json.dumps(refusal("secret").as_wire())


def test_nothing_is_converted() -> None:
    for value in ("1", 1.0, True, None, [1]):
        assert refusal({"count": value}).details["field"] == "count"


def test_digest_covers_operation_printer_and_params_with_their_defaults() -> None:
    operations = printer_operations(WillingFleet())
    jog, home = named(operations, "printer.jog"), named(operations, "printer.home")
    one = digest_of(jog, "a", JogParams(x_mm=1.0))
    assert one == digest_of(jog, "a", JogParams(x_mm=1.0, feedrate_mm_per_minute=3000.0))
    assert one != digest_of(jog, "b", JogParams(x_mm=1.0))
    assert one != digest_of(jog, "a", JogParams(x_mm=2.0))
    assert one != digest_of(home, "a", JogParams(x_mm=1.0))


def test_description_is_json_with_a_schema_of_the_params() -> None:
    told = describe(named(printer_operations(WillingFleet()), "printer.set_temperature"))
    assert json.loads(json.dumps(told)) == told
    assert set(told["params"]["properties"]) == {"heater", "target_celsius"}
    assert (told["name"], told["scope"], told["needs_printer"]) == ("printer.set_temperature", "control", True)
