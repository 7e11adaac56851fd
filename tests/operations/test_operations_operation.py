"""What every operation of the house has in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.auth.principal import SCOPES, Principal
from hydrogen.files.store import FileStore
from hydrogen.operations.backlog import queue_operations
from hydrogen.operations.file import file_operations
from hydrogen.operations.job import job_operations
from hydrogen.operations.operation import Call, NoParams, Operation, Params
from hydrogen.operations.power import power_operations
from hydrogen.operations.printer import printer_operations
from hydrogen.operations.system import system_operations
from tests.operations.fleet import DirectStarter, Ledger, WillingFleet
from tests.operations.test_operations_backlog import IdleQueue
from tests.operations.test_operations_file import Shelf
from tests.operations.test_operations_job import Ids
from tests.operations.test_operations_system import FixedStatus

ALL = [
    *printer_operations(WillingFleet()),
    *power_operations(WillingFleet()),
    *job_operations(WillingFleet(), Shelf(), Ids(), DirectStarter(WillingFleet()), Ledger()),
    *queue_operations(IdleQueue(), WillingFleet()),
    *file_operations(FileStore(Path("files"))),
    *system_operations(FixedStatus()),
]


def test_the_operations_are_those_of_the_issue() -> None:
    assert [operation.name for operation in ALL] == [
        "printer.connect",
        "printer.disconnect",
        "printer.send_gcode",
        "printer.set_temperature",
        "printer.home",
        "printer.jog",
        "printer.move",
        "printer.set_feedrate",
        "printer.set_flow",
        "printer.set_fan",
        "printer.select_tool",
        "printer.extrude",
        "printer.answer_prompt",
        "printer.cool_down",
        "printer.emergency_stop",
        "power.on",
        "power.off",
        "job.start",
        "job.pause",
        "job.resume",
        "job.cancel",
        "job.history",
        "job.show",
        "job.receipt",
        "queue.add",
        "queue.list",
        "queue.show",
        "queue.remove",
        "queue.move",
        "queue.hold",
        "queue.release",
        "printer.clear_bed",
        "file.list",
        "file.delete",
        "file.move",
        "file.copy",
        "file.make_folder",
        "file.move_folder",
        "file.delete_folder",
        "system.status",
    ]


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.name)
def test_operation_has_scope_summary_description_and_closed_params(operation: Operation) -> None:
    assert operation.scope in SCOPES
    assert operation.summary and len(operation.description) > len(operation.summary)
    assert issubclass(operation.params, Params)
    assert operation.params.model_config["extra"] == "forbid"
    assert operation.params.model_config["strict"] is True


def test_only_what_makes_safe_is_urgent() -> None:
    assert {operation.name for operation in ALL if operation.is_urgent} == {
        "printer.cool_down",
        "printer.emergency_stop",
    }


def test_call_makes_the_idempotency_key_unique_per_caller() -> None:
    def repeat_key(name: str) -> str | None:
        principal = Principal(name=name)
        return Call(principal=principal, printer=None, params=NoParams(), idempotency_key="k").repeat_key

    assert repeat_key("a") != repeat_key("b")
    assert Call(principal=Principal(name="a"), printer=None, params=NoParams()).repeat_key is None


def test_call_without_a_printer_has_no_target() -> None:
    with pytest.raises(LookupError):
        _ = Call(principal=Principal(name="a"), printer=None, params=NoParams()).target
