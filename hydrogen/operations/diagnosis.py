"""The operation that asks the doctor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from hydrogen.doctor.diagnosis import Diagnosis
from hydrogen.model.codec import plain
from hydrogen.operations.operation import Call, NoParams, Operation, PrinterFleet


class Doctor(Protocol):
    """Judges links."""

    async def diagnose(self, printers: tuple[str, ...]) -> tuple[Diagnosis, ...]: ...


class DiagnosisOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, doctor: Doctor, fleet: PrinterFleet) -> None:
        self._doctor = doctor
        self._fleet = fleet

    async def diagnose(self, call: Call) -> Mapping[str, Any]:
        """What is wrong with the link of this printer, or of all that the caller may see: `{"diagnoses": [{"printer",
        "healthy", "verdicts": [{"cause", "confidence", "sentence", "next_step", "evidence": []}], "not_seen": []}]}`.

        The surest verdict is the first; `cause` is `nothing_wrong` where nothing is, and `unknown` where what was seen does
        not tell. `confidence` is `high`, `medium` or `low`. What is older than an hour does not count.
        """
        if call.printer is not None:
            names: tuple[str, ...] = (call.printer,)
        else:
            names = tuple(name for name in self._fleet.names if call.principal.may_reach(name))
        diagnoses = await self._doctor.diagnose(names)
        return {"diagnoses": [{"healthy": one.is_healthy, **plain(one)} for one in diagnoses]}


def diagnosis_operations(doctor: Doctor, fleet: PrinterFleet) -> list[Operation]:
    """All operations of this module."""
    does = DiagnosisOperations(doctor, fleet)
    return [
        Operation(
            name="system.diagnose",
            params=NoParams,
            scope="read",
            summary="Say what is wrong with a link",
            handler=does.diagnose,
        )
    ]
