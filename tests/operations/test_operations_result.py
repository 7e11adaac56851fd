"""What operations answer, as schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hydrogen.model.backlog import QueueEntry
from hydrogen.model.codec import plain
from hydrogen.model.job import JobOutcome
from hydrogen.model.receipt import Receipt
from hydrogen.model.schema import SchemaBook
from hydrogen.operations.printer import printer_operations
from hydrogen.operations.result import answer_object, result_schemas
from tests.operations.fleet import WillingFleet, call, named
from tests.operations.test_operations_backlog import Desk


def validator_of(name: str) -> Draft202012Validator:
    book = SchemaBook(prefix="#/$defs/")
    schema = result_schemas(book)[name]
    return Draft202012Validator({**schema, "$defs": book.definitions})


def test_only_operations_have_results() -> None:
    root = "/api/operations/"
    paths = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())["paths"]
    names = {path.removeprefix(root) for path in paths if path.startswith(root)}
    assert set(result_schemas(SchemaBook(prefix="#/"))) <= names


@pytest.mark.parametrize("name", sorted(result_schemas(SchemaBook(prefix="#/"))))
def test_each_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema({**validator_of(name).schema, "$defs": {}})


def test_what_they_refer_to_are_schemas() -> None:
    """All of them at once: checked with each operation, the same hundred take four seconds."""
    book = SchemaBook(prefix="#/$defs/")
    result_schemas(book)
    assert book.definitions
    Draft202012Validator.check_schema({"$defs": book.definitions})


async def test_what_the_queue_answers_fits() -> None:
    desk = Desk()
    for name, params in (
        ("queue.add", {"file": "a"}),
        ("queue.list", {"past": 3}),
        ("queue.show", {"id": "e0"}),
        ("queue.show", {"id": "old"}),
        ("queue.move", {"id": "e0", "position": 0}),
        ("queue.hold", {}),
        ("queue.release", {}),
        ("queue.remove", {"id": "e0"}),
    ):
        validator_of(name).validate(await desk(name, None, **params))


async def test_what_an_emergency_stop_answers_fits() -> None:
    fleet = WillingFleet()
    fleet.result = {"emergency": [{"line": "M112", "seen": "on arrival", "confirmed": False}]}
    stop = named(printer_operations(fleet), "printer.emergency_stop")
    validator_of("printer.emergency_stop").validate(await call(stop, printer=None))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("queue.add", {"entry": plain(QueueEntry(id="a", file="b")), "position": -1}),
        ("job.receipt", {"printer": "a"}),
        ("printer.clear_bed", {"bed": "made"}),
    ],
)
def test_what_is_not_an_answer_does_not_fit(name: str, value: Any) -> None:
    assert not validator_of(name).is_valid(value)


def test_a_receipt_fits() -> None:
    receipt = plain(Receipt(job="1", file="a.gcode", outcome=JobOutcome.COMPLETED))
    validator_of("job.receipt").validate({"printer": "ender3", "receipt": receipt})


def test_an_object_may_lack_what_it_may_lack() -> None:
    schema = answer_object(a={"type": "string"}, may_lack={"b": {"type": "string"}})
    assert schema["required"] == ["a"] and set(schema["properties"]) == {"a", "b"}
